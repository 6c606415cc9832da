"""Reports by schedule as files on another machine, over SFTP."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final, Self

from handlers.ports import DeliveryError, Retryable, SinkPaused
from handlers.sinks import formats
from handlers.sinks import settings as read
from handlers.sinks.batches import BatchSink
from handlers.sinks.schedule import Schedule

if TYPE_CHECKING:
    from asyncssh import SFTPClient

_CONNECT_SECONDS: Final = 5.0
_HOST_KEY: Final = re.compile(r"(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)) [A-Za-z0-9+/=]{40,}( .*)?")


@dataclass(frozen=True, slots=True)
class SftpSettings:
    """One folder on one server.

    `host`, `port` (22), `username`: the login, with `password` or the private key in `key_file` (`key_password` opens
    it). `host_key`: the server's public key as in its .pub file; no other server is talked to. `folder`: must be there.
    `format`: csv, jsonl or mait. `every`, `at`, `timezone`: when.
    """

    host: str
    port: int
    username: str
    host_key: str
    folder: str
    format: str
    password: str | None = field(default=None, repr=False)
    key_file: str | None = None
    key_password: str | None = field(default=None, repr=False)
    every: str = ""
    at: str = ""
    timezone: str = ""

    @classmethod
    def from_settings(cls, settings: Mapping[str, str]) -> Self:
        """Raises ValueError naming the setting, never its value."""
        read.refuse_unknown(settings, (known.name for known in fields(cls)))
        password, key_file = settings.get("password") or None, read.existing_file(settings, "key_file")
        if (password is None) == (key_file is None):
            raise ValueError("password: give password or key_file, one of them")
        host_key = read.required(settings, "host_key")
        if not _HOST_KEY.fullmatch(host_key):
            raise ValueError("host_key: must be a public key such as ssh-ed25519 AAAA...")
        formats.find(read.required(settings, "format"))
        Schedule.from_settings(settings)
        return cls(
            host=read.host_name(read.required(settings, "host"), "host"),
            port=read.port(settings, "port", 22),
            username=read.required(settings, "username"),
            host_key=host_key,
            folder=settings.get("folder", "").strip() or ".",
            password=password,
            key_file=key_file,
            key_password=settings.get("key_password") or None,
            **{name: settings.get(name, "").strip() for name in ("format", "every", "at", "timezone")},
        )


class RemoteFolder:
    """A folder of an SFTP server, as a place for batches: a connection for each."""

    def __init__(self, settings: SftpSettings) -> None:
        self._settings = settings

    @asynccontextmanager
    async def open(self) -> AsyncIterator[_Session]:
        """Logs in. Reads no configuration, agent or known hosts of this machine's user."""
        import asyncssh

        known = self._settings
        keys = [asyncssh.read_private_key(known.key_file, known.key_password)] if known.key_file else None
        async with (
            asyncssh.connect(
                known.host,
                known.port,
                username=known.username,
                password=known.password,
                client_keys=keys,
                known_hosts=([asyncssh.import_public_key(known.host_key)], [], []),
                config=None,
                agent_path=None,
                connect_timeout=_CONNECT_SECONDS,
                login_timeout=_CONNECT_SECONDS,
            ) as connection,
            connection.start_sftp_client() as client,
        ):
            yield _Session(client, known.folder)

    def problem(self, error: Exception) -> DeliveryError:
        """A refused login, key or folder pauses the sink; the rest is tried again. No word of the server's is kept."""
        import asyncssh

        pauses: tuple[tuple[type[Exception], str], ...] = (
            (asyncssh.PermissionDenied, "login refused"),
            (asyncssh.HostKeyNotVerifiable, "host key refused"),
            (asyncssh.KeyImportError, "key_file or host_key cannot be used"),
            (asyncssh.KeyEncryptionError, "key_file cannot be opened"),
            (asyncssh.SFTPNoSuchFile, "folder is missing"),
            (asyncssh.SFTPNoSuchPath, "folder is missing"),
            (asyncssh.SFTPPermissionDenied, "folder is shut"),
            (asyncssh.SFTPWriteProtect, "folder is shut"),
        )
        for kind, cause in pauses:
            if isinstance(error, kind):
                return SinkPaused(f"sftp {cause}")
        if isinstance(error, asyncssh.SFTPError):
            return Retryable(f"sftp {error.code}")
        if isinstance(error, asyncssh.Error):
            return Retryable("sftp connection lost")
        from handlers.sinks.network import cause_of

        return Retryable(cause_of(error))


class _Session:
    def __init__(self, client: SFTPClient, folder: str) -> None:
        self._client, self._folder = client, folder

    async def names(self, prefix: str) -> Sequence[str]:
        """The files whose names begin so."""
        return [str(name) for name in await self._client.listdir(self._folder) if str(name).startswith(prefix)]

    async def read(self, name: str) -> bytes:
        """A file."""
        async with self._client.open(f"{self._folder}/{name}", "rb") as file:
            data = await file.read()
        return data if isinstance(data, bytes) else data.encode()

    async def write(self, name: str, data: bytes) -> None:
        """Writes it beside its place, syncs it where the server can, moves it there."""
        import asyncssh

        beside, at = f"{self._folder}/.{name}.part", f"{self._folder}/{name}"
        async with self._client.open(beside, "wb") as file:
            await file.write(data)
            with suppress(asyncssh.SFTPOpUnsupported):
                await file.fsync()
        try:
            await self._client.posix_rename(beside, at)
        except asyncssh.SFTPOpUnsupported:
            await self._client.rename(beside, at)


def build(sink_id: str, settings: Mapping[str, str]) -> BatchSink:
    """A sink of this kind. Raises ValueError naming the setting that is wrong."""
    known = SftpSettings.from_settings(settings)
    return BatchSink(sink_id, RemoteFolder(known), formats.find(known.format), Schedule.from_settings(settings))
