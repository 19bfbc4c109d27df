"""Callers, agents' phones and a whole node over real SIP: answer, decline, no answer, busy, gone, talks."""

import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from baresip import Phone
from bridged_pair import CALLER_HZ, PERSON_HZ, hears, sounding
from callees import Callee, Callees
from far_end import FarEnd, header
from node import Node, wait_for
from stopwatch import Stopwatch

from softswitch import config
from softswitch.cli import desk
from softswitch.people.parties import Agent
from softswitch.store.people import agents, looking
from softswitch.store.people.agents import Hired

pytestmark = pytest.mark.slow
PLAN = {
    "plan.yaml": """\
name: desk
language: en
start: waiting
repair: {no_input: I heard nothing., no_match: Pardon?, then: bye}
country: GB
variables: {back_number: {type: phone, value: "+442079460001"}}
queues: {sales: {}}
""",
    "flows/main.yaml": """\
steps:
  waiting:
    say: One moment.
    queue: {name: sales, reason: An invoice., dtmf: {"5": call_there}, served: survey, over: nobody}
  call_there: {leave: {for: call_back, number: back_number, next: bye}}
  survey: {say: I hope that this has helped., hangup: yes}
  nobody: {say: Nobody is there., hangup: yes}
  bye: {say: Goodbye., hangup: yes}
""",
}
SETTINGS = (
    "queues.sales.ring_time=2s",
    "queues.sales.wrap_up=0s",
    "queues.sales.pause=30s",
    "queues.sales.whisper=",
    "queues.sales.link=https://crm.example.com/calls/{call_id}",
    "queues.billing.offer_at_once=2",
    "queues.billing.whisper=",
    "dialing.answer_within=1s",
    "dialing.prefixes=+44,+33",
)


class Calling(FarEnd):
    """A caller, and the answer to his INVITE."""

    answer = ""

    def __enter__(self) -> "Calling":
        super().__enter__()
        return self


@dataclass
class Desk:
    """`callees` are at the other end of one trunk, `remote` is at that of another."""

    node: Node
    settings: tuple[str, ...]
    callees: Callees
    remote: FarEnd

    @contextlib.contextmanager
    def agents(self, *names: str, **more: str) -> Iterator[list[FarEnd]]:
        """Agents with phones, the first idle for longest; gone afterwards."""
        with contextlib.ExitStack() as stack:
            phones = [stack.enter_context(FarEnd()) for _ in names]
            for name, phone in zip(names, phones, strict=True):
                uri = f"sip:{name}@127.0.0.1:{phone.port}"
                agents.add(self.node.database_url, Hired(name, uri, accept_key=more.get("accept_key")))
            try:
                yield phones
            finally:
                for name in names:
                    agents.set_state(self.node.database_url, name, "away")
                    wait_for(lambda: not self.agent(name).holder, f"{name} is let go")  # noqa: B023
                    agents.remove(self.node.database_url, name)

    @contextlib.contextmanager
    def caller(self) -> Iterator["Calling"]:
        with Calling() as far:
            far.dial(self.node.sip_port, sdp=far.description())
            far.answer = far.answered()
            far.sound.reach(far.answer)
            yield far

    def agent(self, name: str) -> Agent:
        return next(each for each in agents.listed(self.node.database_url) if each.name == name)

    def state(self, name: str, state: str, reason: str = "") -> None:
        wait_for(
            lambda: self.agent(name).state == state and reason in self.agent(name).reason,
            f"{name} is {state} {reason}",
        )

    def nobody_waits(self) -> None:
        wait_for(lambda: not looking.callers(self.node.database_url), "nobody waits")

    def send(self, call: str, to: str, *, attended: bool = False) -> None:
        node = config.load(overrides=self.settings)
        desk.ask(node, "agent.send", call=call, to=to, attended=attended)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, prompts: Path) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("people")
    for name, text in PLAN.items():
        (folder / "desk" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "desk" / name).write_text(text)
    with Callees() as callees, FarEnd() as remote:
        trunks = folder / "trunks.yaml"
        trunks.write_text(
            "trunks:\n"
            f'- {{name: a, kind: ip, hosts: "127.0.0.1:{callees.port}", prefixes: +44}}\n'
            f'- {{name: b, kind: ip, hosts: "127.0.0.1:{remote.port}", prefixes: +33, rtp_timeout: 2s}}\n'
        )
        settings = (f"dialplan={folder / 'desk'}", f"trunks_file={trunks}", *SETTINGS)
        with Node(folder / "node", prompts, *settings) as node:
            yield Desk(node, (*settings, f"data_dir={folder / 'node'}"), callees, remote)
            print(node.log)


def rings(phone: FarEnd, seconds: float = 5.0) -> str:
    invite = phone.next("INVITE", seconds)
    phone.reply(invite, 180)
    return invite


def answers(phone: FarEnd, invite: str) -> None:
    phone.reply(invite, 200, sdp=phone.description())
    phone.next("ACK")
    phone.sound.reach(invite)


def ends(far: FarEnd, seconds: float = 8.0) -> None:
    far.reply(far.next("BYE", seconds), 200)


def test_an_agent_answers_both_hear_each_other_and_the_dialplan_goes_on_when_he_hangs_up(lab: Desk) -> None:
    with lab.agents("ann") as (ann,), lab.caller() as caller:
        invite = rings(ann)
        assert header(invite, "X-Softswitch-Queue") == "sales"
        assert header(invite, "X-Softswitch-Reason") == "An invoice."
        assert header(invite, "User-to-User").endswith(";encoding=hex")
        assert header(invite, "Call-Info").startswith("<https://crm.example.com/calls/")
        answers(ann, invite)
        with sounding((caller, CALLER_HZ), (ann, PERSON_HZ)):
            hears(ann, CALLER_HZ)
            hears(caller, PERSON_HZ)
        lab.state("ann", "busy")
        ann.request("BYE")
        ends(caller)
        lab.nobody_waits()
        (turn,) = (each for each in lab.node.history().turns if each.via == "person")
        assert (turn.heard, turn.said) == ("hung_up", "I hope that this has helped.")


def test_who_is_busy_declines_or_does_not_answer_is_followed_by_the_next(lab: Desk) -> None:
    with lab.agents("ann", "bob", "cid", "dan") as (ann, bob, cid, dan), lab.caller() as caller:
        ann.reply(rings(ann), 486)
        bob.reply(rings(bob), 603)
        invite = rings(cid)
        cancel = cid.next("CANCEL", 4.0)
        cid.reply(cancel, 200)
        cid.reply(invite, 487)
        answers(dan, rings(dan))
        lab.state("ann", "away", "busy")
        lab.state("bob", "away", "declined")
        lab.state("cid", "away", "no answer")
        lab.state("dan", "busy")
        caller.request("BYE")
        ends(dan)
        lab.nobody_waits()


def test_when_all_have_gone_the_caller_is_told_so(lab: Desk) -> None:
    with lab.agents("ann") as (ann,), lab.caller() as caller:
        invite = rings(ann)
        ann.reply(ann.next("CANCEL", 4.0), 200)
        ann.reply(invite, 487)
        ends(caller)
        assert lab.node.history().turns[-1].said == "Nobody is there."


def test_a_caller_who_hangs_up_while_nobody_is_free_waits_no_longer(lab: Desk) -> None:
    with lab.agents("ann"):
        agents.set_state(lab.node.database_url, "ann", "busy")
        with lab.caller() as caller:
            wait_for(lambda: looking.callers(lab.node.database_url), "he waits")
            caller.request("BYE")
            lab.nobody_waits()


@pytest.mark.parametrize("stage", ["rings", "is told whom he gets", "talks"])
def test_when_the_caller_hangs_up_the_agents_phone_stops_within_300_ms(lab: Desk, stage: str) -> None:
    key = "1" if stage == "is told whom he gets" else ""
    with lab.agents("ann", accept_key=key) as (ann,), lab.caller() as caller:
        invite = rings(ann)
        if stage != "rings":
            answers(ann, invite)
            wait_for(lambda: ann.sound.payload_types, "there is sound")
        if stage == "talks":
            lab.state("ann", "busy")
        caller.request("BYE")
        watch = Stopwatch()
        stops = ann.next("CANCEL" if stage == "rings" else "BYE")
        assert watch.own_s < 0.3
        ann.reply(stops, 200)
        if stage == "rings":
            ann.reply(invite, 487)
        lab.state("ann", "available")
        lab.nobody_waits()


def test_an_agent_who_is_no_more_to_be_reached_is_away(lab: Desk) -> None:
    """His network has died: nothing answers there."""
    with lab.agents("ann") as (ann,), lab.caller() as caller:
        ann.next("INVITE")
        lab.state("ann", "away", "not reached")
        ends(caller)


def test_when_the_agents_network_dies_in_the_talk_the_caller_is_not_left_alone(lab: Desk) -> None:
    url, remote = lab.node.database_url, lab.remote
    agents.add(url, Hired("far", "+33123456789"))
    with lab.caller() as caller:
        answers(remote, rings(remote))
        lab.state("far", "busy")
        with sounding((caller, CALLER_HZ), (remote, PERSON_HZ)):
            hears(caller, PERSON_HZ)
        with sounding((caller, CALLER_HZ)):  # and from there no word more, nor an answer to the BYE
            ends(caller, 10.0)
        assert [each.heard for each in lab.node.history().turns if each.via == "person"] == ["lost"]
        wait_for(lambda: not lab.agent("far").holder, "he is let go", 40.0)
    agents.set_state(url, "far", "away")
    agents.remove(url, "far")


def test_a_key_takes_the_call_and_another_gives_the_caller_back(lab: Desk) -> None:
    with lab.agents("ann", accept_key="1") as (ann,), lab.caller() as caller:
        invite = rings(ann)
        (keys,) = map(int, re.findall(r"a=rtpmap:(\d+) telephone-event", invite))
        answers(ann, invite)
        wait_for(lambda: ann.sound.payload_types, "there is sound")
        assert lab.agent("ann").state == "ringing"
        ann.sound.press("1", keys)
        lab.state("ann", "busy")
        ann.sound.press("*", keys)
        ann.sound.press("1", keys)
        ends(ann)
        ends(caller)
        assert [each.heard for each in lab.node.history().turns if each.via == "person"] == ["given_back"]


def test_an_agent_sends_the_caller_to_another_queue_where_the_first_of_two_gets_him(lab: Desk) -> None:
    with lab.agents("ann", "bob", "cid") as (ann, bob, cid), lab.caller() as caller:
        answers(ann, rings(ann))
        lab.state("ann", "busy")
        lab.send("ann", "queue:billing")
        ends(ann)
        invite, other = rings(bob), rings(cid)
        assert header(invite, "X-Softswitch-Queue") == "billing"
        answers(bob, invite)
        cid.reply(cid.next("CANCEL"), 200)
        cid.reply(other, 487)
        with sounding((caller, CALLER_HZ)):
            hears(bob, CALLER_HZ)
        caller.request("BYE")
        ends(bob)
        lab.nobody_waits()


def test_an_agent_speaks_apart_first_and_who_is_connected_talks_on_without_control(lab: Desk) -> None:
    with lab.agents("ann") as (ann,), lab.caller() as caller, FarEnd() as boss:
        answers(ann, rings(ann))
        lab.state("ann", "busy")
        lab.send("ann", f"sip:boss@127.0.0.1:{boss.port}", attended=True)
        answers(boss, rings(boss))
        with sounding((ann, PERSON_HZ)):
            hears(boss, PERSON_HZ)
        ann.request("BYE")
        with sounding((caller, CALLER_HZ)):
            hears(boss, CALLER_HZ)
            lab.node.kill_control()
            wait_for(lambda: lab.node.http("/readyz") == 200, "control is back", 30.0)
            hears(boss, CALLER_HZ)
        boss.request("BYE")
        ends(caller, 10.0)
        assert [each.heard for each in lab.node.history().turns if each.via == "person"][-1] == "hung_up"


def test_a_caller_who_chose_so_is_called_back_when_an_agent_is_free_and_gets_him(lab: Desk) -> None:
    number = "+442079460001"
    lab.callees.numbers[number] = Callee()
    with lab.agents("ann") as (ann,):
        agents.set_state(lab.node.database_url, "ann", "busy")
        with lab.caller() as caller:
            wait_for(lambda: looking.callers(lab.node.database_url), "he waits")
            (keys,) = map(int, re.findall(r"a=rtpmap:(\d+) telephone-event", caller.answer))
            caller.sound.press("5", keys)
            ends(caller)
        states = lambda: [each.state for each in looking.callers(lab.node.database_url)]  # noqa: E731
        wait_for(lambda: states() == ["call_back"], "his place is kept")
        assert lab.callees.calls_to(number) == []
        agents.set_state(lab.node.database_url, "ann", "available")
        invite = rings(ann, 15.0)
        (back,) = lab.callees.calls_to(number)
        assert back.answered_at, "he is on the line before her phone rings"
        answers(ann, invite)
        lab.state("ann", "busy")
        ann.request("BYE")
        wait_for(lambda: back.ended, "the dialplan ends the call")
        lab.nobody_waits()


def test_a_real_phone_rings_and_speaks_with_the_caller(lab: Desk, tmp_path: Path) -> None:
    with Phone(tmp_path / "phone") as phone:
        agents.add(lab.node.database_url, Hired("phone", phone.uri))
        with lab.caller() as caller:
            phone.wait("CALL_ESTABLISHED")
            lab.state("phone", "busy")
            with sounding((caller, CALLER_HZ)):
                time.sleep(1.0)
            phone.hang_up()
            ends(caller)
        agents.set_state(lab.node.database_url, "phone", "away")
        assert phone.loud_seconds() > 0.5
        agents.remove(lab.node.database_url, "phone")


def test_a_talk_survives_the_death_of_control_and_ends_as_ever(lab: Desk) -> None:
    with lab.agents("ann") as (ann,), lab.caller() as caller:
        answers(ann, rings(ann))
        lab.state("ann", "busy")
        lab.node.kill_control()
        with sounding((caller, CALLER_HZ)):
            hears(ann, CALLER_HZ)
        wait_for(lambda: lab.node.http("/readyz") == 200, "control is back", 30.0)
        holder = lab.agent("ann").holder
        wait_for(lambda: lab.agent("ann").state == "busy", "she speaks on")
        assert holder
        ann.request("BYE")
        ends(caller, 10.0)
        assert [each.heard for each in lab.node.history().turns if each.via == "person"] == ["hung_up"]
        lab.state("ann", "available")
