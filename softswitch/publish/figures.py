"""Every figure that is read when Prometheus asks: its name, meaning and label.

A metric that counts events itself is made in metrics.py; what the parts of the node already know is only
declared here, and `Metrics.watch` connects it.
"""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """A pulled metric: a single number, or several told apart by `labels`."""

    name: str
    kind: Literal["gauge", "counter"]
    help: str
    labels: tuple[str, ...] = ()


FIGURES = (
    Figure("softswitch_calls", "gauge", "Calls at present, by dialog state.", ("state",)),
    Figure("softswitch_refused_calls_total", "counter", "Calls refused, by SIP status.", ("status",)),
    Figure("softswitch_refusals_total", "counter", "Calls that the gateway refused, by reason.", ("reason",)),
    Figure(
        "softswitch_strangers_messages_total",
        "counter",
        "Messages of unknown and banned sources, by the answer they got.",
        ("answer",),
    ),
    Figure("softswitch_bans", "gauge", "Sources that are met with silence."),
    Figure(
        "softswitch_bans_lost_total", "counter", "Bans that hold but were not written down: too many at once."
    ),
    Figure(
        "softswitch_dialplan_info",
        "gauge",
        "1 for each version of a dialplan that has calls or takes them.",
        ("plan", "version"),
    ),
    Figure(
        "softswitch_dialplan_reloads_total",
        "counter",
        "Dialplans loaded anew, by what came of it.",
        ("result",),
    ),
    Figure("softswitch_ring_underruns_total", "counter", "Frames a caller should have heard and did not."),
    Figure("softswitch_uplink_frames_lost_total", "counter", "Caller frames that control came too late for."),
    Figure("softswitch_speech_workers", "gauge", "Speech threads."),
    Figure("softswitch_speech_busy_workers", "gauge", "Speech threads at work."),
    Figure("softswitch_speech_waiting_jobs", "gauge", "Jobs that wait for a speech thread."),
    Figure(
        "softswitch_said_total",
        "counter",
        "Texts that are no fixed prompts, by whether their audio was there or had to be made.",
        ("how",),
    ),
    Figure("softswitch_said_bytes", "gauge", "Audio of such texts that is held in memory, 64 MB at most."),
    Figure("softswitch_recognizer_backlog_seconds", "gauge", "Caller audio not yet decoded, all calls."),
    Figure("softswitch_sink_queue_depth", "gauge", "Events waiting, by where they go.", ("sink",)),
    Figure("softswitch_database_away", "gauge", "1 while the database is locked or away."),
    Figure("softswitch_forgotten_total", "counter", "What was deleted for its age.", ("what",)),
    Figure("softswitch_journal_events", "gauge", "Events in the journal, until the database is back."),
    Figure("softswitch_journal_bytes", "gauge", "Size of the journal's file."),
    Figure("softswitch_events_dropped_total", "counter", "Events lost, by where they were to go.", ("sink",)),
    Figure("softswitch_restarts_total", "counter", "Restarts by the supervisor, by process.", ("process",)),
    Figure(
        "softswitch_identities_total", "counter", "Signed identities of callers, by verdict.", ("verdict",)
    ),
    Figure("softswitch_recordings", "gauge", "Calls that are being recorded."),
    Figure("softswitch_recordings_total", "counter", "Recordings ended, by what came of them.", ("result",)),
    Figure("softswitch_recording_waiting_seconds", "gauge", "Recorded audio that is not on disk yet."),
    Figure(
        "softswitch_actions",
        "gauge",
        "Actions by state, but for those that ended well; counted up to 10,000 each.",
        ("state",),
    ),
    Figure("softswitch_actions_oldest_seconds", "gauge", "Age of the oldest action that was not yet tried."),
    Figure(
        "softswitch_action_attempts_total",
        "counter",
        "Attempts to do an action, by what came of them.",
        ("action", "result"),
    ),
    Figure("softswitch_actions_taken_over_total", "counter", "Actions that a dead worker held."),
    Figure(
        "softswitch_actions_in_calls_total",
        "counter",
        "Promises that callers waited for, by what they were told.",
        ("action", "told"),
    ),
    Figure("softswitch_lookups_total", "counter", "Look-ups, by how they were answered.", ("lookup", "how")),
    Figure(
        "softswitch_lookup_answers_total",
        "counter",
        "Requests of look-ups, by what came of them.",
        ("lookup", "result"),
    ),
    Figure(
        "softswitch_lookup_hit_age_seconds_total", "counter", "Ages of the kept answers that served, in all."
    ),
    Figure("softswitch_lookup_cache_entries", "gauge", "Answers of look-ups that are kept."),
    Figure("softswitch_lookup_cache_bytes", "gauge", "What they take, about."),
    Figure(
        "softswitch_answers_total",
        "counter",
        "Questions beyond the dialplan's words, by how they were answered and what came of it.",
        ("how", "outcome"),
    ),
    Figure("softswitch_answers_remembered", "gauge", "Remembered answers that this node has at hand."),
    Figure(
        "softswitch_answers_dropped_total",
        "counter",
        "Answers that were not remembered: the database was away, or too many waited for it.",
    ),
    Figure(
        "softswitch_answers_compared_total",
        "counter",
        "Questions whose words found no answer and that an embedding model compared, or was to.",
        ("result",),
    ),
    Figure("softswitch_answers_comparable", "gauge", "Remembered questions that others are compared with."),
    Figure(
        "softswitch_answers_uncompared", "gauge", "Remembered questions that wait for the embedding model."
    ),
    Figure("softswitch_answers_unrendered", "gauge", "Remembered answers that wait to become audio."),
    Figure(
        "softswitch_answers_warmed_total",
        "counter",
        "Questions asked ahead of opening hours, by what came of them.",
        ("result",),
    ),
    Figure("softswitch_llm_requests_total", "counter", "Requests to language models, hedges among them."),
    Figure("softswitch_llm_hedges_total", "counter", "Second requests because the first was late."),
    Figure(
        "softswitch_llm_inquiries_total",
        "counter",
        "Short requests of the node's own, to see whether a model still answers.",
    ),
    Figure("softswitch_llm_tokens_total", "counter", "Tokens, as the servers count them.", ("kind",)),
    Figure(
        "softswitch_llm_shunned_total",
        "counter",
        "Requests that were not made: the breaker was open, or the plan's bulkhead full.",
        ("why",),
    ),
    Figure(
        "softswitch_speculations_total",
        "counter",
        "Thoughts begun before the caller was sure to have finished, by what became of them.",
        ("result",),
    ),
    Figure("softswitch_llm_under_way", "gauge", "Requests under way.", ("plan",)),
    Figure("softswitch_llm_broken", "gauge", "1 while a plan's breaker is not closed.", ("plan",)),
    Figure(
        "softswitch_ladder_down",
        "gauge",
        "1 while something counts as down for a plan.",
        ("plan", "dependency"),
    ),
    Figure(
        "softswitch_ladder_calls_total",
        "counter",
        "Calls that began at `then` of the plan's ladder.",
        ("plan", "dependency"),
    ),
    Figure("softswitch_queue_callers", "gauge", "Callers who want a person, all nodes.", ("queue", "state")),
    Figure(
        "softswitch_queue_outcomes_total",
        "counter",
        "Callers who wanted a person, by what became of their waits.",
        ("queue", "outcome"),
    ),
    Figure(
        "softswitch_queue_in_time_total",
        "counter",
        "Callers who spoke with a person within the queue's service level.",
        ("queue",),
    ),
    Figure("softswitch_agents", "gauge", "Agents by state, all nodes.", ("state",)),
    Figure("softswitch_agent_rings_total", "counter", "Agents rung, by what came of it.", ("result",)),
    Figure("softswitch_call_backs_total", "counter", "Calls back, by what came of them.", ("outcome",)),
    Figure("softswitch_people_taken_over_total", "counter", "Agents and callers whom a dead process held."),
    Figure("softswitch_mqtt_connected", "gauge", "1 while the MQTT broker is connected."),
    Figure(
        "softswitch_mqtt_commands_total",
        "counter",
        "Commands over MQTT, by what came of them.",
        ("command", "result"),
    ),
    Figure(
        "softswitch_mqtt_messages_taken_over_total", "counter", "Messages published that dead nodes had left."
    ),
    Figure("softswitch_dialling_calls", "gauge", "Calls on their way to an answer."),
    Figure("softswitch_dialling_held", "gauge", "Holds of dialling that stand: caps that have tripped."),
    Figure(
        "softswitch_dialled_calls_total", "counter", "Calls dialled, by what became of them.", ("outcome",)
    ),
    Figure(
        "softswitch_trunk_state",
        "gauge",
        "1 for the state that a trunk is in, 0 for the others.",
        ("trunk", "state"),
    ),
    Figure("softswitch_trunk_registered", "gauge", "1 while a trunk is registered.", ("trunk",)),
    Figure(
        "softswitch_trunk_options_seconds",
        "gauge",
        "How long the last answered OPTIONS took.",
        ("trunk", "target"),
    ),
    Figure("softswitch_trunk_calls", "gauge", "Calls at present, by trunk.", ("trunk", "direction")),
    Figure(
        "softswitch_trunk_failures_total",
        "counter",
        "Requests to a trunk that failed, by kind.",
        ("trunk", "request"),
    ),
)

STAGE_BUCKETS = (
    *(0.01, 0.02, 0.03, 0.04, 0.05, 0.06, 0.08, 0.1, 0.12, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6),
    *(0.8, 1.0, 1.5, 2.0),
)
"""Seconds. Steps of 10 ms where the media path lies, of 50 ms around the targets of 300 and 400 ms."""

ACTION_BUCKETS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 600.0, 3600.0)
"""Seconds: a bound at the target of 200 ms, and those of promises that waited for an integration."""

TALK_BUCKETS = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 180.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0)
"""Seconds: of waits for a person, and of talks."""

COMMIT_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Seconds: an SSD's fsync takes about 1 ms, a struggling disk's seconds."""
