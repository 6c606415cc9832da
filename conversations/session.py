"""What the next turn needs of one conversation: plain data that fits a row.

UnknownState    a stored session that this version cannot continue; close the conversation safely
"""

from __future__ import annotations

from dataclasses import MISSING, dataclass, field, fields
from operator import attrgetter
from typing import Any, NamedTuple

import orjson
from msgspec import Struct

from conversations.flow import BUILT_IN, OPENING, Flow

STATES = frozenset({"open", "unfinished", "complete", "stopped"})
ENDINGS = frozenset({"complete", "partial", "withdrawn", "support_only", "handover"})
SHOWN_MARKS = frozenset({"silent", "no_voice", "under_18", "person_wanted", "unsure", "reporter_is_staff"})
"""Marks that a control room sees. `platform` (not on a vehicle), `other_language` and `day_told` only choose
our questions."""

ASIDES = frozenset({"which", "wrong", "pass_on", "language"})
"""The questions that every flow has beside its steps."""

WITHDRAWS = "withdraws"
"""What came with a text that takes a report back: kept, and no part of the report while it is taken back."""

FORMAT = 2


class UnknownState(Exception):
    """A session cannot be continued: its step, state or form is not known. The text holds no content."""


class Entry(NamedTuple):
    """One text of the reporter, as it came. `put` is the question in the words it was put, `at` Unix seconds.

    `notes` say what came with it, such as `photo`.
    """

    text: str
    at: float
    question: str | None = None
    put: str | None = None
    language: str = "en"
    notes: tuple[str, ...] = ()


class Said(NamedTuple):
    """Words that answer a slot: a span, in code points with its end excluded, of the text of one entry."""

    entry: int
    start: int
    end: int


class Aside(Struct, frozen=True):
    """A numbered question beside the step: which of two stations, which thing to change, whether to pass it on.

    `ask` is one of `ASIDES`; `options` what its numbers stand for: names of stations, slots, languages; `slot` where
    the one chosen belongs; `put` how often it was put.
    """

    ask: str
    options: tuple[str, ...] = ()
    slot: str = ""
    put: int = 1


@dataclass
class Session:
    """One conversation between two texts. Times are Unix seconds.

    * `spare`, `spare_reference`: the id and reference of a confidential report (R8), `apart` its latest revision;
      `confidential`: whether it is one, for good.
    * `before`: how many texts of the account are older than the present sitting; nothing of them is shown to the
      reporter. `earlier`: the values of those. `alarmed`: danger in this sitting.
    * `put`: the question as last put. `due`: when a silence is wanted next.
    * `trail`: the questions passed, for BACK. `settled`: those answered or skipped, `answered`: with which number.
      `misunderstood`: how often the open one was not understood. `aside`: a question beside the step, put last.
    * `danger`: the rules that raised an alert. `values`: what was read, by slot (`place.at`, `urgency`); `guessed`:
      those that no words tell. `still_there`: whether the person is. `consent`: contact, name and how.
    * `kind`: of the latest revision. `forwarded`: whether there was one. `completed`: whether one was complete.
    * `reportable`: whether a text was more than a greeting or a question. `card`: the facts last shown to the desk of a
      confidential report in danger.
    * `marks`: `SHOWN_MARKS` and those that choose our questions.
      `told`: lines that are said once. `sealed`: nothing leaves. `staffed`: a person answers. `typing`: a person writes
      and has sent nothing yet; a `put` that is gone by then was answered, and nothing was asked since.
    * `unheard`: something told is in no revision yet. `later`: fields of a later version, carried along.
    """

    id: str
    reference: str
    spare: str
    spare_reference: str
    organisation: str
    channel: str
    flow: tuple[str, int, str]
    language: str
    started: float
    last_text: float
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
    apart: int = 0
    card: str = ""
    confidential: bool = False
    reportable: bool = False
    sealed: bool = False
    staffed: bool = False
    typing: bool = False
    unheard: bool = False
    still_there: bool | None = None
    aside: Aside | None = None
    earlier: dict[str, Any] = field(default_factory=dict)
    answered: dict[str, int] = field(default_factory=dict)
    consent: dict[str, str] = field(default_factory=dict)
    guessed: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    later: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def new(
        cls,
        flow: Flow,
        *,
        id: str,  # noqa: A002 - the field's name
        reference: str,
        spare: str,
        spare_reference: str,
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
            spare: a second random id, which a confidential report takes instead.
            spare_reference: a second random reference, for the same.
            organisation: whose it is.
            channel: how the texts come, such as `sms`; never a number.
            now: Unix seconds.
            status: `live`, `exercise` or `test`.
            language: the first of the flow's where absent.
        """
        return cls(
            id=id, reference=reference, spare=spare, spare_reference=spare_reference, organisation=organisation,
            channel=channel, flow=flow.key, language=language or flow.languages[0], started=now, last_text=now,
            status=status,
        )  # fmt: skip

    def copy(self) -> Session:
        """A copy that may be changed without touching this one."""
        twin = object.__new__(Session)
        held = twin.__dict__
        held.update(self.__dict__)
        for name in _COPIED:
            held[name] = held[name].copy()
        return twin

    @property
    def shown_reference(self) -> str:
        """The reference that the reporter is given."""
        return self.spare_reference if self.confidential else self.reference

    def dump(self) -> bytes:
        """The session as compact JSON in UTF-8; what is as in a new session is left out."""
        held = self.__dict__
        data: dict[str, Any] = {"v": FORMAT, **self.later}
        data.update(zip(_REQUIRED, _required_of(self), strict=True))
        for name, usual in _USUAL:
            if (value := held[name]) != usual:
                data[name] = value
        for name in _HELD:
            if value := held[name]:
                data[name] = value
        if (aside := self.aside) is not None:
            data["aside"] = [aside.ask, aside.options, aside.slot, aside.put]
        data["account"] = [entry[:] if entry.notes else entry[:5] for entry in self.account]
        data["said"] = {slot: [span[:] for span in found] for slot, found in self.said.items()}
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
        if not raw.keys() >= _ALWAYS:
            raise KeyError("field")
        session: Session = object.__new__(cls)
        held = session.__dict__
        held.update(_DEFAULTS)
        held["later"] = {} if raw.keys() <= _KNOWN else {name: raw.pop(name) for name in raw.keys() - _KNOWN}
        held.update(raw)
        for name, kind in _HOLDING:
            if name not in raw:
                held[name] = kind()
        slug, version, fingerprint = raw["flow"]
        held["flow"] = slug, version, fingerprint
        held["account"] = [_made(Entry, (*row, ())) if len(row) == 5 else _entry(*row) for row in raw["account"]]
        held["said"] = {slot: [_made(Said, span) for span in found] for slot, found in raw["said"].items()}
        held["aside"] = _aside(raw["aside"]) if "aside" in raw else None
        _check_types(session, raw)
        return session


_made = tuple.__new__
"""Makes a named tuple of values in order, their number still to be checked: half the cost of calling its class."""


def _entry(text: str, at: float, question: str | None, put: str | None, language: str, notes: Any = ()) -> Entry:
    return Entry(text, at, question, put, language, tuple(notes))


def _aside(raw: list[Any]) -> Aside:
    ask, options, slot, put = raw
    aside = Aside(ask, tuple(options), slot, put)
    texts = (ask, slot, *aside.options)
    if ask not in ASIDES or not isinstance(put, int) or not all(isinstance(text, str) for text in texts):
        raise ValueError("aside")
    return aside


_LISTS = ("danger", "trail", "settled", "guessed", "marks", "told")
_DICTS = ("values", "earlier", "answered", "consent")
_FLAGS = ("confidential", "reportable", "sealed", "staffed", "typing", "unheard")
_REQUIRED = (
    *(f.name for f in fields(Session) if f.default is MISSING and f.default_factory is MISSING),
    "step",
    "state",
)
_required_of = attrgetter(*_REQUIRED)
_APART = (*_REQUIRED, "aside")
_USUAL = tuple((f.name, f.default) for f in fields(Session) if f.default is not MISSING and f.name not in _APART)
_HOLDING: tuple[tuple[str, type], ...] = (*((name, list) for name in _LISTS), *((name, dict) for name in _DICTS))
_HELD = (*_LISTS, *_DICTS)
_ALWAYS, _DEFAULTS = frozenset((*_REQUIRED, "account", "said")), dict(_USUAL)
_KNOWN = frozenset(f.name for f in fields(Session)) - {"later"}
_COPIED = (*_LISTS, *_DICTS, "account", "said")

_NUMBER = (int, float)
_OPTIONAL_NUMBER = (int, float, type(None))
_OPTIONAL_TEXT = (str, type(None))
_TYPES: tuple[tuple[str, Any], ...] = (
    *((name, str) for name in ("id", "reference", "spare", "spare_reference", "organisation", "channel", "language")),
    *((name, str) for name in ("status", "step", "state", "card")),
    *((name, _NUMBER) for name in ("started", "last_text")),
    *((name, _OPTIONAL_NUMBER) for name in ("revised", "due")),
    *((name, int) for name in ("revision", "misunderstood", "before", "apart")),
    *((name, bool) for name in ("forwarded", "completed", "alarmed", *_FLAGS)),
    *((name, _OPTIONAL_TEXT) for name in ("put", "ended", "kind")),
    *_HOLDING,
    ("still_there", (bool, type(None))),
)
_ALLOWED: dict[str, frozenset[type]] = {
    name: frozenset(wanted) if isinstance(wanted, tuple) else frozenset({wanted}) for name, wanted in _TYPES
}
"""What JSON may hold under each name; `account`, `said`, `flow` and `aside` are looked at one by one."""


def _check_types(session: Session, raw: dict[str, Any]) -> None:
    for name, value in raw.items():
        allowed = _ALLOWED.get(name)
        if allowed is not None and type(value) not in allowed:
            raise TypeError("field")
    if session.state not in STATES or (session.ended is not None and session.ended not in ENDINGS):
        raise ValueError("state")
    count = len(session.account)
    for entry in session.account:
        if not isinstance(entry[0], str) or not isinstance(entry[1], _NUMBER):
            raise TypeError("account")
    for found in session.said.values():
        for where, start, end in found:
            if not (0 <= where < count and 0 <= start <= end <= len(session.account[where][0])):
                raise ValueError("said")
