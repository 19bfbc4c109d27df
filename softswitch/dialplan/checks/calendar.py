"""Times and numbers: the zone, hours, holidays, the country, and the conditions of routes."""

from collections.abc import Callable

from softswitch import e164
from softswitch.complaints import suggest
from softswitch.dialplan import numbers
from softswitch.dialplan.calendar_text import parse_dates, parse_rule
from softswitch.dialplan.files.plan import PlanFile, Route
from softswitch.dialplan.hours import parse_zone
from softswitch.dialplan.reading import Draft
from softswitch.marked_yaml import Place


def check(draft: Draft) -> None:
    if draft.plan:
        _Calendar(draft, draft.plan).check(draft.plan)


class _Calendar:
    def __init__(self, draft: Draft, plan: PlanFile) -> None:
        self._draft, self._hours = draft, plan.hours
        self._country = plan.country

    def check(self, plan: PlanFile) -> None:
        self._read(("time_zone",), parse_zone, plan.time_zone)
        for name, lines in plan.hours.items():
            for number, text in enumerate(lines):
                self._read(("hours", name, number), parse_rule, text)
        for number, text in enumerate(plan.holidays):
            self._read(("holidays", number), parse_dates, text)
        if self._country and not self._read(("country",), e164.check_country, self._country):
            self._country = ""
        for name, queue in plan.queues.items():
            if queue.hours:
                self._known(("queues", name, "hours"), queue.hours)
        for number, route in enumerate(plan.routes):
            self._route(("routes", number), route)

    def _read(self, place: Place, parse: Callable[[str], object], text: str) -> bool:
        """Whether it can be read; a list's only item may stand without the list."""
        try:
            parse(text)
        except ValueError as error:
            self._tell(place, str(error))
            return False
        return True

    def _tell(self, place: Place, message: str) -> None:
        self._draft.report("wrong-calendar", self._draft.plan_document, place, message)

    def _route(self, place: Place, route: Route) -> None:
        for key, patterns in (("from", route.when.from_), ("to", route.when.to)):
            for number, text in enumerate(patterns):
                self._read((*place, "when", key, number), self._number, text)
        words = route.when.hours.split()
        if words:
            name = words[-1]
            if len(words) > 2 or (len(words) == 2 and words[0] != "not"):
                self._tell(
                    (*place, "when", "hours"), "expected the name of hours, such as 'open' or 'not open'"
                )
            else:
                self._known((*place, "when", "hours"), name)

    def _known(self, place: Place, name: str) -> None:
        if name not in self._hours:
            self._tell(place, f"there are no hours '{name}'{suggest(name, self._hours)}")

    def _number(self, text: str) -> object:
        if not self._country:
            raise ValueError("numbers need the plan's `country`, such as `country: GB`, to be read")
        return numbers.NumberPattern.parse(text, self._country)
