"""What the packaging files promise: reasons, exact pins, every package shipped, no registry written down."""

import configparser
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "scripts/pjsip/pypi.lock")


def setup_cfg() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def listed(text: str) -> set[str]:
    return set(text.split())


def name_of(requirement: str) -> str:
    """A requirement's project name as PyPI compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0]).lower()


def requirements(section: str, key: str) -> list[tuple[str, str]]:
    """(requirement, the line above it) as they stand in setup.cfg; configparser drops comments."""
    lines = (ROOT / "setup.cfg").read_text(encoding="utf-8").splitlines()
    start = lines.index(f"{key} =", lines.index(f"[{section}]"))
    found = []
    for number in range(start + 1, len(lines)):
        line = lines[number]
        if line and not line.startswith(" "):
            break
        if line.strip() and not line.strip().startswith("#"):
            # The only requirement of an extra may have its reason above the extra.
            above = lines[number - 1] if number - 1 != start else lines[start - 1]
            found.append((line.strip(), above.strip()))
    return found


def all_requirements() -> list[tuple[str, str]]:
    extras = setup_cfg()["options.extras_require"]
    found = requirements("options", "install_requires")
    for extra in extras:
        found += requirements("options.extras_require", extra)
    return found


def pins(lock: str) -> dict[str, str]:
    lines = (ROOT / lock).read_text(encoding="utf-8").splitlines()
    found = [line for line in lines if not line.startswith(("#", "-r "))]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][A-Za-z0-9.+!]*", line) for line in found), found
    return {name_of(line): line.partition("==")[2] for line in found}


def test_every_dependency_has_its_reason_in_the_line_above():
    everything = all_requirements()
    assert len(everything) > 15
    assert [requirement for requirement, above in everything if not re.match(r"# \w", above)] == []


def test_every_dependency_has_bounds_that_a_lock_can_be_renewed_within():
    bounded = [requirement for requirement, _ in requirements("options", "install_requires")]
    assert [requirement for requirement in bounded if ">=" not in requirement] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_are_exact_pins_and_nothing_else(lock):
    assert pins(lock)


def test_every_dependency_is_locked_and_pjsip_apart_so_that_either_wheel_serves():
    locked = pins("requirements.lock")
    names = {name_of(requirement) for requirement, _ in requirements("options", "install_requires")}
    assert names - set(locked) == {"pjsua2-python"}
    assert set(pins("scripts/pjsip/pypi.lock")) == {"pjsua2-python"}
    assert {name_of(requirement) for requirement, _ in all_requirements()} - {"pjsua2-python"} <= set(
        locked | pins("requirements-dev.lock")
    )


def test_the_locks_never_pin_one_package_twice():
    assert not set(pins("requirements.lock")) & set(pins("requirements-dev.lock"))


def test_every_package_is_shipped():
    """setup.cfg names packages one by one, because two of them stand outside softswitch/."""
    folders = {path.parent for path in (ROOT / "softswitch").rglob("*.py")}
    in_tree = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    named = listed(setup_cfg()["options"]["packages"])
    assert named == in_tree | {"softswitch.bundled.dialplans", "softswitch.bundled.migrations"}
    assert [folder for folder in folders if not (folder / "__init__.py").exists()] == []


def packaging_files() -> list[Path]:
    files = [ROOT / name for name in ("setup.cfg", "pyproject.toml", "MANIFEST.in", *LOCKS, ".ci/run")]
    scripts = [path for path in (ROOT / "scripts").rglob("*") if path.is_file()]
    return files + [path for path in scripts if "__pycache__" not in path.parts]


@pytest.mark.parametrize("path", packaging_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_registry_or_mirror_is_written_down(path):
    """Where packages come from is the machine's own affair: pip's and apt's configuration."""
    text = path.read_text(encoding="utf-8", errors="replace")
    # Addresses of documentation, of this machine and reserved for examples are no registries (RFC 2606).
    addresses = re.findall(r"\b(?:https?|file|git|ftp)(?:\+\w+)?://[^\s\"'`)]*", text)
    harmless = r"https?://(127\.0\.0\.1|localhost|\[|\{|\$|[\w.-]*example(\.com|\.org|\.net)?\b)"
    assert [address for address in addresses if not re.match(harmless, address)] == []
    assert not re.search(r"pypi\.org|pythonhosted|deb\.debian\.org|--(extra-)?index-url|--find-links", text)


def test_ci_runs_the_checks_and_the_tests_and_nothing_else():
    lines = (ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()
    commands = [line for line in lines if line and not line.startswith(("#", "set ", "cd "))]
    assert commands == ["scripts/check", "scripts/test"]


@pytest.mark.parametrize("script", ["serve", "test", "check", "setup", "lock", "build_pjsua2"])
def test_scripts_can_be_run_and_say_what_they_are_for(script):
    path = ROOT / "scripts" / script
    assert path.stat().st_mode & 0o111
    first, second = path.read_text(encoding="utf-8").splitlines()[:2]
    assert first == "#!/usr/bin/env bash"
    assert second.startswith("# ")
