"""The database killed while calls are up, and then control: calls go on, new ones come, nothing is lost."""

from collections.abc import Iterator
from pathlib import Path

import plan_files
import pytest
from node import Node, wait_for
from postgres import Cluster, postgres_cluster
from rawsip import Phone

from softswitch.events import EndedBy

__all__ = ["postgres_cluster"]
PLAN = (
    """
name: shop
start: first
actions: {note: {arguments: []}}
"""
    + plan_files.REST
)
FLOW = (
    """
steps:
  first:
    say: One.
    listen: {dtmf: {"1": second}}
  second:
    do: {action: note, next: third}
  third:
    say: Three.
    listen: {dtmf: {"1": fourth}}
  fourth:
    do: {action: note, next: fifth}
  fifth:
    say: Five.
    listen: {dtmf: {"1": closing}}
"""
    + plan_files.ENDING
)


class Shop(Node):
    url = ""

    @property
    def database_url(self) -> str:
        return self.url

    def reached(self, step: str, times: int = 1) -> None:
        """That many calls are at this step; only figures tell it while the database is away."""
        name = f'softswitch_steps_total{{step="{step}"}}'
        wait_for(lambda: self.figures().get(name, 0) >= times, f"step {step}")

    def figures(self) -> dict[str, float]:
        return self.metrics() if self.http("/healthz") == 200 else {}


@pytest.fixture
def shop(tmp_path: Path, prompts: Path, postgres_cluster: Cluster) -> Iterator[Shop]:
    plan = plan_files.write(tmp_path / "plan", {"plan.yaml": PLAN, "flows/main.yaml": FLOW})
    url = postgres_cluster.create_database(lasting=True)
    shop = Shop(tmp_path / "node", prompts, f"dialplan={plan}", f"database.url={url}")
    shop.url = url
    with shop:
        yield shop
        print(shop.log)


@pytest.mark.slow
def test_a_control_process_that_comes_back_without_a_database_goes_on_where_calls_were(
    shop: Shop, postgres_cluster: Cluster
) -> None:
    with Phone(shop.sip_port) as caller, Phone(shop.sip_port) as later:
        assert caller.invite() == 200
        shop.reached("first")
        caller.key("1")
        shop.reached("third")
        shop.wait_for_calls(1, live=True)
        postgres_cluster.kill()
        caller.key("1")
        shop.reached("fifth")
        wait_for(lambda: shop.figures()["softswitch_journal_events"], "the journal is written")
        shop.kill_control()
        wait_for(lambda: shop.figures().get('softswitch_calls{state="confirmed"}'), "he is taken up again")
        assert later.invite() == 200
        shop.reached("first")
        caller.key("1")
        shop.reached("closing")
        later.bye()
        caller.bye()
        postgres_cluster.start()
        wait_for(lambda: shop.figures().get("softswitch_journal_events") == 0, "the journal is read", 20.0)
    ended = shop.wait_for_calls(2, seconds=20.0)
    assert {call.ended_by for call in ended} <= {EndedBy.CALLER, EndedBy.NODE}
    turns = shop.history(ended[-1].call_id).turns
    assert [(turn.via, turn.said) for turn in turns][:3] == [
        ("start", "One."),
        ("dtmf", "Three."),
        ("dtmf", "Five."),
    ]
    assert [turn.via for turn in turns][3:] == ["resume", "dtmf"]
    assert len({turn.number for turn in turns}) == len(turns)
