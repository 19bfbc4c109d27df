"""A value that is too large is not taken for the beginning of it."""

from datetime import datetime

import pytest

from softswitch.dialplan.language import ENGLISH
from softswitch.dialplan.slots import Declaration, slot

NOW = datetime(2026, 11, 23, 9, 30)


@pytest.mark.parametrize(("said", "value"), [("nine hundred", ""), ("nine", "9"), ("three hundred", "300")])
def test_a_number_beyond_its_limit_is_none(said: str, value: str) -> None:
    number = slot(Declaration("number", minimum="1", maximum="500"), ENGLISH)
    assert next((found for _, found in number.read(said.split(), 0, NOW)), "") == value
