"""Problems as SARIF 2.1.0 (OASIS, 2020), which editors and code hosts show at their lines."""

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from softswitch.dialplan.checks.rules import RULES
from softswitch.errors import Problem

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def log(problems: Sequence[Problem], base: Path) -> dict[str, Any]:
    """One run. Files below `base` are named relative to it, as code hosts want them; others absolutely."""
    driver = {
        "name": "softswitch",
        "version": version("softswitch"),
        "rules": [
            {
                "id": rule.name,
                "shortDescription": {"text": rule.means},
                "help": {"text": rule.remedy},
                "defaultConfiguration": {"level": _level(rule.warning)},
            }
            for rule in RULES.values()
        ],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"ROOT": {"uri": f"{base.absolute().as_uri()}/"}},
        "results": [_result(problem, base) for problem in problems],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _level(warning: bool) -> str:
    return "warning" if warning else "error"


def _result(problem: Problem, base: Path) -> dict[str, Any]:
    place = {
        "artifactLocation": _artifact(Path(problem.file).absolute(), base.absolute()),
        "region": {"startLine": problem.line, "startColumn": problem.column},
    }
    result: dict[str, Any] = {
        "level": _level(problem.warning),
        "message": {"text": problem.message},
        "locations": [{"physicalLocation": place}],
    }
    if problem.rule in RULES:
        result |= {"ruleId": problem.rule, "ruleIndex": list(RULES).index(problem.rule)}
    return result


def _artifact(file: Path, base: Path) -> dict[str, str]:
    if file.is_relative_to(base):
        return {"uri": file.relative_to(base).as_posix(), "uriBaseId": "ROOT"}
    return {"uri": file.as_uri()}
