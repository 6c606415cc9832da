"""Many desks at once: a line is opened once, looks share a commit, what was not written is not shown (R9, R10)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from handlers import audit, audit_chain, handling, joining, shared
from handlers.desk import Queue, Shown, queue
from handlers.erasure import ErasureList, erase
from handlers.records import audit as rows
from handlers.records import reports
from handlers.records.database import Database, StoreError
from handlers.sign_in import SignedIn
from tests.fakes import Desk, FakeSink, organisation
from tests.handlers.desk_people import hire, signed_in
from tests.waiting import until

NOW = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"


def _built(database: Database) -> Desk:
    made = Desk.build(database, sinks=[FakeSink()], organisations=(organisation(flow="railway"),))
    hire(made, "rhian", "dispatcher")
    return made


@pytest.fixture
def desk(lite: Database) -> Desk:
    return _built(lite)


@pytest.fixture
def everywhere(database: Database) -> Desk:
    """The same on both kinds of database."""
    return _built(database)


def _at_once(jobs: Sequence[Callable[[], None]]) -> list[Exception]:
    """Does all of them at the same time; returns what they raised."""
    start, raised = threading.Barrier(len(jobs)), list[Exception]()

    def one(job: Callable[[], None]) -> None:
        start.wait(10)
        try:
            job()
        except Exception as error:  # noqa: BLE001 - what was raised is what is asked
            raised.append(error)

    threads = [threading.Thread(target=one, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return raised


def _look(desk: Desk, person: SignedIn, report: str) -> Callable[[], None]:
    return lambda: audit.looked(desk.service, person, "btp", "desk", "report", [(report, 1)], "handling")


def _queue(desk: Desk, person: SignedIn) -> Queue:
    return queue(desk.service, person, "btp", "desk", Shown())


def test_r10_looks_that_come_at_once_are_all_written_in_few_commits_and_one_chain(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rhian, written = signed_in(desk, "rhian"), list[int]()
    first, gathered = threading.Event(), threading.Event()
    add_all = rows.add_all

    def slowly(tx: Any, some: Any) -> None:
        written.append(len(some))
        add_all(tx, some)
        if not first.is_set():
            first.set()
            gathered.wait(10)

    monkeypatch.setattr(rows, "add_all", slowly)
    leader = threading.Thread(target=_look(desk, rhian, "r0"))
    leader.start()
    assert first.wait(10)
    others = [threading.Thread(target=_look(desk, rhian, f"r{number}")) for number in range(1, 9)]
    for other in others:
        other.start()
    company = desk.service.shared.company("audit")
    until(lambda: len(company._waiting) == 8)
    gathered.set()
    for thread in (leader, *others):
        thread.join(10)

    assert written == [1, 8]
    assert {row[0] for row in desk.rows("SELECT report_id FROM audit")} == {f"r{number}" for number in range(9)}
    assert audit_chain.verify(desk.service.database, desk.service.ring, []).problem == ""


def test_r10_where_the_store_does_not_write_every_one_of_the_looks_fails(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    rhian = signed_in(desk, "rhian")

    def away(*_: object) -> None:
        raise StoreError("away")

    monkeypatch.setattr(rows, "add_all", away)

    raised = _at_once([_look(desk, rhian, f"r{number}") for number in range(6)])

    assert [type(error) for error in raised] == [StoreError] * 6
    assert desk.rows("SELECT count(*) FROM audit WHERE what = 'report'") == [(0,)]


def test_a_line_that_many_desks_want_is_opened_once_and_each_look_is_written(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.say(NOW)
    opened = list[str]()
    sealed = reports.sealed_document

    def counted(tx: Any, report: str, revision: int) -> Any:
        opened.append(report)
        return sealed(tx, report, revision)

    monkeypatch.setattr(reports, "sealed_document", counted)
    people = [signed_in(desk, "rhian") for _ in range(8)]
    seen = list[Queue]()

    assert not _at_once([lambda person=person: seen.append(_queue(desk, person)) for person in people])  # type: ignore[misc]

    assert len(opened) == 1
    assert {each.lines[0].document["facts"]["service"]["coach"] for each in seen} == {"3"}
    assert desk.rows("SELECT count(*) FROM audit WHERE what = 'queue'") == [(8,)]


def test_a_text_is_on_the_line_at_the_next_look_however_lately_it_was_opened(desk: Desk) -> None:
    rhian = signed_in(desk, "rhian")
    desk.say(NOW)
    assert _queue(desk, rhian).lines[0].document["facts"]["service"]["coach"] == "3"
    desk.say("we are in coach 5 now")
    assert _queue(desk, rhian).lines[0].document["facts"]["service"]["coach"] == "5"


def test_r9_what_was_erased_a_moment_ago_is_shown_to_nobody(desk: Desk, tmp_path: Path) -> None:
    rhian = signed_in(desk, "rhian")
    desk.say(NOW)
    ((report, wrapped),) = desk.rows("SELECT id, key FROM reports")
    line = _queue(desk, rhian).lines[0]
    documents = desk.service.shared.documents
    assert documents.get(report, line.item.revision, bytes(wrapped)) == line.document

    _, anew = desk.service.ring.new_key("content", report, reports.key_place(report))
    assert documents.get(report, line.item.revision, anew) is None
    erase(desk.service, ErasureList(tmp_path / "erased"), [report])
    assert not _queue(desk, rhian).lines


def test_opened_documents_are_kept_for_a_minute_and_are_few(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = desk.service.ring
    monkeypatch.setattr(shared, "MOST_KEPT", 3)
    keys: list[bytes] = []

    def opened(documents: shared.Documents, number: int) -> None:
        key, wrapped = ring.new_key("content", f"r{number}", reports.key_place(f"r{number}"))
        keys.append(wrapped)
        sealed = key.seal(b'{"facts": {}}', reports.document_place(f"r{number}", 1))
        assert documents.open("desk", f"r{number}", 1, wrapped, sealed) == {"facts": {}}

    documents = shared.Documents(ring)
    for number in range(4):
        opened(documents, number)
    assert [documents.get(f"r{number}", 1, key) is not None for number, key in enumerate(keys)] == [False, *[True] * 3]

    monkeypatch.setattr(shared, "LIFE_SECONDS", 0.0)
    documents = shared.Documents(ring)
    opened(documents, 4)
    assert documents.get("r4", 1, keys[4]) is None


def test_what_is_made_of_a_document_is_made_once_and_anew_for_another(desk: Desk) -> None:
    documents, made = desk.service.shared.documents, list[int]()

    def make() -> int:
        made.append(1)
        return len(made)

    def sealed() -> tuple[bytes, bytes]:
        key, wrapped = desk.service.ring.new_key("content", "r", reports.key_place("r"))
        return wrapped, key.seal(b'{"facts": {}}', reports.document_place("r", 1))

    first = documents.open("desk", "r", 1, *sealed())
    assert [documents.made("r", 1, first, "length", make) for _ in range(3)] == [1, 1, 1]
    again = documents.open("desk", "r", 1, *sealed())
    assert documents.made("r", 1, again, "length", make) == 2
    assert documents.made("r", 1, first, "length", make) == 3, "what is kept is of another key now"
    assert documents.made("other", 1, {}, "length", make) == 4


def test_r10_a_report_and_what_its_page_shows_beside_it_are_one_commit(
    everywhere: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = everywhere
    rhian = signed_in(desk, "rhian")
    desk.say(NOW, sender="+447700900001")
    ((report,),) = desk.rows("SELECT report_id FROM desk_items")
    handling.claim(desk.service, rhian, "btp", report)
    desk.say("we are in coach 5 now", sender="+447700900001")
    desk.say(NOW.replace("coach 3", "coach 5"), sender="+447700900002")
    (other,) = {row[0] for row in desk.rows("SELECT report_id FROM desk_items")} - {report}
    write, commits, looks = Database.write, list[int](), "SELECT what, report_id FROM audit WHERE kind = 'consultation'"

    def counted(self: Database, *given: Any) -> Any:
        commits.append(1)
        return write(self, *given)

    monkeypatch.setattr(Database, "write", counted)
    _, around = joining.report(desk.service, rhian, "btp", report)

    assert len(commits) == 1
    assert [one.item.report_id for one in around.suggested] == [other]
    assert set(desk.rows(looks)) == {("report", report), ("joined", other)}
    assert desk.rows("SELECT count(*) FROM desk_items WHERE claimed_revision = revision") == [(1,)], "it is no news now"

    def away(*_: object) -> None:
        raise StoreError("away")

    monkeypatch.setattr(rows, "add_all", away)
    with pytest.raises(StoreError):
        joining.report(desk.service, rhian, "btp", report)
