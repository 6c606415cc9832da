"""Plays a person through `quietline phone --json`, in this process."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gateway.config import Config
from gateway.phone.lines import answer_lines
from gateway.phone.throwaway import throwaway_engine
from gateway.phone.visit import Visit
from tests.reporters.people import Person

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MOST_TEXTS = 40
SILENCE = 3600


@dataclass
class Played:
    """What became of one person. `heard` are the answers of the phone, one for each line of `said` (None: silence)."""

    person: Person
    said: list[str | None] = field(default_factory=list)
    heard: list[dict[str, Any]] = field(default_factory=list)

    @property
    def ended(self) -> str | None:
        """How the conversation ended."""
        return self.heard[-1]["ended"]

    @property
    def report(self) -> dict[str, Any]:
        """The report in the end; empty where there is none."""
        return self.heard[-1]["report"] or {}

    @property
    def replies(self) -> list[str]:
        """Everything that was texted back."""
        return [text for line in self.heard for text in line["replies"]]

    @property
    def told_all(self) -> bool:
        """Whether their habits had their chance: what hangs on a question that was not asked is never said."""
        return all(text in self.said for quirk in self.person.quirks.values() for text in quirk.values())

    @property
    def completed_after(self) -> int | None:
        """How many texts it took until the report was complete; None where it never was."""
        for count, line in enumerate(self.heard, 1):
            if (line["report"] or {}).get("state") == "complete":
                return count
        return None

    @property
    def questions(self) -> int:
        """How many questions were put."""
        return self._questions(len(self.heard))

    @property
    def questions_until_complete(self) -> int:
        """How many were put before the report was complete."""
        return self._questions((self.completed_after or len(self.heard) + 1) - 1)

    def _questions(self, lines: int) -> int:
        return sum(bool(line["replies"]) and line["asks"] is not None for line in self.heard[:lines])

    def transcript(self) -> str:
        """What was texted, for people."""
        lines = [f"# {self.person.id} {self.person.persona}"]
        for said, heard in zip(self.said, self.heard, strict=True):
            lines.append("> (silence)" if said is None else f"> {said}")
            lines += [f"< {text}" for text in heard["replies"]]
            report = heard["report"] or {}
            lines.append(f"    asks={heard['asks']} step={heard['step']} ended={heard['ended']} {_short(report)}")
        return "\n".join(lines)


def _short(report: dict[str, Any]) -> str:
    return f"report={report['kind']}/{report['state']}/{report['revision']}" if report else "report=none"


class _Talk:
    """One person at the phone: gives its lines one by one, each after the answer to the one before was written."""

    def __init__(self, person: Person, sender: str, at: datetime) -> None:
        self.played = Played(person)
        self._person = person
        self._head = {"from": sender}
        self._at = at.isoformat()
        self._had: set[str] = set()

    def write(self, line: bytes) -> None:
        answer = json.loads(line)
        assert "error" not in answer, answer
        self.played.heard.append(answer)

    def flush(self) -> None:
        """Nothing is kept back."""

    def lines(self) -> Iterator[bytes]:
        yield self._line(self._person.opening, at=self._at)
        yield from self._answers()
        self.played.said.append(None)
        yield json.dumps({"wait": SILENCE, **self._head}).encode()

    def _answers(self) -> Iterator[bytes]:
        """Answers by what is asked, with this person's habits; silent for good where there is no answer."""
        while len(self.played.said) < MOST_TEXTS and (asked := self._asked()):
            quirk = {} if asked in self._had else self._person.quirks.get(asked, {})
            self._had.add(asked)
            if "say_instead" in quirk:
                yield self._line(quirk["say_instead"])
                return
            if asked not in self._person.answers:
                return
            for text in (quirk.get("say_first"), self._person.answers[asked], quirk.get("say_after")):
                if text is not None:
                    yield self._line(text)

    def _asked(self) -> str | None:
        last = self.played.heard[-1]
        return last["asks"] if last["replies"] and last["ended"] is None else None

    def _line(self, text: str, **more: str) -> bytes:
        self.played.said.append(text)
        return json.dumps({"text": text, **self._head, **more}).encode()


def play_all(everybody: Iterable[Person], at: datetime = NOON) -> list[Played]:
    """Plays each person from a number of their own, at the same time of day, in one installation as it ships."""
    with tempfile.TemporaryDirectory() as folder, throwaway_engine(Config.read({"QUIETLINE_DATA": folder})) as engine:
        visit = Visit(engine, at.timestamp)
        return [play(person, visit, at, f"+4477009{100 + number:05}") for number, person in enumerate(everybody)]


def play(person: Person, visit: Visit, at: datetime, sender: str) -> Played:
    """Plays one person."""
    talk = _Talk(person, sender, at)
    out: Any = talk  # writes and flushes, which is all that is asked of a file here
    answer_lines(talk.lines(), out, visit)
    return talk.played
