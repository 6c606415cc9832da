"""The spool's file (F7): whatever ends a process in the middle of it, nothing that was acknowledged is lost."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.spool import Contents, Record, Spool, SpoolError, as_line, parse

REPLY = "Thanks, we have your text."


def record(number: int, sender: str = "her", reply: str | None = REPLY, sealed: bytes = b"\n\0sealed") -> Record:
    return Record(f"sid{number}", sender, 1000 * number, reply, False, sealed)


def keep(spool: Spool, one: Record) -> Record:
    return spool.keep([one.sid], lambda _: one)


def test_what_is_kept_is_there_for_the_next_process_in_order(tmp_path: Path) -> None:
    for number in range(5):
        keep(Spool(tmp_path / "apart"), record(number))
    assert list(Spool(tmp_path / "apart").contents().records.values()) == [record(number) for number in range(5)]


def test_f1_the_same_id_is_kept_once_and_answered_alike_by_any_process(tmp_path: Path) -> None:
    keep(Spool(tmp_path), record(1, reply="first"))
    again = Spool(tmp_path).keep(["other", "sid1"], lambda _: pytest.fail("made anew"))
    assert again.reply == "first"
    assert len(Spool(tmp_path).contents()) == 1


def test_there_is_none_before_the_first_text(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "missing")
    assert spool.is_empty()
    assert len(spool.contents()) == 0
    spool.drop({"sid1"})
    assert spool.is_empty()


def test_it_is_for_its_owner_alone(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    keep(spool, record(1))
    assert [path.stat().st_mode & 0o777 for path in (spool.folder, spool.path)] == [0o700, 0o600]


WHOLE = b"".join(as_line(record(number)) for number in range(4))
ENDS = [len(b"".join(as_line(record(number)) for number in range(count))) for count in range(5)]


@given(st.integers(0, len(WHOLE)))
def test_a_crash_at_any_byte_leaves_every_record_that_was_acknowledged_and_no_other(cut: int) -> None:
    acknowledged = sum(end <= cut for end in ENDS[1:])
    assert list(parse(WHOLE[:cut]).records) == [f"sid{number}" for number in range(acknowledged)]


@given(cut=st.integers(0, len(WHOLE)))
def test_after_a_crash_at_any_byte_the_next_text_is_kept_whole(
    cut: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    spool = Spool(tmp_path_factory.mktemp("spool"))
    spool.path.write_bytes(WHOLE[:cut])
    keep(spool, record(9))
    acknowledged = sum(end <= cut for end in ENDS[1:])
    found = spool.contents()
    assert list(found.records) == [*(f"sid{number}" for number in range(acknowledged)), "sid9"]
    assert found.damaged == []


@given(at=st.integers(0, len(WHOLE) - 1), bit=st.integers(0, 7))
def test_a_flipped_bit_costs_no_neighbour_and_is_not_thrown_away(at: int, bit: int) -> None:
    flipped = bytearray(WHOLE)
    flipped[at] ^= 1 << bit
    found = parse(bytes(flipped))
    assert len(found.records) >= 2, "a line's end that is gone takes its neighbour along"
    for each in found.records.values():
        assert each in [record(number) for number in range(4)]


def test_dropping_leaves_the_others_and_what_nobody_can_read(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in range(3):
        keep(spool, record(number))
    with spool.path.open("ab") as file:
        file.write(b"rubbish\n")
    spool.drop({"sid0", "sid2"})
    found = Spool(tmp_path).contents()
    assert (list(found.records), found.damaged) == (["sid1"], [b"rubbish\n"])
    keep(spool, record(7))
    assert len(spool.contents()) == 3


def test_answers_of_one_sender_are_counted(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for number in range(4):
        keep(spool, record(number, reply=None if number == 2 else REPLY))
    keep(spool, record(4, sender="another"))
    counted: list[int] = []

    def make(contents: Contents) -> Record:
        counted.append(contents.replies_since("her", 1000))
        return record(5)

    spool.keep(["sid5"], make)
    assert counted == [2]


def test_many_at_once_are_each_kept_once(tmp_path: Path) -> None:
    def bring() -> None:
        spool = Spool(tmp_path)
        for number in range(25):
            keep(spool, record(number))

    threads = [threading.Thread(target=bring) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(Spool(tmp_path).contents().records) == sorted(f"sid{number}" for number in range(25))
    assert Spool(tmp_path).path.read_bytes().count(b"\n") == 25


def test_e10_a_disk_that_takes_half_a_line_keeps_nothing_of_it_and_says_so(tmp_path: Path) -> None:
    """RLIMIT_FSIZE ends the write in the middle of a line, as a full disk does."""
    spool = Spool(tmp_path)
    keep(spool, record(1))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (spool.path.stat().st_size + 20, hard))
    try:
        with pytest.raises(SpoolError):
            keep(spool, record(2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert list(spool.contents().records) == ["sid1"]
    keep(spool, record(3))
    assert list(spool.contents().records) == ["sid1", "sid3"]


def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    spool = Spool(tmp_path / "file" / "spool")
    for act in (lambda: keep(spool, record(1)), spool.try_out, spool.contents, spool.is_empty):
        with pytest.raises(SpoolError):
            act()


_KILLED = """
import os, signal, sys
from pathlib import Path
from handlers import spool as module
from tests.handlers.test_spool import keep, record
calls, at = [0], int(sys.argv[2])

def counted(name):
    real = getattr(os, name)
    def call(*args, **more):
        calls[0] += 1
        if calls[0] == at:
            if name == "write":
                real(args[0], bytes(args[1])[:7])
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **more)
    return call

for name in ("open", "write", "fsync", "ftruncate", "close"):
    setattr(module.os, name, counted(name))
spool = module.Spool(Path(sys.argv[1]))
for number in (1, 2):
    keep(spool, record(number))
    print(f"sid{number}", flush=True)
spool.drop({"sid1"})
print("dropped", flush=True)
"""


@pytest.mark.parametrize("at", range(1, 26, 3))
def test_kill_9_at_any_system_call_of_append_and_drop_loses_nothing_acknowledged(tmp_path: Path, at: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path), str(at)], stdout=subprocess.PIPE, text=True, check=False
    )
    acknowledged = done.stdout.split()
    assert done.returncode in (0, -signal.SIGKILL)
    found = set(Spool(tmp_path).contents().records)
    wanted = {each for each in acknowledged if each.startswith("sid")}
    assert found >= wanted - {"sid1"}
    assert "sid1" in found or "sid2" in acknowledged or not wanted, "sid1 may go with the drop alone"
    spool = Spool(tmp_path)
    keep(spool, record(3))
    assert "sid3" in spool.contents().records


def test_the_lock_of_a_stopped_process_is_not_waited_for_long(tmp_path: Path) -> None:
    import fcntl

    spool = Spool(tmp_path)
    keep(spool, record(1))
    file = os.open(tmp_path / "texts.lock", os.O_RDWR)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(SpoolError, match="TimeoutError"):
            keep(spool, record(2))
    finally:
        os.close(file)
