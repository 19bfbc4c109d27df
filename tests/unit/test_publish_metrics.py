"""The figures: what session events count, what is pulled, and that the reference lists them all."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from softswitch.events import CallEnded, EndedBy
from softswitch.news import CallFinished, TurnFinished
from softswitch.publish.figures import FIGURES
from softswitch.publish.metrics import Metrics

ROOT = Path(__file__).parents[2]
INFINITY = float("inf")


def samples(metrics: Metrics) -> dict[tuple[str, tuple[str, ...]], float]:
    """All samples: (name, label values in the order of their names) → number, by Prometheus' own parser."""
    families = text_string_to_metric_families(metrics.render().decode())
    return {
        (sample.name, tuple(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def turn(call_id: str = "a", *, via: str = "speech", intent: str = "hours", heard_s: float = 2.0, **stages):
    return TurnFinished(call_id, 1, "menu", via, "x", 0.9, intent, "y", 2.0, heard_s, "y", 0.0, stages)


def finished(call_id: str = "a", cause: int = 16) -> CallFinished:
    return CallFinished(call_id, CallEnded(cause, 200, EndedBy.CALLER), "menu", 1.0)


def test_finished_calls_are_counted_by_cause_and_by_who_ended_them():
    metrics = Metrics()
    for cause in (16, 16, 41, -3, 500):
        metrics.take(finished(cause=cause))
    found = samples(metrics)
    name = "softswitch_finished_calls_total"
    assert {key[1]: number for key, number in found.items() if key[0] == name} == {
        ("16", "caller"): 2,
        ("41", "caller"): 1,
        ("other", "caller"): 2,
    }


def test_turns_are_counted_by_input_and_by_whether_an_intent_matched():
    metrics = Metrics()
    for via, intent in (("speech", "hours"), ("speech", ""), ("dtmf", "person")):
        metrics.take(turn(via=via, intent=intent))
    found = samples(metrics)
    assert found["softswitch_turns_total", ("yes", "speech")] == 1
    assert found["softswitch_turns_total", ("no", "speech")] == 1
    assert found["softswitch_turns_total", ("yes", "dtmf")] == 1


def test_stage_latencies_resolve_ten_milliseconds_to_two_seconds():
    metrics = Metrics()
    metrics.take(turn(endpoint=200.0, interpret=9.0, total=305.0))
    found = samples(metrics)
    bucket = "softswitch_stage_seconds_bucket"
    assert found[bucket, ("0.01", "interpret")] == 1
    assert (found[bucket, ("0.3", "total")], found[bucket, ("0.35", "total")]) == (0, 1)
    assert found["softswitch_stage_seconds_sum", ("endpoint",)] == pytest.approx(0.2)
    bounds = [float(key[1][0]) for key in found if key[0] == bucket and key[1][1] == "total"]
    assert sorted(bounds)[0] == 0.01
    assert sorted(bounds)[-2] == 2.0


def test_an_answer_cut_by_the_callers_next_input_is_a_barge_in_and_one_cut_by_hanging_up_is_not():
    metrics = Metrics()
    metrics.take(turn("a", heard_s=0.5))
    assert samples(metrics)["softswitch_barge_ins_total", ()] == 0
    metrics.take(turn("a", via="dtmf"))
    assert samples(metrics)["softswitch_barge_ins_total", ()] == 1
    metrics.take(turn("a", heard_s=0.5))
    metrics.take(finished("a"))
    metrics.take(turn("b", heard_s=1.98))
    metrics.take(turn("b"))
    assert samples(metrics)["softswitch_barge_ins_total", ()] == 1


def test_calls_whose_end_was_never_told_do_not_pile_up():
    metrics = Metrics()
    for number in range(5000):
        metrics.take(turn(str(number), heard_s=0.0))
    metrics.take(turn("0"))
    assert samples(metrics)["softswitch_barge_ins_total", ()] == 0
    metrics.take(turn("4999"))
    assert samples(metrics)["softswitch_barge_ins_total", ()] == 1


def test_watched_figures_are_read_at_each_scrape():
    metrics = Metrics()
    calls = {"confirmed": 2.0}
    metrics.watch("softswitch_calls", lambda: calls)
    metrics.watch("softswitch_speech_workers", lambda: 2)
    metrics.watch("softswitch_refused_calls_total", lambda: {"503": 7})
    assert samples(metrics)["softswitch_calls", ("confirmed",)] == 2
    calls["held"] = 1
    found = samples(metrics)
    assert found["softswitch_calls", ("held",)] == 1
    assert found["softswitch_speech_workers", ()] == 2
    assert found["softswitch_refused_calls_total", ("503",)] == 7


def test_a_figure_of_two_labels_is_read_by_both():
    metrics = Metrics()
    metrics.watch("softswitch_dialplan_info", lambda: {("shop", "1a"): 1.0, ("shop", "2b"): 1.0})
    found = samples(metrics)
    assert found["softswitch_dialplan_info", ("shop", "1a")] == 1
    assert found["softswitch_dialplan_info", ("shop", "2b")] == 1


def test_intents_steps_and_fillers_are_counted():
    metrics = Metrics()
    metrics.take(replace(turn(), path=("hours", "menu")))
    metrics.take(replace(turn(intent=""), path=("menu",)))
    metrics.filled()
    found = samples(metrics)
    assert found["softswitch_intents_total", ("hours",)] == 1
    assert found["softswitch_steps_total", ("menu",)] == 2
    assert found["softswitch_steps_total", ("hours",)] == 1
    assert found["softswitch_fillers_total", ()] == 1


def test_names_that_come_and_go_with_dialplans_do_not_pile_up():
    metrics = Metrics()
    for number in range(2500):
        metrics.take(replace(turn(intent=""), path=(f"step_{number}",)))
    steps = {key[1]: n for key, n in samples(metrics).items() if key[0] == "softswitch_steps_total"}
    assert len(steps) == 2001
    assert steps["other",] == 500


def test_a_figure_that_fails_is_left_out_and_the_others_stay():
    metrics = Metrics()
    metrics.watch("softswitch_calls", lambda: {"early": 1.0 / 0})
    metrics.watch("softswitch_speech_workers", lambda: 2)
    metrics.watch_pacing(lambda: [(20.0, 5), (INFINITY, 3)])
    found = samples(metrics)
    assert found["softswitch_speech_workers", ()] == 2
    assert not [
        key for key in found if key[0] in ("softswitch_calls", "softswitch_frame_interval_seconds_bucket")
    ]


def test_watching_an_undeclared_figure_is_a_bug():
    with pytest.raises(KeyError):
        Metrics().watch("softswitch_unheard_of", lambda: 1)


def test_frame_pacing_comes_from_the_gateways_cumulative_counts():
    metrics = Metrics()
    metrics.watch_pacing(lambda: [(19.0, 1), (20.5, 90), (INFINITY, 100)])
    found = samples(metrics)
    bucket = "softswitch_frame_interval_seconds_bucket"
    assert found[bucket, ("0.0205",)] == 90
    assert found[bucket, ("+Inf",)] == 100


def test_commits_are_timed():
    metrics = Metrics()
    metrics.commit_took(0.003)
    assert samples(metrics)["softswitch_record_commit_seconds_bucket", ("0.005",)] == 1


def test_two_nodes_in_one_process_share_no_figures():
    first, second = Metrics(), Metrics()
    first.take(finished())
    assert "softswitch_finished_calls_total{" not in second.render().decode()


def test_the_reference_lists_each_metric_with_its_type_labels_and_meaning():
    rows = re.findall(
        r"^\| `(\w+)` \| (\w+) \| (.*?) \| (.+?) \|$",
        (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    documented = {name: (kind, help_text) for name, kind, _, help_text in rows}
    exposed = {}
    for family in Metrics().registry.collect():
        name = family.name + ("_total" if family.type == "counter" else "")
        exposed[name] = (family.type, family.documentation)
    assert documented == exposed
    assert len(rows) == len(documented)
    labels = {name: label for name, _, label, _ in rows}
    assert {f.name: ", ".join(f"`{label}`" for label in f.labels) for f in FIGURES}.items() <= labels.items()
