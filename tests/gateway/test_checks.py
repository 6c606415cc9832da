"""What /healthy says of the background processes."""

from __future__ import annotations

import pytest

from gateway.checks import _seen
from gateway.web.health import CheckFailedError
from handlers.records import heartbeats
from handlers.records.database import Database
from tests.fakes import Desk


@pytest.mark.parametrize("moved", [41, -41, -10 * 365 * 86400])
def test_f11_a_process_that_is_silent_is_noticed_whichever_way_the_clock_jumped(database: Database, moved: int) -> None:
    desk = Desk.build(database)
    with database.write() as tx:
        heartbeats.beat(tx, "worker", int(desk.clock.at * 1000))
    assert _seen(desk.service, "worker") is None
    desk.clock.move(moved)
    with pytest.raises(CheckFailedError):
        _seen(desk.service, "worker")
