"""What a dialplan declares, sound or not: its variables, intents, languages and actions."""

from typing import Any

from softswitch.dialplan.files.variables import FACTS
from softswitch.dialplan.language import LANGUAGES
from softswitch.dialplan.reading import Draft, mapping
from softswitch.marked_yaml import Document


def known_variables(draft: Draft) -> dict[str, str]:
    """Every variable with its type: declared, of hours, a table's column (text), known of every call."""
    document = draft.plan_document.value
    found: dict[str, str] = {
        column: "text" for table in draft.documents["tables"].values() for column in columns(table)
    }
    found |= FACTS
    found |= {f"hours_{name}": "yes_no" for name in mapping(document, "hours")}
    for name, declared in mapping(document, "variables").items():
        found[name] = str(mapping(declared).get("type"))
    return found


def columns(table: Document) -> list[str]:
    """Of the first row that is one."""
    rows = mapping(table.value, "rows").values()
    return next((list(row) for row in rows if isinstance(row, dict)), [])


def built_in_intents() -> frozenset[str]:
    """Those for which a language brings sentences."""
    return frozenset({"yes", "no"}.union(*(language.talk.intents for language in LANGUAGES.values())))


def actions(plan: Any, *, lookup: bool) -> list[str]:
    """Those that are promised, or those that only look something up."""
    declared = mapping(plan, "actions")
    return [name for name in declared if (mapping(declared, name).get("kind") == "lookup") == lookup]


def spoken(draft: Draft) -> tuple[str, ...]:
    """The plan's languages as they are written, sound or not."""
    plan = mapping(draft.plan_document.value)
    written = plan.get("languages") or plan.get("language") or "en"
    many = written if isinstance(written, list) else [written]
    return tuple(each for each in many if isinstance(each, str))
