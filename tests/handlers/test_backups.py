"""F19: a backup holds one moment, comes back into either kind of database, and what was erased stays erased."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from handlers import backups, erasure, outbound, timers
from handlers.backups import BackupError
from handlers.erasure import ErasureList
from handlers.forwarding import Forwarder
from handlers.records import dump
from handlers.records.database import Database
from handlers.records.migrate import is_current
from handlers.service import milliseconds
from tests.canary import forms_of_number, forms_of_words, leaks
from tests.fakes import Desk
from tests.handlers.sent import confirm, tell
from tests.postgres import Server
from tests.waiting import until


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk.build(database)


@pytest.fixture
def listed(tmp_path: Path) -> ErasureList:
    return ErasureList(tmp_path / "here" / "erased.txt")


@pytest.fixture(params=["into sqlite", "into postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database of each kind, on another host."""
    if request.param == "into sqlite":
        made = Database(f"sqlite:///{tmp_path / 'there' / 'quietline.sqlite3'}")
    else:
        server: Server = request.getfixturevalue("postgres")
        made = Database(server.create(f"restored_{abs(hash(str(tmp_path)))}"))
    yield made
    made.close()


def on(desk: Desk, database: Database) -> Desk:
    """The same installation on another database, an hour later."""
    there = Desk.build(database, ring=desk.service.ring)
    there.clock.at, there.count = desk.clock.at + 60, 5000
    return there


def test_f19_what_was_acknowledged_comes_back_word_for_word_and_goes_on(
    desk: Desk, empty: Database, listed: ErasureList, tmp_path: Path
) -> None:
    tell(desk)
    confirm(desk)
    text = desk.text("hello", sender="+447700900002")
    said = desk.hand_over(text)
    made = backups.back_up(desk.service, tmp_path / "kept", listed=listed)
    there = on(desk, empty)
    restored = backups.restore(there.service, made.path, listed=listed)

    assert (restored.rows, restored.erased, restored.unopened) == (made.rows + 0, 0, 0)
    assert is_current(empty)
    assert there.documents() == desk.documents()
    assert there.hand_over(text) == said, "F1"
    before = there.rows("SELECT count(*) FROM conversations")
    assert there.say("hove", sender="+447700900002")
    assert there.rows("SELECT count(*) FROM conversations") == before, "the conversation goes on"
    assert there.rows("SELECT source FROM flow_versions") == desk.rows("SELECT source FROM flow_versions")


def test_f19_f10_what_was_confirmed_is_not_sent_again_and_new_revisions_go_past_the_lost_ones(
    desk: Desk, empty: Database, listed: ErasureList, tmp_path: Path
) -> None:
    tell(desk)
    confirm(desk)
    made = backups.back_up(desk.service, tmp_path / "kept", listed=listed)
    desk.clock.move(10)
    desk.say("coach 3")  # lost
    confirm(desk)
    [(lost,)] = desk.rows("SELECT max(revision) FROM revisions")

    there = on(desk, empty)
    backups.restore(there.service, made.path, listed=listed)
    assert there.rows("SELECT count(*) FROM outbox WHERE state <> 'delivered'") == [(0,)]
    there.say("it is a man in a red coat")
    there.clock.move(121)
    timers.run_due(there.service, there.doorbell)
    forwarder = Forwarder(there.service)
    forwarder.start()
    room = there.sinks["room"]
    until(lambda: there.rows("SELECT count(*) FROM outbox WHERE state NOT IN ('delivered', 'replaced')") == [(0,)])
    forwarder.stop()
    assert room.got
    assert {each.report_id for each in room.got} == {each["id"] for each in desk.documents()}
    assert min(each.revision for each in room.got) > lost


def test_f19_r22_what_was_erased_since_stays_erased_and_is_known_again(
    desk: Desk, empty: Database, listed: ErasureList, tmp_path: Path
) -> None:
    text = desk.text("he keeps following me")
    desk.hand_over(text)
    desk.clock.move(121)
    timers.run_due(desk.service, desk.doorbell)
    gone = desk.documents()[0]["id"]
    tell(desk, "a man keeps staring at me", "+447700900002")
    made = backups.back_up(desk.service, tmp_path / "kept", listed=listed)
    erasure.erase(desk.service, listed, [gone])
    backups.back_up(desk.service, tmp_path / "kept later", listed=listed)

    there, fresh = on(desk, empty), ErasureList(tmp_path / "there" / "erased.txt")
    beside = ErasureList(tmp_path / "kept later" / backups.ERASED)
    restored = backups.restore(there.service, made.path, listed=fresh, lists=[beside])
    assert restored.erased == 1
    assert [each["account"][0]["text"] for each in there.documents()] == ["a man keeps staring at me"]
    assert fresh.ids() == {gone}
    for table in ("inbox", "revisions", "outbox", "conversations"):
        assert there.rows(f"SELECT count(*) FROM {table} WHERE report_id = '{gone}'") == [(0,)]  # noqa: S608
    assert there.hand_over(text) is None
    assert len(there.documents()) == 1


def test_f19_a_text_of_ours_that_was_on_its_way_is_looked_up_at_the_carrier_first(
    desk: Desk, empty: Database, listed: ErasureList, tmp_path: Path
) -> None:
    desk.say("hello")
    desk.say("START", carrier_answers="START")
    assert desk.rows("SELECT state FROM texts") == [("due",)]
    made = backups.back_up(desk.service, tmp_path / "kept", listed=listed)
    outbound.send_due(desk.service)
    there = on(desk, empty)
    there.channel.known = dict(desk.channel.known)
    backups.restore(there.service, made.path, listed=listed)
    outbound.send_due(there.service)
    assert (len(desk.channel.sent), len(there.channel.sent)) == (1, 0)
    assert there.rows("SELECT state FROM texts") == [("sent",)]


def test_f19_only_what_a_backup_holds_may_be_deleted_at_the_carrier(
    desk: Desk, listed: ErasureList, tmp_path: Path
) -> None:
    first = desk.text("he keeps following me")
    desk.hand_over(first)
    assert backups.held(desk.service, "twilio", [first.external_id]) == set()
    backups.back_up(desk.service, tmp_path / "kept", listed=listed)
    desk.clock.move(10)
    second = desk.text("coach 3")
    desk.hand_over(second)
    both = [first.external_id, second.external_id, "SM-unheard"]
    assert backups.held(desk.service, "twilio", both) == {first.external_id}
    assert backups.held(desk.service, "another", both) == set()
    desk.clock.move(121)
    timers.run_due(desk.service, desk.doorbell)
    erasure.erase(desk.service, listed, [desk.documents()[0]["id"]])
    assert backups.held(desk.service, "twilio", both) == {first.external_id, second.external_id}


def test_r22_r23_a_backup_holds_no_word_no_number_and_no_key(desk: Desk, listed: ErasureList, tmp_path: Path) -> None:
    tell(desk)
    backups.back_up(desk.service, tmp_path / "kept", listed=listed)
    [path] = (tmp_path / "kept").glob("*.backup")
    (tmp_path / "kept" / "unpacked").write_bytes(gzip.decompress(path.read_bytes()))
    keys = [
        each.secret for name in ("content", "conversation") for each in [desk.service.ring._held.masters[name].newest]
    ]
    forms = [*forms_of_words("keeps following"), *forms_of_number("+447700900001"), *keys]
    assert leaks(tmp_path / "kept", forms) == []


def test_a_backup_is_for_its_owner_alone_and_nothing_else_is_left(
    desk: Desk, listed: ErasureList, tmp_path: Path
) -> None:
    tell(desk)
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / ".quietline-20200101T000000Z.backup.part").write_text("of one that was killed")
    made = backups.back_up(desk.service, kept, listed=listed)
    assert {path.name for path in kept.iterdir()} == {made.path.name, backups.ERASED}
    assert {oct(path.stat().st_mode & 0o777) for path in kept.iterdir()} == {"0o600"}
    assert backups.check(made.path).made_at == milliseconds(desk.clock.now())


@pytest.mark.parametrize("spoil", ["cut", "bit", "foot", "version", "other", "none"])
def test_a_damaged_backup_is_refused_before_anything_is_written(
    desk: Desk, listed: ErasureList, tmp_path: Path, spoil: str
) -> None:
    tell(desk)
    path = backups.back_up(desk.service, tmp_path / "kept", listed=listed).path
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    if spoil == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    elif spoil == "bit":
        changed = b"".join(lines).replace(b'"btp"', b'"btq"', 1)
        path.write_bytes(gzip.compress(changed))
    elif spoil == "foot":
        path.write_bytes(gzip.compress(b"".join(lines[:-1])))
    elif spoil == "version":
        lines[0] = lines[0].replace(b'"format":1', b'"format":2')
        path.write_bytes(gzip.compress(b"".join(lines)))
    elif spoil == "other":
        path.write_bytes(gzip.compress(b'"hello"\n'))
    else:
        path.unlink()
    there = on(desk, Database(f"sqlite:///{tmp_path / 'there' / 'quietline.sqlite3'}"))
    with pytest.raises(BackupError):
        backups.restore(there.service, path, listed=listed)
    assert not (tmp_path / "there").exists()


def test_a_database_that_holds_anything_is_never_written_over(desk: Desk, listed: ErasureList, tmp_path: Path) -> None:
    tell(desk)
    made = backups.back_up(desk.service, tmp_path / "kept", listed=listed)
    with pytest.raises(BackupError):
        backups.restore(desk.service, made.path, listed=listed)


def test_f19_a_restore_that_breaks_half_way_leaves_nothing_and_runs_again(
    desk: Desk, empty: Database, listed: ErasureList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(desk)
    made = backups.back_up(desk.service, tmp_path / "kept", listed=listed)
    there, real, count = on(desk, empty), dump._insert, iter(range(99))

    def breaks(*given: object) -> int:
        if next(count) == 6:
            raise ZeroDivisionError
        return real(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(dump, "_insert", breaks)
    with pytest.raises(ZeroDivisionError):
        backups.restore(there.service, made.path, listed=listed)
    monkeypatch.setattr(dump, "_insert", real)
    assert dump.is_empty(empty)
    backups.restore(there.service, made.path, listed=listed)
    assert there.documents() == desk.documents()


def test_f7_f19_the_spool_is_in_it_and_comes_back_where_there_is_none(
    desk: Desk, empty: Database, listed: ErasureList, tmp_path: Path
) -> None:
    spool, back = tmp_path / "spool", tmp_path / "back"
    spool.mkdir()
    (spool / "texts.spool").write_bytes(b"\x00sealed\xff")
    made = backups.back_up(desk.service, tmp_path / "kept", listed=listed, spool=spool)
    backups.restore(on(desk, empty).service, made.path, listed=listed, spool=back)
    assert (back / "texts.spool").read_bytes() == b"\x00sealed\xff"
    assert oct((back / "texts.spool").stat().st_mode & 0o777) == "0o600"


def test_e9_f19_a_backup_under_load_holds_one_moment(desk: Desk, listed: ErasureList, tmp_path: Path) -> None:
    stopping = threading.Event()

    def talk() -> None:
        number = 0
        while not stopping.is_set():
            desk.say("he keeps following me", sender=f"+447700900{number % 900:03d}")
            number += 1
        desk.service.database.close()

    talking = threading.Thread(target=talk)
    talking.start()
    until(lambda: desk.count > 5)
    made = backups.back_up(desk.service, tmp_path / "kept", listed=listed)
    stopping.set()
    talking.join()
    there = on(desk, Database(f"sqlite:///{tmp_path / 'there' / 'quietline.sqlite3'}"))
    backups.restore(there.service, made.path, listed=listed)
    assert there.rows("SELECT count(*) FROM inbox WHERE report_id NOT IN (SELECT id FROM reports)") == [(0,)]
    assert there.rows("SELECT count(*) FROM outbox") == there.rows("SELECT count(*) FROM revisions")
    assert there.rows("SELECT count(*) FROM inbox")[0][0] >= 5


def test_f19_after_a_restore_numbers_go_on(desk: Desk, empty: Database, listed: ErasureList, tmp_path: Path) -> None:
    for phone in range(3):
        desk.say("he keeps following me", sender=f"+4477009000{phone:02d}")
    made = backups.back_up(desk.service, tmp_path / "kept", listed=listed)
    there = on(desk, empty)
    backups.restore(there.service, made.path, listed=listed)
    there.say("he keeps following me", sender="+447700900777")
    assert there.rows("SELECT count(*), max(id) FROM inbox") == [(4, 4)]
