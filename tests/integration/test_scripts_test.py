"""scripts/test: what failed beside other tests is run once more alone, and what fails alone fails."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WORKS = "def test_works(): pass"
FAILS = "def test_fails(): assert False"
ONCE = """
from pathlib import Path
def test_once():
    seen = Path(__file__).with_suffix(".seen")
    again = seen.exists()
    seen.touch()
    assert again, "the first time"
"""
SETTINGS = "[tool:pytest]\naddopts = --strict-markers\nmarkers =\n    quiet: alone\n"

pytestmark = pytest.mark.slow


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """scripts/test alone, with tests that each test writes."""
    for folder in ("scripts", ".venv/bin", "tests/unit", "tests/acceptance"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "scripts/test", tmp_path / "scripts")
    (tmp_path / "scripts/setup").write_text("#!/bin/sh\n")
    (tmp_path / "scripts/setup").chmod(0o755)
    (tmp_path / "setup.cfg").write_text(SETTINGS)
    (tmp_path / ".venv/bin/python").symlink_to(sys.executable)
    return tmp_path


def run(checkout: Path, unit: str = WORKS, acceptance: str = WORKS, quiet: str = WORKS) -> tuple[int, str]:
    (checkout / "tests/unit/test_unit.py").write_text(unit)
    (checkout / "tests/acceptance/test_calls.py").write_text(acceptance)
    (checkout / "tests/acceptance/test_quiet.py").write_text(
        f"import pytest\npytestmark = pytest.mark.quiet\n{quiet}"
    )
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(path for path in sys.path if path)}
    done = subprocess.run(
        [checkout / "scripts/test"], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    return done.returncode, done.stdout


def test_when_all_works_nothing_runs_twice(checkout: Path) -> None:
    status, said = run(checkout)
    assert status == 0, said
    assert "once more" not in said


@pytest.mark.parametrize("where", ["unit", "acceptance", "quiet"])
def test_what_fails_once_is_run_again_alone_and_stays_on_show(checkout: Path, where: str) -> None:
    status, said = run(checkout, **{where: ONCE})
    assert status == 0, said
    assert "AssertionError: the first time" in said
    assert said.count("== once more, alone") == 1


@pytest.mark.parametrize("where", ["unit", "acceptance", "quiet"])
def test_what_fails_alone_too_fails(checkout: Path, where: str) -> None:
    status, said = run(checkout, **{where: FAILS})
    assert status == 1, said
    assert said.count("== once more, alone") == 1


def test_many_failures_are_not_run_again(checkout: Path) -> None:
    many = "import pytest\n@pytest.mark.parametrize('n', range(6))\ndef test_many(n): assert False"
    status, said = run(checkout, unit=many)
    assert status == 1
    assert "once more" not in said


def test_a_file_that_cannot_be_read_fails(checkout: Path) -> None:
    status, _ = run(checkout, unit="import nothing_of_that_name")
    assert status != 0
