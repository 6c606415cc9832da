"""One storm: texts, kills and other faults, then the checks."""

from __future__ import annotations

import http.client
import math
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from handlers.records.database import Database
from handlers.spool import Spool
from tests.bench.crowd import Text
from tests.bench.kills import Killer
from tests.bench.posts import ACCOUNT_SID, AUTH_TOKEN, TO
from tests.bench.processes import wait_until
from tests.bench.product import Product
from tests.carrier import Account, Carrier, Message
from tests.postgres import Server
from tests.storm import checks
from tests.storm.afterwards import Afterwards
from tests.storm.carriers import DROPPED, Carriers, Ledger, Phone, phones
from tests.storm.checks import Result
from tests.storm.faults import Faults
from tests.storm.room import Room

TEXTS_EACH = 5
DRAIN_SECONDS = 200.0
_ACCOUNT = Account(ACCOUNT_SID, AUTH_TOKEN, "", "SK" + "c3" * 16, "d4" * 16)


@dataclass
class Storm:
    """What blows.

    Args:
        folder: empty, for data and logs.
        messages: texts, five of each reporter.
        kills: processes killed with SIGKILL.
        seed: printed, so that a storm can be blown again.
        database_url: SQLite in the folder where empty.
        every: seconds between two kills.
        faults_every: seconds between two other faults, 0 for none.
        locked: for how many seconds the database is locked, each time.
        hangs: whether the control room also hangs, before or after it took a report.
        dropped: share of texts that the carrier never brings.
        server: of PostgreSQL, where it is to be restarted.
    """

    folder: Path
    messages: int
    kills: int
    seed: int
    database_url: str = ""
    every: float = 0.6
    faults_every: float = 1.5
    locked: float = 6.0
    hangs: bool = True
    dropped: float = DROPPED
    server: Server | None = None

    def blow(self) -> Result:
        """Runs it and returns what it came to."""
        with Carrier(_ACCOUNT) as carrier:
            room = Room(self.folder, self.hangs).start()
            product = Product(self.folder, room.url, env={"DATABASE_URL": self.database_url} | _rest(carrier))
            product.start_web().start_rest()
            try:
                wait_until(lambda: _is_healthy(product.port), 60, "quietline web", product.web)
                return self._blow(product, room, carrier)
            finally:
                product.stop()
                room.stop()

    def _blow(self, product: Product, room: Room, carrier: Carrier) -> Result:
        crowd = phones(self.messages // TEXTS_EACH, self.seed)
        killer = Killer(product, room, math.inf, every=self.every, seed=self.seed)  # type: ignore[arg-type]
        carriers = Carriers(
            product.target, crowd, self.kills * self.every, self.seed, _keeper(carrier), dropped=self.dropped
        )
        faults = Faults(
            killer, carriers.ledger, self.database_url, self.faults_every, self.locked, self.server, self.seed
        )
        afterwards = Afterwards(product.environment)
        database = Database(self.database_url or f"sqlite:///{product.database}")
        spool = Spool(product.data / "spool")
        carriers.start()
        self._weather(killer, faults, carriers, afterwards)
        drained = _calm(
            killer, lambda: not spool.is_empty()
        )  # as in the clock, what the spool has comes before the list
        afterwards.reconcile()
        drained += _calm(killer, lambda: bool(checks.left_over(database, spool)))
        whole = _calm(killer, lambda: any(checks.faulty_reports(crowd, room.taken(), carriers.ledger.later)))
        whole += _calm(killer, lambda: bool(checks.left_over(database, spool)))  # a timer may have spoken since
        result = self._result(crowd, killer, faults, carriers.ledger, room)
        result.drained, result.whole = drained, drained + whole
        self._look_into(result, database, spool, carriers.ledger)
        audited = afterwards.audited()
        result.audited, result.tampered = audited.rows, audited.problem
        afterwards.close()
        database.close()
        return result

    def _weather(self, killer: Killer, faults: Faults, carriers: Carriers, afterwards: Afterwards) -> None:
        """Kills until there were enough, then starts again what ended until every text has been sent."""
        pause = threading.Event()
        while carriers.busy or killer.killed.total() < self.kills:
            killer.seconds = math.inf if killer.killed.total() < self.kills else 0.0
            killer.tick()
            faults.tick()
            afterwards.look()
            pause.wait(0.01)
        killer.seconds = 0.0
        faults.stop()

    def _result(self, crowd: list[Phone], killer: Killer, faults: Faults, ledger: Ledger, room: Room) -> Result:
        taken = room.taken()
        keys = Counter((each.report, each.revision) for each in taken)
        doubled, incomplete = checks.faulty_reports(crowd, taken, ledger.later)
        return Result(
            messages=len(crowd) * TEXTS_EACH,
            acknowledged=len(ledger.acknowledged),
            killed=killer.killed,
            faults=faults.met,
            redelivered=ledger.redelivered,
            copies=ledger.copies,
            dropped=len(ledger.dropped),
            postponed=len(ledger.later),
            neutral=ledger.neutral,
            resends=sum(times - 1 for times in keys.values()),
            doubled=doubled,
            incomplete=incomplete,
            changed=ledger.changed,
            failed_while_reloading=faults.failed_while_reloading,
            orphans=killer.orphans(),
            webhook=[attempt.seconds for attempt in ledger.attempts if attempt.status == 200],
            until_acknowledged=ledger.seconds,
            leaked=checks.leaked(self.folder, crowd),
        )

    def _look_into(self, result: Result, database: Database, spool: Spool, ledger: Ledger) -> None:
        """What only the store can say."""
        stored = {row[0] for row in checks.rows(database, "SELECT external_id FROM inbox")}
        result.lost = [sid for sid in (*ledger.acknowledged, *ledger.dropped) if sid not in stored]
        result.stuck = checks.left_over(database, spool)
        if database.is_sqlite:
            result.integrity = str(checks.rows(database, "PRAGMA integrity_check")[0][0])


def _calm(killer: Killer, goes_on: Callable[[], bool]) -> float:
    """Starts again what ended, until everything is through; returns after how many seconds it was, or was given up."""
    began, pause = time.monotonic(), threading.Event()
    while time.monotonic() < began + DRAIN_SECONDS and goes_on():
        killer.tick()
        pause.wait(0.1)
    return time.monotonic() - began


def _keeper(carrier: Carrier) -> Callable[[Text], None]:
    """Lists a text at the carrier, as it came there."""

    def keep(text: Text) -> None:
        carrier.messages.keep(
            Message(text.sid, _ACCOUNT.sid, text.number, TO, text.body, direction="inbound", status="received")
        )

    return keep


def _rest(carrier: Carrier) -> dict[str, str]:
    """The way to the carrier's REST interface, for answers that were late."""
    account = carrier.account
    return {"TWILIO_API_URL": carrier.url, "TWILIO_API_KEY": account.api_key, "TWILIO_API_SECRET": account.api_secret}


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthy")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
