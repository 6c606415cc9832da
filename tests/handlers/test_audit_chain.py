"""R11, P6: the audit is a chain, and whatever was done to it since a head left shows."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from msgspec.structs import replace

from gateway.anchoring import Anchoring
from handlers import audit_chain
from handlers.audit_chain import compare, read_heads, take_head, verify
from handlers.records import audit
from handlers.records.audit import AuditRow, Link
from handlers.records.database import Database
from tests.fakes import Desk, new_ring

RING = new_ring()


def row(number: int) -> AuditRow:
    return AuditRow(1000 + number, f"p{number % 3}", "btp", "desk", "consultation", "report", f"r{number}", 1, "queue")


def chain(count: int) -> list[Link]:
    links, before = [], audit.FIRST
    for number in range(1, count + 1):
        digest = audit.digest_of(before, row(number))
        links.append(Link(number, before, digest, row(number)))
        before = digest
    return links


def chained_anew(links: list[Link]) -> list[Link]:
    """As somebody would who can write to the database and knows how it is done."""
    anew, before = [], audit.FIRST
    for link in links:
        digest = audit.digest_of(before, link.row)
        anew.append(Link(link.id, before, digest, link.row))
        before = digest
    return anew


def head_of(links: list[Link]) -> audit_chain.Head:
    last = links[-1]
    return audit_chain.Head(
        5, last.id, last.digest or "", audit_chain._signatures(RING, 5, last.id, last.digest or "")[0]
    )


def edit(links: list[Link], chance: random.Random) -> list[Link]:
    at = chance.randrange(len(links))
    name = chance.choice(["at", "person_id", "organisation", "kind", "what", "report_id", "revision", "why", "to_whom"])
    value = {"at": 1, "revision": 77}.get(name, f"other-{chance.random()}")
    return [*links[:at], replace(links[at], row=replace(links[at].row, **{name: value})), *links[at + 1 :]]


def gap(links: list[Link], chance: random.Random) -> list[Link]:
    at = chance.randrange(len(links))
    return [*links[:at], *links[at + 1 :]]


def swap(links: list[Link], chance: random.Random) -> list[Link]:
    first, second = sorted(chance.sample(range(len(links)), 2))
    mixed = list(links)
    mixed[first], mixed[second] = replace(links[second], id=links[first].id), replace(links[first], id=links[second].id)
    return mixed


def cut(links: list[Link], chance: random.Random) -> list[Link]:
    return links[: chance.randrange(len(links))]


def insert(links: list[Link], chance: random.Random) -> list[Link]:
    at = chance.randrange(1, len(links))
    new = Link(at, links[at - 1].digest, audit.digest_of(links[at - 1].digest or "", row(999)), row(999))
    return [*links[:at], new, *links[at:]]


def rewrite(links: list[Link], chance: random.Random) -> list[Link]:
    return chained_anew(edit(links, chance))


def rewrite_and_cut(links: list[Link], chance: random.Random) -> list[Link]:
    return chained_anew(gap(links, chance))


def unchain(links: list[Link], chance: random.Random) -> list[Link]:
    return [replace(link, before=None, digest=None) for link in edit(links, chance)]


TAMPERINGS: tuple[Callable[[list[Link], random.Random], list[Link]], ...] = (
    edit, gap, swap, cut, insert, rewrite, rewrite_and_cut, unchain,
)  # fmt: skip


def test_p6_a_thousand_of_a_thousand_tamperings_are_found() -> None:
    links = chain(40)
    heads = [head_of(links)]
    assert compare(links, RING, heads).problem == ""
    chance = random.Random(11)
    missed = [
        tamper.__name__
        for number in range(1000)
        for tamper in [TAMPERINGS[number % len(TAMPERINGS)]]
        if not compare(tamper(links, chance), RING, heads).problem
    ]
    assert missed == []


def test_absent_is_not_empty_and_fields_do_not_run_together() -> None:
    assert audit.digest_of("", replace(row(1), to_whom=None)) != audit.digest_of("", replace(row(1), to_whom=""))
    ab, ba = replace(row(1), kind="ab", what="c"), replace(row(1), kind="a", what="bc")
    assert audit.digest_of("", ab) != audit.digest_of("", ba)


def test_a_head_of_another_ring_is_refused() -> None:
    links = chain(3)
    assert "was not signed" in compare(links, new_ring(), [head_of(links)]).problem


def test_rows_after_the_head_are_checked_by_the_chain(database: Database) -> None:
    desk = Desk.build(database)
    with database.write() as tx:
        audit.add_all(tx, [row(number) for number in range(3)])
    head = take_head(desk.service)
    with database.write() as tx:
        audit.add(tx, row(4))
        audit.add(tx, row(5))
    [read] = read_heads(f"Nov 21 host quietline: {head.line()} and more\nnoise\n")
    assert read == head
    assert verify(database, desk.service.ring, [read]) == audit_chain.Verdict(5, 1)


def test_the_database_itself_refuses_a_change_and_one_made_past_it_is_found(database: Database) -> None:
    desk = Desk.build(database)
    with database.write() as tx:
        audit.add_all(tx, [row(number) for number in range(5)])
    with database.engine.begin() as connection:
        if database.is_sqlite:
            connection.execute(sa.text("DROP TRIGGER audit_no_update"))
        else:
            connection.execute(sa.text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        connection.execute(sa.text("UPDATE audit SET person_id = 'somebody' WHERE report_id = 'r2'"))
    assert "was changed" in verify(database, desk.service.ring, []).problem


def test_writers_at_once_make_one_chain(database: Database) -> None:
    desk = Desk.build(database)

    def write(start: int) -> None:
        for number in range(10):
            with database.write() as tx:
                audit.add_all(tx, [row(start + number), row(start + number + 1000)])
        database.close()

    threads = [threading.Thread(target=write, args=(100 * number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify(database, desk.service.ring, []) == audit_chain.Verdict(80, 0)


@pytest.fixture
def anchoring(database: Database, tmp_path: Path) -> tuple[Anchoring, Desk, Path]:
    desk = Desk.build(database)
    return Anchoring(desk.service, tmp_path / "heads" / "audit-heads.txt"), desk, tmp_path / "heads" / "audit-heads.txt"


def test_the_head_leaves_once_an_hour_where_there_is_a_new_one(
    anchoring: tuple[Anchoring, Desk, Path], caplog: pytest.LogCaptureFixture
) -> None:
    hourly, desk, file = anchoring
    assert not hourly.look(), "there is no row yet"
    with desk.service.database.write() as tx:
        audit.add(tx, row(1))
    assert hourly.look()
    assert not hourly.look()
    desk.clock.move(3601)
    assert not hourly.look(), "nothing new"
    with desk.service.database.write() as tx:
        audit.add(tx, row(2))
    assert hourly.look()
    heads = read_heads(file.read_text())
    assert len(heads) == 2
    assert verify(desk.service.database, desk.service.ring, heads).problem == ""
    assert read_heads(caplog.text) == heads, "the log has them too"
