"""A node that cannot start says why in one sentence with the remedy, and exits with 1."""

import shutil
import socket
import subprocess
from pathlib import Path

import pytest
import sqlalchemy as sa
from conftest import StartNode
from node import SOFTSWITCH, free_port

from softswitch import config

pytestmark = pytest.mark.slow
PLAN = config.bundled("dialplans") / "reception"


@pytest.fixture
def fails(tmp_path: Path, prompts: Path):
    """`fails("sip.port=1")`: starts a node that must not come up; what it said on standard error."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/prompts").symlink_to(prompts)

    def run(*settings: str, options: tuple[str, ...] = ()) -> str:
        free = (f"sip.port={free_port()}", f"metrics.port={free_port()}", f"data_dir={tmp_path / 'data'}")
        sets = [part for setting in (*free, *settings) for part in ("--set", setting)]
        command = [str(SOFTSWITCH), *options, *sets, "serve"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 1, f"exit status {done.returncode}:\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr
        return done.stderr

    return run


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM], ids=["udp", "tcp"])
def test_a_sip_port_in_use(fails, kind: socket.SocketKind):
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind is socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        said = fails(f"sip.port={port}")
    assert f"port {port}: Address already in use" in said
    assert "choose another with --set sip.port=5070" in said


def test_a_metrics_port_in_use(fails):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        said = fails(f"metrics.port={taken.getsockname()[1]}")
    assert "choose another port with --set metrics.port=0" in said


def test_a_configuration_file_with_mistakes_names_each_with_its_line(fails, tmp_path: Path):
    broken = tmp_path / "softswitch.yaml"
    broken.write_text("media:\n  max_calls: 5000\n  srtp: perhaps\n")
    said = fails(options=("--config", str(broken)))
    assert f"{broken}:2:" in said
    assert f"{broken}:3:" in said


def test_a_dialplan_with_a_mistake_names_file_and_line(fails, tmp_path: Path):
    plan = tmp_path / "plan"
    shutil.copytree(PLAN, plan)
    flow = plan / "flows/main.yaml"
    lines = flow.read_text().splitlines()
    (line,) = [number for number, text in enumerate(lines) if text.strip() == "next: anything_else"][:1]
    lines[line] = lines[line].replace("anything_else", "anything_els")
    flow.write_text("\n".join(lines) + "\n")
    said = fails(f"dialplan={plan}")
    assert f"main.yaml:{line + 1}:" in said
    assert "anything_els" in said


def test_models_that_are_not_there(fails):
    assert "no Vosk model at /nowhere" in fails("speech.model=/nowhere")
    assert "no Piper voice at /nowhere.onnx" in fails("speech.voice=/nowhere.onnx")


def test_a_data_dir_that_cannot_be_written(fails):
    assert "Set data_dir to a folder that you own" in fails("data_dir=/dev/null")


def test_a_database_newer_than_the_code(start_node: StartNode, fails, tmp_path: Path):
    node = start_node()
    node.stop()
    engine = sa.create_engine(node.database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999_of_next_year'"))
    engine.dispose()
    assert "install the newer softswitch that made it" in fails(f"data_dir={node.data_dir}")


def test_a_second_node_on_the_same_data_dir_is_refused_and_the_first_goes_on(start_node: StartNode, fails):
    node = start_node()
    said = fails(f"data_dir={node.data_dir}")
    assert "a node is running already" in said
    assert "--set data_dir=PATH" in said
    assert node.http("/readyz") == 200
