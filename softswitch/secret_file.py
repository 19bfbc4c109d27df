"""Secrets that stand in files of their own: each is its file's first line."""

from pathlib import Path

from softswitch.errors import SoftswitchError

MOST_BYTES = 16_384


def first_line(file: Path, *, setting: str = "", what: str = "secret", least: int = 1) -> str:
    """Of `least` characters or more. `setting` names the file in the configuration, `what` what it holds.

    Raises SoftswitchError when it cannot be read, is no text, or is shorter; never with the secret in it.
    """
    where = f"{setting} {file}".strip()
    try:
        with file.open("rb") as opened:
            secret = opened.readline(MOST_BYTES).decode().rstrip("\r\n")
    except OSError as error:
        raise SoftswitchError(
            f"{where}: {error.strerror}; make it readable for the user that runs softswitch"
        ) from None
    except UnicodeDecodeError:
        raise SoftswitchError(f"{where} is not UTF-8 text; its first line must be the {what}") from None
    if not secret and least:
        raise SoftswitchError(f"{where} is empty; its first line must be the {what}")
    if len(secret) < least:
        raise SoftswitchError(
            f"{where}: its first line has fewer than {least} characters; make one with: openssl rand -hex 32"
        )
    return secret
