"""F7 with real processes: a gateway that is started while its database is locked or away."""

from __future__ import annotations

import http.client
import json
import sqlite3
from pathlib import Path
from typing import Any

from tests.bench.crowd import Crowd
from tests.bench.processes import no_stragglers
from tests.bench.product import Product
from tests.gateway.test_spool_life import SAFE, send
from tests.waiting import until


def health(port: int) -> tuple[int, dict[str, Any]]:
    """What /healthy says."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/healthy")
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_f7_processes_started_while_the_database_is_locked_take_texts_and_mend_by_themselves(tmp_path: Path) -> None:
    """
    > hello                         (the database is new, and a stranger holds it)
    < Thanks, we have your text.
    > 18:05 to Brighton             (the stranger has let go)
    < ...
    """
    [first, second] = Crowd().take(2)
    (tmp_path / "data").mkdir()
    stranger = sqlite3.connect(tmp_path / "data" / "quietline.sqlite3", isolation_level=None)
    stranger.execute("BEGIN EXCLUSIVE")
    with no_stragglers():
        product = Product(tmp_path, "http://127.0.0.1:9/none", workers=1).start_web()
        try:
            product.start_one("clock")
            status, answer, _ = send(product.target, first.texts[0])
            assert (status, SAFE in answer) == (200, True)
            status, found = health(product.port)
            assert (status, found["state"]) == (200, "degraded")
            assert found["checks"]["intake"] == "up: into the spool"
            assert found["checks"]["database"].startswith("down")

            stranger.execute("ROLLBACK")
            stranger.close()
            until(lambda: health(product.port)[1]["checks"]["database"] == "up", 30)
            until(lambda: product.count("SELECT count(*) FROM inbox WHERE state = 'taken'") == 1, 30)
            until(lambda: (product.data / "spool" / "texts.spool").stat().st_size == 0)
            assert SAFE not in send(product.target, first.texts[1])[1]
            assert SAFE not in send(product.target, second.texts[0])[1]
            assert send(product.target, first.texts[0])[1] == answer, "a redelivery (F1)"
            assert not product.web.ended
        finally:
            product.stop()
