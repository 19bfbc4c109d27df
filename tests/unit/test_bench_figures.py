"""The benchmark's arithmetic, on numbers whose answer is known, and its command without measuring."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from figures.call_media import PACING, line_noise, pacing_p99
from figures.call_recovery import RESUMED
from figures.call_response import WORDS
from figures.figure import Measurement, Spec, figures_of, percentile, table
from figures.node import DIALPLANS
from figures.sipp import Outcome

from softswitch.dialplan import loader
from softswitch.errors import SoftswitchError

ROOT = Path(__file__).parents[2]


def measurement(*specs: Spec) -> Measurement:
    return Measurement("made up", specs, lambda workshop: ())


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "figures", *arguments]
    paths = os.environ | {"PYTHONPATH": str(ROOT / "scripts")}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=paths, check=False)


@pytest.mark.parametrize(("share", "expected"), [(0.5, 50), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_a_percentile_is_a_measured_value(share: float, expected: int) -> None:
    assert percentile([*range(100, 0, -1)], share) == expected


def test_the_99th_of_few_values_is_the_worst() -> None:
    assert percentile([3.0, 9.0, 1.0], 0.99) == 9.0


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError, match="of nothing"):
        percentile([], 0.5)


def test_a_target_is_met_up_to_its_limit_and_not_beyond() -> None:
    most, least, none = Spec("a", "ms", at_most=300), Spec("b", "1/s", at_least=150), Spec("c", "ms")
    assert [most.met(300), most.met(300.1)] == [True, False]
    assert [least.met(150), least.met(149)] == [True, False]
    assert none.met(1) is None
    assert [most.target, least.target, none.target] == ["<= 300", ">= 150", ""]


def test_what_was_not_measured_has_neither_value_nor_verdict() -> None:
    (row,) = figures_of("call", measurement(Spec("a", "ms", at_most=1)), None)
    assert (row.value, row.met) == (None, None)
    assert "not measured" in table([row])


def test_a_missed_target_stands_out_in_the_table() -> None:
    rows = figures_of("call", measurement(Spec("a", "ms", at_most=1), Spec("b", "ms", at_most=1)), [0.5, 1.5])
    _, first, second = table(rows).splitlines()
    assert first.split() == ["call", "a", "0.5", "ms", "<=", "1", "yes"]
    assert second.endswith("NO")


def scrape(*counts: int) -> dict[str, float]:
    """Cumulative counts of a histogram with the bounds 20, 21 and 22 ms and infinity."""
    return {
        PACING % bound: float(count)
        for bound, count in zip(("0.02", "0.021", "0.022", "+Inf"), counts, strict=True)
    }


def test_pacing_counts_only_what_lies_between_two_scrapes_and_interpolates() -> None:
    before = scrape(0, 0, 0, 5000)
    assert pacing_p99(before, scrape(90, 100, 100, 5100)) == pytest.approx(0.0209)


def test_pacing_beyond_the_last_bound_is_that_bound() -> None:
    assert pacing_p99(scrape(0, 0, 0, 0), scrape(90, 95, 98, 100)) == 0.022


def test_a_clock_that_stood_still_cannot_be_measured() -> None:
    with pytest.raises(SoftswitchError, match="did not tick"):
        pacing_p99(scrape(1, 1, 1, 1), scrape(1, 1, 1, 1))


def test_the_callers_noise_is_quiet_and_never_digital_silence() -> None:
    coded = np.frombuffer(line_noise(8000), dtype=np.uint8)
    inverted = ~coded & 255
    magnitude = ((((inverted & 15) << 3) + 132).astype(np.int32) << ((inverted >> 4) & 7)) - 132
    rms = np.sqrt(np.mean(magnitude.astype(float) ** 2))
    assert 80 < rms < 120
    assert len(set(coded)) > 10


def test_sipp_is_clean_only_without_failures_and_surprises() -> None:
    assert Outcome(10, 0, 0, "").clean
    assert not Outcome(9, 1, 0, "").clean
    assert not Outcome(10, 0, 0, "unexpected BYE").clean


@pytest.mark.parametrize("name", ["turns", "announcement"])
def test_the_dialplans_of_the_bench_are_valid(name: str) -> None:
    plan = loader.load(DIALPLANS / name, None)
    assert [line.text for line in plan.settings.lines.resumed.in_language("en")] == [RESUMED]


def test_every_word_that_callers_say_is_answered_at_once() -> None:
    plan = loader.load(DIALPLANS / "turns", None)
    assert plan.settings.timing.speech_complete_timeout == 0.2
    for step in (*WORDS, "greeting"):
        question = plan.steps[step].question
        assert question and set(WORDS) <= set(question.ways)


def test_figures_that_nothing_is_named_like_are_said_to_be_none() -> None:
    done = bench("answers", "--only", "nothing like it")
    assert done.returncode == 0
    assert "no figure's name contains 'nothing like it'" in done.stdout
    assert json.loads(bench("answers", "--only", "nothing like it", "--json").stdout) == {"figures": []}


def test_an_unknown_group_is_refused() -> None:
    done = bench("qeues")
    assert done.returncode == 2
    assert "qeues" in done.stderr
