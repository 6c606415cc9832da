"""The supervisor's board: who has how much, how long reports wait, what limits were missed, what to read again.

Each audience has a board of its own, so that no figure of one tells of the other (R8). Exercises count nowhere. The
samples of a day are drawn by lot from all that was closed on it: by a keyed hash, so that nobody can choose or foresee
them, and two who look at once draw the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

from conversations.texts import normalise
from handlers import audit, colleagues, desk, promises
from handlers.handling import NotDone
from handlers.records import desk_items, samples, shifts
from handlers.records.database import Transaction
from handlers.records.desk_items import DANGER, NOW
from handlers.records.samples import SampleRow
from handlers.service import Service, milliseconds
from handlers.sign_in import SignedIn
from handlers.vault import VaultError

SAMPLES_A_DAY: Final = 5
DAYS: Final = 7
MOST_SAMPLES: Final = 20
MOST_BREACHES: Final = 50
LONGEST: Final = 1000
BREACHES: Final = {
    "alarm": "Nobody came in time",
    "supervisor": "Nobody came; supervisor and next contact told",
    "reporter": "Nobody came; the reporter's honest line was due",
    "word": "Claimed, and no word or action in time",
    "promise": "A promise was not kept in time",
}


class Load(Struct, frozen=True):
    """How many open reports somebody has. `oldest` since when they have the oldest of them."""

    shown: str
    languages: tuple[str, ...]
    here: bool
    total: int
    pressing: int
    oldest: int | None


class Breach(Struct, frozen=True):
    """A limit that was missed today; `by` had the report, `seconds` after its clock began."""

    report_id: str
    reference: str
    kind: str
    by: str | None
    at: int
    seconds: int


class Sample(Struct, frozen=True):
    """A closed report to read again, or one that was; `remark` is empty without."""

    report_id: str
    reference: str
    day: str
    reviewed_at: int | None
    reviewed_by: str | None
    remark: str


class Board(Struct, frozen=True):
    """All of it. Waits in seconds, `None` where nothing was claimed today.

    `waiting` is (rank, how many, since when).
    """

    loads: tuple[Load, ...]
    waiting: tuple[tuple[int, int, int], ...]
    claimed: int
    p50: int | None
    p90: int | None
    breaches: tuple[Breach, ...]
    samples: tuple[Sample, ...]
    now: int


def board(service: Service, person: SignedIn, organisation: str, audience: str) -> Board:
    """The board of one audience; the look is written first (R10). Raises NotThere, StoreError."""
    desk.allow(person, organisation, audience)
    draw(service, organisation, audience)
    with service.database.read() as tx:
        drawn = samples.listed(tx, organisation, audience, MOST_SAMPLES)
    # A remark is content.
    look: list[tuple[str | None, int | None]] = [(row.report_id, None) for row in drawn if row.body] or [(None, None)]
    audit.looked(service, person, organisation, audience, "board", look, "oversight")
    now = milliseconds(service.clock.now())
    today = milliseconds(_midnight(service, organisation, 0))
    with service.database.read() as tx:
        waits = sorted(shifts.waits(tx, organisation, audience, today))
        return Board(
            loads=_loads(tx, organisation, audience),
            waiting=tuple(shifts.waiting(tx, organisation, audience)),
            claimed=len(waits),
            p50=percentile(waits, 50),
            p90=percentile(waits, 90),
            breaches=_breaches(tx, organisation, audience, today),
            samples=tuple(_sample(service, tx, organisation, audience, row) for row in drawn),
            now=now,
        )


def percentile(waits: list[int], share: int) -> int | None:
    """The nearest-rank percentile of sorted waits in milliseconds, in seconds; None of none."""
    if not waits:
        return None
    return max(0, waits[max(0, -(-len(waits) * share // 100) - 1)]) // 1000


def draw(service: Service, organisation: str, audience: str) -> None:
    """Draws the samples of the last days that have none yet. Raises StoreError."""
    found: list[tuple[str, str]] = []
    with service.database.read() as tx:
        for back in range(1, DAYS + 1):
            since, until = (milliseconds(_midnight(service, organisation, days)) for days in (back, back - 1))
            day = _day(service, organisation, back)
            if samples.drawn(tx, organisation, audience, day):
                continue
            closed = samples.closed(tx, organisation, audience, since, until)
            lots = sorted(closed, key=lambda report_id: service.ring.indexes(["sample"], day, report_id)[0])
            found += [(day, report_id) for report_id in lots[:SAMPLES_A_DAY]]
    if found:
        with service.database.write() as tx:
            for day, report_id in found:
                samples.draw(tx, organisation, audience, day, report_id)


def review(
    service: Service, person: SignedIn, organisation: str, audience: str, report_id: str, day: str, remark: str
) -> None:
    """Marks a sample as read again, with a remark. Raises NotDone, NotThere, StoreError, VaultError."""
    desk.allow(person, organisation, audience)
    words, _ = normalise(remark)
    if len(words) > LONGEST:
        raise NotDone("long")
    now = milliseconds(service.clock.now())
    with service.database.write() as tx:
        item = desk_items.get(tx, report_id, organisation, audience)
        if item is None:
            raise NotDone("review")
        sealed = promises.key_of(service, tx, item).seal(words.strip().encode(), samples.remark_place(report_id, day))
        audit.changed(
            tx, person.person_id, organisation, audience, audit.ALTERATION, "review", report_id,
            now=now, why="oversight", revision=item.revision,
        )  # fmt: skip
        if not samples.review(
            tx, organisation, audience, report_id, day, person_id=person.person_id, body=sealed, at=now
        ):
            raise NotDone("review")


def _loads(tx: Transaction, organisation: str, audience: str) -> tuple[Load, ...]:
    counted = shifts.loads(tx, organisation, audience)
    found = []
    for one in colleagues.of_desk(tx, organisation, audience):
        own = [row for row in counted if row[0] == one.id]
        total = sum(count for _, _, count, _ in own)
        if one.here or total:
            pressing = sum(count for _, rank, count, _ in own if rank in (DANGER, NOW))
            oldest = min((since for *_, since in own), default=None)
            found.append(Load(one.shown, one.languages, one.here, total, pressing, oldest))
    return tuple(sorted(found, key=lambda load: (-load.total, load.shown)))


def _breaches(tx: Transaction, organisation: str, audience: str, since: int) -> tuple[Breach, ...]:
    return tuple(
        Breach(
            row.report_id,
            samples.reference(tx, row.report_id),
            row.kind,
            None if row.person_id is None else promises.shown(tx, row.person_id),
            row.at,
            max(0, row.at - row.began) // 1000,
        )
        for row in shifts.breaches(tx, organisation, audience, since, MOST_BREACHES)
    )


def _sample(service: Service, tx: Transaction, organisation: str, audience: str, row: SampleRow) -> Sample:
    remark = ""
    item = desk_items.get(tx, row.report_id, organisation, audience)
    if row.body and item is not None:
        try:
            key = promises.key_of(service, tx, item)
            remark = key.open(row.body, samples.remark_place(row.report_id, row.day)).decode()
        except (VaultError, desk.NotThere):
            remark = ""
    by = None if row.reviewed_by is None else promises.shown(tx, row.reviewed_by)
    return Sample(row.report_id, row.reference, row.day, row.reviewed_at, by, remark)


def _midnight(service: Service, organisation: str, back: int) -> float:
    """When the day so many days back began at the organisation, in Unix seconds."""
    today = _local(service, organisation).replace(hour=0, minute=0, second=0, microsecond=0)
    return (today - timedelta(days=back)).timestamp()


def _day(service: Service, organisation: str, back: int) -> str:
    return (_local(service, organisation) - timedelta(days=back)).strftime("%Y-%m-%d")


def _local(service: Service, organisation: str) -> datetime:
    found = service.directory.get(organisation)
    zone = ZoneInfo(found.timezone if found is not None else "Europe/London")
    return datetime.fromtimestamp(service.clock.now(), zone)
