"""Real servers on 127.0.0.1 that answer as they are told to."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"


class TcpServer:
    """Serves each connection in a thread by `talk(connection)` until it returns; `closing` ends all waits.

    Args:
        talk: what is done with a connection.
        tls: goes over to TLS before that.
    """

    def __init__(self, talk: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> None:
        self._talk, self._tls = talk, tls
        self.closing = threading.Event()
        self.connections = 0
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server((HOST, 0), backlog=64)
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def stop(self) -> None:
        """Closes everything and waits for the threads."""
        self.closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in list(self._open):
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _accept(self) -> None:
        while not self.closing.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            self._open.add(connection)
            if self._tls is None:
                self._talk(connection)
                return
            with self._tls.wrap_socket(connection, server_side=True) as wrapped:
                self._open.add(wrapped)
                self._talk(wrapped)


def waits(connection: socket.socket) -> None:
    """Says nothing until the other side goes."""
    while connection.recv(10_000):
        pass


@dataclass(frozen=True)
class Heard:
    """One request as it came."""

    line: str
    headers: dict[str, str]
    body: bytes


Answer = Callable[["ScriptedSink", socket.socket], bool]
"""Answers a request; False closes the connection."""


def says(status: int, headers: dict[str, str] | None = None, body: bytes = b"", *, chunked: bool = False) -> Answer:
    """A whole answer."""
    framing = {"Transfer-Encoding": "chunked"} if chunked else {"Content-Length": str(len(body))}
    if status == 204:
        framing = {}
    lines = [
        f"HTTP/1.1 {status} Thing",
        *(f"{name}: {value}" for name, value in ({**framing, **(headers or {})}).items()),
    ]
    content = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body) if chunked else body

    def answer(_: ScriptedSink, connection: socket.socket) -> bool:
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
        return True

    return answer


def raw(data: bytes) -> Answer:
    """These bytes, then the end."""

    def answer(_: ScriptedSink, connection: socket.socket) -> bool:
        connection.sendall(data)
        return False

    return answer


def begins(data: bytes) -> Answer:
    """These bytes, and nothing more on the open connection."""

    def answer(_: ScriptedSink, connection: socket.socket) -> bool:
        connection.sendall(data)
        return True

    return answer


def hangs(sink: ScriptedSink, _: socket.socket) -> bool:
    """Accepts and says nothing."""
    sink.closing.wait(20)
    return False


def hangs_up(_: ScriptedSink, __: socket.socket) -> bool:
    """Accepts and closes."""
    return False


def drips(data: bytes) -> Answer:
    """A byte every 20 ms, so that no single wait is long."""

    def answer(sink: ScriptedSink, connection: socket.socket) -> bool:
        for byte in data:
            connection.sendall(bytes([byte]))
            if sink.closing.wait(0.02):
                break
        return False

    return answer


class ScriptedSink(TcpServer):
    """A control room's endpoint: keeps what it heard, gives the answers of `script` in turn, then `always`."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.heard: list[Heard] = []
        self.script: deque[Answer] = deque()
        self.always: Answer = says(204)
        super().__init__(self._talk_http, tls)

    def _talk_http(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            while line := stream.readline():
                headers: dict[str, str] = {}
                while (header := stream.readline().strip()) != b"":
                    name, _, value = header.decode().partition(":")
                    headers[name.lower()] = value.strip()
                body = stream.read(int(headers.get("content-length", "0")))
                self.heard.append(Heard(line.decode().strip(), headers, body))
                answer = self.script.popleft() if self.script else self.always
                if not answer(self, connection):
                    return


@dataclass(frozen=True)
class Certificate:
    """A self-made certificate for 127.0.0.1 and its key, in PEM files."""

    path: Path
    key: Path
    context: ssl.SSLContext = field(repr=False)


def certificate(folder: Path) -> Certificate:
    """Makes one that is its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "control room")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path, key_path = folder / "certificate.pem", folder / "key.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, key_path)
    return Certificate(path, key_path, context)


@contextmanager
def closed_port() -> Iterator[int]:
    """A port that nothing listens on, kept from others meanwhile."""
    with socket.socket() as holder:
        holder.bind((HOST, 0))
        yield holder.getsockname()[1]


@contextmanager
def dead_address() -> Iterator[tuple[str, int]]:
    """An address where connecting hangs: a listener whose queue is full."""
    with ExitStack() as held:
        listener = held.enter_context(socket.socket())
        listener.bind((HOST, 0))
        listener.listen(0)
        address: tuple[str, int] = listener.getsockname()
        for _ in range(4):
            filler = held.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(address)
        yield address
