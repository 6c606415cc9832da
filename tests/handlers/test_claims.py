"""Two who claim at once: one has it, the other is told who, every time, on both kinds of database."""

from __future__ import annotations

import threading
from dataclasses import replace

from handlers import handling
from handlers.handling import NotDone
from handlers.records.database import Database
from handlers.records.migrate import prepare
from tests.fakes import Desk, FakeSink, organisation
from tests.handlers.desk_people import hire, signed_in

NOW = "man rubbing against me coach 3, 1805 victoria to brighton, just left clapham junction"
ROUNDS = 1000


def test_of_two_who_claim_at_once_one_has_it_1000_times_of_1000(database_url: str) -> None:
    """Each desk has a store of its own, as two processes have: nothing but the database decides."""
    stores = [Database(database_url), Database(database_url)]
    prepare(stores[0])
    desk = Desk.build(stores[0], sinks=[FakeSink()], organisations=(organisation(flow="railway"),))
    services = [desk.service, replace(desk.service, database=stores[1])]
    for name in ("rhian", "tom"):
        hire(desk, name, "dispatcher")
    desk.say(NOW)
    ((report,),) = desk.rows("SELECT report_id FROM desk_items")
    both = [signed_in(desk, name) for name in ("rhian", "tom")]
    start, ended = threading.Barrier(3), threading.Barrier(3)
    told: list[list[str]] = [[], []]

    def claims(number: int) -> None:
        for _ in range(ROUNDS):
            start.wait(30)
            try:
                handling.claim(services[number], both[number], "btp", report)
                told[number].append("mine")
            except NotDone as refused:
                told[number].append(refused.holder or "?")
            ended.wait(30)
        stores[number].close()

    threads = [threading.Thread(target=claims, args=(number,), daemon=True) for number in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(ROUNDS):
        start.wait(30)
        ended.wait(30)
        handling.release(desk.service, both[0 if told[0][-1] == "mine" else 1], "btp", report)
    for thread in threads:
        thread.join(30)
    for store in stores:
        store.close()

    rounds = list(zip(*told, strict=True))
    assert len(rounds) == ROUNDS
    assert all(sorted(one) in (["Tom", "mine"], ["Rhian", "mine"]) for one in rounds)
