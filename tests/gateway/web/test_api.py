"""Control rooms answer for reports: signed, once, and only for what went to them."""

from __future__ import annotations

import base64
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace
from openapi_spec_validator import validate
from standardwebhooks import Webhook
from werkzeug.test import TestResponse

from gateway.app import Parts, create_app
from gateway.web import api
from gateway.web.raw import MAX_BODY
from gateway.web.webhook import one_by_one
from handlers.acknowledgements import CAUSES, OUTCOMES, Answer, acknowledge
from handlers.records.database import Database, StoreError
from handlers.report_list import list_reports
from tests.fakes import Desk, FakeSink, organisation
from tests.naughty import SOME


def secret(name: str) -> str:
    return "whsec_" + base64.b64encode(f"{name}, not a real secret at all".encode()).decode()


SENDERS = {"room": (secret("room"), secret("room before")), "other": (secret("other"),), "team": (secret("team"),)}


class ControlRooms:
    """A gateway with a report in it, and control rooms that answer."""

    def __init__(self, database: Database) -> None:
        force = replace(organisation(), confidential=("police",), confidential_sinks=("team",))
        elsewhere = organisation("tfl", "sms:61017", ("other",))
        self.desk = Desk.build(
            database, sinks=[FakeSink(), FakeSink("other"), FakeSink("team")], organisations=[force, elsewhere]
        )
        self.breaks: Exception | None = None
        parts = Parts((), one_by_one(lambda *_: None), lambda *_: None, acknowledge=self._acknowledge, senders=SENDERS)
        self.client = create_app(parts).test_client()
        self.desk.say("a man is staring at me on the 18:05 Victoria to Brighton")
        self.report: str = self.desk.rows("SELECT id FROM reports WHERE revision > 0")[0][0]

    def _acknowledge(self, senders: Any, report_id: str, webhook_id: str, answer: Answer) -> None:
        if self.breaks:
            raise self.breaks
        acknowledge(self.desk.service, senders, report_id, webhook_id, answer)

    def post(
        self, body: bytes, *, by: str = "room", key: int = 0, webhook_id: str = "m-1", age: float = 0, **headers: str
    ) -> TestResponse:
        at = datetime.fromtimestamp(int(time.time() - age), UTC)
        signed = {
            "webhook-id": webhook_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(SENDERS[by][key]).sign(webhook_id, at, body.decode()),
        }
        kept = {name: value for name, value in (signed | headers).items() if value}
        return self.client.post("/api/v1/acknowledgements", data=body, headers=kept)

    def say(self, status: str, *, report: str | None = None, **more: Any) -> TestResponse:
        how = {name: more.pop(name) for name in ("by", "key", "webhook_id", "age") if name in more}
        return self.post(json.dumps({"report": report or self.report, "status": status, **more}).encode(), **how)

    def answers(self) -> list[tuple[str, str, str | None, str | None]]:
        (listed,) = list_reports(self.desk.service.database)
        return [(one.sink, one.status, one.reason, one.incident) for one in listed.answers]


@pytest.fixture
def rooms(lite: Database) -> ControlRooms:
    return ControlRooms(lite)


def refused(answer: TestResponse, status: int, words: str) -> None:
    assert answer.status_code == status, answer.data
    assert answer.content_type == "application/json"
    assert words in answer.json["error"]


class TestTaken:
    def test_accepted_then_completed_with_their_own_number(self, rooms: ControlRooms) -> None:
        assert rooms.say("accepted", incident="456 of 21/11/2026").json == {
            "report": rooms.report,
            "status": "accepted",
        }
        assert rooms.say("completed", outcome="attended", webhook_id="m-2").status_code == 200
        assert rooms.answers() == [
            ("room", "accepted", None, "456 of 21/11/2026"),
            ("room", "completed", "attended", None),
        ]

    def test_rejected_with_its_cause(self, rooms: ControlRooms) -> None:
        assert rooms.say("rejected", cause="not_ours").status_code == 200
        assert rooms.answers() == [("room", "rejected", "not_ours", None)]

    def test_the_same_answer_again_counts_once_and_is_answered_the_same(self, rooms: ControlRooms) -> None:
        assert {rooms.say("accepted").data for _ in range(3)} == {rooms.say("accepted").data}
        assert len(rooms.answers()) == 1

    def test_an_id_that_said_something_else_is_a_conflict(self, rooms: ControlRooms) -> None:
        rooms.say("accepted")
        refused(rooms.say("rejected", cause="not_ours"), 409, "webhook-id")
        assert [one[1] for one in rooms.answers()] == ["accepted"]

    def test_both_secrets_hold_while_they_change_f14(self, rooms: ControlRooms) -> None:
        assert rooms.say("accepted", key=1).status_code == 200


class TestRefused:
    @pytest.mark.parametrize(
        "headers",
        [
            {"webhook-signature": ""},
            {"webhook-signature": "v1,AAAA"},
            {"webhook-signature": "v1"},
            {"webhook-signature": ",,, é"},
            {"webhook-timestamp": ""},
            {"webhook-timestamp": "soon"},
            {"webhook-timestamp": "9" * 400},
            {"webhook-id": ""},
            {"webhook-id": "m-2"},
        ],
        ids=str,
    )
    def test_what_is_not_signed_is_403_and_nothing_is_kept_r15(
        self, rooms: ControlRooms, headers: dict[str, str]
    ) -> None:
        body = json.dumps({"report": rooms.report, "status": "accepted"}).encode()
        refused(rooms.post(body, **headers), 403, "signature")
        assert rooms.answers() == []

    @pytest.mark.parametrize("age", [301, -301])
    def test_a_replay_after_five_minutes_is_403(self, rooms: ControlRooms, age: float) -> None:
        assert rooms.say("accepted", age=290).status_code == 200
        refused(rooms.say("accepted", age=age), 403, "signature")

    def test_a_signature_covers_the_report_it_is_about(self, rooms: ControlRooms) -> None:
        body = json.dumps({"report": rooms.report, "status": "accepted"}).encode()
        signature = Webhook(SENDERS["room"][0]).sign("m-1", datetime.now(UTC), body.decode())
        other = body.replace(rooms.report.encode(), b"0" * 32)
        refused(rooms.post(other, **{"webhook-signature": signature}), 403, "signature")

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            (b"", "not JSON"),
            (b"{", "not JSON"),
            (b"[]", "JSON object"),
            (b"{}", "status: must be one of accepted, rejected, completed"),
            (b'{"status": "accepted"}', "report: "),
            (b'{"status": "accepted", "report": 7}', "report: "),
            (b'{"status": "accepted", "report": "../r"}', "report: "),
            (b'{"status": ["accepted"], "report": "r"}', "status: "),
            (b'{"status": "rejected", "report": "r"}', "cause: must be one of"),
            (b'{"status": "rejected", "report": "r", "cause": "attended"}', "cause: "),
            (b'{"status": "completed", "report": "r", "outcome": null}', "outcome: "),
            (b'{"status": "accepted", "report": "r", "cause": "not_ours"}', "unknown field"),
            (b'{"status": "accepted", "report": "r", "officer": "J Smith"}', "unknown field"),
            (b'{"status": "accepted", "report": "r", "incident": ""}', "incident: "),
            (b'{"status": "accepted", "report": "r", "incident": "1\\n"}', "incident: "),
            (b'{"status": "accepted", "report": "r", "at": "yesterday"}', "at: "),
            (b'{"status": "accepted", "report": "r", "at": "2026-02-31T10:00:00Z"}', "at: "),
        ],
    )
    def test_what_is_malformed_is_400_and_says_where(self, rooms: ControlRooms, said: bytes, words: str) -> None:
        answer = rooms.post(said)
        refused(answer, 400, words)
        assert "Smith" not in answer.text
        assert rooms.answers() == []

    def test_naughty_strings_in_every_field_are_400_p4(self, rooms: ControlRooms) -> None:
        for naughty in SOME:
            for field in ("report", "status", "cause", "incident", "at", naughty):
                document = {"report": rooms.report, "status": "rejected", "cause": "not_ours", field: naughty}
                body = json.dumps(document).encode()
                answer = rooms.post(body, webhook_id=str(abs(hash((naughty, field)))))
                assert answer.status_code in (200, 400, 404), (field, answer.status_code)
                assert answer.status_code == 400 or field in ("report", "incident"), field

    def test_a_webhook_id_too_long_to_keep_is_400(self, rooms: ControlRooms) -> None:
        refused(rooms.say("accepted", webhook_id="m" * 201), 400, "webhook-id")

    def test_a_body_over_64_kib_is_413(self, rooms: ControlRooms) -> None:
        refused(rooms.post(b" " * (MAX_BODY + 1)), 413, "64 KiB")

    def test_without_the_store_it_is_503_and_the_log_is_silent_of_it_r18(
        self, rooms: ControlRooms, caplog: pytest.LogCaptureFixture
    ) -> None:
        rooms.breaks = StoreError("OperationalError")
        answer = rooms.say("accepted", incident="canary-7")
        refused(answer, 503, "try again")
        assert answer.headers["Retry-After"] == "5"
        assert "canary-7" not in caplog.text
        assert rooms.report not in caplog.text
        rooms.breaks = None
        assert rooms.say("accepted", incident="canary-7").status_code == 200


class TestWhoMay:
    def test_a_report_of_another_room_and_a_confidential_one_were_never_there_r8(self, rooms: ControlRooms) -> None:
        rooms.desk.change(
            "INSERT INTO outbox (report_id, revision, sink, organisation, kind, priority, state, attempts, due_at,"
            " created_at) VALUES ('cccc', 1, 'team', 'btp', 'complete', 1, 'due', 0, 0, 0)"
        )
        unknown = rooms.say("accepted", report="f" * 32)
        confidential = rooms.say("accepted", report="cccc")
        elsewhere = rooms.say("accepted", by="other")
        refused(unknown, 404, "there is no such report")
        assert unknown.data == confidential.data == elsewhere.data
        assert [*unknown.headers] == [*confidential.headers] == [*elsewhere.headers]
        assert rooms.say("accepted", report="cccc", by="team").status_code == 200

    def test_without_any_secret_nobody_is_let_in(self, rooms: ControlRooms) -> None:
        parts = Parts((), one_by_one(lambda *_: None), lambda *_: None, acknowledge=rooms._acknowledge)
        rooms.client = create_app(parts).test_client()
        refused(rooms.say("accepted"), 403, "signature")


class TestDescription:
    def test_what_is_served_is_valid_openapi_3_1(self, rooms: ControlRooms) -> None:
        answer = rooms.client.get("/api/v1/openapi.json")
        assert (answer.status_code, answer.content_type) == (200, "application/json")
        assert answer.json["openapi"].startswith("3.1")
        validate(answer.json)

    def test_it_names_what_is_taken_and_nothing_else(self) -> None:
        schemas = json.loads(api.DESCRIPTION.read_bytes())["components"]["schemas"]
        assert schemas["Rejected"]["properties"]["cause"]["enum"] == list(CAUSES)
        assert schemas["Completed"]["properties"]["outcome"]["enum"] == list(OUTCOMES)
        for name, extra in (("Accepted", set()), ("Rejected", {"cause"}), ("Completed", {"outcome"})):
            assert set(schemas[name]["properties"]) == {"report", "status", "incident", "at", *extra}
