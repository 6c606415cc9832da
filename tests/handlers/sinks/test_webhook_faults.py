"""Control rooms that are slow, gone, wrong or hostile (F5, F8, F9, F10)."""

from __future__ import annotations

import logging
import socket
import time
import traceback
from email.utils import formatdate

import pytest

from handlers.ports import Delivery, DeliveryError, Parked, Retryable, SinkPaused
from handlers.sinks import network
from handlers.sinks.network import Limits
from handlers.sinks.webhook import WebhookSink, retry_after
from tests.waiting import Watch

from .conftest import QUICK, MakeWebhook
from .reports import CANARY, MADE, delivery
from .servers import (
    Answer,
    Certificate,
    ScriptedSink,
    TcpServer,
    begins,
    closed_port,
    dead_address,
    drips,
    hangs,
    hangs_up,
    raw,
    says,
    waits,
)

BOUND = 5.0


def failure(sink: WebhookSink, sent: Delivery | None = None) -> DeliveryError:
    """What the delivery raises, which must come soon and say nothing it should not."""
    watch = Watch()
    with pytest.raises(DeliveryError) as caught:
        sink.deliver(sent or delivery())
    assert watch.seconds < BOUND
    told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert not [word for word in ("127.0.0.1", "canary", "reports?", "whsec") if word in told]
    return caught.value


RETRIED = [402, 405, 406, 408, 409, 418, 421, 425, 429, 431, 451, 499, 500, 501, 502, 503, 504, 507, 599]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        *((Retryable, status) for status in (300, 301, 302, 303, 304, 305, 307, 308, *RETRIED)),
        *((SinkPaused, status) for status in (401, 403, 404, 410)),
        *((Parked, status) for status in (400, 413, 422)),
    ],
)
def test_each_status_has_its_meaning(
    control_room: ScriptedSink, webhook: MakeWebhook, kind: type[DeliveryError], status: int
) -> None:
    """F9, and the connection is good for the next one."""
    control_room.script.append(says(status, body=b"no" if status != 304 else b""))
    sink = webhook()

    problem = failure(sink)
    assert type(problem) is kind
    assert str(problem) == f"http {status}"
    sink.deliver(delivery())
    assert control_room.connections == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed(control_room: ScriptedSink, webhook: MakeWebhook, status: int) -> None:
    """F9, Q13: neither to the canary nor to another path of the same host."""
    with ScriptedSink() as canary:
        for place in (f"http://127.0.0.1:{canary.port}/elsewhere", "/elsewhere"):
            control_room.always = says(status, {"Location": place})
            assert str(failure(webhook())) == f"http {status}"
        assert canary.connections == 0
    assert len(control_room.heard) == 2


@pytest.mark.parametrize(
    ("status", "value", "seconds"),
    [
        (503, "120", 120.0),
        (429, "120", 120.0),
        (429, " 7 ", 7.0),
        (503, "86400", 3600.0),
        (503, "9" * 500, 3600.0),
        (503, formatdate(MADE + 90, usegmt=True), 90.0),
        (429, formatdate(MADE + 86400, usegmt=True), 3600.0),
        (503, formatdate(MADE - 60, usegmt=True), None),
        (503, "0", None),
        (503, "-5", None),
        (503, "soon", None),
        (503, "", None),
        (503, "Mon, 99 Foo 2026 99:99:99 GMT", None),
        (500, "120", None),
        (502, "120", None),
    ],
)
def test_retry_after_is_obeyed(
    control_room: ScriptedSink, webhook: MakeWebhook, status: int, value: str, seconds: float | None
) -> None:
    """F9: seconds or a date, an hour at most, only of 429 and 503."""
    control_room.always = says(status, {"Retry-After": value})
    problem = failure(webhook(now=lambda: MADE))

    assert isinstance(problem, Retryable)
    assert problem.retry_after == seconds


def test_the_older_forms_of_a_date_are_read_too() -> None:
    """RFC 9110, 5.6.7: recipients take all three."""
    now = 784_111_777.0  # Sunday, 6 November 1994 08:49:37 GMT
    forms = ["Sun, 06 Nov 1994 08:50:37 GMT", "Sunday, 06-Nov-94 08:50:37 GMT", "Sun Nov  6 08:50:37 1994"]
    assert [retry_after(form, now) for form in forms] == [60.0, 60.0, 60.0]


def test_accepting_and_then_hanging_is_a_timeout_and_the_repeat_has_the_same_id(
    control_room: ScriptedSink, webhook: MakeWebhook
) -> None:
    """F10: the sink may have it, so it must be able to tell."""
    control_room.script.append(hangs)
    sink = webhook(limits=QUICK)

    assert str(failure(sink)) == "timeout"
    sink.deliver(delivery(attempt=2))
    first, second = control_room.heard
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


def test_a_dripping_answer_meets_the_whole_limit(control_room: ScriptedSink, webhook: MakeWebhook) -> None:
    """Each wait is short and the answer never ends."""
    control_room.always = drips(b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 5000)
    assert str(failure(webhook(limits=QUICK))) == "timeout"


@pytest.mark.parametrize(
    "answer",
    [
        drips(b"HTTP/1.1 200 OK\r\n\r\n" + b"a" * 500),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnonsense"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n"),
        raw(b"HTTP/1.0 200 OK\r\n\r\nbye"),
    ],
    ids=["dripping", "short", "chunks", "gzip", "length", "http 1.0"],
)
def test_a_yes_counts_whatever_follows_it(control_room: ScriptedSink, webhook: MakeWebhook, answer: Answer) -> None:
    control_room.script.append(answer)
    sink = webhook()

    watch = Watch()
    sink.deliver(delivery(1))
    assert watch.seconds < BOUND
    sink.deliver(delivery(2))
    assert len(control_room.heard) == 2


def test_a_huge_answer_is_not_read(control_room: ScriptedSink, webhook: MakeWebhook) -> None:
    size = 64 << 20
    control_room.script.append(says(200, body=bytes(size)))
    sink = webhook()

    watch = Watch()
    sink.deliver(delivery())
    assert watch.seconds < BOUND
    sink.deliver(delivery())
    assert control_room.connections == 2


def test_an_early_hint_is_no_answer(control_room: ScriptedSink, webhook: MakeWebhook) -> None:
    """What follows a 1xx on that connection must not be taken for the answer to the next report."""
    control_room.script.append(begins(b"HTTP/1.1 103 Early Hints\r\n\r\n"))
    sink = webhook()

    assert str(failure(sink)) == "http 103"
    sink.deliver(delivery())
    assert control_room.connections == 2


def test_a_yes_whose_rest_never_comes_is_not_waited_for(control_room: ScriptedSink, webhook: MakeWebhook) -> None:
    control_room.script.append(begins(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"))
    sink = webhook(limits=Limits(read=10, whole=10, rest=0.05))

    watch = Watch()
    sink.deliver(delivery())
    assert watch.seconds < BOUND


def test_an_answer_nobody_asked_for_is_not_taken_for_the_next(control_room: ScriptedSink, webhook: MakeWebhook) -> None:
    """A second answer pushed after the first must not confirm a report that the sink never saw."""
    twice = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" * 2
    control_room.script.append(begins(twice))
    control_room.always = says(500)
    sink = webhook()

    sink.deliver(delivery(1))
    assert str(failure(sink, delivery(2))) == "http 500"


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (hangs_up, "connection lost"),
        (raw(b"SSH-2.0-OpenSSH_9.9\r\n"), "bad answer"),
        (raw(b"HTTP/1.1 abc OK\r\n\r\n"), "bad answer"),
        (raw(b"\x16\x03\x01\x00"), "bad answer"),
        (raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500), "bad answer"),
        (raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000), "bad answer"),
    ],
    ids=["hangs up", "ssh", "no status", "bytes", "many headers", "long header"],
)
def test_what_is_no_answer_is_tried_later(
    control_room: ScriptedSink, webhook: MakeWebhook, answer: Answer, cause: str
) -> None:
    control_room.always = answer
    problem = failure(webhook())

    assert isinstance(problem, Retryable)
    assert str(problem) == cause
    assert len(control_room.heard) == 1


def test_a_kept_connection_that_was_just_closed_costs_nothing(control_room: ScriptedSink, webhook: MakeWebhook) -> None:
    """Servers close idle connections at their own time; an alert must not wait for the next turn because of it."""
    control_room.script.extend([says(204), hangs_up])
    sink = webhook()
    sink.deliver(delivery(1))
    sink.deliver(delivery(2, kind="alert"))

    ids = [heard.headers["webhook-id"] for heard in control_room.heard]
    assert ids == ["r-9d1c4e:1", "r-9d1c4e:2", "r-9d1c4e:2"]


def test_nobody_listens(webhook: MakeWebhook) -> None:
    with closed_port() as port:
        assert str(failure(webhook(f"http://127.0.0.1:{port}/"))) == "connection refused"


def test_a_name_that_cannot_be_found() -> None:
    with pytest.raises(OSError, match=r".") as caught:
        network.connect("nowhere." * 40, 443, 0.5)
    assert network.cause_of(caught.value) == "name not found"


def test_a_name_is_looked_up(control_room: ScriptedSink, webhook: MakeWebhook) -> None:
    webhook(f"http://localhost:{control_room.port}/").deliver(delivery())
    assert len(control_room.heard) == 1


def test_a_dead_address_leaves_time_for_the_next(control_room: ScriptedSink) -> None:
    """A name often has an IPv6 address that nothing answers at."""

    def info(address: tuple[str, int]) -> network.AddressInfo:
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", address)]

    living = info(("127.0.0.1", control_room.port))
    with dead_address() as dead, closed_port() as closed:
        addresses = info(dead) + info(("127.0.0.1", closed)) + living
        with network.connect_to_first(addresses, time.monotonic() + 0.6) as connected:
            assert connected.getpeername() == ("127.0.0.1", control_room.port)
        with pytest.raises(TimeoutError):
            network.connect_to_first(info(dead), time.monotonic() + 0.1)
        with pytest.raises(TimeoutError):
            network.connect_to_first(living, time.monotonic() - 1)


def test_connecting_in_vain_is_a_timeout(webhook: MakeWebhook) -> None:
    with dead_address() as (host, port):
        assert str(failure(webhook(f"http://{host}:{port}/", limits=QUICK))) == "timeout"


def test_over_tls(tls: Certificate, webhook: MakeWebhook) -> None:
    with ScriptedSink(tls.context) as server:
        sink = webhook(f"https://127.0.0.1:{server.port}/in", ca_file=str(tls.path), limits=QUICK)
        sink.deliver(delivery(1))
        sink.deliver(delivery(2))
        assert len(server.heard) == 2
        assert server.connections == 1
        server.always = drips(b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 5000)
        assert str(failure(sink)) == "timeout"
        sink.close()


def test_an_unknown_authority_is_refused(tls: Certificate, webhook: MakeWebhook) -> None:
    with ScriptedSink(tls.context) as server:
        problem = failure(webhook(f"https://127.0.0.1:{server.port}/in"))
        assert isinstance(problem, Retryable)
        assert str(problem) == "certificate refused"
        assert server.heard == []


def test_a_certificate_for_another_name_is_refused(tls: Certificate, webhook: MakeWebhook) -> None:
    with ScriptedSink(tls.context) as server:
        sink = webhook(f"https://localhost:{server.port}/in", ca_file=str(tls.path))
        assert str(failure(sink)) == "certificate refused"


def test_a_handshake_that_never_comes(webhook: MakeWebhook) -> None:
    with TcpServer(waits) as server:
        assert str(failure(webhook(f"https://127.0.0.1:{server.port}/", limits=QUICK))) == "timeout"


def test_plain_text_where_tls_is_due(control_room: ScriptedSink, webhook: MakeWebhook) -> None:
    control_room.always = raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    with TcpServer(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server:
        assert str(failure(webhook(f"https://127.0.0.1:{server.port}/"))) in ("tls failed", "connection lost")


def test_an_authority_file_that_is_none_pauses_the_sink(
    control_room: ScriptedSink, webhook: MakeWebhook, tls: Certificate
) -> None:
    sink = webhook(f"https://127.0.0.1:{control_room.port}/", ca_file=str(tls.key))
    assert isinstance(failure(sink), SinkPaused)


def test_nothing_of_a_report_nor_the_address_is_logged(
    control_room: ScriptedSink, webhook: MakeWebhook, caplog: pytest.LogCaptureFixture
) -> None:
    """R18, Q13: at any level, even with answers that repeat the report and headers that are broken."""
    caplog.set_level(logging.DEBUG)
    control_room.script.extend(
        [
            says(400, body=CANARY.encode()),
            raw(f"HTTP/1.1 500 {CANARY}\r\nbroken {CANARY}\r\nX: y\r\n\r\n{CANARY}".encode()),
            says(204),
        ]
    )
    sink = webhook()
    assert isinstance(failure(sink), Parked)
    assert isinstance(failure(sink), Retryable)
    sink.deliver(delivery())

    logging.getLogger("tests").debug("the log is on")
    assert "the log is on" in caplog.text
    assert not [word for word in ("canary", "127.0.0.1", "/reports") if word in caplog.text]
