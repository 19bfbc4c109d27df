"""Results as JUnit's XML, which CI systems read (the schema of Jenkins' xUnit plug-in)."""

import re
from collections.abc import Sequence
from xml.etree import ElementTree as Tree

from softswitch.dialplan.testing.report import Told

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold."""


def xml(plan: str, told: Sequence[Told]) -> bytes:
    """One suite of the plan's name, a case for each scenario, with its transcript where it failed."""
    failures = sum(1 for each in told if each.failed)
    skipped = sum(1 for each in told if each.left_out)
    seconds = f"{sum(each.seconds for each in told):.3f}"
    counts = {"tests": str(len(told)), "failures": str(failures), "errors": "0", "time": seconds}
    suites = Tree.Element("testsuites", counts)
    suite = Tree.SubElement(suites, "testsuite", {"name": _text(plan), **counts, "skipped": str(skipped)})
    for each in told:
        _case(suite, plan, each)
    Tree.indent(suites)
    written: bytes = Tree.tostring(suites, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _case(suite: Tree.Element, plan: str, told: Told) -> None:
    file, line = told.where
    about = {
        "classname": _text(plan),
        "name": _text(told.name),
        "file": _text(file),
        "line": str(line),
        "time": f"{told.seconds:.3f}",
    }
    case = Tree.SubElement(suite, "testcase", about)
    if told.left_out:
        Tree.SubElement(case, "skipped", {"message": _text(told.left_out)})
    if told.failed:
        failure = Tree.SubElement(case, "failure", {"message": _text("; ".join(told.failed))})
        failure.text = _text("\n".join(told.lines()))


def _text(text: str) -> str:
    return NOT_XML.sub("?", text)
