"""What people see and do by command, written into the audit before it is shown or done, as at the desk (R10)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from handlers.audit import ALTERATION
from handlers.records import audit, people
from handlers.records.audit import AuditRow
from handlers.records.database import Database

COMMAND: Final = "command"
NOWHERE: Final = "-"
"""The organisation of what belongs to none."""


class Touched(Struct, frozen=True):
    """A report that somebody sees or changes: whose it is, for whom, which revision."""

    report_id: str
    organisation: str = NOWHERE
    audience: str = "desk"
    revision: int | None = None


def note(database: Database, who: str, kind: str, what: str, touched: Iterable[Touched], *, now: int) -> None:
    """Writes a row for each report.

    Args:
        database: the store.
        who: the name by which the machine knows the person.
        kind: one of R10's six.
        what: the command.
        touched: the reports.
        now: milliseconds since 1970.

    Raises StoreError; then nothing may be shown or done.
    """
    rows = [
        AuditRow(now, None, one.organisation, one.audience, kind, what, one.report_id, one.revision, COMMAND, who)
        for one in touched
    ]
    if rows:
        with database.write() as tx:
            audit.add_all(tx, rows)


def note_account(
    database: Database, who: str, name: str, what: str, *, now: int, organisation: str | None = None
) -> None:
    """Writes that somebody changes an account, for the auditors of where it has roles; nothing where there is none.

    Args:
        database: the store.
        who: the name by which the machine knows the person.
        name: the account's.
        what: is done, such as `lock`.
        now: milliseconds since 1970.
        organisation: where it concerns one alone.

    Raises StoreError; then nothing may be done.
    """
    with database.write() as tx:
        row = people.by_name(tx, name)
        if row is None:
            return
        held = sorted({at for at, _ in people.roles(tx, row.id)}) or [NOWHERE]
        at = held if organisation is None else [organisation]
        audit.add_all(
            tx, [AuditRow(now, None, one, "desk", ALTERATION, f"account {row.id[:8]}: {what}", None, None, COMMAND, who)
                 for one in at]
        )  # fmt: skip
