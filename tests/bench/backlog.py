"""S10: how fast a backlog goes out once the forwarder runs."""

from __future__ import annotations

from tests.bench.burst import settle
from tests.bench.crowd import Crowd, mark
from tests.bench.load import closed_loop
from tests.bench.posts import posts
from tests.bench.processes import BenchError
from tests.bench.product import Product
from tests.bench.sink import SinkServer
from tests.bench.wiring import connections

_TEXTS = 2  # hi and the place: the first text that makes a revision


def drain_rate(product: Product, sink: SinkServer, crowd: Crowd, reports: int, within: float = 120.0) -> float:
    """Reports a second at the sink, from the first to the last of `reports` that piled up before the forwarder ran.

    The product must run its web process alone; worker and clock are started here. Raises BenchError when not all
    reports arrive.
    """
    reporters = crowd.take(reports)
    with connections(product.port, 8, product.web) as opened:
        tally = closed_loop(opened, [texts[:_TEXTS] for texts in posts(product.target, reporters)], within)
    if len(tally.answers) != reports * _TEXTS or set(tally.statuses) != {200}:
        raise BenchError(f"the backlog was not taken in: {dict(tally.statuses)}")
    product.start_rest()
    deliveries = settle(sink, [mark(reporter.id, 0) for reporter in reporters], within)
    times = sorted({delivery.report: delivery.at for delivery in deliveries}.values())
    if len(times) != reports:
        raise BenchError(f"{len(times)} of {reports} reports came to the sink")
    return (reports - 1) / (times[-1] - times[0])
