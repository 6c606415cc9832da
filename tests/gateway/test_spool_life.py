"""F7 with real processes: the database locked by a stranger, the web process killed meanwhile."""

from __future__ import annotations

import fcntl
import http.client
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

from tests.bench.crowd import Crowd, Text
from tests.bench.posts import Target, fields, signature
from tests.bench.processes import listens, no_stragglers
from tests.bench.product import Product
from tests.canary import forms_of_number, forms_of_words, leaks
from tests.waiting import Watch, until

SAFE = b"We will answer shortly."


def send(target: Target, text: Text) -> tuple[int, bytes, float]:
    """One text as the carrier sends it: the status, the answer, how long it took."""
    form = fields(text, target.account, target.to)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": signature(target.token, target.public_url, form),
    }
    watch = Watch()
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=30)
    try:
        connection.request("POST", target.path, urlencode(form), headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), watch.seconds
    finally:
        connection.close()


def test_f7_a_locked_database_and_a_killed_web_process_lose_and_double_nothing(tmp_path: Path) -> None:
    crowd = Crowd().take(12)
    with no_stragglers():
        product = Product(tmp_path, "http://127.0.0.1:9/none").start_web()
        try:
            assert SAFE not in send(product.target, crowd[0].texts[0])[1]
            stranger = sqlite3.connect(product.database, isolation_level=None)
            stranger.execute("BEGIN EXCLUSIVE")
            with ThreadPoolExecutor(8) as carriers:
                answers = list(carriers.map(lambda each: send(product.target, each.texts[1]), crowd))
            assert {status for status, _, _ in answers} == {200}
            assert all(SAFE in body for _, body, _ in answers)
            assert max(seconds for _, _, seconds in answers) < 5

            product.web.kill()
            until(lambda: not listens(product.port), what="a worker outlives its master")
            product.start_web()
            assert send(product.target, crowd[3].texts[1])[:2] == answers[3][:2], "a redelivery, after a kill -9 (F1)"
            stranger.execute("ROLLBACK")
            product.start_one("clock")
            until(lambda: product.count("SELECT count(*) FROM inbox WHERE state = 'taken'") == 13, 30)
            until(lambda: (product.data / "spool" / "texts.spool").stat().st_size == 0)
            assert product.is_intact()
            number, words = crowd[1].texts[1].number, crowd[1].texts[1].body
            assert leaks(tmp_path, [*forms_of_number(number), *forms_of_words(words)]) == []
        finally:
            product.stop()


def test_f7_a_process_that_stops_with_the_lock_keeps_nobody_waiting(tmp_path: Path) -> None:
    crowd = Crowd().take(12)
    with no_stragglers():
        product = Product(tmp_path, "http://127.0.0.1:9/none").start_web()
        try:
            assert SAFE not in send(product.target, crowd[0].texts[0])[1]
            with product.database.with_name(f"{product.database.name}.lock").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                with ThreadPoolExecutor(12) as carriers:
                    answers = list(carriers.map(lambda each: send(product.target, each.texts[1]), crowd))
                assert {status for status, _, _ in answers} == {200}
                assert all(SAFE in body for _, body, _ in answers)
                assert max(seconds for _, _, seconds in answers) < 5
            product.start_one("clock")
            until(lambda: product.count("SELECT count(*) FROM inbox WHERE state = 'taken'") == 13, 30)
        finally:
            product.stop()
