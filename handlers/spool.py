"""The spool: texts on a disk of their own while the database takes none, one file of lines, appended and fsynced (F7).

    SpoolError    nothing was kept: the carrier must be told to try again

A line is a checksum and a record; what it holds of a person is sealed. A line without its end is one that a crash
cut short: nobody was told that it is kept, so it is ignored, and cut off before the next one is written. A record
stays until the database holds its text; who is killed between the two brings it once more, and the carrier's id
counts once.

All processes append to the one file, under a file lock, by its name: it may have been replaced meanwhile.
"""

from __future__ import annotations

import base64
import fcntl
import os
import time
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
import orjson
from msgspec import Struct

FILE_NAME: Final = "texts.spool"
LOCK_SECONDS: Final = 1.0
_LOOK_SECONDS: Final = 0.01


class SpoolError(Exception):
    """The spool did not keep a record; the text names the kind of failure alone."""


@dataclass(frozen=True, slots=True)
class Record:
    """One text in the spool.

    `sid` and `sender` are keyed digests of the carrier's id and of whose text it is; `at` is when it came in
    milliseconds since 1970; `reply` what it was answered with. `danger`: it has words of danger. `sealed` is the text.
    """

    sid: str
    sender: str
    at: int
    reply: str | None
    danger: bool
    sealed: bytes = field(repr=False)


class Contents(Struct):
    """What a spool holds: its records in order, the lines of it that nobody can read, and where its whole lines end."""

    records: dict[str, Record] = msgspec.field(default_factory=dict)  # by sid
    damaged: list[bytes] = msgspec.field(default_factory=list)
    end: int = 0
    _answered: dict[str, list[int]] = msgspec.field(default_factory=dict)
    _senders: set[str] = msgspec.field(default_factory=set)

    def __len__(self) -> int:
        return len(self.records) + len(self.damaged)

    def add(self, record: Record) -> None:
        """Takes up a record, unless there is one of that id."""
        if self.records.setdefault(record.sid, record) is not record:
            return
        self._senders.add(record.sender)
        if record.reply is not None:
            self._answered.setdefault(record.sender, []).append(record.at)

    def holds_of(self, senders: Collection[str]) -> bool:
        """Whether there is a text of anybody among these."""
        return not self._senders.isdisjoint(senders)

    def replies_since(self, sender: str, since: int) -> int:
        """How many texts of one sender were answered since then (milliseconds since 1970)."""
        return sum(at >= since for at in self._answered.get(sender, ()))


class Glance(Struct, frozen=True):
    """What a spool holds for one text.

    `record` is its own, `waits`: there is one of its sender, `oldest_at` when the oldest of all came in milliseconds
    since 1970.
    """

    record: Record | None = None
    waits: bool = False
    oldest_at: int | None = None


NOTHING: Final = Glance()


class Spool:
    """One installation's spool.

    Args:
        folder: made where it is missing; on another disk than the database.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / FILE_NAME
        self._name = str(self.path)
        self._seen: tuple[int, int] = (0, 0)  # the file's number, and up to where it was read
        self._contents = Contents()

    def keep(self, sids: Collection[str], make: Callable[[Contents], Record]) -> Record:
        """Appends a record and returns it once it is on the disk; one that is there under any of `sids` as it stands.

        Args:
            sids: the digests that this text may stand under.
            make: the record, in view of what the spool holds.

        Raises SpoolError.
        """
        try:
            with self._locked():
                return self._keep(sids, make)
        except OSError as error:
            raise SpoolError(type(error).__name__) from error

    def look(self, sids: Collection[str], senders: Collection[str]) -> Glance:
        """What there is under any of these, read on from where the file was read last. Raises SpoolError."""
        try:
            with self._locked():
                file = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    contents = self._up_to_date(file)
                finally:
                    os.close(file)
                oldest = next(iter(contents.records.values()), None)
                return Glance(_first(contents, sids), contents.holds_of(senders), None if oldest is None else oldest.at)
        except FileNotFoundError:
            return NOTHING
        except OSError as error:
            raise SpoolError(type(error).__name__) from error

    def take_over(self, records: Iterable[Record]) -> int:
        """Appends another host's records, once each, and returns how many were new once they are on the disk.

        Raises SpoolError; then a part of them may be there.
        """
        try:
            with self._locked():
                return self._take_over(records)
        except OSError as error:
            raise SpoolError(type(error).__name__) from error

    def contents(self) -> Contents:
        """What is there just now; nothing where there is no spool. Raises SpoolError."""
        try:
            return parse(self.path.read_bytes())
        except FileNotFoundError:
            return Contents()
        except OSError as error:
            raise SpoolError(type(error).__name__) from error

    def is_empty(self) -> bool:
        """Whether nothing waits, without reading it. Raises SpoolError."""
        try:
            return os.stat(self._name).st_size == 0
        except FileNotFoundError:
            return True
        except OSError as error:
            raise SpoolError(type(error).__name__) from error

    def try_out(self) -> None:
        """Writes a byte as a record would be written, apart from the records. Raises SpoolError."""
        try:
            with self._locked() as file:
                os.ftruncate(file, 0)
                _write(file, b"\n")
                os.fsync(file)
        except OSError as error:
            raise SpoolError(type(error).__name__) from error

    def drop(self, sids: Collection[str]) -> None:
        """Takes out the records whose texts the database holds. Raises SpoolError."""
        try:
            with self._locked():
                found = parse(self.path.read_bytes())
                kept = [as_line(each) for each in found.records.values() if each.sid not in sids]
                self._replace(b"".join([*found.damaged, *kept]))
        except FileNotFoundError:
            return
        except OSError as error:
            raise SpoolError(type(error).__name__) from error

    def _keep(self, sids: Collection[str], make: Callable[[Contents], Record]) -> Record:
        is_new = not self.path.exists()
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            contents = self._up_to_date(file)
            if (known := _first(contents, sids)) is not None:
                os.fsync(file)  # whoever wrote it may have been killed before doing so
                return known
            record = make(contents)
            _append(file, contents.end, as_line(record))
        finally:
            os.close(file)
        if is_new:
            _sync(self.folder)
        return record

    def _take_over(self, records: Iterable[Record]) -> int:
        is_new = not self.path.exists()
        file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            contents = self._up_to_date(file)
            fresh = [each for each in records if each.sid not in contents.records]
            _append(file, contents.end, b"".join([as_line(each) for each in fresh]))
        finally:
            os.close(file)
        if is_new:
            _sync(self.folder)
        return len(fresh)

    def _up_to_date(self, file: int) -> Contents:
        """What the file holds, read on from where it was read last."""
        about = os.fstat(file)
        number, end = self._seen
        if about.st_ino != number or about.st_size < end:
            self._contents, end = Contents(), 0
        if about.st_size > end:
            more = parse(_read(file, end, about.st_size - end))
            for record in more.records.values():
                self._contents.add(record)
            self._contents.damaged += more.damaged
            end += more.end
        self._seen = (about.st_ino, end)
        self._contents.end = end
        return self._contents

    def _replace(self, content: bytes) -> None:
        """The file with this in it, in one step."""
        fresh = self.path.with_suffix(".new")
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            _write(file, content)
            os.fsync(file)
        finally:
            os.close(file)
        fresh.replace(self.path)
        _sync(self.folder)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _lock(file)
            yield file
        finally:
            os.close(file)


def as_line(record: Record) -> bytes:
    """A record as it stands in the file."""
    body = orjson.dumps(
        {
            "sid": record.sid,
            "sender": record.sender,
            "at": record.at,
            "reply": record.reply,
            "danger": record.danger,
            "sealed": base64.b64encode(record.sealed).decode(),
        }
    )
    return b"%08x " % zlib.crc32(body) + body + b"\n"


def parse(content: bytes) -> Contents:
    """The whole lines of a spool's content; what follows the last of them is ignored."""
    found = Contents(end=content.rfind(b"\n") + 1)
    for line in content[: found.end].splitlines(keepends=True):
        record = _record(line)
        if record is None:
            found.damaged.append(line)
        else:
            found.add(record)
    return found


def _first(contents: Contents, sids: Collection[str]) -> Record | None:
    return next((contents.records[sid] for sid in sids if sid in contents.records), None)


def _record(line: bytes) -> Record | None:
    checksum, _, body = line[:-1].partition(b" ")
    if checksum != b"%08x" % zlib.crc32(body):
        return None
    try:
        values = orjson.loads(body)
        return Record(**{**values, "sealed": base64.b64decode(values["sealed"], validate=True)})
    except (ValueError, TypeError, LookupError):
        return None


def _append(file: int, end: int, line: bytes) -> None:
    """Writes a line after the last whole one, and nothing where it cannot be written to its end."""
    os.ftruncate(file, end)
    try:
        _write(file, line)
        os.fsync(file)
    except OSError:
        with suppress(OSError):
            os.ftruncate(file, end)
        raise


def _write(file: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(file, view) :]


def _read(file: int, start: int, size: int) -> bytes:
    parts = []
    while size and (part := os.pread(file, size, start)):
        parts.append(part)
        start, size = start + len(part), size - len(part)
    return b"".join(parts)


def _lock(file: int) -> None:
    """Waits for the lock, with a limit: whoever holds it may have been stopped."""
    end = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > end:
                raise TimeoutError from None
            time.sleep(_LOOK_SECONDS)


def _sync(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
