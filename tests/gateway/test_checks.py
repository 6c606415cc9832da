"""What /healthy says: of the background processes, of a database that takes nothing, never of what is confidential."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from gateway.checks import _seen, checks
from gateway.web.health import CheckFailedError, blueprint
from handlers.intake import Intake
from handlers.records import heartbeats
from handlers.records.database import Database
from handlers.service import milliseconds
from handlers.spool import Spool
from tests.fakes import Desk
from tests.handlers.spooled import away, locked, read_only
from tests.handlers.waits import refused, report_in, report_waits, sink_refuses
from tests.prepared import prepare

CONFIDENTIAL = "confidential"


class Health:
    """An installation whose processes live, as /healthy shows it."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.desk, self.spool = Desk.build(database), Spool(folder)
        with database.write() as tx:
            for process in ("worker", "clock"):
                heartbeats.beat(tx, process, milliseconds(self.desk.clock.now()))
        config: Any = SimpleNamespace(synthetic_minutes=0, redis_url="")
        asked = [one for one in checks(self.desk.service, config, self.spool) if one.name != "queue"]
        app = Flask("healthy")
        app.register_blueprint(blueprint(asked))
        self._client = app.test_client()

    def ask(self) -> tuple[int, dict[str, Any]]:
        answer = self._client.get("/healthy")
        return answer.status_code, dict(answer.json or {})


@pytest.fixture
def health(tmp_path: Path) -> Iterator[Health]:
    """In a folder, its database in one of its own."""
    (tmp_path / "db").mkdir()
    database = Database(f"sqlite:///{tmp_path / 'db' / 'quietline.sqlite3'}", patience=0.1)
    prepare(database)
    yield Health(database, tmp_path / "spool")
    database.close()


@pytest.mark.parametrize("moved", [41, -41, -10 * 365 * 86400])
def test_f11_a_process_that_is_silent_is_noticed_whichever_way_the_clock_jumped(database: Database, moved: int) -> None:
    desk = Desk.build(database)
    with database.write() as tx:
        heartbeats.beat(tx, "worker", int(desk.clock.at * 1000))
    assert _seen(desk.service, "worker") is None
    desk.clock.move(moved)
    with pytest.raises(CheckFailedError):
        _seen(desk.service, "worker")


def test_all_is_well(health: Health) -> None:
    status, said = health.ask()
    assert (status, said["state"]) == (200, "up"), said


@pytest.mark.parametrize("fault", [locked, away])
def test_f7_a_dead_database_is_degraded_while_the_spool_works_and_down_without_it(
    health: Health, tmp_path: Path, fault: Callable[[Database], AbstractContextManager[None]]
) -> None:
    with fault(health.desk.service.database):
        status, said = health.ask()
        assert (status, said["state"]) == (200, "degraded")
        assert said["checks"]["intake"] == "up: into the spool"
        assert said["checks"]["database"].startswith("down")
        assert "database" in said["summary"]
        (tmp_path / "spool").rename(tmp_path / "gone")
        (tmp_path / "spool").write_text("a file where the folder should be")
        status, said = health.ask()
        assert (status, said["state"]) == (503, "down")


def test_f7_texts_that_wait_in_the_spool_are_said(health: Health) -> None:
    desk = health.desk
    intake = Intake(desk.service, desk.doorbell, health.spool)
    with read_only(desk.service.database):
        intake.receive(desk.channel, desk.text("hello"))
    status, said = health.ask()
    assert (status, said["state"]) == (200, "degraded")
    assert said["checks"]["spool"] == "down: 1 texts are not in the database yet"


def test_r8_p5_confidential_reports_change_no_byte_of_it(health: Health) -> None:
    report_waits(health.desk)
    before = health.ask()
    for number in range(20):
        refused(health.desk, report_waits(health.desk, "apart", audience=CONFIDENTIAL, danger=number % 2 == 0))
    report_waits(health.desk, "apart", audience=CONFIDENTIAL, danger=True)
    report_in(health.desk, "nowhere", audience=CONFIDENTIAL)
    sink_refuses(health.desk, "apart")
    assert health.ask() == before
