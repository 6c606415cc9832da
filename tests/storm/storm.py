"""One storm: texts, kills, then the checks."""

from __future__ import annotations

import http.client
import math
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from handlers.records.database import Database
from tests.bench.kills import Killer
from tests.bench.load import percentile
from tests.bench.processes import wait_until
from tests.bench.product import Product
from tests.canary import forms_of_number, forms_of_words, leaks
from tests.storm.carriers import Carriers, Phone, phones
from tests.storm.room import Room, Taken

TEXTS_EACH = 5
DRAIN_SECONDS = 200.0


@dataclass
class Result:
    """What a storm came to. All of `lost`, `doubled`, `incomplete`, `stuck`, `changed` must be empty or 0."""

    messages: int
    acknowledged: int
    killed: Counter[str]
    redelivered: int
    resends: int
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    incomplete: list[str] = field(default_factory=list)
    stuck: dict[str, int] = field(default_factory=dict)
    changed: int = 0
    orphans: int = 0
    leaked: list[str] = field(default_factory=list)
    integrity: str = "ok"
    seconds: list[float] = field(default_factory=list)
    drained: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether the promise was kept."""
        faults = (self.lost, self.doubled, self.incomplete, self.stuck, self.changed, self.orphans, self.leaked)
        return not any(faults) and self.integrity == "ok" and self.acknowledged == self.messages

    def table(self) -> str:
        """For a person."""
        kills = ", ".join(f"{name} {count}" for name, count in sorted(self.killed.items()))
        rows = (
            ("texts sent", self.messages),
            ("acknowledged", self.acknowledged),
            ("kill -9", f"{self.killed.total()} ({kills})"),
            ("redelivered on purpose", self.redelivered),
            ("lost", len(self.lost)),
            ("duplicate reports", len(self.doubled)),
            ("incomplete reports", len(self.incomplete)),
            ("answers that changed", self.changed),
            ("resends absorbed by their key", self.resends),
            ("rows left over", self.stuck or 0),
            ("orphans", self.orphans),
            ("files with numbers or words", len(self.leaked)),
            ("integrity", self.integrity),
            *((f"webhook {name} ms", f"{1000 * percentile(self.seconds, share):.1f}") for name, share in _SHARES),
            ("drained after s", f"{self.drained:.1f}"),
        )
        return "\n".join(f"{name:<32}{value}" for name, value in rows)


_SHARES = (("p50", 0.5), ("p99", 0.99), ("worst", 1.0))


@dataclass
class Storm:
    """What blows.

    Args:
        folder: empty, for data and logs.
        messages: texts, five of each reporter.
        kills: processes killed with SIGKILL.
        seed: printed, so that a storm can be blown again.
        database_url: SQLite in the folder where empty.
    """

    folder: Path
    messages: int
    kills: int
    seed: int
    database_url: str = ""
    every: float = 0.6

    def blow(self) -> Result:
        """Runs it and returns what it came to."""
        room = Room(self.folder).start()
        product = Product(self.folder, room.url, env={"DATABASE_URL": self.database_url})
        crowd = phones(self.messages // TEXTS_EACH)
        product.start_web().start_rest()
        killer = Killer(product, room, math.inf, every=self.every, seed=self.seed)  # type: ignore[arg-type]
        carriers = Carriers(product.target, crowd, self.kills * self.every, self.seed)
        try:
            wait_until(lambda: _is_healthy(product.port), 60, "quietline web", product.web)
            carriers.start()
            drained = self._weather(killer, carriers)
            return self._result(product, room, killer, carriers, crowd, drained)
        finally:
            product.stop()
            room.stop()

    def _weather(self, killer: Killer, carriers: Carriers) -> float:
        """Kills until there were enough, then starts again what ended until everything is through."""
        pause = threading.Event()
        while carriers.busy or killer.killed.total() < self.kills:
            killer.seconds = math.inf if killer.killed.total() < self.kills else 0.0
            killer.tick()
            pause.wait(0.01)
        killer.seconds = 0.0
        began = time.monotonic()
        database = Database(self.database_url or f"sqlite:///{killer.product.database}")
        while time.monotonic() < began + DRAIN_SECONDS and _left(database):
            killer.tick()
            pause.wait(0.1)
        return time.monotonic() - began

    def _result(
        self, product: Product, room: Room, killer: Killer, carriers: Carriers, crowd: list[Phone], drained: float
    ) -> Result:
        database = Database(self.database_url or f"sqlite:///{product.database}")
        ledger, taken = carriers.ledger, room.taken()
        stored = {row[0] for row in _rows(database, "SELECT external_id FROM inbox")}
        keys = Counter((each.report, each.revision) for each in taken)
        result = Result(
            messages=len(crowd) * TEXTS_EACH,
            acknowledged=len(ledger.acknowledged),
            killed=killer.killed,
            redelivered=ledger.redelivered,
            resends=sum(times - 1 for times in keys.values()),
            lost=[sid for sid in ledger.acknowledged if sid not in stored],
            stuck=_left(database),
            changed=ledger.changed,
            orphans=killer.orphans(),
            seconds=ledger.seconds,
            drained=drained,
        )
        _hold_against(result, crowd, taken)
        result.leaked = _leaked(self.folder, crowd)
        if database.is_sqlite:
            result.integrity = str(_rows(database, "PRAGMA integrity_check")[0][0])
        return result


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthy")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _hold_against(result: Result, crowd: list[Phone], taken: list[Taken]) -> None:
    """Each reporter has exactly one report at the room, and its newest revision is complete, with every word."""
    newest: dict[str, Taken] = {}
    for each in taken:
        if each.report not in newest or each.revision > newest[each.report].revision:
            newest[each.report] = each
    found: dict[str, list[Taken]] = {}
    for each in newest.values():
        for mark in {text.rpartition(" ")[2] for text in each.texts if text.endswith("z")}:
            found.setdefault(mark, []).append(each)
    for phone in crowd:
        reports = found.get(phone.mark, [])
        if len(reports) > 1:
            result.doubled.append(phone.mark)
        wanted = {text.body for text in phone.texts[:4]}
        if not reports or reports[0].state != "complete" or not wanted <= set(reports[0].texts):
            result.incomplete.append(phone.mark)


def _leaked(folder: Path, crowd: list[Phone]) -> list[str]:
    """R23: database, log, queue file and process logs hold no number and no word; the room's own record does."""
    forms = [form for phone in crowd[:3] for form in forms_of_number(phone.texts[0].number)]
    forms += forms_of_words(crowd[0].texts[3].body) + forms_of_words(crowd[1].mark)
    return leaks(folder, forms, but=("room.jsonl",))


def _left(database: Database) -> dict[str, int]:
    """Rows that are not through: to be forwarded, to be taken again, held."""
    outbox = "SELECT count(*) FROM outbox WHERE state NOT IN ('delivered', 'replaced')"
    inbox = "SELECT count(*) FROM inbox WHERE state NOT IN ('taken', 'repeat')"
    counts = {"outbox": _rows(database, outbox)[0][0], "inbox": _rows(database, inbox)[0][0]}
    return {name: count for name, count in counts.items() if count}


def _rows(database: Database, query: str) -> list[Any]:
    with database.engine.connect() as connection:
        return list(connection.execute(sa.text(query)))
