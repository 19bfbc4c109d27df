"""The reference says what the code does: all of it, and nothing else."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from documents import DOCUMENTS, ROOT, blocks, first_column, section
from pydantic import BaseModel

from softswitch.dialplan.files import answers, asking, data, doing, flow, ladder, plan, queue, variables
from softswitch.events import CallEnded, CallInfo, Cause, EndedBy
from softswitch.gateway.causes import status_of
from softswitch.news import (
    ActionEnded,
    CallAnswered,
    CallFinished,
    CallStarted,
    DiallingHeld,
    DiallingStopped,
    TrunkChanged,
    TurnFinished,
)
from softswitch.publish import topics
from softswitch.store.outbox.tables import actions
from softswitch.store.people.tables import agents
from softswitch.store.tables import calls
from softswitch.values import Section
from softswitch.waiting import AgentChanged, CallerMoved, CallerOffered

REFERENCE = ROOT / "docs/reference"
DIALPLAN = REFERENCE / "dialplan.md"
MODELS: dict[str, type[BaseModel]] = {
    "plan.yaml": plan.PlanFile,
    "Timing": plan.Timing,
    "Matching": plan.Matching,
    "Variables": variables.Variable,
    "Universal": plan.Universal,
    "Repair": plan.Repair,
    "Failures": plan.Failure,
    "Filler": plan.Filler,
    "Lines": plan.Lines,
    "Recording": plan.Recording,
    "Ladder": ladder.Ladder,
    "Tripping": ladder.Tripping,
    "Ear": ladder.Ear,
    "Engine": ladder.Engine,
    "Away": ladder.Away,
    "Control": ladder.Control,
    "Answers": answers.Answers,
    "Routes": plan.Route,
    "When": plan.When,
    "Prefetch": plan.Prefetch,
    "Actions": plan.Action,
    "intents/NAME.yaml": data.IntentFile,
    "lists/NAME.yaml": data.ListFile,
    "examples/INTENT.yaml": data.ExamplesFile,
    "flows/NAME.yaml": flow.FlowFile,
    "Steps": flow.Step,
    "Listen": asking.Listen,
    "Collect": asking.Collect,
    "Forms": asking.Ask,
    "Dtmf": asking.Dtmf,
    "Answer": answers.Answer,
    "Lookup": doing.Lookup,
    "Do": doing.Do,
    "Branches": flow.Branch,
    "Transfer": flow.Transfer,
    "Queues": queue.QueueFile,
    "Queue": queue.Queue,
    "Leave": queue.Leave,
    "tables/NAME.yaml": data.TableFile,
}
"""The sections of dialplan.md, each with the model that it documents."""
PARTS = {plan.Repairs, flow.Choices, queue.QueueSettings}
"""What several models share; their keys stand with each."""
NAMED: dict[str, set[str]] = {
    "Types": set(get_args(variables.Type)),
    "Facts": {*variables.FACTS, "hours_NAME"},
    "Targets": set(flow.RESERVED_TARGETS),
}
"""The sections of dialplan.md that list names of other things than keys."""

NAMED_METRIC = re.compile(r"softswitch_[a-z_]+")
CALL = "0" * 32
EVENTS: dict[str, object] = {
    "started": CallStarted(CallInfo(CALL, "", "", "", "", 0.0), "", "", 0.0),
    "answered": CallAnswered(CALL, "", 0.0),
    "turn": TurnFinished(CALL, 1, "", "", "", 0.0, "", "", 0.0, 0.0, "", 0.0),
    "finished": CallFinished(CALL, CallEnded(16, 200, EndedBy.NODE), "", 0.0),
    "held": DiallingHeld(CALL, "", "", "", 0.0),
    "stopped": DiallingStopped("", "", 0.0),
    "changed": TrunkChanged("", "", "", "", 0.0),
    "dead": ActionEnded(1, "", "", "", "dead", 1, "", 0.0),
    "queue": CallerMoved(CALL, "", "waiting", 0.0),
    "state": AgentChanged("", "away", "", "", 0.0),
    "offered": CallerOffered("", CALL, "", "", "", 0.0, (), {}, 0.0),
}


def test_what_is_generated_from_the_code_is_up_to_date(tmp_path: Path):
    # In a process of its own: click keeps what earlier tests made it print.
    subprocess.run([sys.executable, "-m", "softswitch.cli.reference", str(tmp_path)], check=True)
    for generated in (path for path in tmp_path.rglob("*") if path.is_file()):
        page = generated.relative_to(tmp_path)
        written = REFERENCE / page
        assert written.read_text() == generated.read_text(), (
            f"{page} is behind the code: run scripts/document"
        )


def test_every_model_of_the_dialplan_language_has_its_section():
    declared = {
        model
        for module in (answers, asking, data, doing, flow, ladder, plan, queue, variables)
        for model in vars(module).values()
        if isinstance(model, type) and issubclass(model, Section) and model is not Section
    }
    assert declared - PARTS == set(MODELS.values())


@pytest.mark.parametrize("heading", MODELS)
def test_the_dialplan_reference_has_every_key_and_no_other(heading: str):
    documented = first_column(section(DIALPLAN, heading))
    assert documented == [field.alias or key for key, field in MODELS[heading].model_fields.items()]


@pytest.mark.parametrize("heading", MODELS)
def test_the_dialplan_reference_marks_the_keys_that_are_required(heading: str):
    bold = re.findall(r"^\| \*\*`(\w+)`\*\*", section(DIALPLAN, heading), re.M)
    fields = MODELS[heading].model_fields.items()
    assert bold == [field.alias or key for key, field in fields if field.is_required()]


@pytest.mark.parametrize("heading", NAMED)
def test_the_dialplan_reference_has_every_type_fact_and_target(heading: str):
    cells = first_column(section(DIALPLAN, heading))
    assert {name for cell in cells for name in re.findall(r"\w+", cell)} == NAMED[heading]


@pytest.mark.parametrize("heading", MODELS)
def test_the_dialplan_reference_tells_the_defaults_of_numbers_and_words(heading: str):
    told = dict(re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", section(DIALPLAN, heading), re.M))
    for key, field in MODELS[heading].model_fields.items():
        name = field.alias or key
        if isinstance(field.default, int | float) and not isinstance(field.default, bool):
            assert told[name].removesuffix("s") == f"{field.default:.15g}"
        elif name in told and isinstance(field.default, str) and field.default:
            assert told[name] == field.default


(METADATA,) = {table.metadata for table in (calls, actions, agents)}  # each room's tables are in it


@pytest.mark.parametrize("table", METADATA.tables)
def test_the_records_reference_has_every_column_and_no_other(table: str):
    documented = first_column(section(REFERENCE / "records.md", table))
    assert documented == [column.name for column in METADATA.tables[table].columns]


@pytest.mark.parametrize("event", EVENTS)
def test_the_mqtt_examples_have_the_fields_that_are_published(event: str):
    (example,) = (block for block in blocks(REFERENCE / "mqtt.md", "json") if block.label == event)
    message = topics.encode(EVENTS[event], "node1")
    assert message
    assert shape(json.loads(example.text)) == shape(json.loads(message.payload))


def test_every_metric_and_setting_that_a_document_names_exists():
    metrics = set(re.findall(r"^\| `(softswitch_\w+)`", (REFERENCE / "metrics.md").read_text(), re.M))
    settings = set(re.findall(r"^\| `([a-z_.]+)`", (REFERENCE / "settings.md").read_text(), re.M))
    sections = {setting.partition(".")[0] for setting in settings if "." in setting}
    settings |= {setting.rpartition(".")[0] for setting in settings}
    wrong = []
    for document in DOCUMENTS:
        text = document.read_text()
        shown = "".join(f"`{name}`" for name in NAMED_METRIC.findall(alerts(document))) + text
        measured = re.findall(r"`(softswitch_[a-z_]+?)(?:_bucket|_sum|_count)?[`{]", shown)
        wrong += [(document.name, name) for name in measured if name not in metrics]
        keys = re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)(?:: [^`]*)?`", text)
        of_node = [key for key in keys if key.partition(".")[0] in sections]
        wrong += [(document.name, key) for key in of_node if key not in settings]
    assert len(metrics) > 50
    assert len(settings) > 50
    assert not wrong


def alerts(document: Path) -> str:
    return "".join(block.text for block in blocks(document, "yaml") if block.label == "alerts.yaml")


def shape(value: object, key: str = "") -> object:
    """The keys of an object at every level; the stages of a turn are not always the same."""
    if not isinstance(value, dict) or key in ("stages_ms", "slots"):
        return None
    return {inner: shape(found, inner) for inner, found in value.items()}


def test_the_sip_reference_has_every_cause_with_its_name_and_status():
    rows = re.findall(
        r"^\| (\d+) \| ([a-z ]+) \|.*\| (\d+) \|$", section(REFERENCE / "sip.md", "Causes"), re.M
    )
    assert rows == [
        (str(int(cause)), cause.name.lower().replace("_", " "), str(status_of(cause))) for cause in Cause
    ]
