"""Which measurements belong to which group, in the order in which they are made."""

from collections.abc import Mapping

from figures import (
    call_barge_in,
    call_greeting,
    call_media,
    call_recovery,
    call_response,
    call_setups,
    call_soak,
    call_start,
    dialplan_check,
    dialplan_match,
    dialplan_mutations,
    dialplan_quality,
    dialplan_scenarios,
    dialplan_step,
    people_ringing,
    people_waiting,
    queue_bridges,
    queue_events,
    queue_kills,
    queue_promise,
    queue_waiting,
    queue_work,
    speech_accuracy,
    speech_calls,
    speech_speed,
    speech_voice,
    trunk_change,
    trunk_failover,
    trunk_fuzz,
    trunk_registrations,
    trunk_scan,
    trunk_soak,
)
from figures.figure import Measurement

CALL = (
    call_response.ALONE,
    call_response.TWENTY,
    call_greeting.GREETING,
    call_barge_in.BARGE_IN,
    call_media.QUIET,
    call_media.BUSY,
    call_setups.SETUPS,
    call_recovery.RECOVERY,
    call_start.START,
)
SPEECH = (
    *speech_accuracy.HELD_OUT,
    speech_speed.FACTORS,
    speech_speed.FOOTPRINT,
    speech_calls.BACKLOG,
    *speech_voice.VOICE,
)
GROUPS: Mapping[str, tuple[Measurement, ...]] = {
    "call": CALL,
    "speech": SPEECH,
    "dialplan": (
        dialplan_match.MATCH,
        dialplan_step.STEP,
        dialplan_step.CONVERSING,
        dialplan_scenarios.SCENARIOS,
        dialplan_check.CHECK,
        dialplan_mutations.MUTATIONS,
        *dialplan_quality.QUALITY,
    ),
    "trunks": (
        trunk_change.CHANGE,
        trunk_registrations.REGISTRATIONS,
        trunk_failover.FAILOVER,
        trunk_scan.SCAN,
        trunk_fuzz.FUZZ,
        call_setups.CHECKED,
    ),
    "queues": (
        queue_work.WORK,
        queue_events.EVENTS,
        queue_promise.PROMISE,
        queue_waiting.QUERIES,
        queue_kills.TAKEOVER,
        people_ringing.RINGING,
        people_waiting.QUERIES,
        queue_bridges.BRIDGED,
        queue_bridges.COST,
        queue_bridges.RINGING,
    ),
    "answers": (),
}
SOAK: Mapping[str, tuple[Measurement, ...]] = {
    "call": (call_soak.SOAK,),
    "trunks": (trunk_soak.SOAK,),
    "queues": (queue_kills.KILLS,),
}
