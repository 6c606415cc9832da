"""One thing to mend in a flow."""

from __future__ import annotations

from msgspec import Struct

from conversations.wording import Position


class Issue(Struct, frozen=True):
    """One thing to mend: in which step or line of text, which language, what, and where in the file.

    `path` shows the shortest way to it as a conversation on the phone, `> ` said and `< ` heard; empty where it needs
    none.
    """

    step: str | None
    language: str | None
    message: str
    line: int
    column: int
    path: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = " ".join(part for part in (self.step, self.language and f"({self.language})") if part)
        return f"line {self.line}, column {self.column}: {where + ': ' if where else ''}{self.message}"


def issue(step: str | None, language: str | None, message: str, at: Position, path: tuple[str, ...] = ()) -> Issue:
    """An issue at a place of the file."""
    return Issue(step, language, message, at.line, at.column, path)
