"""A request as a channel wants it: raw, read once, of bounded size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge
from werkzeug.wsgi import get_input_stream

from handlers.ports import RawRequest

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MAX_BODY = 64 * 1024
_DIGITS = 8


def read_request(environ: WSGIEnvironment) -> RawRequest:
    """Reads the body off the wire, before anything else has parsed it.

    Sent without a length it is read where the server ends it by itself (chunked), else taken as empty.

    Raises:
        werkzeug.exceptions.RequestEntityTooLarge: it is over MAX_BODY bytes.
        werkzeug.exceptions.ClientDisconnected: it is shorter than announced.
    """
    body = _body(environ)
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    query = environ.get("QUERY_STRING")
    return RawRequest(environ["REQUEST_METHOD"], f"{path}?{query}" if query else path, _Headers(environ), body)


def _body(environ: WSGIEnvironment) -> bytes:
    length = environ.get("CONTENT_LENGTH", "")
    if length.isascii() and length.isdigit() and len(length) <= _DIGITS:
        if int(length) > MAX_BODY:
            raise RequestEntityTooLarge
        told: bytes = environ["wsgi.input"].read(int(length))
        if len(told) < int(length):
            raise ClientDisconnected
        return told
    # A stream that is at its limit only stops, without saying whether there was more: one byte more tells.
    body: bytes = get_input_stream(environ, max_content_length=MAX_BODY + 1).read()
    if len(body) > MAX_BODY:
        raise RequestEntityTooLarge
    return body


class _Headers(Mapping[str, str]):
    """A request's headers by lower-case name, looked up in the WSGI environment only when asked for."""

    __slots__ = ("_environ",)

    def __init__(self, environ: WSGIEnvironment) -> None:
        self._environ = environ

    def __getitem__(self, name: str) -> str:
        key = name.upper().replace("-", "_")
        value: str = self._environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"]
        return value

    def __iter__(self) -> Iterator[str]:
        for key in self._environ:
            name = key.removeprefix("HTTP_")
            if name != key or key in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                yield name.lower().replace("_", "-")

    def __len__(self) -> int:
        return sum(1 for _ in self)
