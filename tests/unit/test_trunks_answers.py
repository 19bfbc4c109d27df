"""Every SIP answer has words, and every failure something to change."""

from typing import get_args

import pytest

from softswitch.trunks import answers
from softswitch.trunks.answers import Request
from softswitch.trunks.health import is_alive

REQUESTS = get_args(Request)


@pytest.mark.parametrize("request_", REQUESTS)
def test_every_failure_has_words_and_an_unknown_one_a_remedy(request_: Request):
    for status in (0, *range(300, 700)):
        words = answers.words(request_, status, "Some Reason")
        assert words.meaning
        known = status in answers._ANY or status in answers._OF[request_]
        assert known or words.remedy, "whoever meets an answer that nobody knows is told whom to ask"


@pytest.mark.parametrize("request_", REQUESTS)
@pytest.mark.parametrize("status", [408, 502, 503, 504, 0])
def test_what_is_out_of_service_has_a_remedy(request_: Request, status: int):
    assert not is_alive(status) and answers.words(request_, status).remedy


@pytest.mark.parametrize(
    ("request_", "status", "reason", "told"),
    [
        ("INVITE", 404, "", "404 Not Found: the number does not exist there"),
        ("REGISTER", 404, "Nobody", "404 Nobody: it knows no such user"),
        ("OPTIONS", 0, "", "no answer"),
        ("OPTIONS", 0, "its certificate is not good", "its certificate is not good"),
        ("OPTIONS", 499, "", "499 no reason given: no reason given"),
        ("OPTIONS", 302, "Moved", "302 Moved: it is elsewhere (Moved)"),
    ],
)
def test_an_answer_is_told_in_one_line(request_: Request, status: int, reason: str, told: str):
    assert answers.told(request_, status, reason) == told
