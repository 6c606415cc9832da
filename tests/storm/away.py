"""P3: a control room that is away for 72 hours by the clock, then 10,000 reports in 10 minutes.

    make away        or: python -m tests.storm.away --reports 10000

The clock is moved, the rest is real: SQLite, the forwarder, HTTP to an address where nobody listens, then to a room.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import orjson

from handlers import sinks
from handlers.forwarding import Forwarder
from handlers.records import outbox, reports
from handlers.records.database import Database
from handlers.records.migrate import prepare
from handlers.service import milliseconds
from tests.fakes import Desk
from tests.storm.room import Room
from tests.waiting import until

HOURS = 72
SECONDS_EACH = 600 / 10_000
_AT_ONCE = 500
_STEP_SECONDS = 400.0


@dataclass(frozen=True, slots=True)
class Result:
    """What it came to: reports, tries while the room was away, those at the room, seconds until the last was there."""

    reports: int
    tries: int
    arrived: int
    doubled: int
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether P3 was kept."""
        return self.arrived == self.reports and not self.doubled and self.seconds <= SECONDS_EACH * self.reports

    def words(self) -> str:
        """For a person."""
        rate = self.arrived / self.seconds if self.seconds else 0.0
        return (
            f"{self.reports} reports, {HOURS} h away, {self.tries} tries in vain; then {self.arrived} arrived in "
            f"{self.seconds:.1f} s ({rate:.0f}/s), {self.doubled} doubled"
        )


def run(folder: Path, count: int, looks: int) -> Result:
    """Puts so many reports into the outbox, looks at them so many times in 72 hours, then opens the room."""
    database = Database(f"sqlite:///{folder / 'away.sqlite3'}")
    prepare(database)
    room = Room(folder, hangs=False, polite=True)
    settings = {"url": room.url, "secret": "whsec_" + "c2VjcmV0" * 4}
    desk = Desk.build(database, sinks=[sinks.build("webhook", "room", settings)])  # type: ignore[list-item]
    _fill(desk, count)
    forwarder = Forwarder(desk.service, sweeps=False)
    forwarder.start()
    try:
        for _ in range(looks):
            desk.clock.move(HOURS * 3600 / looks)
            _try_all(desk, forwarder)
        [(tries,)] = desk.rows("SELECT sum(attempts) FROM outbox")
        room.start()
        desk.clock.move(900)
        began = time.monotonic()
        forwarder.ring()
        until(lambda: _rung(forwarder) and _count(desk, "state <> 'delivered'") == 0, 2 * SECONDS_EACH * count + 20)
        seconds = time.monotonic() - began
    finally:
        forwarder.stop(5)
        if hasattr(room, "process"):
            room.stop()
        database.close()
    taken = [(each.report, each.revision) for each in room.taken()]
    return Result(count, int(tries), len(set(taken)), len(taken) - len(set(taken)), seconds)


def _try_all(desk: Desk, forwarder: Forwarder) -> None:
    """Every report is tried once by this look, as far as the lane does not leave a room alone that is away."""
    now = int(desk.clock.at * 1000)
    until(lambda: _rung(forwarder) and _count(desk, f"due_at <= {now}") == 0, _STEP_SECONDS)


def _rung(forwarder: Forwarder) -> bool:
    threading.Event().wait(0.02)
    return forwarder.ring()


def _count(desk: Desk, where: str) -> int:
    return int(desk.rows(f"SELECT count(*) FROM outbox WHERE {where}")[0][0])  # noqa: S608 - ours


def _fill(desk: Desk, count: int) -> None:
    ring, now = desk.service.ring, milliseconds(desk.clock.now())
    for start in range(0, count, _AT_ONCE):
        with desk.service.database.write() as tx:
            for _ in range(min(_AT_ONCE, count - start)):
                report = secrets.token_hex(16)
                key, wrapped = ring.new_key("content", report, reports.key_place(report))
                reports.add(
                    tx, report_id=report, organisation="btp", reference="7KQ4", status="live", key=wrapped,
                    created_at=now, audience="desk",
                )  # fmt: skip
                document = {"id": report, "revision": 1, "state": "complete", "kind": "complete", "account": []}
                reports.add_revision(
                    tx, report_id=report, revision=1, kind="complete", state="complete", created_at=now,
                    document=key.seal(orjson.dumps(document), reports.document_place(report, 1)),
                )  # fmt: skip
                outbox.add(
                    tx, report_id=report, revision=1, sink="room", organisation="btp", kind="complete", priority=1,
                    now=now,
                )  # fmt: skip


def main() -> int:
    """Prints what it came to; 1 where the promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=10_000)
    parser.add_argument("--looks", type=int, default=12)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="qlaway-") as folder:
        result = run(Path(folder), args.reports, args.looks)
    print(result.words())
    return 0 if result.holds else 1


if __name__ == "__main__":
    sys.exit(main())
