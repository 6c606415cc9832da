"""P1: of 2,000 texts with 30 kill -9, other faults and a tenth redelivered, none is lost, no report doubled or cut.

The database is locked for a second only, the control room does not hang and the carrier drops nothing: else some
reports would wait for two minutes of silence or a lease to be sent. `make storm` has all of it.
"""

from __future__ import annotations

import random
import secrets
from pathlib import Path

import pytest

from tests.bench.processes import no_stragglers
from tests.postgres import Server
from tests.storm.storm import Storm


@pytest.mark.long
@pytest.mark.parametrize(("kind", "messages", "kills"), [("sqlite", 2000, 30), ("postgresql", 500, 12)])
def test_p1_nothing_is_lost_or_doubled(
    kind: str, messages: int, kills: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url, server = "", None
    if kind == "postgresql":
        server = Server.start()
        request.addfinalizer(server.stop)
        url = server.create(f"storm_{secrets.token_hex(6)}")
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    with no_stragglers():
        result = Storm(
            tmp_path, messages, kills, seed, url, faults_every=0.5, locked=1.0, hangs=False, dropped=0.0, server=server
        ).blow()
    print(result.table())
    assert result.killed.total() >= kills
    assert result.holds, result.table()
