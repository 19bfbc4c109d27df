"""Two other queues on the same PostgreSQL in the same run, to compare by ratio, where they are installed:

python3 -m venv build/venv-queues
build/venv-queues/bin/pip install procrastinate pgqueuer asyncpg psycopg[binary]
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from figures.figure import Measurement, Spec, Workshop
from figures.postgres import cluster
from softswitch.errors import SoftswitchError

PYTHON = Path(__file__).parents[2] / "build/venv-queues/bin/python"
SCRIPT = Path(__file__).with_name("queue_other.py")
COUNTS = {"procrastinate": 1_000, "pgqueuer": 10_000}
PATIENCE_S = 300


def _rate(name: str, count: int) -> float:
    with cluster() as url:
        command = [str(PYTHON), str(SCRIPT), name, url, str(count)]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    if ran.returncode:
        raise SoftswitchError(f"{name}: {ran.stderr.strip().splitlines()[-1]}")
    return float(ran.stdout)


def measure(workshop: Workshop) -> Sequence[float]:
    return [_rate(name, count) for name, count in COUNTS.items()]


OTHERS = Measurement(
    "other queues on PostgreSQL",
    tuple(Spec(f"jobs taken and finished by {name}, PostgreSQL", "1/s") for name in COUNTS),
    measure,
)
INSTALLED = (OTHERS,) if PYTHON.exists() else ()
