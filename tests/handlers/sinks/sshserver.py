"""A real SFTP server on this machine, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncssh

PASSWORD = "a long password of the force"
USER = "quietline"


class SftpServer:
    """Serves one folder as the root. `shut` refuses every login, `dies` drops a connection at its first write."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = asyncssh.generate_private_key("ssh-ed25519")
        self._client_key = asyncssh.generate_private_key("ssh-ed25519")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.shut = False
        self.logins = 0
        self.dies = False

    @property
    def host_key(self) -> str:
        return self._key.export_public_key().decode().strip()

    def key_file(self, path: Path) -> Path:
        """The private key of a user who may come in."""
        self._client_key.write_private_key(path)
        return path

    def __enter__(self) -> Self:
        self._thread.start()
        self._listener = self._run(self._listen())
        self.port = self._listener.get_port()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _run(self, work):  # type: ignore[no-untyped-def]
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _end(self) -> None:
        self._listener.close()
        await self._listener.wait_closed()

    async def _listen(self) -> asyncssh.SSHAcceptor:
        outer = self

        class Server(asyncssh.SSHServer):
            def begin_auth(self, username: str) -> bool:
                return True

            def password_auth_supported(self) -> bool:
                return True

            def validate_password(self, username: str, password: str) -> bool:
                outer.logins += 1
                return not outer.shut and (username, password) == (USER, PASSWORD)

            def public_key_auth_supported(self) -> bool:
                return True

            def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
                known = outer._client_key.public_data
                return not outer.shut and username == USER and key.public_data == known

        class Files(asyncssh.SFTPServer):
            def __init__(self, channel: asyncssh.SSHServerChannel) -> None:
                super().__init__(channel, chroot=str(outer._folder).encode())

            def write(self, file: object, offset: int, data: bytes) -> int:
                if outer.dies:
                    self.channel.get_connection().abort()
                return super().write(file, offset, data)  # type: ignore[return-value]

        return await asyncssh.listen(
            "127.0.0.1", 0, server_factory=Server, server_host_keys=[self._key], sftp_factory=Files
        )
