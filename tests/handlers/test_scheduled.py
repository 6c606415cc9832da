"""From a text to a file of its hour: the revision waits in the outbox, no fault to anybody, and goes when it is due."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from handlers import status
from handlers.forwarding import Forwarder
from handlers.ports import Sink
from handlers.records.database import Database
from handlers.records.schema import SCHEDULED
from handlers.sinks import batches, formats
from handlers.sinks.folder import Folder
from handlers.sinks.schedule import Schedule
from tests.fakes import Desk, FakeSink
from tests.waiting import until


def test_what_is_told_of_an_hour_stands_in_its_file_once(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    desk = Desk.build(database, sinks=[FakeSink("nightly")])
    sink = batches.BatchSink(
        "nightly", Folder(folder), formats.find("jsonl"), Schedule.from_settings({}), desk.clock.now
    )
    cast(dict[str, Sink], desk.service.sinks)["nightly"] = sink
    for number in range(3):
        desk.say("a man is staring at me on the 18:05 Victoria to Brighton", sender=f"+44770090000{number}")
    revisions = len(desk.rows("SELECT id FROM outbox WHERE state = 'due'"))
    lanes = Forwarder(desk.service, sweeps=False)
    lanes.start()
    lanes.ring()
    waiting = "SELECT count(*) FROM outbox WHERE state = 'due' AND cause = 'scheduled'"
    until(lambda: desk.rows(waiting) == [(revisions,)])
    assert list(folder.iterdir()) == []
    desk.clock.move(1200)
    assert status.read(database, desk.clock.now()).sinks == (), "waiting for its hour is no fault"

    desk.clock.move(2400)
    lanes.ring()
    until(lambda: desk.rows("SELECT count(*) FROM outbox WHERE state = 'delivered'") == [(revisions,)])
    lanes.stop(5)
    lines = [line for path in folder.iterdir() for line in path.read_text().splitlines()]
    assert len(lines) == len(set(lines)) == revisions


def test_the_store_and_the_sinks_mean_the_same_word() -> None:
    assert batches.SCHEDULED == SCHEDULED
