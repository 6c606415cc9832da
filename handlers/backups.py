"""Backup and restore (F19): one checksummed file of one moment, which restores to either kind of database.

    BackupError    the file is damaged or too new, or there is something where it should go; the text says which

The file is gzip (RFC 1952) of lines of JSON: a head with the format's and the schema's version, then some rows of a
table or a file of the spool a line, then a foot with the number of rows and the SHA-256 of all before. What was sealed
stays sealed, and no key is in it: without the key ring nobody reads it.

Restoring is one transaction. What the erasure list names is left out before it is written. What a sink has confirmed
stays confirmed; what it confirmed after the backup goes again under the same id and revision, so it counts once; new
revisions are numbered past all that were lost. Texts of ours that were on their way are looked up at the carrier first.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import logging
import os
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson
from msgspec import Struct

from handlers import erasure as erasing
from handlers import restoring
from handlers.erasure import ErasureList
from handlers.records import erasure
from handlers.records.database import StoreError
from handlers.records.migrate import HEAD
from handlers.service import Service, milliseconds

FORMAT: Final = 1
SUFFIX: Final = ".backup"
ERASED: Final = "erased.txt"
_MARK_AT_ONCE: Final = 500

log = logging.getLogger("quietline.backups")


class BackupError(Exception):
    """It cannot be backed up or restored like this."""


class Head(Struct, frozen=True):
    """What a backup says of itself. `made_at` is in milliseconds since 1970."""

    schema: str
    made_at: int


class Backup(Struct, frozen=True):
    """A backup that is complete and on the disk."""

    path: Path
    rows: int
    files: int
    sha256: str


class Restored(Struct, frozen=True):
    """What came back: rows; reports left out because they are erased; conversations that could not be opened."""

    made_at: int
    rows: int
    erased: int
    unopened: int


def back_up(service: Service, folder: Path, *, listed: ErasureList, spool: Path | None = None) -> Backup:
    """Writes a backup into a folder, with the erasure list beside it. Raises BackupError, StoreError.

    Args:
        service: the shared parts.
        folder: made where it is missing; on another disk, better on another host.
        listed: the installation's erasure list.
        spool: the folder of texts that are not in the database yet.
    """
    from handlers.records import dump

    now = milliseconds(service.clock.now())
    name = f"quietline-{datetime.fromtimestamp(now / 1000, UTC):%Y%m%dT%H%M%SZ}{SUFFIX}"
    part, scratch = folder / f".{name}.part", folder / f".{name}.copy"
    new: list[int] = []
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in (*folder.glob(".quietline-*.part"), *folder.glob(".quietline-*.copy")):
            left.unlink(missing_ok=True)  # of a backup that was killed
        with dump.snapshot(service.database, scratch) as rows:
            made = _write(part, Head(HEAD, now), rows, spool, new)
        os.replace(part, folder / name)
        _sync(folder)
        ErasureList(folder / ERASED).add(listed.ids() | _noted(service))
    except OSError as error:
        raise BackupError(f"{folder} cannot be written ({error.strerror}).") from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
    _mark(service, name, new, now)
    return Backup(folder / name, *made)


def _write(part: Path, head: Head, rows: Any, spool: Path | None, new: list[int]) -> tuple[int, int, str]:
    count = files = 0
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        with gzip.GzipFile("", "wb", 1, file, mtime=0) as packed:
            out = _Hashed(packed)
            out.line({"quietline": "backup", "format": FORMAT, "schema": head.schema, "made_at": head.made_at})
            # Before the rows: what is replayed between the two is in both, and counts once.
            for name, data in _spooled(spool):
                out.line({"file": name, "data": data})
                files += 1
            for some in rows:
                out.line({"table": some.table, "columns": some.columns, "rows": [list(row) for row in some.rows]})
                count += len(some.rows)
                if some.table == "inbox":
                    new += _unmarked(some.columns, some.rows)
            sha256 = out.digest.hexdigest()
            out.line({"end": True, "rows": count, "sha256": sha256})
        file.flush()
        os.fsync(file.fileno())
    return count, files, sha256


class _Hashed:
    """Lines on their way into the file."""

    def __init__(self, file: BinaryIO | gzip.GzipFile) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def line(self, value: dict[str, Any]) -> None:
        data = orjson.dumps(value, default=_as_json, option=orjson.OPT_APPEND_NEWLINE)
        self.digest.update(data)
        self._file.write(data)


def _as_json(value: Any) -> dict[str, str]:
    if isinstance(value, bytes | memoryview):
        return {"b": base64.b64encode(value).decode()}
    raise TypeError(type(value).__name__)


def _spooled(spool: Path | None) -> Iterator[tuple[str, bytes]]:
    if spool is not None and spool.is_dir():
        for path in sorted(spool.iterdir()):
            if path.is_file() and not path.name.endswith(".lock"):
                yield path.name, path.read_bytes()


def _unmarked(columns: Sequence[str], rows: Any) -> list[int]:
    number, mark = columns.index("id"), columns.index("backed_up_at")
    return [row[number] for row in rows if row[mark] is None]


def _noted(service: Service) -> set[str]:
    with service.database.read() as tx:
        return erasure.erased(tx)


def _mark(service: Service, name: str, numbers: Sequence[int], at: int) -> None:
    for first in range(0, len(numbers), _MARK_AT_ONCE):
        with service.database.write() as tx:
            erasure.mark_backed_up(tx, numbers[first : first + _MARK_AT_ONCE], at)
    with service.database.write() as tx:
        erasure.add_backup(tx, name, at)


def held(service: Service, channel: str, external_ids: Collection[str]) -> set[str]:
    """Which of a carrier's texts may be deleted there (F19): a backup holds them, or they are erased here.

    Raises StoreError.
    """
    found = set()
    with service.database.read() as tx:
        for each in external_ids:
            kept = erasure.backed_up(tx, channel, each)
            if kept or (kept is None and erasing.is_known(service, tx, channel, each)):
                found.add(each)
    return found


def check(path: Path) -> Head:
    """Reads a backup from end to end. Raises BackupError where it is damaged, cut short or too new."""
    head: Head | None = None
    for line in _lines(path):
        if "quietline" in line:
            head = _head(line)
    if head is None:
        raise BackupError(f"{path} is no backup.")
    return head


def _head(line: dict[str, Any]) -> Head:
    if line.get("format") != FORMAT or str(line["schema"]) > HEAD:
        raise BackupError("The backup was made by a newer release: install that one.")
    return Head(str(line["schema"]), int(line["made_at"]))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines before the foot. Raises BackupError, at the latest at the end."""
    digest, rows = hashlib.sha256(), 0
    try:
        with gzip.open(path, "rb") as file:
            for data in file:
                line = orjson.loads(data)
                if line.get("end"):
                    if (line["rows"], line["sha256"]) != (rows, digest.hexdigest()) or file.read(1):
                        break
                    return
                digest.update(data)
                rows += len(line.get("rows", ()))
                yield line
    except FileNotFoundError:
        raise BackupError(f"There is no {path}.") from None
    except (OSError, EOFError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BackupError(f"{path} is damaged ({type(error).__name__}).") from None
    raise BackupError(f"{path} is damaged or cut short.")


def restore(
    service: Service, path: Path, *, listed: ErasureList, lists: Sequence[ErasureList] = (), spool: Path | None = None
) -> Restored:
    """Brings a backup into an empty database; killed before its end it has done nothing, and may run again.

    Args:
        service: the shared parts; its database is empty, its ring holds the keys of that time.
        path: of the backup.
        listed: the installation's erasure list; what the others know is in it afterwards.
        lists: other copies of it, such as the one beside the backup.
        spool: where the spool's files go, where there are none.

    Raises BackupError, StoreError, OSError.
    """
    from handlers.records import dump

    head = check(path)
    if not dump.is_empty(service.database):
        raise BackupError("There is a database already. Name an empty folder with --into, or empty the database.")
    for other in lists:
        listed.add(other.ids())
    change = restoring.Change(service.ring, listed.ids(), head.made_at, milliseconds(service.clock.now()))
    try:
        rows = dump.load(service.database, change.rows(_tables(path)), head.schema)
    except StoreError:
        service.database.close()
        raise
    if spool is not None:
        _unspool(path, spool)
    log.warning("restored the backup of %s", datetime.fromtimestamp(head.made_at / 1000, UTC).isoformat())
    return Restored(head.made_at, rows, len(change.left_out), change.unopened)


def _tables(path: Path) -> Iterator[tuple[str, tuple[str, ...], list[list[Any]]]]:
    for line in _lines(path):
        if "table" in line:
            yield line["table"], tuple(line["columns"]), [[_value(each) for each in row] for row in line["rows"]]


def _value(value: Any) -> Any:
    return base64.b64decode(value["b"]) if isinstance(value, dict) else value


def _unspool(path: Path, spool: Path) -> None:
    for line in _lines(path):
        if "file" not in line:
            continue
        spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = spool / Path(line["file"]).name
        if not target.exists():  # what lies there is newer
            with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(_value(line["data"]))
                file.flush()
                os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
