"""Actions without SQL and network: their file, templates, addresses, waits, and who is alive."""

import os
from pathlib import Path
from typing import Any

import pytest
from acting import integrations
from hypothesis import given
from hypothesis import strategies as st

from softswitch.actions import retrying, templates
from softswitch.actions.action import Action, idempotency_key
from softswitch.actions.addresses import Allowed
from softswitch.actions.settings import Retry
from softswitch.actions.templates import Unfilled
from softswitch.app.acting.leases import DEAD_S, LOOK_S, Watch
from softswitch.errors import InvalidFile
from softswitch.store.leases import Beat

ACTION = Action(1, "order", {"item": 'a "b"', "n": "2"}, "k" * 32, 1.0, call_id="c" * 32, plan="shop")


def problems(text: str, folder: Path = Path("/"), *, mqtt: bool = False) -> list[str]:
    with pytest.raises(InvalidFile) as raised:
        integrations(text, folder, mqtt=mqtt)
    return [str(problem) for problem in raised.value.problems]


def http(rest: str, hosts: str = "crm.example.com") -> str:
    return f"hosts: {hosts}\nactions:\n  order:\n    kind: http\n    {rest}\n"


# --- the file --------------------------------------------------------------------------------------------


def test_a_plans_own_integration_goes_before_that_of_all_plans() -> None:
    known = integrations(
        "actions:\n  shop.order: {kind: log, at_once: 2}\n  order: {kind: log, at_once: 3}\n"
    )
    found = [known.find(plan, "order") for plan in ("shop", "other")]
    assert [each.at_once for each in found if each] == [2, 3]
    assert known.find("shop", "cancel") is None
    assert known.names == ["order"]


@pytest.mark.parametrize(
    "url",
    [
        "https://{host}/orders",
        "https://crm.example.com{n}",
        "https://crm.example.com:{port}/",
        "https://ann@crm.example.com/",
        "//crm.example.com/",
        "ftp://crm.example.com/",
        "https://crm.example.com\\@evil.example.com/",
        "https:///orders",
        "",
    ],
)
def test_the_host_of_a_url_is_written_down_in_full(url: str) -> None:
    (problem,) = problems(http(f"url: '{url}'"))
    assert problem.startswith("actions.yaml:5:10: actions.order.url: expected a URL such as")


def test_a_host_that_is_not_listed_is_refused_with_its_line() -> None:
    told = problems(http("url: https://other.example.com/x"))
    assert told == [
        "actions.yaml:5:10: other.example.com is not listed in `hosts`: add it there if it may be contacted"
    ]
    assert problems(http("url: http://127.0.0.1:80/x")) == [
        "actions.yaml:5:10: 127.0.0.1 is not listed in `hosts`: add it there if it may be contacted"
    ]
    assert integrations(http("url: http://127.0.0.1:80/x", hosts="127.0.0.0/8"))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("actions: {order: {kind: fax}}", "actions.yaml:1:18: actions.order: Input tag 'fax'"),
        ("actions: {Order: {kind: log}}", "expected an action of a dialplan"),
        ("actions: {order: {kind: log, urll: x}}", "unknown key 'urll'"),
        (http("url: 'https://crm.example.com/{secret:token}'"), "expected no secret in a URL"),
        (
            http("url: https://crm.example.com/\n    headers: {X: '{secret:token}'}"),
            "there is no secret 'token'",
        ),
        (http("url: https://crm.example.com/\n    headers: {X: '{'}"), "expected {name} or {secret:name}"),
        (http("url: https://crm.example.com/\n    json: {a: 1}\n    form: {b: 2}"), "give `json` or `form`"),
        ("actions: {order: {kind: mqtt, topic: a/#}}", "expected a topic such as"),
        ("actions: {order: {kind: mqtt, topic: a}}", "there is no broker: set mqtt.url"),
        ("actions: {order: {kind: script, command: rm}}", "expected the absolute path"),
        ("actions: {order: {kind: script, command: /nowhere/x}}", "/nowhere/x: No such file or directory"),
        ("actions: {order: {kind: script, command: /etc/passwd}}", "no program that can be run"),
        ("secrets: {token: {env: NO_SUCH_VARIABLE}}", "the variable NO_SUCH_VARIABLE is not set"),
        ("secrets: {token: {file: nowhere}}", "nowhere: No such file or directory"),
        ("secrets: {token: {}}", "give one of file and env"),
        ("hosts: 'http://x'", "expected a host, an address or a network"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_place(text: str, told: str) -> None:
    found = problems(text)
    assert len(found) == 1
    assert told in found[0]
    assert found[0].startswith("actions.yaml:")


def test_secrets_come_from_files_and_variables_and_are_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "token").write_text("s3cret\nmore\n")
    monkeypatch.setenv("CRM_TOKEN", "t0ken")
    known = integrations("secrets: {a: {file: token}, b: {env: CRM_TOKEN}}", tmp_path)
    assert known.secrets == {"a": "s3cret", "b": "t0ken"}
    assert "s3cret" not in repr(known)
    assert os.environ["CRM_TOKEN"] not in repr(known)


# --- templates -------------------------------------------------------------------------------------------


def filled(value: Any) -> Any:
    secrets = {"token": "s3cret"}
    return templates.fill_json(templates.parse_json(value), templates.values_of(ACTION), secrets)


def test_templates_are_filled_at_every_level_of_json() -> None:
    body = {
        "item": "{item}",
        "count": "{n:number}",
        "of": ["{plan}", {"key": "{idempotency_key}"}],
        "b": "{{n}}",
    }
    assert filled(body) == {"item": 'a "b"', "count": 2, "of": ["shop", {"key": "k" * 32}], "b": "{n}"}
    assert filled("Bearer {secret:token}") == "Bearer s3cret"


@pytest.mark.parametrize(
    ("text", "value"),
    [("-2.50", -2.5), ("7", 7), ("", None), ("1e9", Unfilled), ("nan", Unfilled), ("x", Unfilled)],
)
def test_a_number_in_json_is_one_or_nothing(text: str, value: Any) -> None:
    template = templates.parse("{n:number}")
    if value is Unfilled:
        with pytest.raises(Unfilled):
            template.value({"n": text}, {})
    else:
        assert template.value({"n": text}, {}) == value


@pytest.mark.parametrize("text", ["", "a", "{n}", "x {n:number} {{y}} {secret:token}{b:boolean}"])
def test_a_template_is_shown_as_it_is_written(text: str) -> None:
    assert str(templates.parse(text)) == text


def test_a_name_that_the_action_does_not_have_is_said() -> None:
    with pytest.raises(Unfilled, match=r"no \{size\} among the arguments"):
        filled("{size}")


@given(st.text())
def test_what_a_caller_said_is_never_a_template(said: str) -> None:
    assert templates.parse("<{item}>").fill({"item": said}, {"token": "s3cret"}) == f"<{said}>"


@given(st.text(max_size=30))
def test_a_text_is_a_template_or_refused_and_never_anything_else(text: str) -> None:
    try:
        parsed = templates.parse(text)
    except ValueError:
        return
    assert all(parsed.parts)


# --- addresses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "192.168.1.1", "172.16.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("224.0.0.1", "255.255.255.255", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1"),
        *("64:ff9b::a00:1", "2002:7f00:1::", "::", "ff02::1", "fec0::1", "crm.example.com", "", "240.0.0.1"),
    ],
)
def test_an_address_that_is_not_public_is_reached_only_when_it_is_listed(address: str) -> None:
    assert not Allowed(["crm.example.com"]).address(address)


def test_public_addresses_are_reached_and_listed_ones_too() -> None:
    allowed = Allowed(["crm.example.com", "10.0.0.0/8", "::1"])
    assert all(allowed.address(each) for each in ("93.184.216.34", "2606:2800:220:1::1", "10.1.2.3", "::1"))
    assert allowed.address("::ffff:10.1.2.3")
    assert not allowed.address("192.168.1.1")


def test_hosts_are_compared_as_names_not_as_endings() -> None:
    allowed = Allowed(["crm.example.com"])
    assert allowed.host("CRM.example.com.")
    assert not any(allowed.host(each) for each in ("evilcrm.example.com", "example.com", "a.crm.example.com"))


# --- waits -----------------------------------------------------------------------------------------------


def test_waits_double_up_to_the_last_and_are_shortened_by_chance() -> None:
    retry = Retry(first=1.0, last=10.0, give_up_after=1000.0)
    assert [retrying.wait(retry, n, rand=lambda: 0.0) for n in range(1, 7)] == [1, 2, 4, 8, 10, 10]
    assert retrying.wait(retry, 3, rand=lambda: 1.0) == 2.0


def test_it_is_given_up_when_the_waits_add_up_and_never_because_of_a_clock() -> None:
    retry = Retry(first=1.0, last=10.0, give_up_after=35.0)
    assert [retrying.waited(retry, n) for n in range(1, 7)] == [1, 3, 7, 15, 25, 35]
    assert retrying.wait(retry, 6) is not None
    assert retrying.wait(retry, 7) is None
    assert retrying.wait(Retry(give_up_after=0.0), 1) is None


def test_the_other_side_may_ask_for_more_patience_within_limits() -> None:
    retry = Retry(first=1.0, last=60.0)
    assert retrying.wait(retry, 1, asked_s=30.0) == 30.0
    assert retrying.wait(retry, 1, asked_s=86_400.0) == 60.0


@given(st.integers(1, 10_000_000))
def test_however_often_it_was_tried_the_wait_is_bounded(attempts: int) -> None:
    retry = Retry(give_up_after=1e12)
    wait = retrying.wait(retry, attempts)
    assert wait is not None
    assert 0 < wait <= retry.last


def test_the_default_gives_a_day_to_an_integration_that_is_away() -> None:
    tries = next(n for n in range(1, 1000) if retrying.wait(Retry(), n) is None)
    assert 90 < tries < 120


# --- who is alive ----------------------------------------------------------------------------------------


class Clock:
    def __init__(self) -> None:
        self.now = 5.0

    def __call__(self) -> float:
        return self.now


def looks(watch: Watch, clock: Clock, beats: list[int | None], gap: float = LOOK_S) -> list[list[str]]:
    found = []
    for beat in beats:
        clock.now += gap
        found.append(watch.dead([Beat("a", beat)]))
    return found


def test_who_stands_still_is_dead_after_three_seconds_and_not_before() -> None:
    clock = Clock()
    found = looks(Watch(clock), clock, [7] * 7)
    assert found == [[]] * 6 + [["a"]]
    assert clock.now - 5.0 - LOOK_S == DEAD_S


def test_who_beats_once_a_second_lives() -> None:
    clock = Clock()
    assert not any(looks(Watch(clock), clock, [number // 2 for number in range(60)]))


def test_an_hour_in_which_nobody_could_look_makes_nobody_dead() -> None:
    clock = Clock()
    watch = Watch(clock)
    looks(watch, clock, [7, 7])
    clock.now += 3600.0
    assert looks(watch, clock, [7, 8, 8, 9]) == [[]] * 4


def test_one_that_holds_actions_without_being_registered_is_dead_too() -> None:
    clock = Clock()
    assert looks(Watch(clock), clock, [None] * 7)[-1] == ["a"]


# --- the key ---------------------------------------------------------------------------------------------


def test_the_idempotency_key_is_stable_and_of_this_promise_alone() -> None:
    assert idempotency_key("c" * 32, "place:1") == idempotency_key("c" * 32, "place:1")
    assert len({idempotency_key(call, key) for call in ("", "a", "b") for key in ("x:1", "x:2", "")}) == 9
    assert idempotency_key("", "place:1\udc80") != idempotency_key("", "place:1")
