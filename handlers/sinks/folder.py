"""Reports by schedule as files in a folder of this machine."""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Self

from msgspec import Struct

from handlers.ports import DeliveryError, Retryable, SinkPaused
from handlers.sinks import formats
from handlers.sinks import settings as read
from handlers.sinks.batches import BatchSink
from handlers.sinks.schedule import Schedule

_MISCONFIGURED: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.EROFS, errno.ELOOP})


class FolderSettings(Struct, frozen=True):
    """`path`: absolute, the folder must be there. `format`: csv, jsonl or mait. `every`, `at`, `timezone`: when."""

    path: Path
    format: str
    every: str
    at: str
    timezone: str

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> Self:
        """Raises ValueError naming the setting."""
        read.refuse_unknown(settings, cls.__struct_fields__)
        path = read.required(settings, "path")
        if "\0" in path or not Path(path).is_absolute():
            raise ValueError("path: must be the absolute path of a folder")
        formats.find(read.required(settings, "format"))
        Schedule.from_settings(settings)
        rest = {name: settings.get(name, "").strip() for name in ("format", "every", "at", "timezone")}
        return cls(path=Path(path), **rest)


class Folder:
    """A folder on this machine, as a place for batches. Files are readable by their owner alone (mode 600)."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Folder]:
        """Nothing needs opening."""
        yield self

    async def names(self, prefix: str) -> Sequence[str]:
        """The files whose names begin so."""
        return [name for name in os.listdir(self._path) if name.startswith(prefix)]

    async def read(self, name: str) -> bytes:
        """A file."""
        return (self._path / name).read_bytes()

    async def write(self, name: str, data: bytes) -> None:
        """Writes it beside its place, syncs it, moves it there, syncs the folder."""
        beside = self._path / f".{name}.{os.getpid()}"
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(file, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            beside.rename(self._path / name)
        except OSError:
            beside.unlink(missing_ok=True)
            raise
        folder = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def problem(self, error: Exception) -> DeliveryError:
        """A folder that is missing or shut pauses the sink; a full disk is retried."""
        number = error.errno if isinstance(error, OSError) else None
        cause = f"folder {errno.errorcode.get(number or 0, 'error')}"
        return SinkPaused(cause) if number in _MISCONFIGURED else Retryable(cause)


def build(sink_id: str, settings: Mapping[str, str]) -> BatchSink:
    """A sink of this kind. Raises ValueError naming the setting that is wrong."""
    known = FolderSettings.from_settings(settings)
    return BatchSink(sink_id, Folder(known.path), formats.find(known.format), Schedule.from_settings(settings))
