"""What a control room receives: signed, in an envelope, once by its id, over kept connections."""

from __future__ import annotations

import os
import threading

import orjson
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from standardwebhooks import Webhook, WebhookVerificationError

from tests.naughty import NAUGHTY

from .conftest import OLD_SECRET, SECRET, MakeWebhook
from .reports import delivery, report
from .servers import Answer, Heard, ScriptedSink, says


def verified(heard: Heard, secret: str = SECRET) -> dict[str, object]:
    """The request's event, by the library that receivers use."""
    event: dict[str, object] = Webhook(secret).verify(heard.body, heard.headers)
    return event


def test_a_report_arrives_signed_and_the_receiver_can_tell(control_room: ScriptedSink, webhook: MakeWebhook) -> None:
    webhook().deliver(delivery())

    heard = control_room.heard[0]
    assert heard.line == "POST /reports?token=canary-token HTTP/1.1"
    assert verified(heard)["data"] == report()
    with pytest.raises(WebhookVerificationError):
        verified(heard, OLD_SECRET)
    forged = Heard(heard.line, heard.headers, heard.body.replace(b"Clapham", b"Croydon"))
    with pytest.raises(WebhookVerificationError):
        verified(forged)


def test_the_envelope_is_a_cloudevent(control_room: ScriptedSink, webhook: MakeWebhook) -> None:
    webhook().deliver(delivery(kind="alert"))

    heard = control_room.heard[0]
    event = from_http_event(HTTPMessage(heard.headers, heard.body))
    assert event.get_specversion() == "1.0"
    assert event.get_type() == "uk.quietline.report.alert"
    assert (event.get_id(), event.get_source(), event.get_subject()) == ("r-9d1c4e:3", "avon-rail", "r-9d1c4e")
    assert event.get_time().isoformat() == "2026-11-21T18:05:10+00:00"  # type: ignore[union-attr]
    assert event.get_datacontenttype() == "application/json"
    assert event.get_extension("revision") == 3
    assert event.get_data() == report(kind="alert")
    assert heard.headers["content-type"] == "application/cloudevents+json"


def test_the_report_keeps_its_bytes(control_room: ScriptedSink, webhook: MakeWebhook) -> None:
    """P4: whatever a reporter wrote arrives as it was, under a signature that holds."""
    sent = delivery(account=[{"text": text} for text in NAUGHTY])
    webhook().deliver(sent)

    heard = control_room.heard[0]
    assert sent.document in heard.body
    assert verified(heard)["data"] == orjson.loads(sent.document)


def test_the_idempotency_key_is_the_same_at_each_attempt(control_room: ScriptedSink, webhook: MakeWebhook) -> None:
    sink = webhook()
    sink.deliver(delivery(attempt=1))
    sink.deliver(delivery(attempt=2))
    sink.deliver(delivery(revision=4))

    ids = [heard.headers["webhook-id"] for heard in control_room.heard]
    assert ids == ["r-9d1c4e:3", "r-9d1c4e:3", "r-9d1c4e:4"]
    assert [heard.headers["idempotency-key"] for heard in control_room.heard] == ids
    assert control_room.heard[0].body == control_room.heard[1].body


def test_an_attempt_is_signed_at_its_own_time(control_room: ScriptedSink, webhook: MakeWebhook) -> None:
    """A receiver refuses what was signed over five minutes ago, and a retry may come after days (F8)."""
    times = iter([1_795_284_400.9, 1_795_370_800.0])
    sink = webhook(now=lambda: next(times))
    sink.deliver(delivery())
    sink.deliver(delivery())

    assert [heard.headers["webhook-timestamp"] for heard in control_room.heard] == ["1795284400", "1795370800"]


def test_both_secrets_sign_while_a_receiver_changes_over(control_room: ScriptedSink, webhook: MakeWebhook) -> None:
    """F14: old and new work."""
    webhook(previous_secret=OLD_SECRET).deliver(delivery())

    heard = control_room.heard[0]
    assert verified(heard, SECRET) == verified(heard, OLD_SECRET)
    assert len(heard.headers["webhook-signature"].split(" ")) == 2
    with pytest.raises(WebhookVerificationError):
        verified(heard, "whsec_" + "A" * 44)


@pytest.mark.parametrize(
    "answer",
    [says(204), says(200, body=b"thanks"), says(202, body=b"{}" * 2000), says(201, body=b"thanks", chunked=True)],
    ids=["204", "200", "202", "chunked"],
)
def test_connections_are_kept(control_room: ScriptedSink, webhook: MakeWebhook, answer: Answer) -> None:
    control_room.always = answer
    sink = webhook()
    for revision in range(20):
        sink.deliver(delivery(revision))

    assert len(control_room.heard) == 20
    assert control_room.connections == 1


def test_sixteen_threads_share_a_sink(control_room: ScriptedSink, webhook: MakeWebhook) -> None:
    sink = webhook()
    start = threading.Barrier(16)

    def send(thread: int) -> None:
        start.wait(5)
        for turn in range(10):
            sink.deliver(delivery(revision=thread * 10 + turn))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    revisions = [verified(heard)["revision"] for heard in control_room.heard]
    assert sorted(revisions) == list(range(160))  # type: ignore[type-var]
    assert control_room.connections <= 16


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_opens_its_own_connections(control_room: ScriptedSink, webhook: MakeWebhook) -> None:
    """Two processes on one connection would read each other's answers."""
    sink = webhook()
    sink.deliver(delivery(1))
    child = os.fork()
    if child == 0:
        code = 1
        try:
            sink.deliver(delivery(2))
            code = 0
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    sink.deliver(delivery(3))

    assert [orjson.loads(heard.body)["revision"] for heard in control_room.heard] == [1, 2, 3]
    assert control_room.connections == 2


def test_a_closed_sink_delivers_again(control_room: ScriptedSink, webhook: MakeWebhook) -> None:
    sink = webhook()
    sink.deliver(delivery(1))
    sink.close()
    sink.deliver(delivery(2))

    assert control_room.connections == 2


def test_every_kind_goes_to_a_webhook(webhook: MakeWebhook) -> None:
    kinds = ["alert", "started", "updated", "unfinished", "complete", "added", "stopped"]
    assert all(webhook().wants(kind) for kind in kinds)
