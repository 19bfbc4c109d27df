"""The wheel and the sdist: an installed copy has all it needs and works without the checkout."""

import os
import shutil
import site
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("setup.cfg", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE")
FOLDERS = ("softswitch", "dialplans", "migrations")
SHIPPED_AS = {
    "softswitch/speech/data": "softswitch/speech/data",
    "dialplans": "softswitch/bundled/dialplans",
    "migrations": "softswitch/bundled/migrations",
}

pytestmark = pytest.mark.slow


def run(*command: object, cwd: Path, **settings: str) -> str:
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")} | settings
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    """A copy of the sources, because building leaves its traces."""
    copy = tmp_path_factory.mktemp("source")
    for name in SOURCES:
        shutil.copy(ROOT / name, copy)
    for name in FOLDERS:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


@pytest.fixture(scope="module")
def artefacts(source, tmp_path_factory) -> Path:
    """A folder with the sdist and the wheel, both by the backend that pyproject.toml names."""
    dist = tmp_path_factory.mktemp("dist")
    build = "import sys; from setuptools import build_meta as b; b.build_sdist(sys.argv[1])"
    run(sys.executable, "-c", build, dist, cwd=source)
    # The wheel is built from the sdist: what the sdist forgets, the wheel misses.
    with tarfile.open(next(dist.glob("*.tar.gz"))) as archive:
        archive.extractall(dist / "unpacked", filter="data")
    build = "import sys; from setuptools import build_meta as b; b.build_wheel(sys.argv[1])"
    run(sys.executable, "-c", build, dist, cwd=next((dist / "unpacked").iterdir()))
    return dist


@pytest.fixture(scope="module")
def installed(artefacts, tmp_path_factory) -> Path:
    """A virtual environment with our wheel alone in it; the dependencies are those of this one."""
    venv = tmp_path_factory.mktemp("installed") / "venv"
    run(sys.executable, "-m", "venv", venv, cwd=artefacts)
    wheel = next(artefacts.glob("*.whl"))
    run(venv / "bin/python", "-m", "pip", "install", "-q", "--no-deps", "--no-index", wheel, cwd=artefacts)
    borrowed = venv / f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages/borrowed.pth"
    # A .pth file reads no .pth files in the folders it names: the editable install stays out.
    borrowed.write_text("\n".join(site.getsitepackages()) + "\n")
    return venv


def test_the_wheel_carries_every_file_of_dialplans_migrations_and_speech(source, artefacts):
    names = set(zipfile.ZipFile(next(artefacts.glob("*.whl"))).namelist())
    for folder, shipped_as in SHIPPED_AS.items():
        files = {path.relative_to(source / folder) for path in (source / folder).rglob("*") if path.is_file()}
        assert files, f"{folder} is empty"
        assert sorted(str(file) for file in files if f"{shipped_as}/{file}" not in names) == []
    assert "softswitch/py.typed" in names
    assert not [
        name for name in names if name.startswith(("tests/", "dialplans/", "migrations/", "scripts/"))
    ]


def test_an_installed_copy_works_from_elsewhere(installed, tmp_path):
    program = (
        "import softswitch; from softswitch import config;"
        "print(softswitch.__file__);"
        "print((config.bundled('dialplans') / 'reception' / 'plan.yaml').is_file());"
        "print((config.bundled('migrations') / 'env.py').is_file())"
    )
    place, plan, migrations = run(installed / "bin/python", "-c", program, cwd=tmp_path).split()
    assert place.startswith(str(installed))
    assert (plan, migrations) == ("True", "True")
    assert "serve" in run(installed / "bin/softswitch", "--help", cwd=tmp_path)


def test_an_installed_copy_checks_its_dialplan_and_makes_its_database(installed, tmp_path):
    softswitch = installed / "bin/softswitch"
    run(softswitch, "dialplan", "check", "reception", cwd=tmp_path)
    run(softswitch, "db", "upgrade", cwd=tmp_path, XDG_DATA_HOME=str(tmp_path / "data"))
    assert (tmp_path / "data/softswitch/softswitch.db").stat().st_size > 0
