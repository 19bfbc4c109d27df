from collections.abc import Iterable
from datetime import date, datetime

import icalendar

class CalendarQuery:
    def between(
        self, start: date | datetime, stop: date | datetime
    ) -> Iterable[icalendar.Event]: ...

def of(a_calendar: icalendar.Component) -> CalendarQuery: ...
