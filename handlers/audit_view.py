"""Who saw and changed what, for auditors. Rows about confidential reports are not among them (R8)."""

from __future__ import annotations

from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from handlers import audit
from handlers.commands import COMMAND
from handlers.people import ROLES
from handlers.records import audit as rows
from handlers.records import people
from handlers.records.audit import AuditRow, Wanted
from handlers.service import Service, milliseconds
from handlers.sign_in import SignedIn

PAGE: Final = 100
FURTHEST: Final = 1000
KINDS: Final = audit.KINDS
ACTS: Final = (
    *("queue", "report", "search", "shift", "board", "exercises", "audit"),
    *("claim", "release", "transfer", "close", "note", "label", "label_off", "incident", "promise", "promise_kept"),
    *("typing", "reply", "hand_back", "honest_line", "join", "joined", "split"),
    *("handover", "handover_accepted", "handover_withdrawn", "review", "exercise", "exercise_stopped"),
    *("hold", "release hold", "erase", "reports"),
)
NOBODY: Final = "-"


class Seen(Struct, frozen=True):
    """One audit row, with the name of whose it is, to whom it was told or given, and, while there is such a report, its
    reference."""

    row: AuditRow
    by: str
    to: str
    reference: str


class Page(Struct, frozen=True):
    """Rows, the newest first; `more` that older ones follow. `until` (milliseconds) holds the pages still: what was
    written since the first of them was shown is on none. `people` are those whose rows may be asked for."""

    rows: tuple[Seen, ...]
    number: int
    more: bool
    until: int
    people: tuple[tuple[str, str], ...]


def found(service: Service, person: SignedIn, organisation: str, wanted: Wanted, number: int, until: int) -> Page:
    """One page of the rows of an organisation that fit; the look at them is one itself.

    Args:
        service, person, organisation: who looks, where.
        wanted: which rows.
        number: of the page, from 1.
        until: as the page before said; 0 for the first.

    Raises StoreError.
    """
    now = milliseconds(service.clock.now())
    until = min(until, now) if until > 0 else now
    audit.looked(service, person, organisation, "desk", "audit", [(None, None)], "auditing")
    wanted = replace(wanted, until=min(wanted.until, until + 1))
    with service.database.read() as tx:
        shown = rows.found(tx, organisation, "desk", wanted, most=PAGE + 1, skipped=(number - 1) * PAGE)
        names = {row.id: row.shown for row in people.listed(tx)}
        roles = [role for role in ROLES if role != "confidential"]
        staff = {each for role in roles for each in people.with_role(tx, organisation, role)}
    return Page(
        rows=tuple(_seen(row, reference, names) for row, reference in shown[:PAGE]),
        number=number,
        more=len(shown) > PAGE and number < FURTHEST,
        until=until,
        people=tuple(sorted(staff, key=lambda each: each[1].casefold())),
    )


def _seen(row: AuditRow, reference: str, names: dict[str, str]) -> Seen:
    by, to = names.get(row.person_id or "", "Quietline"), row.to_whom or ""
    if row.person_id is None and row.why == COMMAND:
        by, to = to or by, ""  # as the machine knows them
    return Seen(row, by, names.get(to, to), reference)
