"""The first line of a secret file, and the one sentence where there is none."""

from pathlib import Path

import pytest

from softswitch.errors import SoftswitchError
from softswitch.secret_file import MOST_BYTES, first_line


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        (b"geheim", "geheim"),
        (b"geheim\nanother line\n", "geheim"),
        (b"geheim\r\n", "geheim"),
        (b" with blanks \n", " with blanks "),
        ("grün\n".encode(), "grün"),
        (b"geheim\n\xff", "geheim"),
    ],
)
def test_a_secret_is_the_first_line_without_its_end(content: bytes, secret: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(content)
    assert first_line(tmp_path / "secret") == secret


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, r"^llm\.key_file .*/secret: No such file or directory; make it readable for the user"),
        (
            b"geheim\xff\n",
            r"^llm\.key_file .*/secret is not UTF-8 text; its first line must be the key$",
        ),
        (b"\ngeheim\n", r"^llm\.key_file .*/secret is empty; its first line must be the key$"),
        (
            b"geheim\n",
            r"^llm\.key_file .*/secret: its first line has fewer than 32 characters; make one",
        ),
    ],
)
def test_what_is_no_secret_is_one_sentence_without_it(
    content: bytes | None, told: str, tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    with pytest.raises(SoftswitchError, match=told) as refused:
        first_line(tmp_path / "secret", setting="llm.key_file", what="key", least=32)
    assert "geheim" not in str(refused.value)


def test_where_none_is_needed_an_empty_file_is_no_secret(tmp_path: Path) -> None:
    (tmp_path / "secret").touch()
    assert first_line(tmp_path / "secret", least=0) == ""


def test_a_file_of_any_size_is_read_no_further_than_a_secret_can_be(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x" * (MOST_BYTES + 1))
    assert len(first_line(tmp_path / "secret")) == MOST_BYTES
