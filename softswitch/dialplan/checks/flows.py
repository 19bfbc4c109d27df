"""What must hold of the ways through a plan: every step reachable, every call able to end."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from softswitch.dialplan.checks.graphs import backward, circles, reached
from softswitch.dialplan.checks.ways import Way, Ways


def check(ways: Ways) -> None:
    _unreachable(ways)
    _silent_loops(ways)
    _no_way_out(ways)
    _endless_repair(ways)
    _recursive(ways)
    _never_returning(ways)
    _returning_uncalled(ways)


def _unreachable(ways: Ways) -> None:
    edges = {step: [way.target for way in ways.all_ways(step)] for step in ways.steps}
    for step in ways.steps.keys() - reached([way.target for way in ways.starts()], edges):
        ways.draft.report_step("unreachable-step", step, f"step '{step}' can never be reached")


def _silently(ways: Ways) -> dict[str, list[Way]]:
    """Where the call goes on without the caller, through calls that return without him too."""
    through: dict[str, list[Way]] = {}
    silent_flows: set[str] = set()
    for flow in ways.order:
        for step in ways.draft.flows[flow].steps:
            called = ways.calls.get(step)
            through[step] = [*ways.silent[step], *(ways.through(step) if called in silent_flows else ())]
        targets = {step: [way.target for way in through[step]] for step in ways.draft.flows[flow].steps}
        ends = reached([ways.entries[flow]], targets) & targets.keys()
        if any(ways.steps[step].return_ for step in ends):
            silent_flows.add(flow)
    return {step: [*through[step], *ways.into(step)] for step in through}


def _silent_loops(ways: Ways) -> None:
    edges = _silently(ways)
    for circle in circles({step: [way.target for way in found] for step, found in edges.items()}):
        for step in circle:
            for way in edges[step]:
                if way.target in circle:
                    message = f"step '{step}' leads back to itself without listening in between"
                    ways.draft.report("silent-loop", way.document, way.place, message)


def _onward(ways: Ways, *, failing: bool) -> dict[str, list[str]]:
    """Where a call may go on to, by failures too or not; a digression comes back, so it is no way."""
    edges = {
        step: [way.target for way in ways.all_ways(step) if not way.digress and (failing or not way.repair)]
        for step in ways.steps
    }
    callers: dict[str, list[str]] = defaultdict(list)
    for step, flow in ways.calls.items():
        callers[flow].append(str(ways.steps[step].next))
    for step in ways.returning:
        edges[step] += callers[ways.flow_of(step)]
    return edges


def _no_way_out(ways: Ways) -> None:
    digressed = {ways.flow_of(way.target) for found in ways.heard.values() for way in found if way.digress}
    ends = [step for step, each in ways.steps.items() if each.hangup or each.transfer]
    ends += [step for step in ways.returning if ways.flow_of(step) in digressed]
    ending = reached(ends, backward(_onward(ways, failing=False)))
    for step, each in ways.steps.items():
        if each.hears and step not in ending:
            message = f"from step '{step}' there is no way to a hangup or transfer but by failing"
            ways.draft.report_step("no-way-out", step, message)


def _endless_repair(ways: Ways) -> None:
    """A transfer that fails at once goes on like any other step, and so does a queue in which nobody is."""
    edges = {step: [way.target for way in found] for step, found in _silently(ways).items()}
    for step in sorted(reached([ways.plan.repair.then], edges)):
        if ways.steps[step].hears and not ways.steps[step].queue:
            message = f"leads to step '{step}', which listens again; after the last strike the call must end"
            ways.draft.report("endless-repair", ways.draft.plan_document, ("repair", "then"), message)


def _recursive(ways: Ways) -> None:
    called: dict[str, list[str]] = {flow: [] for flow in ways.entries}
    for step, flow in ways.calls.items():
        called[ways.flow_of(step)].append(flow)
    for circle in circles(called):
        for step, flow in ways.calls.items():
            if flow in circle and ways.flow_of(step) in circle:
                through = " and ".join(f"'{name}'" for name in sorted(circle))
                message = f"flow '{flow}' calls itself"
                if len(circle) > 1:
                    message = f"flows call each other in a circle: {through}"
                ways.draft.report_step("recursive-call", step, message, "call")


def _never_returning(ways: Ways) -> None:
    for step, flow in ways.calls.items():
        if not ways.returns[flow]:
            message = f"flow '{flow}' never returns, so '{ways.steps[step].next}' is not reached"
            ways.draft.report_step("no-return", step, message, "call")
    for way in _once(way for found in ways.heard.values() for way in found if way.digress):
        flow = ways.flow_of(way.target)
        if not ways.returns[flow]:
            message = f"flow '{flow}' never returns, so callers do not come back from it"
            ways.draft.report("no-return", way.document, way.place, message)


def _returning_uncalled(ways: Ways) -> None:
    """Ways into a flow other than by calls, from where it may return."""
    returning = _may_return(ways)
    entering = [(way, "") for way in ways.starts()]
    for step in ways.steps:
        found = (*ways.silent[step], *ways.heard[step])
        entering += [(way, ways.flow_of(step)) for way in found if not way.digress]
    wrong = (way for way, flow in entering if way.target in returning and ways.flow_of(way.target) != flow)
    for way in _once(wrong):
        name = ways.flow_of(way.target)
        message = f"leads into flow '{name}', which returns from there; call it, or digress to it"
        ways.draft.report("return-without-call", way.document, way.place, message)


def _may_return(ways: Ways) -> set[str]:
    """The steps from which their own flow's return may be reached."""
    edges = {
        step: [
            way.target
            for way in (*ways.silent[step], *ways.heard[step], *ways.through(step))
            if not way.digress and ways.flow_of(way.target) == ways.flow_of(step)
        ]
        for step in ways.steps
    }
    return reached(ways.returning, backward(edges))


def _once(ways: Iterable[Way]) -> Iterator[Way]:
    """Universal ways are had by every step."""
    told = set()
    for way in ways:
        if (way.document.file, way.place) not in told:
            told.add((way.document.file, way.place))
            yield way
