"""The stand-in application on the product's web server, for tests."""

from __future__ import annotations

import http.client
import json
import socket

from tests.bench import proc
from tests.gateway.programs import Program, Programs, free_port
from tests.waiting import until

CANARY = "+447700900456"
ECHO = b"POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"


class Web:
    """The stand-in application on the product's server."""

    def __init__(self, run: Programs, **options: object) -> None:
        self.port = free_port()
        options = {"workers": 2, "threads": 2, **options}
        self.program: Program = run.standin("serve", str(self.port), json.dumps(options))

    def ready(self) -> Web:
        until(lambda: self.program.process.poll() is not None or self._answers(), what="it does not start")
        assert self.program.process.poll() is None, self.program.output
        return self

    def _answers(self) -> bool:
        try:
            return self.get("/healthy")[0] == 200
        except OSError:
            return False

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        """One request on a connection of its own; status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 15)

    def raw(self, request: bytes) -> bytes:
        """Everything that comes back until the server hangs up."""
        with self.connect() as client:
            client.sendall(request)
            client.shutdown(socket.SHUT_WR)
            return all_of(client)

    def workers(self) -> list[int]:
        return proc.workers(self.program.pid)


def all_of(client: socket.socket) -> bytes:
    heard = b""
    while data := client.recv(65536):
        heard += data
    return heard


def until_it_ends(client: socket.socket, words: bytes) -> bytes:
    heard = b""
    while not heard.endswith(words):
        data = client.recv(65536)
        assert data, heard
        heard += data
    return heard
