"""P4: strings that break software, through the fields and headers that `test_hostile` does not reach."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook
from werkzeug.test import Client

from gateway.app import Parts, create_app
from gateway.channels.simulator import sign
from gateway.channels.synthetic import SyntheticChannel
from gateway.metrics.server import MetricsApp
from gateway.web.webhook import one_by_one
from handlers import staff
from handlers.ports import BadRequest, RawRequest
from handlers.records.database import Database
from handlers.status import CONFIDENTIAL
from handlers.status import DESK as DESK_FIGURES
from tests import carrier
from tests.fakes import Desk, organisation
from tests.gateway.web.edge import NOW, SECRET, Edge
from tests.naughty import NAUGHTY, SOME, as_header

MESSAGE = {"id": "one", "from": "+447700900123", "to": "+447700900001", "text": "hello"}


def _said(channel: SyntheticChannel, request: RawRequest) -> str | None:
    """Why a request is refused; None where it is not."""
    try:
        channel.parse(request)
    except BadRequest as refused:
        return str(refused)
    return None


@pytest.fixture
def desk(lite: Database) -> Desk:
    return Desk.build(lite, organisations=(organisation(flow="railway"),))


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [("status", "id"), ("status", "status"), ("status", "error"), ("texts", "from"), ("texts", "after")],
)
def test_naughty_strings_through_the_phones_other_requests(edge: Edge, endpoint: str, name: str) -> None:
    whole = {
        "status": {"id": "one", "status": "sent", "error": None},
        "texts": {"from": "+447700900123", "after": None},
    }
    for value in NAUGHTY:
        assert edge.phone_posts({**whole[endpoint], name: value}, endpoint).status_code in (200, 400)


@pytest.mark.parametrize("name", sorted(MESSAGE))
def test_naughty_strings_through_every_field_of_the_synthetic_reporter(name: str) -> None:
    channel = SyntheticChannel([SECRET], lambda: NOW)
    for value in NAUGHTY:
        body, path = json.dumps({**MESSAGE, name: value}).encode(), "/synthetic/inbound"
        headers = {key.lower(): each for key, each in sign(SECRET, path, body, NOW).items()}
        request = RawRequest("POST", path, headers, body)
        assert channel.verify(request)
        said = _said(channel, request)
        assert said is None or len(value) < 8 or value not in said
        assert said is None or name != "text", "a text is never refused"


@pytest.mark.parametrize(
    ("path", "header"),
    [
        *[("/twilio/inbound", name) for name in ("X-Twilio-Signature", "I-Twilio-Idempotency-Token", "Content-Type")],
        *[("/simulator/inbound", name) for name in sign(SECRET, "/", b"", NOW)],
    ],
)
def test_naughty_headers_of_carriers_are_refused(edge: Edge, path: str, header: str) -> None:
    for value in SOME:
        headers = {**carrier.FORM_HEADERS, header: as_header(value)}
        assert edge.client.post(path, data=b"{}", headers=headers).status_code == 403
    assert edge.reached == 0


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_naughty_headers_of_control_rooms_are_refused(header: str) -> None:
    room = "whsec_" + base64.b64encode(b"not a real secret at all, room").decode()
    answers: list[object] = []
    parts = Parts(
        (),
        one_by_one(lambda *_: None),
        lambda *_: None,
        acknowledge=lambda *all_of: answers.append(all_of),
        senders={"room": (room,)},
    )
    client, body, at = create_app(parts).test_client(), b'{"report": "r", "status": "accepted"}', datetime.now(UTC)
    signed = {
        "webhook-id": "m-1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(room).sign("m-1", at, body.decode()),
    }
    for value in SOME:
        headers = {**signed, header: as_header(value)}
        assert client.post("/api/v1/acknowledgements", data=body, headers=headers).status_code == 403
    assert not answers
    assert client.post("/api/v1/acknowledgements", data=body, headers=signed).status_code == 200


def test_naughty_strings_said_by_staff_go_out_as_they_are_or_not_at_all(desk: Desk) -> None:
    desk.say("man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction")
    [(report,)] = desk.rows("SELECT report_id FROM conversations")
    said, refusals = 0, set()
    for number, value in enumerate(SOME):
        try:
            said += staff.say(desk.service, desk.doorbell, report, value, key=value or str(number))
        except staff.NotSaid as refused:
            refusals.add(refused.why)
    assert refusals <= {"empty", "long", "words", "sure"}
    assert desk.rows("SELECT count(*) FROM texts WHERE purpose = 'staff'") == [(said,)]
    assert said > len(SOME) / 2


@pytest.mark.parametrize("where", ["path", "query", "authorization", "accept", "method"])
def test_naughty_strings_open_no_figures(desk: Desk, where: str) -> None:
    client = Client(MetricsApp(desk.service, {DESK_FIGURES: "desk-token", CONFIDENTIAL: "other-token"}))
    for value in SOME:
        clean = as_header(value) or "x"
        overrides = {
            "path": {"PATH_INFO": f"/metrics{clean}"},
            "query": {"PATH_INFO": "/metrics", "QUERY_STRING": clean},
            "authorization": {"PATH_INFO": "/metrics", "HTTP_AUTHORIZATION": f"Bearer {clean}"},
            "accept": {"PATH_INFO": "/metrics", "HTTP_ACCEPT": clean},
            "method": {"PATH_INFO": "/metrics", "REQUEST_METHOD": clean},
        }[where]
        assert client.open("/", environ_overrides=overrides).status_code in (403, 404, 405)
    opened = {"HTTP_AUTHORIZATION": "Bearer desk-token", "PATH_INFO": "/metrics"}
    assert client.open("/", environ_overrides=opened).status_code == 200
    for value in SOME[::10]:
        assert client.open("/", environ_overrides={**opened, "HTTP_ACCEPT": as_header(value)}).status_code == 200
