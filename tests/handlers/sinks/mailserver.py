"""A real SMTP server on 127.0.0.1 that refuses what it is told to refuse."""

from __future__ import annotations

import asyncio
import ssl
import threading
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from .servers import HOST

USER, PASSWORD = "desk", "canary-password"


@dataclass
class Letters:
    """What came in, and what is answered at each step; the last answer of a step stays."""

    letters: list[bytes] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)
    users: list[object] = field(default_factory=list)
    answers: dict[str, list[str]] = field(default_factory=dict)

    def _answer(self, step: str, usual: str) -> str:
        told = self.answers.get(step, [])
        return told.pop(0) if told else usual

    async def handle_MAIL(  # noqa: N802 - aiosmtpd's names
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self._answer("mail", "250 OK")

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.rcpt_tos.append(address)
        return self._answer("rcpt", "250 OK")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = self._answer("data", "250 OK")
        if answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.letters.append(envelope.content)
            self.secured.append(session.ssl is not None)
            self.users.append(session.auth_data)
        return answer


class MailServer:
    """Takes mail in a thread of its own.

    Args:
        tls: for STARTTLS, or from the first byte with `implicit`.
        login: asks for USER and PASSWORD.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, *, implicit: bool = False, login: bool = False) -> None:
        self.letters = Letters()
        self._options: dict[str, Any] = {"hostname": "mail.example.org"}
        if tls is not None and not implicit:
            self._options |= {"tls_context": tls, "require_starttls": True}
        if login:
            self._options |= {"auth_required": True, "authenticator": _knows, "auth_require_tls": not implicit}
        self._implicit = tls if implicit else None
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            self._loop.create_server(
                lambda: SMTP(self.letters, loop=self._loop, **self._options), HOST, 0, ssl=self._implicit
            )
        )
        self.port: int = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()

    def __enter__(self) -> MailServer:
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _stop(self) -> None:
        self._server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


def _knows(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
    assert isinstance(given, LoginPassword)
    right = (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False, auth_data=given.login)
