"""What callers say to the bundled dialplans, apart from their templates, is taken for what it means.

Only the halves that templates may be fitted to; scripts/bench measures the others.
"""

import pytest
from figures import dialplan_quality
from figures.dialplan_quality import PLANS

LEAST_RIGHT = {"reception": 298, "order_desk": 297, "appointment_reminder": 299}
"""Of 300; what was reached, less one for what a later sentence may cost."""
MOST_WRONG = 2


@pytest.mark.parametrize("name", LEAST_RIGHT)
def test_what_callers_say_is_understood(name: str) -> None:
    said = dialplan_quality.corpus(name, "dev")
    found = dialplan_quality.quality(dialplan_quality.load(name), said, PLANS[name])
    assert found.of == 300
    assert found.right >= LEAST_RIGHT[name]
    assert found.wrong <= MOST_WRONG
