"""scripts/setup on machines that lack something, and a whole set-up in a copy of this checkout."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest
from stopwatch import Stopwatch

ROOT = Path(__file__).parents[2]
FILES = (
    *("setup.cfg", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"),
    *("requirements.lock", "requirements-dev.lock"),
)
FOLDERS = ("softswitch", "dialplans", "migrations", "scripts")
TOOLS = (
    *("bash", "env", "dirname", "cat", "sha256sum", "cut", "sort", "comm", "sed", "grep", "head", "tail"),
    *("mktemp", "rm", "sleep"),
)


@pytest.fixture
def checkout(tmp_path) -> Path:
    copy = tmp_path / "checkout"
    copy.mkdir()
    for name in FILES:
        shutil.copy(ROOT / name, copy)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture
def bare_path(tmp_path) -> Path:
    """A PATH with the plainest tools only: no Python, no dpkg, no apt-get."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in TOOLS:
        if found := shutil.which(name):
            (tools / name).symlink_to(found)
    return tools


def program(path: Path, text: str) -> None:
    """A stand-in made anew: writing to a link would go through it, into the machine's own program."""
    path.unlink(missing_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_a_stand_in_never_writes_through_a_link(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("the machine's own")
    link.symlink_to(real)
    program(link, "exit 1")
    assert real.read_text() == "the machine's own"


def run(checkout: Path, script: str, *arguments: str, **settings: str) -> tuple[int, str]:
    """Exit status and all that was printed. Input is closed: a question would fail."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "SOFTSWITCH"))}
    done = subprocess.run(
        [checkout / "scripts" / script, *arguments],
        env=env | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


def test_without_python_and_apt_it_says_what_to_install(checkout, bare_path):
    status, said = run(checkout, "serve", PATH=str(bare_path))
    assert status == 1
    assert said == "setup: no apt-get on this machine; install what Debian calls: python3 python3-venv\n"


def test_an_old_python_does_not_count(checkout, bare_path):
    program(bare_path / "python3", "exit 1")
    status, said = run(checkout, "setup", PATH=str(bare_path))
    assert (status, "install what Debian calls" in said) == (1, True)


def test_without_root_it_says_the_command_that_mends_it(checkout, bare_path):
    program(bare_path / "apt-get", "echo must not be called; exit 1")
    program(bare_path / "id", "echo 1000")
    status, said = run(checkout, "setup", PATH=str(bare_path))
    assert status == 1
    assert said == (
        "setup: not root, and packages are missing; run: sudo apt-get install -y python3 python3-venv\n"
    )


def test_when_apt_fails_its_words_and_the_command_are_shown(checkout, bare_path):
    program(bare_path / "apt-get", "echo 'E: no route to the mirror'; exit 100")
    program(bare_path / "id", "echo 0")
    policy = Path("/usr/sbin/policy-rc.d")
    before = policy.exists()
    status, said = run(checkout, "setup", PATH=str(bare_path))
    assert status == 1
    assert "E: no route to the mirror" in said
    assert "then run: apt-get install -y python3 python3-venv" in said
    assert policy.exists() == before


@pytest.mark.slow
def test_when_pip_fails_its_words_and_the_command_are_shown(checkout):
    status, said = run(checkout, "setup", PIP_NO_INDEX="1", PIP_FIND_LINKS="", PIP_CONFIG_FILE="/dev/null")
    assert status == 1
    assert "No matching distribution found for setuptools" in said
    assert said.splitlines()[-1].endswith("run: pip config set global.index-url ADDRESS")
    assert not list((checkout / ".venv").glob(".set-up-*"))


@pytest.mark.parametrize(
    ("arguments", "settings", "complaint"),
    [
        (["--fast"], {}, "unknown option --fast"),
        ([], {"SOFTSWITCH_PJSIP": "best"}, "expected auto, tuned or pypi"),
    ],
)
def test_mistaken_calls_are_refused(checkout, arguments, settings, complaint):
    status, said = run(checkout, "setup", *arguments, **settings)
    assert (status, complaint in said) == (1, True)


def test_a_step_that_is_interrupted_takes_its_children_along(tmp_path):
    mark = "86399.25"
    script = f'me=test; . {ROOT}/scripts/lib.sh; step "long" bash -c "sleep {mark} & sleep {mark}"'
    shell = subprocess.Popen(["bash", "-c", script], start_new_session=True, cwd=tmp_path)

    def children() -> list[psutil.Process]:
        return [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", mark]]

    wait_until(lambda: len(children()) == 2)
    shell.send_signal(signal.SIGTERM)
    assert shell.wait(10) != 0
    wait_until(lambda: not children())


def wait_until(condition, seconds: float = 10.0) -> None:
    watch = Stopwatch()
    while not condition():
        assert watch.own_s < seconds
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--tarball", "absent.tar.gz"], "absent.tar.gz: no such file"),
        (["--tarball", "present.tar.gz"], "no checksum; give --sha256"),
        (["--tarball", "present.tar.gz", "--sha256", "00"], "expected 00; not building from it"),
    ],
)
def test_nothing_unverified_is_built(checkout, arguments, complaint):
    (checkout / "present.tar.gz").write_bytes(b"not what its publisher made")
    arguments = [str(checkout / word) if word.endswith(".gz") else word for word in arguments]
    status, said = run(checkout, "build_pjsua2", *arguments)
    assert (status, complaint in said) == (1, True)


@pytest.mark.slow
def test_a_tarballs_wheel_is_not_taken_for_debians(checkout, tmp_path):
    """The checksum beside a tarball is part of the cache's key: another source, another wheel."""
    tarball = checkout / "present.tar.gz"
    tarball.write_bytes(b"no archive at all")
    done = subprocess.run(["sha256sum", tarball], stdout=subprocess.PIPE, text=True, check=True)
    (checkout / "present.tar.gz.sha256").write_text(done.stdout)
    status, said = run(checkout, "build_pjsua2", "--tarball", str(tarball))
    assert status == 1
    assert said.endswith("build_pjsua2: unpacking failed; the end of its log is above\n")


@pytest.mark.slow
def test_where_pjsip_cannot_be_built_the_pypi_wheel_serves_and_says_its_limit(checkout):
    program(checkout / "scripts/build_pjsua2", "echo 'build_pjsua2: no compiler' >&2; exit 1")
    status, said = run(checkout, "setup")
    assert status == 0, said
    assert "no compiler\nsetup: the tuned PJSIP could not be built (see above); going on" in said
    assert "setup: PJSIP is the PyPI wheel: 4 calls at once, no more." in said
    python = checkout / ".venv/bin/python"
    installed = subprocess.run([python, "-m", "pip", "freeze"], stdout=subprocess.PIPE, text=True, check=True)
    locked = (checkout / "requirements.lock").read_text() + (checkout / "scripts/pjsip/pypi.lock").read_text()
    pinned = {line for line in locked.splitlines() if "==" in line and not line.startswith("setuptools")}
    assert pinned <= set(installed.stdout.splitlines())
    subprocess.run([python, "-c", "import pjsua2; pjsua2.Endpoint"], check=True)

    watch = Stopwatch()
    status, said = run(checkout, "serve", "--help", SOFTSWITCH_PJSIP="pypi")
    assert watch.own_s < 5
    assert status == 0
    assert said.startswith("setup: PJSIP is the PyPI wheel: 4 calls at once")
    assert "Usage: softswitch" in said

    status, said = run(checkout, "setup", SOFTSWITCH_PJSIP="tuned")
    assert (status, said.splitlines()[-1]) == (1, "setup: the tuned PJSIP could not be built; see above")
