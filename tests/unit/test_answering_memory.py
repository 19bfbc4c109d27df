"""What of remembered answers is given up is counted."""

from typing import Any, cast

from softswitch.answer.remembering import Asked
from softswitch.answer.replying import Reply
from softswitch.app.answering import memory
from softswitch.app.answering.memory import Memory
from softswitch.errors import SoftswitchError


class Away:
    """Records of a database that is not there."""

    async def execute(self, work: object) -> int:
        raise SoftswitchError("the database is away")


async def test_answers_that_cannot_be_kept_and_those_beyond_the_limit_are_counted() -> None:
    kept = Memory("sqlite://", cast(Any, Away()), dict, list)
    for number in range(memory.MOST_WRITING + 3):
        kept.keep(Asked("shop", "v1", "en", f"question {number}"), Reply("Yes.", "plan", whole=True), 1e10)
    assert kept.dropped == 3
    await kept.close()
    assert kept.dropped == memory.MOST_WRITING + 3
    assert len(kept.book) == 0
