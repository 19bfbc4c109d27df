"""Whose numbers a dialplan sees in real calls: those that the trunk's rules make, and no others."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from node import SOFTSWITCH, Node, wait_for
from rawsip import Phone
from small_plans import write

from softswitch.trunks.numbers import WITHHELD

PLAN = """name: lines
country: US
start: greeting
routes:
  - {name: known, when: {from: "+442079460000", to: "+493012345678"}}
  - {name: withheld, when: {from: anonymous, to: "+493012345678"}, start: bye}
"""
GREETING = """
  greeting:
    say: Hello.
    listen: {on: {}}
"""
ASSERTED = "P-Asserted-Identity: <sip:02079460000@127.0.0.1>"
RULES = (
    "--set",
    "numbers.rewrite_in=[{match: reception, to: +493012345678}]",
    "--set",
    "numbers.country=GB",
)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory, prompts: Path) -> Iterator[Node]:
    folder = tmp_path_factory.mktemp("trunk-numbers")
    with Node(folder / "data", prompts, f"dialplan={write(folder / 'plan', PLAN, GREETING)}") as node:
        yield node


def trunk(node: Node, *words: str) -> None:
    command = [str(SOFTSWITCH), "--set", f"data_dir={node.data_dir}", "trunk", *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def status(node: Node, *headers: str) -> int:
    """What a call gets; one that was answered is ended."""
    with Phone(node.sip_port) as phone:
        got = phone.invite(*headers)
        if got == 200:
            phone.bye()
            phone.receive()
    return got


def routed(node: Node) -> list[tuple[str, str]]:
    """Trunk and route of the latest call on record."""
    return [(call.trunk, call.route) for call in node.calls(limit=1)]


def test_a_call_is_routed_by_what_its_trunk_makes_of_its_numbers(node: Node) -> None:
    assert status(node, ASSERTED) == 404  # no trunk yet, whose rules would make numbers of it
    trunk(node, "add", "london", "--kind", "ip", "--allow", "127.0.0.1", *RULES)
    wait_for(lambda: status(node, ASSERTED) == 200, "the trunk is there")
    wait_for(lambda: routed(node) == [("london", "known")], "the call took the route of its number")
    assert status(node) == 404  # From says only: phone
    assert status(node, ASSERTED, "Privacy: id") == 200
    wait_for(
        lambda: routed(node) == [("london", "withheld")], "the call took the route of callers without one"
    )
    assert [call.from_uri for call in node.calls(limit=1)] == [WITHHELD]


def test_a_trunk_that_is_not_trusted_asserts_nothing(node: Node) -> None:
    trunk(node, "edit", "london", "--set", "caller_id.trust=no")
    wait_for(lambda: status(node, ASSERTED) == 404, "the asserted number is not believed")
