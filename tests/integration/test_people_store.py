"""Agents and waiting callers on real SQLite and PostgreSQL: claimed once, released, taken over."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import replace

import pytest
import sqlalchemy as sa
from people import NUMBER, call_id, enter, hire, leave, store_of, wait
from postgres import database_url, postgres_cluster, postgres_url

from softswitch.errors import SoftswitchError
from softswitch.events import CallEnded, EndedBy
from softswitch.news import CallFinished
from softswitch.people import choosing
from softswitch.people.parties import Agent, Caller
from softswitch.sections.queues import Queue
from softswitch.store import changes, leases, migrate
from softswitch.store.engine import transaction
from softswitch.store.people import agents, claiming, looking
from softswitch.store.people.claiming import Claim, Freed
from softswitch.store.people.people import PeopleStore
from softswitch.store.people.tables import waiting
from softswitch.waiting import Enqueue, LeaveQueue

__all__ = ["database_url", "postgres_cluster", "postgres_url"]
SALES = Enqueue("sales")
legs = (f"{number:032x}" for number in range(1, 1_000_000))


async def agent_of(store: PeopleStore, name: str) -> Agent:
    return next(agent for agent in (await store.look()).agents if agent.name == name)


async def caller_of(store: PeopleStore, name: str) -> Caller:
    return next(each for each in (await store.look()).callers if each.call_id == call_id(name))


async def claim(store: PeopleStore, name: str, agent: str, most: int = 1) -> Claim | None:
    wanted = Claim(await caller_of(store, name), await agent_of(store, agent), next(legs), most)
    return next(iter(await store.claim([wanted])), None)


def states(url: str) -> Counter[str]:
    with transaction(url) as connection:
        return Counter(connection.scalars(sa.select(waiting.c.state)))


async def test_a_caller_waits_from_the_turn_in_which_he_asked_and_only_once(database_url: str) -> None:
    async with store_of(database_url) as store:
        order = Enqueue("sales", 2, ("german",), "an invoice")
        for _ in range(2):  # recorded twice is once
            await enter(store, "a", order)
        (caller,) = (await store.look()).callers
        assert (caller.queue, caller.priority, caller.skills) == ("sales", 2, {"german"})
        assert (caller.plan, caller.reason, caller.since, caller.holder) == ("shop", "an invoice", 100.0, "")
        taken = await store.take({call_id("a"): NUMBER, call_id("b"): ""})
        assert list(taken) == [call_id("a")]
        assert (taken[call_id("a")].holder, taken[call_id("a")].number) == (store.holder, NUMBER)


async def test_an_order_given_anew_keeps_the_place(database_url: str) -> None:
    async with store_of(database_url) as store:
        await wait(store, "a", SALES, 100.0)
        await enter(store, "a", Enqueue("billing", 1), 150.0)
        (caller,) = (await store.look()).callers
        assert (caller.queue, caller.priority, caller.since, caller.holder) == ("billing", 1, 100.0, "")
        await enter(store, "a", replace(SALES, since=50.0), 160.0)
        assert (await caller_of(store, "a")).since == 50.0


async def test_who_asks_again_after_a_talk_waits_anew(database_url: str) -> None:
    async with store_of(database_url) as store:
        hire(database_url, "ann")
        await wait(store, "a", SALES, 100.0)
        claimed = await claim(store, "a", "ann")
        assert claimed
        await store.connect(claimed.caller.id, claimed.leg)
        await enter(store, "a", SALES, 200.0)
        assert states(database_url) == {"served": 1, "waiting": 1}
        assert (await caller_of(store, "a")).since == 200.0
        assert not await store.end(claimed.caller.id, "served"), "it is over already"


async def test_an_agent_is_claimed_once_and_only_for_who_is_held_here(database_url: str) -> None:
    async with store_of(database_url) as first, store_of(database_url, "second") as second:
        hire(database_url, "ann", "bob")
        await wait(first, "a", SALES)
        await wait(first, "b", SALES)
        assert await claim(second, "a", "ann") is None, "a caller is offered by his own node"
        assert await claim(first, "a", "ann")
        assert await claim(first, "b", "ann") is None
        assert await claim(first, "a", "bob") is None, "one at once for one caller"
        assert await claim(first, "a", "bob", most=2)
        ann = await agent_of(first, "ann")
        assert (ann.state, ann.call_id, ann.holder) == ("ringing", call_id("a"), first.holder)
        assert (await caller_of(first, "a")).tries == 2


async def test_two_nodes_under_load_never_ring_one_agent_twice_nor_two_for_one(database_url: str) -> None:
    """And their clocks jump by up to a day all the time."""
    names = [f"agent{number}" for number in range(6)]
    wild = lambda: time.time() + random.uniform(-86400.0, 86400.0)  # noqa: E731
    async with (
        store_of(database_url, clock=wild) as first,
        store_of(database_url, "second", wild) as second,
    ):
        hire(database_url, *names)
        for store, letter in ((first, "a"), (second, "b")):
            for number in range(12):
                await wait(store, f"{letter}{number}", SALES, 100.0 + number)
        ringing: dict[str, str] = {}
        served: Counter[str] = Counter()

        async def distribute(store: PeopleStore) -> None:
            async with asyncio.timeout(60):
                while sum(served.values()) < 24:
                    await store.wake()
                    await store.beat()
                    view = await store.look()
                    wanted = [
                        Claim(each.caller, each.agent, next(legs), 1)
                        for each in choosing.offers(view.agents, view.callers, lambda _: Queue(), view.now)
                        if each.caller.holder == store.holder
                    ]
                    for claimed in await store.claim(wanted):
                        assert claimed.agent.name not in ringing, "he is rung already"
                        assert claimed.caller.call_id not in ringing.values(), (
                            "another is rung for him already"
                        )
                        ringing[claimed.agent.name] = claimed.caller.call_id
                        asyncio.get_running_loop().create_task(serve(store, claimed))
                    await asyncio.sleep(0.001)

        async def serve(store: PeopleStore, claimed: Claim) -> None:
            await asyncio.sleep(random.random() * 0.01)
            if random.random() < 0.3:
                del ringing[claimed.agent.name]
                await store.release(claimed.leg, Freed("available", "declined"))
                return
            assert await store.connect(claimed.caller.id, claimed.leg)
            served[claimed.caller.call_id] += 1
            del ringing[claimed.agent.name]
            await store.end(claimed.caller.id, "served")
            assert await store.release(claimed.leg, Freed("available"))

        await asyncio.gather(distribute(first), distribute(second))
        assert max(served.values()) == 1
        assert states(database_url) == {"served": 24}


async def claimed_at_once(url: str, one: tuple[str, Claim], other: tuple[str, Claim]) -> tuple[int, int]:
    """How many of each succeed where the second is tried while the first is not committed yet."""

    def second() -> list[Claim]:
        with transaction(url, writes=True) as connection:
            now = leases.now_of(connection.dialect.name)
            return claiming.claim(connection, other[0], "second", [other[1]], now)

    with transaction(url, writes=True) as connection:
        now = leases.now_of(connection.dialect.name)
        first = claiming.claim(connection, one[0], "first", [one[1]], now)
        trying = asyncio.create_task(asyncio.to_thread(second))
        await asyncio.sleep(0.2)
    return len(first), len(await trying)


async def test_an_agent_whom_two_nodes_claim_at_the_same_moment_is_rung_by_one(database_url: str) -> None:
    async with store_of(database_url) as first, store_of(database_url, "second") as second:
        hire(database_url, "ann")
        await wait(first, "a", SALES)
        await wait(second, "b", SALES)
        ann = await agent_of(first, "ann")
        for_a, for_b = [Claim(await caller_of(first, name), ann, next(legs), 1) for name in "ab"]
        found = await claimed_at_once(database_url, (first.holder, for_a), (second.holder, for_b))
        assert found == (1, 0)
        assert (await agent_of(first, "ann")).call_id == call_id("a")


async def test_who_is_called_back_by_two_nodes_at_the_same_moment_is_called_once(database_url: str) -> None:
    async with store_of(database_url) as first, store_of(database_url, "second") as second:
        hire(database_url, "ann", "bob")
        await wait(first, "a", SALES)
        await leave(first, "a", LeaveQueue("call_back", NUMBER))
        back = await caller_of(first, "a")
        assert back.state == "call_back"
        by_ann, by_bob = [Claim(back, await agent_of(first, name), next(legs), 1) for name in ("ann", "bob")]
        found = await claimed_at_once(database_url, (first.holder, by_ann), (second.holder, by_bob))
        assert found == (1, 0)
        assert (await agent_of(first, "bob")).state == "available"


async def test_nodes_that_claim_for_several_callers_do_not_wait_for_each_other(postgres_url: str) -> None:
    async with store_of(postgres_url) as store:
        hire(postgres_url, "ann", "bob")
        for name in "ab":
            await wait(store, name, SALES)
        pairs = (await caller_of(store, "b"), "ann"), (await caller_of(store, "a"), "bob")
        wanted = [Claim(caller, await agent_of(store, agent), next(legs), 1) for caller, agent in pairs]
        with transaction(postgres_url, writes=True) as other:
            of = sa.select(waiting.c.id).with_for_update(nowait=True)
            other.execute(of.where(waiting.c.id == pairs[1][0].id))
            claiming_both = asyncio.create_task(store.claim(wanted))
            await asyncio.sleep(0.3)
            other.execute(of.where(waiting.c.id == pairs[0][0].id))
        assert len(await claiming_both) == 2


async def test_a_released_agent_goes_where_the_outcome_says_and_his_caller_waits_again(
    database_url: str,
) -> None:
    now = 1000.0
    async with store_of(database_url, clock=lambda: now) as store:
        hire(database_url, "ann")
        await wait(store, "a", SALES)
        first = await claim(store, "a", "ann")
        assert first
        assert (await caller_of(store, "a")).state == "offered"
        freed = await store.release(first.leg, Freed("away", "busy", for_s=30.0))
        assert freed and (freed.state, freed.reason, freed.until, freed.holder) == (
            "away",
            "busy",
            1030.0,
            "",
        )
        assert freed.logged_in
        assert await store.release(first.leg, Freed("available")) is None, "he is not held any more"
        assert (await caller_of(store, "a")).state == "waiting"
        assert await store.wake() == ()
        now = 1031.0
        (woken,) = await store.wake()
        assert (woken.state, woken.until, woken.last_free_at) == ("available", None, 1031.0)


async def test_a_clock_that_goes_back_does_not_prolong_a_pause_for_ever(database_url: str) -> None:
    now = 100_000.0
    async with store_of(database_url, clock=lambda: now) as store:
        hire(database_url, "ann")
        await wait(store, "a", SALES)
        claimed = await claim(store, "a", "ann")
        assert claimed
        await store.release(claimed.leg, Freed("away", "busy", for_s=30.0))
        now = 10.0
        assert (await store.look()).is_to_wake
        assert await store.wake() == ()
        assert not (await store.look()).is_to_wake
        now = 41.0
        assert [agent.name for agent in await store.wake()] == ["ann"]


async def test_a_call_back_is_made_though_the_clock_has_gone_back(database_url: str) -> None:
    now = time.time()
    async with store_of(database_url, clock=lambda: now) as store:
        await wait(store, "a", SALES, now)
        await leave(store, "a", LeaveQueue("call_back", NUMBER), now)
        over = CallFinished(call_id("a"), CallEnded(16, 200, EndedBy.CALLER), "bye", now + 5.0)
        await store._access.records.record(over)
        assert not (await store.look()).is_to_wake
        now -= 7200.0
        assert (await store.look()).is_to_wake
        await store.wake()
        caller = await caller_of(store, "a")
        assert (caller.back_since, caller.due_at) == (pytest.approx(now), pytest.approx(now + 7.0))
        assert not (await store.look()).is_to_wake


async def test_what_is_set_during_a_talk_counts_after_it(database_url: str) -> None:
    async with store_of(database_url) as store:
        hire(database_url, "ann")
        await wait(store, "a", SALES)
        claimed = await claim(store, "a", "ann")
        assert claimed
        assert await store.connect(claimed.caller.id, claimed.leg)
        before, after = agents.set_state(database_url, "ann", "away", "lunch")
        assert (before.state, after.state, after.next_state) == ("busy", "busy", "away")
        with pytest.raises(SoftswitchError, match="busy with a caller"):
            agents.remove(database_url, "ann")
        assert agents.put_code(database_url, "ann", "solved") == call_id("a")
        freed = await store.release(claimed.leg, Freed("wrap_up", for_s=15.0))
        assert freed and (freed.state, freed.until, freed.next_state) == ("away", None, "")
        agents.remove(database_url, "ann")
        assert agents.listed(database_url) == []


async def test_agents_are_kept_by_name(database_url: str) -> None:
    migrate.upgrade(database_url)
    before = changes.revision(database_url, agents.KIND)
    hire(database_url, "ann", skills=("german",))
    with pytest.raises(SoftswitchError, match="there is an agent ann already"):
        hire(database_url, "ann")
    for work in (
        lambda: agents.remove(database_url, "bob"),
        lambda: agents.set_state(database_url, "bob", "away"),
        lambda: agents.put_code(database_url, "bob", "x"),
    ):
        with pytest.raises(SoftswitchError, match="no agent bob"):
            work()
    with pytest.raises(SoftswitchError, match="no caller yet"):
        agents.put_code(database_url, "ann", "x")
    _, after = agents.set_state(database_url, "ann", "away", "lunch")
    assert (after.state, after.reason, after.logged_in, after.skills) == ("away", "lunch", False, {"german"})
    assert changes.revision(database_url, agents.KIND) == before + 2


async def test_what_a_dead_node_held_is_freed_and_its_callers_are_called_back_once(database_url: str) -> None:
    async with store_of(database_url) as dead, store_of(database_url, "second") as heir:
        hire(database_url, "ann", "bob", "cid")
        for name in ("a", "b", "c"):
            await wait(dead, name, SALES)
        await wait(heir, "d", SALES)
        talk = await claim(dead, "a", "ann")
        assert talk and await claim(dead, "b", "bob")
        assert await dead.connect(talk.caller.id, talk.leg)
        assert [each.holder for each in await heir.others()] == [dead.holder]
        left = await heir.take_over(dead.holder)
        assert {agent.name: agent.state for agent in left.agents} == {"ann": "wrap_up", "bob": "available"}
        assert {each.call_id: each.state for each in left.callers} == {
            call_id("a"): "lost",
            call_id("b"): "call_back",
            call_id("c"): "call_back",
        }
        assert not await dead.beat()
        assert await claim(dead, "c", "cid") is None, "nobody who is taken for dead may claim"
        assert await dead.connect(talk.caller.id, talk.leg) is None
        back = await caller_of(heir, "c")
        assert (back.holder, back.number, back.since) == ("", NUMBER, 100.0)
        assert back.due_at and back.due_at > (await heir.look()).now
        assert await heir.others() == []
        # The call lives after all, with the node's next process.
        await enter(dead, "c", replace(SALES, since=100.0), 130.0)
        await dead.register()
        await dead.take({call_id("c"): NUMBER})
        assert ((await caller_of(heir, "c")).state, (await caller_of(heir, "c")).due_at) == ("waiting", None)
        left = await heir.take_over(dead.holder)
        assert [each.state for each in left.callers] == ["lost"], "once is enough"


async def test_a_process_takes_up_what_the_one_before_it_held(database_url: str) -> None:
    async with store_of(database_url) as before:
        hire(database_url, "ann")
        await wait(before, "a", SALES)
        await wait(before, "b", SALES)
        claimed = await claim(before, "a", "ann")
        assert claimed and await before.connect(claimed.caller.id, claimed.leg)
        async with store_of(database_url) as after:
            mine = await after.adopt()
            assert [(agent.name, agent.leg) for agent in mine.agents] == [("ann", claimed.leg)]
            assert sorted(each.state for each in mine.callers) == ["talking", "waiting"]
            assert await after.others() == []
            lost = await after.lose([each.id for each in mine.callers])
            assert sorted(each.state for each in lost) == ["call_back", "lost"]


async def test_a_turn_whose_process_died_at_once_is_not_forgotten(database_url: str) -> None:
    now = 105.0
    async with store_of(database_url, clock=lambda: now) as store:
        await enter(store, "a", SALES, 100.0)
        assert await store.lose_orphans() == ()
        now = 111.0
        (lost,) = await store.lose_orphans()
        assert lost.state == "lost", "nobody knows his number"


async def test_a_call_back_keeps_its_place_and_is_not_made_while_the_call_is_up(database_url: str) -> None:
    clock = lambda: 200.0  # noqa: E731
    async with (
        store_of(database_url, clock=clock) as first,
        store_of(database_url, "second", clock) as second,
    ):
        hire(database_url, "ann", "bob")
        await wait(first, "a", SALES, 100.0)
        await leave(first, "a", LeaveQueue("call_back", "+4930123456"), 120.0)
        caller = await caller_of(first, "a")
        assert (caller.state, caller.number, caller.since) == ("call_back", "+4930123456", 100.0)
        assert caller.due_at
        assert abs(caller.due_at - time.time() - 600.0) < 10.0, "though this node's clock is far behind"
        over = CallFinished(call_id("a"), CallEnded(16, 200, EndedBy.CALLER), "bye", 130.0)
        await first._access.records.record(over)
        assert (await caller_of(first, "a")).due_at == 132.0
        assert await claim(second, "a", "ann"), "any node may call back"
        assert await claim(first, "a", "bob", most=2) is None
        caller = await caller_of(first, "a")
        assert (caller.state, caller.holder) == ("calling", second.holder)
        await second.dialled(caller.id, "d" * 32)
        assert await second.call_back(caller.id, "", 60.0)
        caller = await caller_of(first, "a")
        assert (caller.due_at, caller.back_since, caller.number) == (260.0, 120.0, "+4930123456")


@pytest.mark.parametrize("how", ["message", "changed_mind"])
async def test_who_leaves_waits_no_longer(database_url: str, how: str) -> None:
    async with store_of(database_url) as store:
        await wait(store, "a", SALES)
        await leave(store, "a", LeaveQueue(how))  # type: ignore[arg-type]
        assert states(database_url) == {how: 1}


async def test_who_was_told_that_nobody_comes_may_still_choose_a_call_back(database_url: str) -> None:
    async with store_of(database_url) as store:
        await wait(store, "a", SALES)
        await store.end((await caller_of(store, "a")).id, "over")
        await leave(store, "a", LeaveQueue("call_back"))
        assert (await caller_of(store, "a")).number == NUMBER


async def test_who_hangs_up_before_his_wait_is_written_down_is_no_caller(database_url: str) -> None:
    async with store_of(database_url) as store:
        await enter(store, "a", SALES)
        await store.abandon([call_id("a")])
        assert states(database_url) == {"abandoned": 1}


async def test_talks_are_measured_by_queue_the_last_first(database_url: str) -> None:
    now = 1000.0
    async with store_of(database_url, clock=lambda: now) as store:
        hire(database_url, "ann")
        for length in (30.0, 60.0):
            await wait(store, f"c{length}", SALES)
            claimed = await claim(store, f"c{length}", "ann")
            assert claimed and await store.connect(claimed.caller.id, claimed.leg)
            now += length
            await store.end(claimed.caller.id, "served")
            await store.release(claimed.leg, Freed("available"))
        assert await store.talks(["sales", "billing"]) == {"sales": [60.0, 30.0], "billing": []}
        assert looking.callers(database_url) == []
