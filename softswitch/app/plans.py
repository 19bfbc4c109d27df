"""The dialplan that the node runs, kept as it was when the node started.

A control process that is started again goes on with exactly that plan: its callers are in the middle of it,
and the author may be in the middle of changing it.
"""

import shutil
from pathlib import Path

from softswitch.config import Config
from softswitch.dialplan import loader
from softswitch.dialplan.plan import Plan

KEPT = "plan"


def load(config: Config, restarted: bool) -> Plan:
    """The configured plan; after a restart the one that this node has been running."""
    kept = config.run_dir / KEPT
    if restarted and kept.is_dir():
        return loader.load(kept, config.human)
    folder = loader.resolve(config.dialplan[0])
    plan = loader.load(folder, config.human)
    _keep(folder, kept)
    return plan


def _keep(folder: Path, kept: Path) -> None:
    """Copy beside, then swap: a start that is cut off leaves no half a plan."""
    copy = kept.with_suffix(".new")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    shutil.rmtree(kept, ignore_errors=True)
    copy.rename(kept)
