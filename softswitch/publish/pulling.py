"""Figures that are read when Prometheus asks, of what the parts of the node know."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

import structlog
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from softswitch.publish.figures import FIGURES, Figure

Reading = float | Mapping[str, float] | Mapping[tuple[str, str], float]
"""A number; or, for a figure with labels, numbers by the label's value, or by those of two."""

Buckets = Sequence[tuple[float, int]]
"""(upper bound in ms, how many frames came within it): cumulative, ascending, the last bound infinite."""

_log = structlog.get_logger(__name__)


class Pulled(Collector):
    """Reads the watched figures when asked. One that fails is left out of the scrape, the others stay."""

    def __init__(self) -> None:
        self._figures = {figure.name: figure for figure in FIGURES}
        self._reads: dict[str, Callable[[], Reading]] = {}
        self.pacing: Callable[[], Buckets] | None = None

    def watch(self, name: str, read: Callable[[], Reading]) -> None:
        self._reads[self._figures[name].name] = read

    def describe(self) -> Iterator[Metric]:
        yield from map(_empty, FIGURES)
        yield _pacing_family()

    def collect(self) -> Iterator[Metric]:
        yield from map(self._collect, FIGURES)
        yield self._collect_pacing()

    def _collect_pacing(self) -> Metric:
        family = _pacing_family()
        if self.pacing is None:
            return family
        try:
            buckets = self.pacing()
            _check(buckets)
            family.add_metric([], [(_bound(ms), count) for ms, count in buckets], None)
        except Exception as error:
            _log.warning("figure not read", figure=family.name, error=str(error))
        return family

    def _collect(self, figure: Figure) -> Metric:
        family = _empty(figure)
        read = self._reads.get(figure.name)
        if read is None:
            return family
        try:
            reading = read()
            numbers = reading if isinstance(reading, Mapping) else {"": reading}
            for value, number in numbers.items():
                values = [value] if isinstance(value, str) else list(value)
                family.add_metric(values if figure.labels else [], float(number))
        except Exception as error:
            _log.warning("figure not read", figure=figure.name, error=str(error))
            return _empty(figure)
        return family


def _empty(figure: Figure) -> GaugeMetricFamily | CounterMetricFamily:
    kind = GaugeMetricFamily if figure.kind == "gauge" else CounterMetricFamily
    return kind(figure.name, figure.help, labels=figure.labels)


def _pacing_family() -> HistogramMetricFamily:
    return HistogramMetricFamily(
        "softswitch_frame_interval_seconds", "Time between two frames at the media clock; 0.02 is perfect."
    )


def _bound(milliseconds: float) -> str:
    return "+Inf" if milliseconds == float("inf") else f"{milliseconds / 1000:g}"


def _check(buckets: Buckets) -> None:
    ascending = all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(buckets))
    if not buckets or not ascending or buckets[-1][0] != float("inf"):
        raise ValueError("pacing buckets must ascend, be cumulative and end at infinity")
