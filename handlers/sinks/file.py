"""Reports as lines of a file (JSON Lines), for a system that follows it or a person who collects it."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Lock
from time import monotonic
from typing import Self

import orjson
from msgspec import Struct

from handlers.ports import Delivery, Parked, Retryable, SinkPaused
from handlers.sinks import settings as read

TAIL = 1 << 20
_POLL = 0.005
_MISCONFIGURED = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EACCES, errno.EPERM, errno.EROFS, errno.ELOOP, errno.ENXIO}
)


class FileSettings(Struct, frozen=True):
    """`path`: the file's absolute path. Its folder must be there; the file is made with mode 600."""

    path: Path

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> Self:
        """Raises ValueError naming the setting."""
        read.refuse_unknown(settings, cls.__struct_fields__)
        path = read.required(settings, "path")
        if "\0" in path or not Path(path).is_absolute() or path.endswith("/"):
            raise ValueError("path: must be the absolute path of a file")
        return cls(path=Path(path))


class FileSink:
    """Appends each revision as one line: the canonical report.

    Lines of all threads and processes are whole and never mixed (`flock` on the file), and on the disk before
    `deliver` returns. A repeat writes nothing if its line is among the last 1 MiB, else it writes the line again:
    a reader keeps one incident per `id`, newest `revision`. A line torn by a crash stays, ended by a newline: a
    reader skips what is not JSON. The file may be renamed at any time; the next line begins a new one.

    Args:
        sink_id: its id.
        settings: where.
        lock_limit: seconds to wait for the other writers.
    """

    def __init__(self, sink_id: str, settings: FileSettings, *, lock_limit: float = 10.0) -> None:
        self._id = sink_id
        self._path = settings.path
        self._lock_limit = lock_limit
        self._closed = Event()
        self._turn = Lock()

    @property
    def id(self) -> str:
        return self._id

    def wants(self, kind: str) -> bool:
        """Every kind."""
        return True

    def deliver(self, delivery: Delivery) -> None:
        """Returns once the line is on the disk. Raises DeliveryError."""
        line = _line(delivery.document)
        try:
            with self._locked() as file:
                _append(file, line)
            # The file's name must last as well. Whoever made it may have died before seeing to that.
            _sync_folder(self._path.parent)
        except OSError as problem:
            if problem.errno in _MISCONFIGURED:
                raise SinkPaused(f"file {errno.errorcode[problem.errno]}") from None
            raise Retryable(f"file {errno.errorcode.get(problem.errno or 0, 'error')}") from None

    def close(self) -> None:
        """Ends the waiting of deliveries that have no lock yet. Nothing else is held between deliveries."""
        self._closed.set()

    @contextmanager
    def _locked(self) -> Iterator[int]:
        """The file, open and locked, and still the one of that name."""
        end = monotonic() + self._lock_limit
        # Threads queue here in order; only processes need to poll for the file.
        if not self._turn.acquire(timeout=self._lock_limit):
            raise Retryable("file locked")
        try:
            with self._opened(end) as file:
                yield file
        finally:
            self._turn.release()

    @contextmanager
    def _opened(self, end: float) -> Iterator[int]:
        while True:
            file = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
            try:
                if not stat.S_ISREG(os.fstat(file).st_mode):
                    raise SinkPaused("file is not a regular one")
                self._lock(file, end)
                if self._is_current(file):
                    yield file
                    return
            finally:
                os.close(file)

    def _lock(self, file: int, end: float) -> None:
        while True:
            with suppress(BlockingIOError):
                return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if monotonic() > end or self._closed.wait(_POLL):
                raise Retryable("file locked")

    def _is_current(self, file: int) -> bool:
        with suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(file), os.stat(self._path))
        return False


def _sync_folder(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _line(document: bytes) -> bytes:
    """The document on one line."""
    if b"\n" in document or b"\r" in document:
        try:
            document = orjson.dumps(orjson.loads(document))
        except orjson.JSONDecodeError:
            raise Parked("document is not JSON") from None
    return document + b"\n"


def _append(file: int, line: bytes) -> None:
    """Appends the line unless the end of the file holds it, and makes it last. Raises OSError, the file as before."""
    size = os.fstat(file).st_size
    start = max(0, size - TAIL)
    tail = os.pread(file, size - start, start)
    try:
        # The piece after the last newline is torn, or empty.
        *whole, torn = tail.split(b"\n")
        if line[:-1] not in whole:
            _write(file, b"\n" + line if torn else line)
        os.fsync(file)
    except OSError:
        # Else a repeat would take for written what never reached the disk.
        with suppress(OSError):
            os.ftruncate(file, size)
        raise


def _write(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]


def build(sink_id: str, settings: Mapping[str, str]) -> FileSink:
    """A sink of this kind. Raises ValueError naming the setting that is wrong."""
    return FileSink(sink_id, FileSettings.from_settings(settings))
