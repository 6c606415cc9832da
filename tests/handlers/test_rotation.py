"""F14: a key is changed under load, and killed anywhere it goes on: nothing is lost, nothing stays under the old."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.keyfile import RETIRED, RingFile
from gateway.secrets import new_key_ring
from handlers import erasure, rotation, sign_in, timers, vault
from handlers.records import conversations
from handlers.records.database import Database
from handlers.vault import KeyRing, UnknownKey
from tests.fakes import Desk, FakeSink, organisation
from tests.handlers.desk_people import PASSWORD, code, hire
from tests.waiting import until

PURPOSES = ("content", "confidential", "conversation", "index", "sending")
OFFICER = "one of your police officers touched my hair at leeds station just now"


class Killed(BaseException):
    """The process ends here."""


def new_file(folder: Path) -> RingFile:
    file = RingFile(folder / "keys.json")
    file.path.write_text(json.dumps(new_key_ring()))
    return file


def following(file: RingFile) -> KeyRing:
    """A process's ring: it looks at the file again whenever it is asked for anything."""
    ring = KeyRing.from_json(json.dumps(file.read()))
    ring.follow(file.follower())
    return ring


def desk_of(database: Database, ring: KeyRing) -> Desk:
    values = {"flow": "railway", "confidential": ("police",), "confidential_sinks": ("apart",)}
    rooms = [FakeSink("room"), FakeSink("apart")]
    return Desk.build(database, sinks=rooms, organisations=(organisation(sinks=("room",), **values),), ring=ring)


def fill(desk: Desk) -> None:
    """Of everything that is under a key: an open conversation, a confidential report, a held text, an old number."""
    desk.say("he keeps following me", sender="+447700900001")
    desk.say(OFFICER, sender="+447700900002")
    desk.say("words for nobody", sender="+447700900003", recipient="99999")
    desk.clock.move(1)
    desk.say("a man keeps staring at me", sender="+447700900004")


def rotate(desk: Desk, file: RingFile, purpose: str, step: Callable[[str], None] = lambda what: None) -> None:
    """As `quietline keys rotate` does it."""
    service = desk.service
    if len(service.ring.ids(purpose)) == 1:
        step("begun")
        file.add(purpose, current=True)
        service.ring._look()
        step("added")
    for _ in range(20):
        rotation.rewrap(service, purpose, step)
        step("rewrapped")
        if not rotation.left(service, purpose):
            break
    file.retire(purpose, rotation.spare(service, purpose), step)


def opens_everything(desk: Desk) -> None:
    told = {entry["text"] for report in desk.documents() for entry in report["account"]}
    assert told == {"he keeps following me", "a man keeps staring at me"}
    assert len(desk.documents("confidential")) == 1


@pytest.mark.parametrize("purpose", PURPOSES)
def test_f14_at_the_end_nothing_is_under_the_old_key_and_it_is_taken_out(
    database: Database, tmp_path: Path, purpose: str
) -> None:
    file = new_file(tmp_path)
    desk = desk_of(database, following(file))
    fill(desk)
    old = desk.service.ring.ids(purpose)
    rotate(desk, file, purpose)

    fresh = desk_of(database, following(file))
    fresh.clock.at = desk.clock.at + 121
    [new] = fresh.service.ring.ids(purpose)
    assert new not in old
    assert rotation.left(fresh.service, purpose) == 0
    assert list(json.loads((tmp_path / RETIRED).read_text())[purpose]) == list(old)
    timers.run_due(fresh.service, fresh.doorbell)
    opens_everything(fresh)
    fresh.count = 100
    fresh.say("coach 3", sender="+447700900001")
    assert fresh.rows("SELECT count(*) FROM conversations") == [(3,)], "the sender was known again"
    row = fresh.rows("SELECT id FROM conversations")[0][0]
    with database.read() as tx:
        found = conversations.get(tx, row)
    assert found is not None
    assert fresh.service.ring.open_address(found.address, conversations.place(row, "address")).startswith("+4477009")


def test_f14_killed_50_times_with_work_in_between_it_goes_on(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotation, "BATCH", 4)
    file = new_file(tmp_path)
    desk = desk_of(database, following(file))
    fill(desk)
    kills = 0
    for purpose in PURPOSES * 3:
        for at in range(200):
            if _killed_at(desk, file, purpose, at if kills < 60 else 10**9):
                kills += 1
                desk = desk_of(database, following(file))
                desk.count, desk.clock.at = 1000 * kills, desk.clock.at + kills
                assert desk.say("he keeps following me", sender=f"+447700900{100 + kills}")
            else:
                break
    assert kills >= 50
    for purpose in PURPOSES:
        assert len(following(file).ids(purpose)) == 1
        assert rotation.left(desk_of(database, following(file)).service, purpose) == 0
    desk.clock.move(200)
    while timers.run_due(desk.service, desk.doorbell):
        pass
    said = [entry["text"] for report in desk.documents() for entry in report["account"]]
    assert desk.rows("SELECT count(*) FROM inbox WHERE state <> 'taken'") == [(1,)], "the one for nobody"
    assert said.count("he keeps following me") == kills + 1


def _killed_at(desk: Desk, file: RingFile, purpose: str, at: int) -> bool:
    """Runs a rotation up to its step of that number; False where it ends before."""
    steps = 0

    def step(what: str) -> None:
        nonlocal steps
        if steps == at:
            raise Killed
        steps += 1

    try:
        rotate(desk, file, purpose, step)
    except Killed:
        return True
    return False


def test_f14_under_load_every_text_is_taken_and_answered(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault, "FOLLOW_SECONDS", 0.0)
    file = new_file(tmp_path)
    desk = desk_of(database, following(file))
    fill(desk)
    stopping, answers = threading.Event(), list[str | None]()

    def talk() -> None:
        other = desk_of(database, following(file))
        other.count, other.clock.at = 5000, desk.clock.at
        number = 0
        while not stopping.is_set():
            answers.append(other.say("he keeps following me", sender=f"+447700900{100 + number % 800}"))
            number += 1
        database.close()

    talking = threading.Thread(target=talk)
    talking.start()
    until(lambda: len(answers) > 3)

    def wait(what: str) -> None:
        """As the command waits, until whoever writes has taken up the new ring."""
        if what == "added":
            before = len(answers)
            until(lambda: len(answers) > before + 1)

    for purpose in PURPOSES:
        rotate(desk, file, purpose, wait)
    stopping.set()
    talking.join()
    assert all(answers)
    assert desk.rows("SELECT count(*) FROM inbox WHERE state NOT IN ('taken', 'repeat')") == [(1,)], (
        "the one for nobody"
    )
    assert [rotation.left(desk.service, purpose) for purpose in PURPOSES] == [0] * 5


def test_f14_a_real_process_killed_in_the_middle_of_a_batch(tmp_path: Path) -> None:
    from tests.prepared import prepare

    database = Database(f"sqlite:///{tmp_path / 'quietline.sqlite3'}")
    prepare(database)
    file = new_file(tmp_path)
    desk = desk_of(database, following(file))
    fill(desk)
    old = desk.service.ring.ids("content")[0]
    database.close()
    for at in range(12):
        child = os.fork()
        if child == 0:
            rotate(desk, file, "content", _ended_at(at))
            os._exit(0)
        os.waitpid(child, 0)
    again = desk_of(database, following(file))
    rotate(again, file, "content")
    assert old not in following(file).ids("content")
    again.clock.move(121)
    timers.run_due(again.service, again.doorbell)
    opens_everything(again)


def _ended_at(at: int) -> Callable[[str], None]:
    steps = iter(range(99))
    return lambda _: os.kill(os.getpid(), signal.SIGKILL) if next(steps) == at else None


def test_f14_a_process_that_runs_on_takes_up_the_new_ring_by_itself(database: Database, tmp_path: Path) -> None:
    file = new_file(tmp_path)
    running, other = desk_of(database, following(file)), desk_of(database, following(file))
    running.say("he keeps following me")
    file.add("conversation", current=True)
    other.service.ring._look()
    other.count = 50
    other.say("coach 3")  # in the same conversation
    other.say("a man keeps staring at me", sender="+447700900002")  # sealed under the new key
    running.count = 100
    running.clock.move(10)
    running.say("coach 4", sender="+447700900002")
    assert running.rows("SELECT count(*) FROM conversations") == [(2,)]
    assert running.rows("SELECT DISTINCT state FROM inbox") == [("taken",)]


def test_f14_what_cannot_be_opened_keeps_its_key_in_the_ring(database: Database, tmp_path: Path) -> None:
    file = new_file(tmp_path)
    desk = desk_of(database, following(file))
    fill(desk)
    ring = file.read()
    strange = {**ring, "content": new_key_ring()["content"]}
    strange["content"]["keys"]["k9"] = new_key_ring()["content"]["keys"]["k1"]
    strange["content"]["current"] = "k9"
    elsewhere = desk_of(database, KeyRing.from_json(json.dumps(strange)))
    assert rotation.rewrap(elsewhere.service, "content") == 0
    assert rotation.left(elsewhere.service, "content") > 0
    assert rotation.spare(elsewhere.service, "content") == []


def test_f1_an_erased_text_is_still_known_after_the_index_key_has_changed(database: Database, tmp_path: Path) -> None:
    file = new_file(tmp_path)
    desk = desk_of(database, following(file))
    text = desk.text("he keeps following me")
    desk.hand_over(text)
    desk.clock.move(121)
    timers.run_due(desk.service, desk.doorbell)
    erasure.erase(desk.service, erasure.ErasureList(tmp_path / "erased.txt"), [desk.documents()[0]["id"]])
    rotate(desk, file, "index")

    again = desk_of(database, following(file))
    assert len(again.service.ring.ids("index")) == 2, "the old one is needed to know it"
    assert again.hand_over(text) is None
    assert again.rows("SELECT count(*) FROM inbox") == [(0,)]


def test_a_ring_that_is_spoilt_does_not_take_the_old_one_away(tmp_path: Path) -> None:
    file = new_file(tmp_path)
    ring = following(file)
    file.path.write_text("{}")
    assert not ring._look()
    assert ring.ids("content")[0]
    with pytest.raises(UnknownKey):
        ring.unwrap("content", "x", b"k7\0", conversations.place("x", "key"))


def test_the_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    file = new_file(tmp_path)
    file.add("content", current=True)
    file.retire("content", ["k1"])
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()} == {
        path.name: "0o600" for path in tmp_path.iterdir()
    }


def test_f14_people_still_sign_in_with_their_codes_after_the_key_was_changed(
    database: Database, tmp_path: Path
) -> None:
    file = new_file(tmp_path)
    desk = desk_of(database, following(file))
    rhian = hire(desk, "rhian", "dispatcher")
    before = desk.rows("SELECT key, totp FROM people")[0]
    assert rotation.left(desk.service, "content") == 0
    rotate(desk, file, "content")

    fresh = desk_of(database, following(file))
    after = fresh.rows("SELECT key, totp FROM people")[0]
    assert bytes(after[0]) != bytes(before[0])
    assert bytes(after[1]) == bytes(before[1])
    assert bytes(after[0]).startswith(fresh.service.ring.ids("content")[0].encode() + b"\0")
    fresh.clock.at = desk.clock.at
    assert sign_in.sign_in(fresh.service, "rhian", PASSWORD, code(fresh, rhian), "192.0.2.7") is not None
