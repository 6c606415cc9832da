"""What the next turn needs of one conversation: plain data that fits a row.

UnknownState    a stored session that this version cannot continue; close the conversation safely
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from conversations.flow import BUILT_IN, OPENING, Flow

STATES = frozenset({"open", "unfinished", "complete", "stopped"})
ENDINGS = frozenset({"complete", "partial", "withdrawn", "support_only", "handover"})
FORMAT = 1


class UnknownState(Exception):
    """A session cannot be continued: its step, state or form is not known. The text holds no content."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One text of the reporter, as it came. `put` is the question in the words it was put, `at` Unix seconds.

    `notes` say what came with it, such as `photo`.
    """

    text: str
    at: float
    question: str | None = None
    put: str | None = None
    language: str = "en"
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """Words that answer a slot: a span, in code points with its end excluded, of the text of one entry."""

    entry: int
    start: int
    end: int


@dataclass(slots=True)
class Session:
    """One conversation between two texts. Times are Unix seconds.

    * `since`: when the present sitting began. `before`: how many texts of the account are older; nothing of them is
      shown to the reporter. `alarmed`: danger in this sitting.
    * `put`: the question as last put. `due`: when a silence is wanted next.
    * `trail`: the questions passed, for BACK. `settled`: those answered or skipped. `misunderstood`: how often the open
      one was not understood.
    * `danger`: the rules that raised an alert. `values`: what a reader read, by slot.
    * `kind`: of the latest revision. `forwarded`: whether there was one. `completed`: whether one was complete.
    * `later`: fields of a later version, carried along.
    """

    id: str
    reference: str
    organisation: str
    channel: str
    flow: tuple[str, int, str]
    language: str
    started: float
    last_text: float
    since: float
    status: str = "live"
    step: str = OPENING
    state: str = "open"
    kind: str | None = None
    revision: int = 0
    before: int = 0
    revised: float | None = None
    put: str | None = None
    misunderstood: int = 0
    forwarded: bool = False
    completed: bool = False
    alarmed: bool = False
    due: float | None = None
    ended: str | None = None
    danger: list[str] = field(default_factory=list)
    trail: list[str] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    account: list[Entry] = field(default_factory=list)
    said: dict[str, list[Said]] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    later: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def new(
        cls,
        flow: Flow,
        *,
        id: str,  # noqa: A002
        reference: str,
        organisation: str,
        channel: str,
        now: float,
        status: str = "live",
        language: str | None = None,
    ) -> Session:
        """A conversation whose first text has not been taken yet.

        Args:
            flow: the version it stays on to its end.
            id: the report's id, opaque.
            reference: what the reporter sees, like a ticket's ("7KQ4"), at most 8 GSM-7 letters or figures.
            organisation: whose it is.
            channel: how the texts come, such as `sms`; never a number.
            now: Unix seconds.
            status: `live`, `exercise` or `test`.
            language: the first of the flow's where absent.
        """
        return cls(
            id=id,
            reference=reference,
            organisation=organisation,
            channel=channel,
            flow=flow.key,
            language=language or flow.languages[0],
            started=now,
            last_text=now,
            since=now,
            status=status,
        )

    def copy(self) -> Session:
        """A copy that may be changed without touching this one."""
        twin = object.__new__(Session)
        for name in _FIELDS:
            setattr(twin, name, getattr(self, name))
        twin.danger, twin.trail, twin.settled = self.danger[:], self.trail[:], self.settled[:]
        twin.account = self.account[:]
        twin.said, twin.values = self.said.copy(), self.values.copy()
        return twin

    def dump(self) -> bytes:
        """The session as compact JSON in UTF-8."""
        data: dict[str, Any] = {"v": FORMAT, **self.later}
        for name in _PLAIN:
            data[name] = getattr(self, name)
        data["account"] = [[e.text, e.at, e.question, e.put, e.language, e.notes] for e in self.account]
        data["said"] = {slot: [[s.entry, s.start, s.end] for s in found] for slot, found in self.said.items()}
        return orjson.dumps(data)

    @classmethod
    def load(cls, data: bytes, flow: Flow | None = None) -> Session:
        """Reads what `dump` wrote; fields of a later version are carried along untouched.

        Args:
            data: JSON in UTF-8.
            flow: where given, the step must be one of it and the session pinned to it.

        Raises:
            UnknownState: it is not a session, or its step or state is not known.
        """
        try:
            raw = orjson.loads(data)
            session = cls._from(raw)
        except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
            raise UnknownState(f"not a session ({type(error).__name__})") from None
        if flow is not None:
            session.check(flow)
        return session

    def check(self, flow: Flow) -> None:
        """Raises UnknownState where this session cannot go on with `flow`."""
        if self.flow != flow.key:
            raise UnknownState("pinned to another flow version")
        if self.step not in flow.by_id and self.step not in BUILT_IN:
            raise UnknownState("the flow has no such step")
        if self.language not in flow.languages:
            raise UnknownState("the flow has no such language")

    @classmethod
    def _from(cls, raw: dict[str, Any]) -> Session:
        if raw.pop("v") != FORMAT:
            raise ValueError("format")
        account = [Entry(t, at, q, p, lang, tuple(notes)) for t, at, q, p, lang, notes in raw.pop("account")]
        said = {slot: [Said(*span) for span in found] for slot, found in raw.pop("said").items()}
        values = {name: raw.pop(name) for name in _PLAIN}
        values["flow"] = tuple(values["flow"])
        session = cls(**values, account=account, said=said, later=raw)
        _check_types(session)
        return session


_FIELDS = tuple(Session.__slots__)
_PLAIN = tuple(name for name in _FIELDS if name not in ("account", "said", "later"))

_NUMBER = (int, float)
_OPTIONAL_NUMBER = (int, float, type(None))
_OPTIONAL_TEXT = (str, type(None))
_TYPES: tuple[tuple[str, Any], ...] = (
    *((name, str) for name in ("id", "reference", "organisation", "channel", "language", "status", "step", "state")),
    *((name, _NUMBER) for name in ("started", "last_text", "since")),
    *((name, _OPTIONAL_NUMBER) for name in ("revised", "due")),
    *((name, int) for name in ("revision", "misunderstood", "before")),
    *((name, bool) for name in ("forwarded", "completed", "alarmed")),
    *((name, _OPTIONAL_TEXT) for name in ("put", "ended", "kind")),
    *((name, list) for name in ("danger", "trail", "settled")),
    ("values", dict),
)


def _check_types(session: Session) -> None:
    for name, wanted in _TYPES:
        if not isinstance(getattr(session, name), wanted):
            raise TypeError(name)
    if session.state not in STATES or (session.ended is not None and session.ended not in ENDINGS):
        raise ValueError("state")
    count = len(session.account)
    for entry in session.account:
        if not isinstance(entry.text, str) or not isinstance(entry.at, _NUMBER):
            raise TypeError("account")
    for found in session.said.values():
        for span in found:
            if not (0 <= span.entry < count and 0 <= span.start <= span.end <= len(session.account[span.entry].text)):
                raise ValueError("said")
