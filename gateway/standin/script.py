"""What the stand-in can be told to do with its next REST requests instead of answering well."""

from __future__ import annotations

from msgspec import Struct


class Refuse(Struct, frozen=True):
    """Answers with an error of the carrier's form; its message quotes the request, as the carrier's does."""

    code: int
    status: int = 400


class Say(Struct, frozen=True):
    """Answers with exactly this, after taking the message if `takes`."""

    status: int
    body: bytes = b""
    content_type: str = "text/html"
    location: str = ""
    takes: bool = False


class Hang(Struct, frozen=True):
    """Never answers, after taking the message if `takes`."""

    takes: bool = False


class Drop(Struct, frozen=True):
    """Shuts the connection without a word, after taking the message if `takes`."""

    takes: bool = False


Step = Refuse | Say | Hang | Drop
