"""F21 with real processes: the whole main host is gone, a twin takes the texts, and hands them over when it is back."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from gateway.handover import MainHost
from gateway.standin.account import ACCOUNT
from gateway.standin.delivery import Delivery
from gateway.standin.messages import Message
from handlers.vault import KeyRing, UnknownKey
from tests.bench.posts import ACCOUNT_SID, AUTH_TOKEN, TO
from tests.bench.processes import Process, free_port, listens, no_stragglers, wait_until
from tests.bench.product import COMMAND, Product
from tests.canary import forms_of_number, forms_of_words, leaks
from tests.gateway.served import served
from tests.storm.room import Room
from tests.waiting import until

SAFE = "We will answer shortly."
ME = "+447700900321"
_ACCOUNT = replace(ACCOUNT, sid=ACCOUNT_SID, token=AUTH_TOKEN)


class Both:
    """A main host, its twin, and a phone whose carrier knows both."""

    def __init__(self, folder: Path, room: Room) -> None:
        self.folder = folder
        self.product = Product(folder, room.url, workers=1).start_web().start_rest()
        main = f"http://127.0.0.1:{self.product.port}"
        ring = subprocess.run(
            [COMMAND, "keys", "twin"], env=self.product.environment, check=True, capture_output=True, text=True
        ).stdout
        self.ring = folder / "twin.json"
        self.ring.write_text(ring)
        self.ring.chmod(0o600)
        self.port = free_port()
        own = {
            "QUIETLINE_DATA": str(folder / "twin"),
            "QUIETLINE_KEYS": str(self.ring),
            "PORT": str(self.port),
            "QUIETLINE_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "QUIETLINE_MAIN_URL": main,
        }
        self.environ = {**self.product.environment, **own}
        self.twin = Process("twin", [COMMAND, "twin"], folder / "twin.log", self.environ)
        wait_until(lambda: listens(self.port), 30, "quietline twin", self.twin)
        self.carrier = Delivery(_ACCOUNT, f"{main}/twilio/inbound", f"http://127.0.0.1:{self.port}/twilio/fallback")
        self.sent = 0

    def text(self, body: str, sender: str = ME, sid: str = "") -> tuple[str, str]:
        """Sends a text; its id and the words of the answer."""
        self.sent += 1
        sid = sid or f"SM{self.sent:032x}"
        answer = self.carrier.deliver(Message(sid, ACCOUNT_SID, sender, TO, body)).body
        assert answer is not None
        return sid, "".join(re.findall("<Message[^>]*>(.*)</Message>", answer.decode()))

    def kill_main(self) -> None:
        for process in self.product.processes.values():
            process.kill()
        until(lambda: not listens(self.product.port), 10)

    def start_main(self) -> None:
        for process in self.product.processes.values():
            process.start()

    def is_handed_over(self) -> bool:
        return (self.folder / "twin" / "spool" / "texts.spool").stat().st_size == 0

    def stop(self) -> None:
        self.twin.stop()
        self.product.stop()


@contextmanager
def both(folder: Path) -> Iterator[tuple[Both, Room]]:
    room = Room(folder, hangs=False).start()
    try:
        pair = Both(folder, room)
        try:
            yield pair, room
        finally:
            pair.stop()
    finally:
        room.stop()


@pytest.mark.long
def test_f21_the_main_host_is_killed_and_its_reports_are_made_once(tmp_path: Path) -> None:
    """
    > hello
    < Thanks, we have your text. Where is this? ...
    > just past clapham junction        (main killed)
    < Thanks, we have your text. We will answer shortly.
    > he has a knife                    (from somebody else)
    < In danger ring 999 ...
    """
    with no_stragglers(), both(tmp_path) as (pair, room):
        assert "Where is this?" in pair.text("hello")[1]
        pair.kill_main()
        where, answer = pair.text("just past clapham junction")
        assert SAFE in answer
        assert pair.text("just past clapham junction", sid=where)[1] == answer, "redelivered (F1)"
        assert "999" in pair.text("he has a knife", "+447700900322")[1]
        pair.twin.kill()
        pair.twin.start()
        wait_until(lambda: listens(pair.port), 30, "quietline twin", pair.twin)
        pair.text("18:05 Victoria to Brighton")
        assert leaks(tmp_path / "twin", [*forms_of_number(ME), *forms_of_words("just past clapham junction")]) == []

        pair.start_main()
        until(pair.is_handed_over, 40)
        until(lambda: pair.product.count("SELECT count(*) FROM inbox WHERE state = 'taken'") == 4, 30)
        until(
            lambda: pair.product.count("SELECT count(*) FROM outbox WHERE kind = 'alert' AND state = 'delivered'"), 30
        )
        assert pair.text("just past clapham junction", sid=where)[1] == answer
        assert pair.product.count("SELECT count(*) FROM inbox") == 4
        assert pair.product.count("SELECT count(DISTINCT report_id) FROM inbox") == 2
        words = ("hello", "just past clapham junction", "18:05 Victoria to Brighton")
        until(lambda: words in [one.texts for one in room.taken()], 30, "the room does not get all that was said")
        advice = subprocess.run([COMMAND, "doctor"], env=pair.environ, capture_output=True, text=True, check=False)
        assert "The main host takes over what is kept here." in advice.stdout
        assert "can open what is sealed" not in advice.stdout


def test_a_twins_ring_seals_and_opens_nothing(tmp_path: Path) -> None:
    from gateway.keyfile import twin_ring
    from gateway.secrets import new_key_ring
    from handlers.vault import Place

    whole = json.dumps(new_key_ring())
    ring, place = KeyRing.for_spool(json.dumps(twin_ring(whole))), Place("spool", "1", "text")
    sealed = ring.seal_away(b"words", place)
    with pytest.raises(UnknownKey):
        ring.open_away(sealed, place)
    assert KeyRing.from_json(whole).open_away(sealed, place) == b"words"
    assert not ring.opens_addresses
    assert ring.indexes(["spool"], "a") == KeyRing.from_json(whole).indexes(["spool"], "a")


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_danger_is_told_at_once_and_with_no_detail() -> None:
    from gateway.twin_alarms import TwinAlarms
    from tests.gateway.alarms.test_watch import Pager

    pager = Pager()
    with served(pager) as url:
        alarms = TwinAlarms([f"json://{url[7:]}/"])
        alarms.text("Bench", danger=True)
        alarms.text("Bench", danger=True)
        until(lambda: pager.heard)
        assert len(pager.heard) == 1
        assert "Danger: a text to Bench came to the twin." in str(pager.heard[0])


def test_a_main_host_that_is_away_is_told_as_such(tmp_path: Path) -> None:
    from gateway.handing import Handing
    from gateway.secrets import new_key_ring
    from handlers import spooling
    from handlers.records.database import Database
    from handlers.spool import Spool
    from tests.fakes import Desk

    desk = Desk.build(Database("postgresql://nobody@127.0.0.1:1/nothing"))
    spool = Spool(tmp_path)
    spooling.keep(desk.service, spool, desk.text("hello"))
    handing = Handing(spool, MainHost(f"http://127.0.0.1:{free_port()}", KeyRing.from_json(json.dumps(new_key_ring()))))
    handing.look()
    assert handing.cause
    assert len(spool.contents()) == 1
