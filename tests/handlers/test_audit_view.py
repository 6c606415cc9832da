"""The audit as auditors ask for it, on either kind of database (R10)."""

from __future__ import annotations

import pytest

from handlers import audit_view
from handlers.records import audit as rows
from handlers.records.audit import AuditRow, Wanted
from handlers.records.database import Database
from tests.fakes import START, Desk, FakeSink
from tests.handlers.desk_people import hire, signed_in

AT = int(START * 1000)


@pytest.fixture
def desk(database: Database) -> Desk:
    """Three acts of two people and one of the installation, a second apart."""
    made = Desk.build(database, sinks=[FakeSink()])
    hire(made, "owen", "auditor")
    acts = (("p1", "note", "r1"), ("p2", "claim", "r1"), ("p1", "claim", "r2"), (None, "release", "r2"))
    with database.write() as tx:
        rows.add_all(
            tx,
            [
                AuditRow(AT + 1000 * at, who, "btp", "desk", "alteration", what, report, 1, "handling")
                for at, (who, what, report) in enumerate(acts)
            ],
        )
    made.clock.move(60)
    return made


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Wanted(), ["audit", "release", "claim", "claim", "note"]),
        (Wanted(who="p1"), ["claim", "note"]),
        (Wanted(who=audit_view.NOBODY), ["release"]),
        (Wanted(what="claim", report="r1"), ["claim"]),
        (Wanted(kind="alteration"), ["release", "claim", "claim", "note"]),
        (Wanted(since=AT + 1000, until=AT + 3000), ["claim", "claim"]),
        (Wanted(who="' OR 1=1 --"), []),
    ],
)
def test_rows_are_found_by_who_what_which_and_when(desk: Desk, wanted: Wanted, found: list[str]) -> None:
    page = audit_view.found(desk.service, signed_in(desk, "owen"), "btp", wanted, 1, 0)

    assert [seen.row.what for seen in page.rows] == found
    assert not page.more
    assert audit_view.found(desk.service, signed_in(desk, "owen"), "btp", wanted, 2, page.until).rows == ()


def test_a_command_is_shown_as_the_machine_knows_who_gave_it(desk: Desk) -> None:
    with desk.service.database.write() as tx:
        rows.add(tx, AuditRow(AT, None, "btp", "desk", "erasure", "erase", "r1", None, "command", "rhian"))
    (seen,) = audit_view.found(desk.service, signed_in(desk, "owen"), "btp", Wanted(what="erase"), 1, 0).rows

    assert (seen.by, seen.to) == ("rhian", "")
