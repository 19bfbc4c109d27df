"""`softswitch serve` with a busy control process: `python -m figures.busy_node key=value ...`."""

import sys

from softswitch import config, supervisor
from softswitch.child import configure_logs

if __name__ == "__main__":
    settings = config.load(overrides=tuple(sys.argv[1:]))
    configure_logs(settings.log)
    supervisor.serve(settings, lambda: None, control="figures.busy_control")
