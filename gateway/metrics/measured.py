"""What is measured, put around what does the work: the durable turn, the whole request, a sink."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

import orjson

from gateway.metrics.meter import DELIVERY, MeasuredText, Meter
from handlers.ports import Channel, Clock, Delivery, InboundText, Replied, Sink

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from gateway.web.webhook import ReceiveAll, Together

Done = TypeVar("Done")


class MeasuredIntake:
    """Measures each text: its durable turn, and its whole request in the web process; those of texts that are taken
    together are as long as all of them take."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._open = threading.local()

    def around_turns(self, receive: ReceiveAll) -> ReceiveAll:
        """The same, measured. Texts of channels whose reports are tests are not."""

        def measured(came: Sequence[tuple[Channel, InboundText]]) -> Sequence[Replied]:
            begun = time.perf_counter()
            answers = receive(came)
            seconds = time.perf_counter() - begun
            self._open.texts = [
                (text.channel, text.external_id, seconds, answer)
                for (channel, text), answer in zip(came, answers, strict=True)
                if channel.report_status == "live" and not isinstance(answer, Exception)
            ]
            return answers

        return measured

    def around_request(self, application: WSGIApplication) -> WSGIApplication:
        """The same, measured."""

        def measured(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
            return self._timed(lambda: application(environ, start_response))

        return measured

    def around_requests(self, answer: Together) -> Together:
        """The same, measured."""
        return lambda requests: self._timed(lambda: answer(requests))

    def _timed(self, work: Callable[[], Done]) -> Done:
        begun = time.perf_counter()
        self._open.texts = ()
        done = work()
        if self._open.texts:
            intake = time.perf_counter() - begun
            for channel, external_id, turn, answer in self._open.texts:
                self._meter.text(MeasuredText(channel, external_id, turn, intake, answer))
        return done


class MeasuredSink:
    """A sink as it is, measured from when a revision was made to when it was confirmed. Tests are not counted.

    Args:
        sink: the sink.
        audience: whose reports go there.
        meter: what it is told to.
        clock: the time.
    """

    def __init__(self, sink: Sink, audience: str, meter: Meter, clock: Clock) -> None:
        self._sink = sink
        self._audience = audience
        self._meter = meter
        self._clock = clock

    @property
    def id(self) -> str:
        """The sink's id."""
        return self._sink.id

    def wants(self, kind: str) -> bool:
        """As the sink says."""
        return self._sink.wants(kind)

    def deliver(self, delivery: Delivery) -> None:
        """Hands over, and measures what was confirmed."""
        self._sink.deliver(delivery)
        if orjson.loads(delivery.document).get("status") == "live":
            seconds = max(0.0, self._clock.now() - delivery.created_at)
            self._meter.time(DELIVERY, seconds, audience=self._audience, label=self.id)

    def close(self) -> None:
        """As the sink does."""
        self._sink.close()


def measured_sinks(
    sinks: Mapping[str, Sink], confidential: Iterable[str], meter: Meter, clock: Clock
) -> dict[str, Sink]:
    """Every sink by its id, measured; `confidential` are the ids of those that get confidential reports."""
    apart = set(confidential)
    return {
        key: MeasuredSink(sink, "confidential" if key in apart else "desk", meter, clock) for key, sink in sinks.items()
    }
