"""Texting a running gateway: what the chat and the pipe have in common, and the pipe.

In a pipe each line is a text, and the exchange is written as a script (`> said`, `< heard`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TextIO

from gateway.channels.addresses import split_address
from gateway.phone.client import Letter


class Client(Protocol):
    """A phone's line to a gateway (`gateway.phone.client.GatewayClient`)."""

    sender: str
    recipient: str

    def text(self, body: str) -> str | None: ...

    def letters(self, after: str | None) -> list[Letter]: ...


class Letters:
    """The texts that a phone was sent and has not shown yet."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._last: str | None = None

    def skip(self) -> None:
        """Takes what was sent before now as seen. Raises PhoneError."""
        before = object()
        while before != self._last:
            before = self._last
            self.fetch()

    def fetch(self) -> list[str]:
        """What came from the address it texts since this was last asked. Raises PhoneError."""
        letters = self._client.letters(self._last)
        if letters:
            self._last = letters[-1].id
        ours = split_address(self._client.recipient, "to")[1]
        return [letter.text for letter in letters if letter.sender == ours]


def play_lines(client: Client, lines: Iterable[str], out: TextIO) -> None:
    """Sends each line that is not blank, and writes what was said and heard. Raises PhoneError."""
    letters = Letters(client)
    letters.skip()
    for line in lines:
        if said := line.strip():
            _write(out, ">", said)
            reply = client.text(said)
            for heard in letters.fetch() + ([] if reply is None else [reply]):
                _write(out, "<", heard)
    for heard in letters.fetch():
        _write(out, "<", heard)


def _write(out: TextIO, mark: str, text: str) -> None:
    for line in text.split("\n"):
        out.write(f"{mark} {line}\n")
    out.flush()
