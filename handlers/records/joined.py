"""Incidents of several reports, labels, saved views, and all that a search reads. Times in milliseconds since 1970."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from handlers.records.compiled import statements
from handlers.records.database import Transaction
from handlers.records.desk_items import Item
from handlers.vault import Place

_S = statements("joined")
_COLUMNS: Final = len(Item.__struct_fields__)


class LineRow(Struct, frozen=True):
    """A line with its report: readable parts, wrapped key, newest sealed document and its number."""

    item: Item
    reference: str
    status: str
    state: str
    key: bytes
    revision: int
    document: bytes


class NearRow(Struct, frozen=True):
    """A line that may be of the same incident as another: what is needed to compare them. `since` as in `Item`."""

    report_id: str
    rank: int
    since: int
    status: str
    key: bytes
    revision: int


class RevisionRow(Struct, frozen=True):
    """One revision of a report; `document` is sealed."""

    revision: int
    kind: str
    at: int
    document: bytes


class LabelRow(Struct, frozen=True):
    """Words on a report; `body` is sealed."""

    report_id: str
    token: str
    person_id: str
    at: int
    body: bytes


class ViewRow(Struct, frozen=True):
    """A person's named filter; `key` is wrapped, `body` sealed."""

    token: str
    at: int
    key: bytes
    body: bytes


def label_place(token: str) -> Place:
    """Where a label's sealed words stand."""
    return Place("desk_labels", token, "body")


def view_place(token: str, column: str = "body") -> Place:
    """Where a view's sealed filter, or its wrapped `key`, stands."""
    return Place("desk_views", token, column)


def lines(tx: Transaction, organisation: str, audience: str, *, since: int, most: int) -> list[LineRow]:
    """The open lines in their order, then those closed at `since` or later."""
    return [_line(row) for row in tx.all(_S.LINES, owner=organisation, reader=audience, since=since, most=most)]


def near(
    tx: Transaction, organisation: str, audience: str, *, at: int, since: int, most_open: int, most_closed: int
) -> list[NearRow]:
    """The open lines that began nearest to `at`, then the newest of those closed at `since` or later."""
    whose = {"owner": organisation, "reader": audience}
    rows = tx.all(_S.NEAR_OPEN, **whose, at=at, most=most_open)
    rows += tx.all(_S.NEAR_CLOSED, **whose, since=since, most=most_closed)
    return [NearRow(*row) for row in rows]


def line(tx: Transaction, organisation: str, audience: str, report_id: str) -> LineRow | None:
    """One line, open or closed, for who may see it."""
    row = tx.one(_S.LINE, report=report_id, owner=organisation, reader=audience)
    return None if row is None else _line(row)


def _line(row: Sequence[Any]) -> LineRow:
    return LineRow(Item(*row[:_COLUMNS]), *row[_COLUMNS:])


def revisions(tx: Transaction, report_id: str, most: int) -> list[RevisionRow]:
    """A report's revisions, the newest first."""
    return [RevisionRow(*row) for row in tx.all(_S.REVISIONS, report=report_id, most=most)]


def touch(tx: Transaction, report_id: str) -> None:
    """Notes that a line has changed; locks it until the transaction ends."""
    tx.run(_S.TOUCH, report=report_id)


def incident_of(tx: Transaction, report_id: str) -> str | None:
    """The incident that a report is joined to."""
    row = tx.one(_S.INCIDENT, report=report_id)
    return None if row is None else str(row[0])


def members(tx: Transaction, incident_id: str) -> list[str]:
    """The reports of an incident, the first joined first."""
    return [row[0] for row in tx.all(_S.MEMBERS, incident=incident_id)]


def put(tx: Transaction, report_id: str, incident_id: str, person_id: str, now: int) -> None:
    """Joins a report to an incident, whichever it was in."""
    tx.run(_S.PUT, report_id=report_id, incident_id=incident_id, person_id=person_id, at=now)


def take(tx: Transaction, report_id: str) -> None:
    """Takes a report out of its incident."""
    tx.run(_S.TAKE, report=report_id)


def counts(tx: Transaction, organisation: str, audience: str) -> dict[str, int]:
    """How many reports each open line's incident has; lines by themselves are not in it."""
    return {row[0]: int(row[1]) for row in tx.all(_S.COUNTS, owner=organisation, reader=audience)}


def set_apart(tx: Transaction, report_id: str, other_id: str) -> None:
    """Notes that two reports are of different incidents."""
    first, second = sorted((report_id, other_id))
    tx.run(_S.APART, report_id=first, other_id=second)


def not_apart(tx: Transaction, report_id: str, other_id: str) -> None:
    """Forgets that somebody said so."""
    first, second = sorted((report_id, other_id))
    tx.run(_S.NOT_APART, report=first, other=second)


def apart_from(tx: Transaction, report_id: str) -> set[str]:
    """The reports that a person has said are of another incident."""
    return {each for row in tx.all(_S.APART_FROM, report=report_id) for each in row} - {report_id}


def add_label(tx: Transaction, token: str, report_id: str, person_id: str, body: bytes, now: int) -> None:
    """Puts words on a report; the same token counts once."""
    tx.run(_S.ADD_LABEL, token=token, report_id=report_id, person_id=person_id, at=now, body=body)


def drop_label(tx: Transaction, token: str, report_id: str) -> bool:
    """Takes words off; False where they were not there."""
    return tx.changed(_S.DROP_LABEL, name=token, report=report_id) == 1


def labels(tx: Transaction, report_id: str) -> list[LabelRow]:
    """A report's labels, the oldest first."""
    return [LabelRow(*row) for row in tx.all(_S.LABELS, report=report_id)]


def all_labels(tx: Transaction, organisation: str, audience: str, *, since: int) -> list[LabelRow]:
    """The labels of all lines that `lines` finds."""
    return [LabelRow(*row) for row in tx.all(_S.ALL_LABELS, owner=organisation, reader=audience, since=since)]


def add_view(tx: Transaction, row: ViewRow, person_id: str, organisation: str) -> None:
    """Keeps a person's filter."""
    tx.run(
        _S.ADD_VIEW, token=row.token, person_id=person_id, organisation=organisation, at=row.at, key=row.key,
        body=row.body,
    )  # fmt: skip


def views(tx: Transaction, person_id: str, organisation: str) -> list[ViewRow]:
    """A person's filters at an organisation, the oldest first."""
    return [ViewRow(*row) for row in tx.all(_S.VIEWS, who=person_id, owner=organisation)]


def drop_view(tx: Transaction, person_id: str, organisation: str, token: str) -> bool:
    """Deletes a person's filter; False where it was not there."""
    return tx.changed(_S.DROP_VIEW, who=person_id, owner=organisation, name=token) == 1
