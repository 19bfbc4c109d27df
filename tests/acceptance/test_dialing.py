"""A whole node calls out: two trunks, far ends of every kind, the guard, and processes that die meanwhile."""

import os
import re
import signal
import subprocess
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import plan_files
import pytest
import sqlalchemy as sa
from callees import Callee, Callees, Taken
from far_end import FarEnd
from node import SOFTSWITCH, Node, wait_for
from stopwatch import Stopwatch

from softswitch import config
from softswitch.cli import desk
from softswitch.errors import SoftswitchError
from softswitch.speech import models
from softswitch.speech.pool import SpeechPool
from softswitch.speech.synthesizer import PiperSynthesizer
from softswitch.store.engine import transaction
from softswitch.store.tables import dialled

pytestmark = [pytest.mark.slow, pytest.mark.quiet]
ANSWER_WITHIN_S = 1.0
PLAN = {
    "plan.yaml": """\
name: reminder
language: en
country: GB
start: picked_up
time_zone: Europe/London
timing: {no_input_timeout: 2s}
variables:
  guest: {type: text, value: Alex}
  day: {type: date, value: 2026-12-01}
repair: {no_input: I heard nothing., no_match: Pardon?, then: bye}
human: sip:desk@127.0.0.1:9
""",
    "flows/main.yaml": """\
steps:
  picked_up:
    if: answered_by = 'voicemail'
    then: message
    else: greeting
  message: {say: "This is a message for {guest}.", hangup: yes}
  greeting:
    say: "Hello, am I speaking to {guest}?"
    listen: {on: {"yes": bye, "no": bye, human: person}}
  bye: {say: Goodbye., hangup: yes}
  person: {say: One moment., transfer: {to: human, failed: bye}}
""",
    "intents/yes.yaml": 'sentences: ["yes"]\n',
    "intents/no.yaml": 'sentences: ["no"]\n',
}
_numbers = (f"+4420794{number:05}" for number in count())


def told_to(told: list[dict[str, Any]], calling: Generator[dict[str, Any], None, Any]) -> Any:
    """`calling`, and each progress is kept too."""
    while True:
        try:
            progress = next(calling)
        except StopIteration as over:
            return over.value
        told.append(progress)
        yield progress


@dataclass
class Lab:
    """A node with the trunks a, before b, and one that takes a single call at once for France."""

    node: Node
    a: Callees
    b: Callees
    hello: bytes
    greeting: bytes
    settings: tuple[str, ...]
    told: list[dict[str, Any]] = field(default_factory=list)

    def number(self, a: Callee, b: Callee | None = None) -> str:
        """A number that nobody dialled before, at which these answer."""
        number = next(_numbers)
        self.a.numbers[number], self.b.numbers[number] = a, b or Callee(404)
        return number

    def dial(self, number: str, **order: Any) -> dict[str, Any]:
        """The result of the whole call."""
        calling = self._follow(number, order)
        while True:
            try:
                next(calling)
            except StopIteration as over:
                return dict(over.value)

    @contextmanager
    def dialled(self, number: str, until: str, **order: Any) -> Iterator[dict[str, Any]]:
        """That progress; the call goes on until the block is left, which hangs up."""
        calling = self._follow(number, order)
        yield next(progress for progress in calling if progress["event"] == until)
        calling.close()

    def _follow(self, number: str, order: dict[str, Any]) -> Generator[dict[str, Any], None, Any]:
        self.told = []
        loaded = config.load(overrides=self.settings)
        calling = desk.follow(loaded, "dial", number=number, plan="reminder", **order)
        return told_to(self.told, calling)

    def command(self, *arguments: str) -> subprocess.Popen[str]:
        sets = [part for setting in self.settings for part in ("--set", setting)]
        pipe = subprocess.PIPE
        return subprocess.Popen([SOFTSWITCH, *sets, *arguments], stdout=pipe, stderr=pipe, text=True)

    def record_of(self, number: str) -> Any:
        """Its call's latest record, once there is one."""
        of_number = lambda: [call for call in self.node.calls() if number in call.to_uri]  # noqa: E731
        found = wait_for(of_number, f"a call to {number} is recorded")
        assert isinstance(found, list)
        return found[0]

    def said_to(self, number: str) -> list[str]:
        call_id = self.record_of(number).call_id
        wait_for(lambda: self.node.history(call_id).turns, f"something was said to {number}")
        return [turn.said for turn in self.node.history(call_id).turns]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, prompts: Path) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("dialing")
    plan_files.write(folder / "plan", PLAN)
    voice = PiperSynthesizer(models.voice("embedded"), 8000, SpeechPool(1))
    with Callees() as a, Callees() as b:
        trunks = folder / "trunks.yaml"
        trunks.write_text(f"""\
trunks:
  - name: a
    kind: ip
    hosts: 127.0.0.1:{a.port}
    priority: 1
    prefixes: +44
    health: {{every: 1s}}
    caller_id: {{number: "+442079469999"}}
  - {{name: b, kind: ip, hosts: "127.0.0.1:{b.port}", priority: 2, prefixes: +44}}
  - {{name: narrow, kind: ip, hosts: "127.0.0.1:{a.port}", prefixes: +33, limits: {{calls: 1}}}}
""")
        settings = (
            f"dialplan={folder / 'plan'}",
            f"trunks_file={trunks}",
            f"dialing.answer_within={ANSWER_WITHIN_S}s",
            "dialing.prefixes=+44,+33",
            "dialing.forbidden=+44900",
            "dialing.calls_per_number=2",
            "dialing.calls_per_minute=200",
        )
        with Node(folder / "node", prompts, *settings) as node:
            every = (*settings, f"data_dir={folder / 'node'}")
            hello = voice.render("hello?")
            greeting = voice.render("you have reached the voicemail of peter smith. please leave a message.")
            made = Lab(node, a, b, hello, greeting, every)
            wait_for(lambda: node.metrics().get('softswitch_trunk_state{state="up",trunk="b"}'), "b is up")
            yield made
            print(node.log)


@pytest.mark.parametrize(
    ("status", "outcome"), [(486, "busy"), (603, "rejected"), (404, "unreachable"), (180, "no answer")]
)
def test_a_call_that_is_not_answered_says_why_and_goes_no_other_way(lab: Lab, status: int, outcome: str):
    number = lab.number(Callee(status))
    result = lab.dial(number, ring_for=1.0)
    assert result["outcome"] == outcome
    assert [progress["trunk"] for progress in lab.told if progress["event"] == "trying"] == ["a"]
    assert lab.b.calls_to(number) == []
    record = lab.record_of(number)
    assert (record.direction, record.trunk, record.answered_at) == ("out", "a", None)
    if status == 180:
        assert lab.a.calls_to(number)[0].ended == "CANCEL"


def test_a_trunk_that_fails_is_followed_by_the_next_at_once(lab: Lab):
    number, watch = lab.number(Callee(503), Callee(486)), Stopwatch()
    assert lab.dial(number)["trunk"] == "b"
    first, second = lab.a.calls_to(number)[0], lab.b.calls_to(number)[0]
    assert second.at - first.at < ANSWER_WITHIN_S + watch.withheld_s
    wait_for(lambda: lab.record_of(number).trunk == "b", "the record says by which trunk it went")


def up_again(lab: Lab) -> None:
    """Trunk a is first again: its OPTIONS are answered."""
    wait_for(lambda: lab.node.metrics()['softswitch_trunk_state{state="up",trunk="a"}'], "a is up", 40)


def test_a_trunk_that_is_dead_is_followed_by_the_next_within_a_second_after_its_time(lab: Lab):
    up_again(lab)
    number, watch = lab.number(Callee(0), Callee(486)), Stopwatch()
    assert lab.dial(number)["outcome"] == "busy"
    first, second = lab.a.calls_to(number)[0], lab.b.calls_to(number)[0]
    assert ANSWER_WITHIN_S <= second.at - first.at < ANSWER_WITHIN_S + 1.0 + watch.withheld_s


def test_a_person_is_spoken_to_soon_after_his_word(lab: Lab):
    number, watch = lab.number(*[Callee(says=lab.hello, ring_s=0.2)] * 2), Stopwatch()
    with lab.dialled(number, "answered by") as progress:
        assert progress["by"] == "person"
        assert lab.said_to(number)[0].startswith("Hello, am I speaking to Alex")
    (taken,) = calls_to(lab, number)
    wait_for(lambda: taken.ended == "BYE", "who leaves hangs up")
    assert 0.3 < taken.loud_at[0] - taken.said_at < 1.2 + watch.withheld_s
    assert lab.record_of(number).answered_by == "person"


PERSONS = (
    "hello?",
    "yes, hello?",
    "hi, it's kate",
    "riverside garage, good morning",
    "hello, who is this please?",
    "martin here",
    "yeah, hi",
    "good evening, this is the blue lagoon restaurant, how may i help you?",
    "what's up?",
    "hello, doctor brown's office, susan speaking",
    "one second. yes?",
    "um, hello?",
)
MACHINES = (
    "hi, this is kate. i'm not here right now, so please leave me a message.",
    "hello. nobody can come to the phone at the moment. please speak after the tone.",
    "welcome to the mailbox of number four four two zero seven. please record your message after the beep.",
    "you've reached the blue lagoon restaurant. we open at noon. please call again later.",
    "sorry, the person you called can't take your call.",
    "the subscriber is not available at present. please try again later.",
    "this is martin's phone. i'm probably driving. leave your name and i'll get back to you.",
    "hi, you know the drill. leave a message.",
    "thank you for calling doctor brown's office. the office is closed. for emergencies dial nine nine nine.",
    "your call cannot be answered right now. to leave a message, press one or wait for the tone.",
    "we are sorry we missed your call. it is important to us, and somebody will call you back tomorrow.",
    "hey, it's jo. i never listen to these, so send me a text.",
)


def test_a_dozen_persons_and_a_dozen_machines_are_told_apart(lab: Lab):
    """Sentences that the rules were not made with."""
    voice = PiperSynthesizer(models.voice("embedded"), 8000, SpeechPool(1))
    expected = dict.fromkeys(PERSONS, "person") | dict.fromkeys(MACHINES, "voicemail")
    numbers = {text: lab.number(*[Callee(says=voice.render(text))] * 2) for text in expected}
    with ThreadPoolExecutor(4) as pool:
        told = dict(
            zip(expected, pool.map(lambda text: who_answers(lab, numbers[text]), expected), strict=True)
        )
    wrong = {text: by for text, by in told.items() if by != expected[text]}
    print(f"told right: {len(told) - len(wrong)} of {len(told)}; wrong: {wrong}")
    assert len(wrong) <= 2


def who_answers(lab: Lab, number: str) -> str:
    with lab.dialled(number, "answered by") as progress:
        return str(progress["by"])


def calls_to(lab: Lab, number: str) -> list[Taken]:
    return [*lab.a.calls_to(number), *lab.b.calls_to(number)]


def test_a_voicemail_gets_its_message_when_it_has_finished_and_the_command_ends_with_0(lab: Lab):
    number = lab.number(*[Callee(says=lab.greeting)] * 2)
    command = lab.command("dial", number, "--plan", "reminder", "--context", "guest=Peter")
    told, _ = command.communicate(timeout=30)
    assert "answered by a voicemail" in told
    assert "ended by node (normal clearing)" in told
    assert command.returncode == 0
    assert lab.said_to(number) == ["This is a message for Peter."]
    (taken,) = calls_to(lab, number)
    assert taken.loud_at[0] > taken.said_at
    assert lab.record_of(number).answered_by == "voicemail"


def test_what_is_heard_before_the_answer_is_not_taken_for_it(lab: Lab):
    callee = Callee(says=lab.hello, early=lab.greeting)
    number = lab.number(callee, callee)
    with lab.dialled(number, "answered by") as progress:
        assert progress["by"] == "person"
    assert any(progress.get("early_media") for progress in lab.told)


@pytest.mark.parametrize("number", ["+491234567890", "+449001234567"])
def test_a_number_that_the_guard_refuses_is_never_sent(lab: Lab, number: str):
    before = len(lab.a.calls) + len(lab.b.calls)
    assert lab.dial(number)["outcome"] == "refused"
    assert len(lab.a.calls) + len(lab.b.calls) == before


def test_a_cap_that_trips_holds_until_somebody_releases_it(lab: Lab):
    number = lab.number(*[Callee(486)] * 2)
    assert [lab.dial(number)["outcome"] for _ in range(3)] == ["busy", "busy", "held"]
    assert len(calls_to(lab, number)) == 2
    assert lab.node.metrics()["softswitch_dialling_held"] == 1
    shown, _ = lab.command("guard", "show").communicate()
    why = "the cap of 2 calls to one number in a day is reached"
    assert re.search(rf"HELD since .*: {re.escape(number)}: {why}", shown)
    assert lab.dial(lab.number(*[Callee(486)] * 2))["outcome"] == "busy"  # other numbers go on
    released, _ = lab.command("guard", "release", number).communicate()
    assert released == f"released {number}\n"
    assert lab.dial(number)["outcome"] == "busy"


def test_a_number_that_a_caller_leads_his_call_to_counts_as_dialled(lab: Lab):
    number = lab.number(Callee(486))
    row = sa.select(dialled.c.trunk, dialled.c.ended_at).where(dialled.c.number == number)

    def counted() -> Any:
        with transaction(lab.node.database_url) as connection:
            return connection.execute(row).one_or_none()

    with FarEnd() as caller:
        caller.dial(lab.node.sip_port, sdp=caller.description())
        caller.answered()
        caller.request("REFER", f"Refer-To: <sip:{number}@127.0.0.1:{lab.a.port}>")
        caller.next("SIP/2.0 202")
        wait_for(lambda: counted() == ("a", None), "it is counted")
        caller.request("BYE")
        wait_for(lambda: counted().ended_at, "it counts no longer")


def test_a_trunk_takes_no_more_calls_than_its_limit(lab: Lab):
    numbers = ["+33140000001", "+33140000002"]
    for number in numbers:
        lab.a.numbers[number] = Callee(180)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(lab.dial, numbers[0], ring_for=1.5)
        wait_for(lambda: lab.a.calls_to(numbers[0]), "the first rings")
        loaded = config.load(overrides=lab.settings)
        second = desk.ask(loaded, "dial", number=numbers[1], plan="reminder")
        assert (second["outcome"], second["cause"]) == ("failed", 34)
        assert "limits.calls" in second["reason"]
        assert first.result()["outcome"] == "no answer"
    assert lab.a.calls_to(numbers[1]) == []


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ({"plan": "other"}, "no dialplan 'other' but reminder"),
        ({"context": {"guests": "x"}}, "no variable 'guests'; did you mean 'guest'"),
        ({"trunk": "c"}, "the trunk c does not take"),
        ({"caller_id": "+442079461111"}, r"caller_id\.allowed"),
        ({"number": "desk"}, "'desk' is no number"),
    ],
)
def test_a_wrong_order_is_told_before_anything_rings(lab: Lab, order: dict[str, Any], why: str):
    loaded = config.load(overrides=lab.settings)
    with pytest.raises(SoftswitchError, match=why):
        desk.ask(loaded, "dial", **{"number": lab.number(Callee()), "plan": "reminder", **order})


def test_the_command_tells_what_happens_and_ctrl_c_hangs_up(lab: Lab):
    number = lab.number(*[Callee(says=lab.hello, ring_s=0.2)] * 2)
    command = lab.command("dial", number, "--plan", "reminder", "--context", "guest=Kim")
    assert command.stdout
    lines = []
    while not lines or not lines[-1].startswith("answered by"):
        lines.append(command.stdout.readline())
    assert lines[0].startswith("trying ")
    assert "  ringing\n" in lines
    assert lines[-1].startswith("answered by a person, known after ")
    command.send_signal(signal.SIGINT)
    command.communicate(timeout=10)
    assert command.returncode == 130
    wait_for(lambda: calls_to(lab, number)[0].ended == "BYE", "the far end is hung up on")


def test_the_command_ends_with_1_when_the_call_was_not_answered(lab: Lab):
    busy = lab.command("dial", lab.number(*[Callee(486)] * 2), "--plan", "reminder", "--json")
    told, _ = busy.communicate(timeout=10)
    assert '"outcome": "busy"' in told
    assert busy.returncode == 1


def test_a_conversation_goes_on_when_control_is_killed_and_what_rang_is_given_up(lab: Lab):
    talking, ringing = lab.number(*[Callee(says=lab.hello)] * 2), lab.number(*[Callee(180)] * 2)
    with ThreadPoolExecutor(2) as pool:
        talk = pool.submit(lost_by, lab, talking)
        ring = pool.submit(lost_by, lab, ringing)
        wait_for(lambda: lab.record_of(talking).answered_by, "one is answered")
        lab.said_to(talking)
        wait_for(lambda: calls_to(lab, ringing), "the other rings")
        lab.node.kill_control()
        assert talk.result() and ring.result(), "the commands were told"
    wait_for(lambda: calls_to(lab, ringing)[0].ended == "CANCEL", "the call that rang is given up", 20)
    resumed = lambda: [turn.via for turn in lab.node.history(lab.record_of(talking).call_id).turns]  # noqa: E731
    wait_for(lambda: "resume" in resumed(), "the conversation goes on", 20)
    assert not calls_to(lab, talking)[0].ended
    wait_for(lambda: lab.record_of(ringing).ended_at, "the record of what rang is closed", 20)


def lost_by(lab: Lab, number: str) -> str:
    """What the command says whose node dies."""
    loaded = config.load(overrides=lab.settings)
    try:
        return str(desk.ask(loaded, "dial", number=number, plan="reminder"))
    except SoftswitchError as error:
        return str(error)


def test_nothing_is_dialled_while_the_node_drains(lab: Lab):
    wait_for(lambda: lab.node.http("/readyz") == 200, "control is back", 30)
    os.kill(lab.node.control_pid, signal.SIGUSR1)
    number = lab.number(Callee(486))
    wait_for(lambda: "drain" in lost_by(lab, number), "the dialer says that the node drains")
