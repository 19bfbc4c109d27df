"""Worker, control and PostgreSQL are killed while callers are promised something: the short version of
`scripts/bench queues --soak`, which does 200 rounds.
"""

from pathlib import Path

import pytest
from figures import queue_soak
from figures.figure import Workshop
from figures.postgres import server

pytestmark = pytest.mark.slow


def test_each_promise_has_one_effect_whatever_is_killed(tmp_path: Path, prompts: Path) -> None:
    (tmp_path / "prompts").symlink_to(prompts)
    with server() as postgres:
        assert queue_soak.killing(Workshop(tmp_path, print), 6, postgres) == (0, 0)
