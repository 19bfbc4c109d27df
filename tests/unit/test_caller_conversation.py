"""The caller's script, driven with made-up audio in place of a call."""

import numpy as np
import pytest

from softswitch.gateway.caller.conversation import Conversation
from softswitch.gateway.caller.script import CallScript, Keys, Pause, Sending, Turn, Utterance
from softswitch.gateway.caller.voicing import Voicing

RATE, FRAME = 8000, 160
TONE = (8000 * np.sin(2 * np.pi * 400 * np.arange(60 * RATE) / RATE)).astype(np.int16)


class MadeUpLine:
    """A far end that greets from `greeting[0]` to `greeting[1]` and answers 0.3 s after each utterance."""

    def __init__(self, greeting=(0.2, 1.2), answers=True, stops_when_spoken_to=False):
        self.position = 0
        self.heard = Voicing(RATE, 60 * RATE)
        self.far = np.zeros(60 * RATE, dtype=np.int16)
        self.answers = answers
        self.stops = stops_when_spoken_to
        self.said: list[float] = []
        self.pressed: list[tuple[str, float]] = []
        self.voice(*greeting)

    def voice(self, start, end):
        first, last = round(start * RATE), round(end * RATE)
        self.far[first:last] = TONE[: last - first]

    def say(self, pcm):
        start = self.position + 2 * FRAME
        self.said.append(start / RATE)
        if self.stops:
            self.far[start + round(0.1 * RATE) :] = 0
        if self.answers:
            end = (start + len(pcm) // 2) / RATE
            self.voice(end + 0.3, end + 1.3)
        return start

    def press(self, digit):
        self.pressed.append((digit, self.position / RATE))

    def tick(self):
        self.heard.extend(self.far[self.position : self.position + FRAME])
        self.position += FRAME


def play(line, *steps, limit=50.0, **settings):
    """Run the script to its end; what it told, and the conversation."""
    told = []
    conversation = Conversation(CallScript("sip:x@y", steps, **settings), line, told.append)
    while conversation.advance():
        line.tick()
        assert line.position < limit * RATE, "the script never ends"
    return told, conversation


def utterance(text="hello", barge_in_after=None):
    return Utterance(TONE[:4000].tobytes(), text, barge_in_after=barge_in_after)


def test_utterance_waits_until_the_greeting_is_over():
    line = MadeUpLine(greeting=(0.2, 1.2))
    play(line, utterance(), quiet=0.6)
    assert line.said == [pytest.approx(1.84, abs=0.03)]


def test_sentence_pause_in_the_greeting_is_not_its_end():
    line = MadeUpLine(greeting=(0.2, 1.2))
    line.voice(1.6, 2.6)
    play(line, utterance())
    assert line.said == [pytest.approx(3.24, abs=0.03)]


def test_each_utterance_is_measured_and_told_in_order():
    told, conversation = play(MadeUpLine(), utterance("one"), utterance("two"))
    assert [type(item) for item in told] == [Sending, Turn, Sending, Turn]
    assert [turn.text for turn in conversation.turns] == ["one", "two"]
    assert [turn.response_ms for turn in conversation.turns] == [pytest.approx(300, abs=5)] * 2


def test_answer_is_heard_to_its_end_before_the_call_ends():
    line = MadeUpLine()
    _, conversation = play(line, utterance())
    assert conversation.turns[0].heard_s == pytest.approx(1.0, abs=0.01)


def test_barge_in_starts_so_long_after_the_prompt_began():
    line = MadeUpLine(greeting=(0.4, 20), stops_when_spoken_to=True)
    _, conversation = play(line, utterance(barge_in_after=1.5))
    assert line.said == [pytest.approx(1.94, abs=0.03)]
    assert conversation.turns[0].barge_in_ms == pytest.approx(100, abs=25)


def test_silent_far_end_is_spoken_to_after_the_wait_and_gives_no_answer():
    line = MadeUpLine(greeting=(0, 0), answers=False)
    _, conversation = play(line, utterance(), answer_wait=2.0)
    assert line.said == [pytest.approx(2.04, abs=0.03)]
    assert not conversation.turns[0].answered


def test_far_end_that_never_stops_is_spoken_to_all_the_same():
    line = MadeUpLine(greeting=(0, 60), answers=False)
    play(line, utterance(), longest_answer=5.0, answer_wait=1.0)
    assert line.said == [pytest.approx(5.04, abs=0.03)]


def test_pause_counts_from_the_end_of_the_utterance():
    line = MadeUpLine()
    play(line, utterance(), Pause(4.0), utterance())
    assert line.said[1] - line.said[0] == pytest.approx(0.5 + 4.0 + 0.04, abs=0.05)


def test_keys_are_pressed_one_after_the_other():
    line = MadeUpLine()
    play(line, Keys("12#"), answer_wait=1.0)
    digits, times = zip(*line.pressed, strict=True)
    assert digits == ("1", "2", "#")
    assert np.diff(times) == pytest.approx(0.16, abs=0.001)


def test_call_that_ends_early_leaves_the_rest_unsaid_and_measures_what_was():
    line = MadeUpLine()
    conversation = Conversation(CallScript("sip:x@y", (utterance("a"), utterance("b"))), line, lambda _: None)
    while len(line.said) < 1 or line.position < 3.2 * RATE:
        conversation.advance()
        line.tick()
    conversation.close()
    assert [turn.text for turn in conversation.turns] == ["a"]
    assert conversation.unsaid == ["b"]
    assert not conversation.advance()
