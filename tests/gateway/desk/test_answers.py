"""How far our answers got, as the carrier tells it later (TWILIO, status callbacks): only forward, by the text's id."""

from __future__ import annotations

import re
import threading
from pathlib import Path

import pytest
from flask import Flask

from handlers import erasure, outbound, status
from handlers.ports import StatusNote
from handlers.records.database import Database
from tests.fakes import Desk, FakeSink, organisation
from tests.gateway.desk.browser import Browser, application
from tests.handlers.desk_people import hire

NOW = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"


@pytest.fixture
def desk(lite: Database) -> Desk:
    made = Desk.build(lite, sinks=[FakeSink()], organisations=(organisation(flow="railway"),))
    hire(made, "rhian", "dispatcher")
    made.say(NOW)
    return made


@pytest.fixture
def app(desk: Desk) -> Flask:
    return application(desk)


def _tell(desk: Desk, word: str, code: str | None = None, answers: str | None = None) -> bool:
    ((channel, text),) = desk.rows("SELECT channel, external_id FROM inbox")
    return outbound.note_status(desk.service, StatusNote(channel, "SM" + "9" * 32, word, code, answers or text))


def _states(desk: Desk, app: Flask) -> list[str]:
    ((report,),) = desk.rows("SELECT report_id FROM desk_items")
    page = Browser(app).enter(desk, "rhian").get(f"/btp/reports/{report}").text
    return re.findall(r'<li class="us".*?<span class="state (.*?)</span>', page, re.DOTALL)


def _stamp(desk: Desk) -> int:
    return int(desk.rows("SELECT stamp FROM desk_items")[0][0])


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ((), 'sent">sent, no answer yet'),
        (("queued", "sent"), 'sent">sent, no answer yet'),
        (("sent", "delivered"), 'sent">delivered, no answer yet'),
        (("delivered", "sent", "queued"), "delivered"),
        (("delivered", "failed"), "delivered"),
        (("delivered", "read", "delivered"), "delivered and read"),
        (("sent", "undelivered", "sent"), "failed, not delivered"),
    ],
)
def test_an_answer_says_what_the_carrier_says_of_it_and_never_goes_back(
    desk: Desk, app: Flask, told: tuple[str, ...], shown: str
) -> None:
    for word in told:
        _tell(desk, word)
    (state,) = _states(desk, app)
    assert shown.partition(">")[2] in state or shown in state


def test_what_says_no_more_than_sent_writes_nothing_and_what_failed_stirs_the_desk_at_once(desk: Desk) -> None:
    before = _stamp(desk)
    assert [_tell(desk, each) for each in ("accepted", "queued", "sending", "sent", "nonsense")] == [False] * 5
    assert _tell(desk, "delivered")
    assert not _tell(desk, "delivered")
    assert _stamp(desk) == before
    desk.say("still here", sender="+447700900002")
    ((other,),) = desk.rows("SELECT external_id FROM inbox ORDER BY id DESC LIMIT 1")
    ((channel,),) = desk.rows("SELECT DISTINCT channel FROM inbox")
    assert outbound.note_status(desk.service, StatusNote(channel, "SM1", "undelivered", "30003", other))
    ((code,),) = desk.rows(f"SELECT reply_error FROM inbox WHERE external_id = '{other}'")  # noqa: S608
    assert code == "30003"
    assert status.refusals(desk.service.database, desk.clock.now()) == [(channel, "30003")]
    desk.clock.move(3601)
    assert status.refusals(desk.service.database, desk.clock.now()) == []


def test_news_of_what_nobody_knows_or_of_what_was_erased_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    assert not _tell(desk, "delivered", answers="SM" + "0" * 32)
    ((report,),) = desk.rows("SELECT id FROM reports")
    ((channel, text),) = desk.rows("SELECT channel, external_id FROM inbox")
    erasure.erase(desk.service, erasure.ErasureList(tmp_path / "erased"), [report])
    assert not outbound.note_status(desk.service, StatusNote(channel, "SM1", "delivered", None, text))
    assert desk.rows("SELECT * FROM inbox") == []


def test_a_text_of_staff_stirs_the_desk_as_it_goes_and_arrives(desk: Desk, app: Flask) -> None:
    ((report,),) = desk.rows("SELECT report_id FROM desk_items")
    rhian, at = Browser(app).enter(desk, "rhian"), f"/btp/reports/{report}"
    rhian.do(f"{at}/claim", "/btp/queue")
    rhian.do(f"{at}/write", at, text="Which side of the coach are you on?", key="a")
    stamps = [_stamp(desk)]
    outbound.send_due(desk.service)
    stamps.append(_stamp(desk))
    ((channel, sid),) = desk.rows("SELECT channel, external_id FROM texts")
    assert outbound.note_status(desk.service, StatusNote(channel, sid, "delivered", None))
    stamps.append(_stamp(desk))
    assert not outbound.note_status(desk.service, StatusNote(channel, sid, "sent", None))
    stamps.append(_stamp(desk))
    assert stamps[0] < stamps[1] < stamps[2] == stamps[3]
    assert ">delivered</span>" in rhian.get(at).text


def test_news_of_many_answers_at_once_is_all_written(database: Database) -> None:
    """On both kinds of database, from as many threads as a web worker has."""
    many = Desk.build(database, sinks=[FakeSink()], organisations=(organisation(flow="railway"),))
    for number in range(12):
        many.say(NOW, sender=f"+4477009000{number:02d}")
    rows = many.rows("SELECT channel, external_id FROM inbox")
    notes = [StatusNote(channel, "SM" + "9" * 32, "delivered", None, text) for channel, text in rows] * 2
    moved: list[bool] = []

    def tell(own: list[StatusNote]) -> None:
        moved.extend(outbound.note_status(many.service, note) for note in own)
        database.close()

    threads = [threading.Thread(target=tell, args=(notes[at::8],)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert moved.count(True) == 12
    assert many.rows("SELECT DISTINCT reply_status FROM inbox") == [("delivered",)]
