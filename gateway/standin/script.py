"""What the stand-in can be told to do with its next REST requests instead of answering well."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Refuse:
    """Answers with an error of the carrier's form; its message quotes the request, as the carrier's does."""

    code: int
    status: int = 400


@dataclass(frozen=True)
class Say:
    """Answers with exactly this, after taking the message if `takes`."""

    status: int
    body: bytes = b""
    content_type: str = "text/html"
    location: str = ""
    takes: bool = False


@dataclass(frozen=True)
class Hang:
    """Never answers, after taking the message if `takes`."""

    takes: bool = False


@dataclass(frozen=True)
class Drop:
    """Shuts the connection without a word, after taking the message if `takes`."""

    takes: bool = False


Step = Refuse | Say | Hang | Drop
