"""Reports as lines of a file: whole, on the disk, once where it can be told, whoever else writes or dies."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import orjson
import pytest

from handlers.ports import Delivery, Parked, Retryable, SinkPaused
from handlers.sinks.file import TAIL, FileSettings, FileSink
from tests.bench import slowsync
from tests.naughty import NAUGHTY
from tests.waiting import Watch

from .reports import delivery, report

# Writes revisions from FIRST on, each padded to SIZE, and says so after each; stops after COUNT.
WRITER = """
import sys
from pathlib import Path
from handlers.sinks.file import FileSettings, FileSink
from tests.handlers.sinks.reports import delivery
path, first, count, size = sys.argv[1], *map(int, sys.argv[2:])
sink = FileSink("file", FileSettings(Path(path)))
for revision in range(first, first + count):
    sink.deliver(delivery(revision, padding="x" * size))
    print(revision, flush=True)
"""


ROOT = Path(__file__).parents[3]
FDS = Path("/proc/self/fd")
linux = pytest.mark.skipif(not FDS.is_dir(), reason="counts open files through /proc")


def times_open(path: Path) -> int:
    """How often this process has the file open."""
    links = []
    for fd in FDS.iterdir():
        with suppress(FileNotFoundError):
            links.append(fd.readlink())
    return links.count(path)


def wait_until(true: Callable[[], bool]) -> None:
    watch = Watch()
    while not true():
        assert watch.seconds < 5
        os.sched_yield()


def writer(path: Path, first: int, count: int, size: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), str(first), str(count), str(size)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)})


def sink(path: Path, lock_limit: float = 5.0) -> FileSink:
    return FileSink("file", FileSettings(path), lock_limit=lock_limit)


def revisions(path: Path) -> list[int]:
    """What a careful reader takes from the file: lines that are JSON."""
    found = []
    for line in path.read_bytes().splitlines():
        try:
            found.append(orjson.loads(line)["revision"])
        except orjson.JSONDecodeError:
            continue
    return found


def test_each_revision_is_a_line(tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    for revision in (1, 2, 3):
        sink(path).deliver(delivery(revision))

    assert path.read_bytes() == b"".join(delivery(revision).document + b"\n" for revision in (1, 2, 3))


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    sink(path).deliver(delivery())
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_repeat_writes_nothing(tmp_path: Path) -> None:
    """F5, F10: also by another process, which shares nothing but the file."""
    path = tmp_path / "reports.jsonl"
    sink(path).deliver(delivery(1))
    sink(path).deliver(delivery(2))
    sink(path).deliver(delivery(1, attempt=2))
    assert revisions(path) == [1, 2]


def test_a_repeat_after_very_many_others_is_written_again(tmp_path: Path) -> None:
    """The promise ends at the last 1 MiB: better twice than never."""
    path = tmp_path / "reports.jsonl"
    sink(path).deliver(delivery(1))
    sink(path).deliver(delivery(2, padding="x" * TAIL))
    sink(path).deliver(delivery(1))
    sink(path).deliver(delivery(1))
    assert revisions(path) == [1, 2, 1]


def test_a_line_within_another_is_not_taken_for_it(tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    path.write_bytes(b"x" + delivery(1).document + b"\n")
    sink(path).deliver(delivery(1))
    assert revisions(path) == [1]


def test_a_torn_last_line_is_ended_first(tmp_path: Path) -> None:
    """What a crash tore off was never confirmed; the next line must not be spoilt by it."""
    path = tmp_path / "reports.jsonl"
    torn = delivery(2).document[:100]
    path.write_bytes(delivery(1).document + b"\n" + torn)
    sink(path).deliver(delivery(2))
    sink(path).deliver(delivery(3))

    assert revisions(path) == [1, 2, 3]
    assert path.read_bytes().split(b"\n")[1] == torn


def test_a_whole_line_without_its_end_is_written_again(tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    path.write_bytes(delivery(1).document)
    sink(path).deliver(delivery(1))
    assert path.read_bytes() == delivery(1).document + b"\n" + delivery(1).document + b"\n"


def test_every_text_stays_on_its_line(tmp_path: Path) -> None:
    """P4."""
    path = tmp_path / "reports.jsonl"
    for number, text in enumerate(NAUGHTY[:200]):
        sink(path).deliver(delivery(number, account=[{"text": text}]))
    written = [orjson.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]
    assert [line["account"][0]["text"] for line in written] == list(NAUGHTY[:200])


def test_a_document_of_several_lines_becomes_one(tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    pretty = orjson.dumps(report(), option=orjson.OPT_INDENT_2)
    sink(path).deliver(Delivery("r-1", 3, "complete", "avon-rail", pretty, 1.0, 1))
    assert path.read_bytes() == orjson.dumps(report()) + b"\n"
    with pytest.raises(Parked):
        sink(path).deliver(Delivery("r-1", 3, "complete", "avon-rail", b"not\njson", 1.0, 1))


def test_threads_and_processes_write_side_by_side(tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    shared = sink(path)
    others = [writer(path, first, 50, 5000) for first in (1000, 2000, 3000)]

    def write(start: int) -> None:
        for number in range(start, start + 10):
            shared.deliver(delivery(number))

    threads = [threading.Thread(target=write, args=(start,)) for start in range(0, 80, 10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for other in others:
        other.communicate(timeout=30)
        assert other.returncode == 0

    wanted = [*range(80), *range(1000, 1050), *range(2000, 2050), *range(3000, 3050)]
    assert sorted(revisions(path)) == wanted
    assert path.read_bytes().count(b"\n") == len(wanted)


def test_kill_9_in_the_middle_loses_nothing_confirmed(tmp_path: Path) -> None:
    """P1: large lines, so that many a kill falls into a write."""
    path = tmp_path / "reports.jsonl"
    confirmed: list[int] = []
    for round_ in range(4):
        writers = [writer(path, first + round_ * 1000, 900, 300_000) for first in (10_000, 20_000)]
        for each in writers:
            assert each.stdout is not None
            confirmed += [int(each.stdout.readline()) for _ in range(3)]
        for each in writers:
            each.send_signal(signal.SIGKILL)
            rest, _ = each.communicate(timeout=10)
            confirmed += [int(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    sink(path).deliver(delivery(1))

    found = revisions(path)
    assert found[-1] == 1
    assert len(found) == len(set(found))
    assert set(confirmed) <= set(found)


def test_a_full_disk_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """E10: a limit on the file's size cuts the write in two."""
    path = tmp_path / "reports.jsonl"
    sink(path).deliver(delivery(1))
    before = path.read_bytes()
    program = f"""
import resource
from pathlib import Path
from handlers.ports import Retryable
from handlers.sinks.file import FileSettings, FileSink
from tests.handlers.sinks.reports import delivery
resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) + 100}, resource.RLIM_INFINITY))
sink = FileSink("file", FileSettings(Path({str(path)!r})))
try:
    sink.deliver(delivery(2))
except Retryable as problem:
    print(problem)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert Path({str(path)!r}).read_bytes() == {before!r}
sink.deliver(delivery(2))
"""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, env=env).stdout
    assert said == "file EFBIG\n"
    assert revisions(path) == [1, 2]


def test_a_file_that_is_moved_away_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    one = sink(path)
    one.deliver(delivery(1))
    path.rename(tmp_path / "yesterday.jsonl")
    one.deliver(delivery(2))
    assert revisions(path) == [2]
    assert revisions(tmp_path / "yesterday.jsonl") == [1]


@linux
def test_a_file_moved_away_while_waiting_for_the_lock(tmp_path: Path) -> None:
    """The line must go to the file that bears the name when it is written."""
    path = tmp_path / "reports.jsonl"
    sink(path).deliver(delivery(1))
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        thread = threading.Thread(target=sink(path).deliver, args=(delivery(2),))
        thread.start()
        wait_until(lambda: times_open(path) == 2)
        path.rename(tmp_path / "yesterday.jsonl")
    thread.join(5)
    assert revisions(path) == [2]
    assert revisions(tmp_path / "yesterday.jsonl") == [1]


def test_a_lock_that_nobody_gives_back(tmp_path: Path) -> None:
    """A stopped process must not hold up deliveries past their lease."""
    path = tmp_path / "reports.jsonl"
    path.touch()
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Retryable, match=r"^file locked$"):
            sink(path, lock_limit=0.05).deliver(delivery())
    assert path.read_bytes() == b""


def test_closing_ends_the_wait_for_the_lock(tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    path.touch()
    waiting = sink(path, lock_limit=20)
    waiting.close()
    began = time.monotonic()
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(Retryable):
            waiting.deliver(delivery())
    assert time.monotonic() - began < 10


def test_a_place_that_cannot_be_written_pauses_the_sink(tmp_path: Path) -> None:
    """F9: everything is kept and one probe a minute finds out when the folder is back."""
    fifo, folder, away = tmp_path / "fifo", tmp_path / "folder", tmp_path / "away" / "reports.jsonl"
    os.mkfifo(fifo)
    folder.mkdir()
    for path, cause in ((fifo, "not a regular"), (folder, "EISDIR"), (away, "ENOENT")):
        with pytest.raises(SinkPaused, match=cause) as caught:
            sink(path).deliver(delivery())
        assert str(tmp_path) not in str(caught.value)
    away.parent.mkdir()
    sink(away).deliver(delivery())
    assert revisions(away) == [3]


@linux
def test_nothing_is_left_open(tmp_path: Path) -> None:
    path = tmp_path / "reports.jsonl"
    sink(path).deliver(delivery(1))
    with pytest.raises(SinkPaused):
        sink(tmp_path).deliver(delivery(2))
    assert times_open(path) == times_open(tmp_path) == 0


def test_a_line_and_the_name_of_its_file_are_synced(tmp_path: Path) -> None:
    """A disk on which each sync takes 0.1 s shows how many there are."""
    shim = slowsync.build(tmp_path)
    if shim is None:
        pytest.skip("no C compiler")
    program = f"""
import time
from pathlib import Path
from handlers.sinks.file import FileSettings, FileSink
from tests.handlers.sinks.reports import delivery
sink = FileSink("file", FileSettings(Path({str(tmp_path / "reports.jsonl")!r})))
began = time.monotonic()
sink.deliver(delivery())
print(time.monotonic() - began)
"""
    env = {**os.environ, "PYTHONPATH": str(ROOT), **slowsync.preload(shim, 100_000)}
    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True, env=env).stdout
    assert float(said) >= 0.2


def test_every_kind_goes_to_a_file(tmp_path: Path) -> None:
    kinds = ["alert", "started", "updated", "unfinished", "complete", "added", "stopped"]
    assert all(sink(tmp_path / "reports.jsonl").wants(kind) for kind in kinds)
