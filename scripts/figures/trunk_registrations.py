"""How many registrations one node holds: each challenged, answered, refreshed before it expires."""

import json
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from figures.figure import Measurement, Spec, Workshop
from figures.node import Node, free_port, wait_for
from figures.sipp import SCENARIOS
from softswitch.errors import SoftswitchError

TRUNKS = 200
HELD_S = 45.0
"""Two lives of a registration of 20 s, each refreshed in time or lost."""
LIMIT_S = 60.0


def registrations(workshop: Workshop) -> Sequence[float]:
    """The fewest registrations at any time over HELD_S, and the seconds until all were made."""
    port = free_port()
    registrar = _registrar(workshop, port)
    try:
        with Node(workshop, "turns", f"trunks_file={_file(workshop.folder, port)}") as node:
            began = time.monotonic()
            wait_for(lambda: held(node) == TRUNKS, f"{TRUNKS} trunks are registered", LIMIT_S, every=0.2)
            made = time.monotonic() - began
            workshop.tell(f"{TRUNKS} registered after {made:.1f} s")
            fewest = TRUNKS
            while time.monotonic() - began < made + HELD_S:
                time.sleep(1)
                fewest = min(fewest, held(node))
    finally:
        registrar.kill()
        registrar.wait()
    return fewest, made


def held(node: Node) -> int:
    samples = node.metrics().items()
    return round(sum(value for name, value in samples if name.startswith("softswitch_trunk_registered{")))


def _registrar(workshop: Workshop, port: int) -> subprocess.Popen[bytes]:
    program = shutil.which("sipp")
    if not program:
        raise SoftswitchError("SIPp is missing; run: apt-get install sip-tester")
    command = [
        program,
        "-sf",
        str(SCENARIOS / "registrar.xml"),
        "-i",
        "127.0.0.1",
        "-p",
        str(port),
        "-nostdin",
        *("-deadcall_wait", "0"),  # a refresh has the Call-ID of the registration before
    ]
    with (workshop.folder / "registrar.log").open("wb") as log:
        return subprocess.Popen(command, cwd=workshop.folder, stdout=log, stderr=log)


def _file(folder: Path, port: int) -> Path:
    """JSON is YAML too."""
    trunks = [
        {
            "name": f"trunk-{number}",
            "kind": "register",
            "hosts": f"127.0.0.1:{port}",
            "username": f"user{number}",
            "password": f"secret{number}",
            "expires": "20s",
            "health": {"every": "0"},
        }
        for number in range(TRUNKS)
    ]
    path = folder / "trunks.yaml"
    path.write_text(json.dumps({"trunks": trunks}, indent=1))
    path.chmod(0o600)
    return path


REGISTRATIONS = Measurement(
    f"{TRUNKS} trunks that register for 20 s each",
    (
        Spec("registrations held by one node", "", at_least=TRUNKS),
        Spec("until all of them were made", "s"),
    ),
    registrations,
)
