"""Who is rung for whom, how long it is going to be, and what an agent is told: pure."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from softswitch.app.people.ways import target_of
from softswitch.errors import SoftswitchError
from softswitch.people import choosing, parties, telling
from softswitch.people.expecting import expected_wait
from softswitch.people.parties import Agent, Caller
from softswitch.sections.queues import Queue

NOW = 1000.0
numbers = iter(range(1, 1_000_000))


def agent(
    name: str, *skills: str, idle_since: float = 0.0, state: str = "available", **more: object
) -> Agent:
    return Agent(name, f"sip:{name}@host", frozenset(skills), state, last_free_at=idle_since, **more)  # type: ignore[arg-type]


def caller(name: str, *skills: str, since: float = 900.0, **more: object) -> Caller:
    return Caller(next(numbers), name, "sales", skills=frozenset(skills), since=since, **more)  # type: ignore[arg-type]


def chosen(agents: list[Agent], callers: list[Caller], **settings: object) -> list[tuple[str, str]]:
    rule = Queue(**settings)  # type: ignore[arg-type]
    found = choosing.offers(agents, callers, lambda _: rule, NOW)
    return [(each.caller.call_id, each.agent.name) for each in found]


def test_the_highest_priority_goes_first_then_who_waits_longest():
    callers = [
        caller("late", since=950.0),
        caller("early", since=900.0),
        caller("high", priority=2, since=990.0),
    ]
    agents = [agent("a"), agent("b")]
    assert chosen(agents, callers) == [("high", "a"), ("early", "b")]


def test_of_agents_the_one_idle_for_longest_is_rung():
    agents = [agent("new", idle_since=500.0), agent("old", idle_since=100.0), agent("gone", state="away")]
    assert chosen(agents, [caller("x")]) == [("x", "old")]


def test_who_lacks_a_skill_is_not_rung_until_skills_are_relaxed():
    agents = [agent("none", idle_since=1.0), agent("some", "german", idle_since=2.0)]
    wanting = [caller("x", "german", "billing", since=950.0)]
    assert chosen(agents, wanting) == []
    assert chosen(agents, wanting, relax_after=60) == []
    assert chosen(agents, wanting, relax_after=50) == [("x", "some")], "who lacks fewest goes first"


def test_a_caller_whom_nobody_can_serve_keeps_nobody_from_being_served():
    assert chosen([agent("a")], [caller("x", "french"), caller("y")]) == [("y", "a")]


def test_several_at_once_only_when_everybody_has_one():
    agents = [agent(name) for name in "abc"]
    callers = [caller("x"), caller("y", since=910.0)]
    assert chosen(agents, callers, offer_at_once=3) == [("x", "a"), ("y", "b"), ("x", "c")]
    rung = [agent("r", state="ringing", call_id="x"), *agents]
    assert chosen(rung, callers[:1], offer_at_once=2) == [("x", "a")]


def test_a_call_back_keeps_its_place_but_is_not_made_before_its_time():
    back = {"state": "call_back", "since": 10.0}
    assert chosen([agent("a")], [caller("x"), caller("back", due_at=NOW, **back)]) == [("back", "a")]
    assert chosen([agent("a")], [caller("x"), caller("back", due_at=NOW + 1, **back)]) == [("x", "a")]
    assert chosen([agent("a")], [caller("x", state="talking")]) == []


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sets(st.sampled_from("abc"))), max_size=12),
    st.lists(st.sets(st.sampled_from("abc")), max_size=8),
    st.integers(1, 3),
)
def test_nobody_gets_two_and_nobody_goes_before_a_better_place(
    waiting: list[tuple[int, set[str]]], skilled: list[set[str]], most: int
):
    callers = [caller(f"c{i}", *skills, priority=p) for i, (p, skills) in enumerate(waiting)]
    agents = [agent(f"a{i}", *skills) for i, skills in enumerate(skilled)]
    found = choosing.offers(agents, callers, lambda _: Queue(offer_at_once=most), NOW)
    names = [each.agent.name for each in found]
    assert len(names) == len(set(names))
    assert all(each.caller.skills <= each.agent.skills for each in found)
    served = {each.caller.call_id for each in found}
    for better in callers:
        if better.call_id not in served:
            worse = [each for each in found if each.caller.place > better.place]
            assert not any(better.skills <= each.agent.skills for each in worse)


def test_positions_count_within_the_queue_those_to_be_called_back_too():
    callers = [
        caller("a"),
        caller("b", state="call_back", since=910.0, due_at=5000.0),
        caller("t", state="talking", since=1.0),
        caller("c", since=920.0),
    ]
    assert [choosing.position(callers, name) for name in ("a", "c", "t", "nobody")] == [1, 3, 0, 0]


def test_a_wait_is_expected_from_talks_that_were_measured_and_from_nothing_else():
    assert expected_wait(1, 2, [], 10.0) is None
    assert expected_wait(1, 0, [60.0], 10.0) is None
    assert expected_wait(3, 2, [50.0, 60.0, 600.0], 10.0) == 3 * 70.0 / 2


def test_those_who_pause_are_at_work_and_those_who_are_away_are_not():
    agents = [
        agent("a", state="away"),
        agent("b", state="away", until=1030.0),
        agent("c", "german", state="busy"),
    ]
    assert [each.name for each in choosing.serving(agents, frozenset(), Queue())] == ["b", "c"]
    assert [each.name for each in choosing.serving(agents, frozenset({"german"}), Queue())] == ["c"]
    relaxing = Queue(relax_after=60)
    assert len(choosing.serving(agents, frozenset({"german"}), relaxing)) == 2


# --- what an agent is told ------------------------------------------------------------------------------


def test_a_whisper_leaves_out_sentences_with_gaps_and_is_short():
    template = Queue().whisper
    known = {"caller": "4 4 2 0", "reason": "an invoice.", "said": "", "queue": "", "waited": ""}
    assert telling.whisper(template, known) == "Call from 4 4 2 0. an invoice."
    assert telling.whisper("", known) == ""
    assert len(telling.whisper(template, known | {"said": "blah " * 100})) <= 150


def test_a_whisper_names_only_what_is_known():
    with pytest.raises(ValueError, match=r"unknown \{name\}; known are"):
        Queue(whisper="This is {name}.")


def test_headers_hold_what_the_agent_is_to_know_and_end_no_line():
    made = dict(telling.headers("c" * 32, "sales", "an invoice\r\nVia: evil\0 " + "x" * 300))
    assert made["X-Softswitch-Call-Id"] == "c" * 32
    assert made["X-Softswitch-Queue"] == "sales"
    assert not any(letter in value for value in made.values() for letter in "\r\n\0")
    assert len(made["X-Softswitch-Reason"]) <= 100
    told, encoding = made["User-to-User"].split(";")
    assert encoding == "encoding=hex"
    assert len(bytes.fromhex(told)) <= 128
    assert json.loads(bytes.fromhex(told))["call"] == "c" * 32


def test_user_to_user_keeps_letters_whole():
    told = dict(telling.headers("c" * 32, "запросы" * 9, "счёт" * 50))["User-to-User"].split(";")[0]
    known = json.loads(bytes.fromhex(told))
    assert "запросы".startswith(known["queue"][:7])
    assert len(bytes.fromhex(told)) <= 128


def test_a_link_leads_to_the_call_whatever_is_put_in():
    known = {"call_id": "c" * 32, "caller": "+442079460000", "queue": "a/b?c>"}
    link = telling.link("https://crm.example.com/{call_id}?from={caller}&q={queue}", known)
    assert link == f"https://crm.example.com/{'c' * 32}?from=%2B442079460000&q=a%2Fb%3Fc%3E"
    assert dict(telling.headers("c" * 32, "a", "", link))["Call-Info"] == f"<{link}>;purpose=info"
    assert telling.link("", known) == ""
    with pytest.raises(ValidationError, match=r"unknown \{name\}"):
        Queue(link="https://crm.example.com/{name}")
    with pytest.raises(ValidationError, match="expected an address"):
        Queue(link="crm/{call_id}")


def test_headers_without_a_reason_are_left_out():
    assert "X-Softswitch-Reason" not in dict(telling.headers("c" * 32, "sales", ""))


# --- addresses and names ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "host", "port", "transport"),
    [
        ("sip:ann@192.0.2.7", "192.0.2.7", 5060, "udp"),
        ("sip:ann@pbx.example:5070;transport=TCP", "pbx.example", 5070, "tcp"),
        ("sips:ann@pbx.example", "pbx.example", 5061, "tls"),
        ("sip:ann@[2001:db8::1]:5062", "2001:db8::1", 5062, "udp"),
    ],
)
def test_a_sip_address_says_where_the_phone_is(uri: str, host: str, port: int, transport: str):
    target = target_of(uri)
    assert (target.address, target.port, target.transport) == (host, port, transport)


@pytest.mark.parametrize("uri", ["ann@192.0.2.7", "sip:", "http://ann", "sip:ann@host\r\nVia: evil"])
def test_what_is_no_sip_address_is_refused(uri: str):
    with pytest.raises(SoftswitchError, match="is no SIP address"):
        target_of(uri)


@pytest.mark.parametrize("address", ["sip:ann@192.0.2.7", "+442079460000", "sips:a@b.example:5061"])
def test_addresses_of_agents_are_sip_addresses_or_numbers(address: str):
    assert parties.check_address(address) == address


@pytest.mark.parametrize("address", ["", "ann", "020 7946", "sip:ann@host\nX: y", "tel:+44"])
def test_others_are_refused(address: str):
    with pytest.raises(SoftswitchError, match="cannot be called"):
        parties.check_address(address)


def test_names_skills_and_keys_are_plain():
    assert parties.check_name("ann.b-1") == "ann.b-1"
    assert parties.check_skills(("german", "german")) == ("german",)
    assert parties.check_key("") == ""
    for wrong in ("", "a b", "a/b", "x" * 41):
        with pytest.raises(SoftswitchError, match="no agent's name"):
            parties.check_name(wrong)
    with pytest.raises(SoftswitchError, match="no skill"):
        parties.check_skills(("two words",))
    with pytest.raises(SoftswitchError, match="no key"):
        parties.check_key("12")
