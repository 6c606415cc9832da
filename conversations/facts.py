"""What is known of what happened: each text's reading merged into the conversation's values."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from conversations.reading import Reading, Value
from conversations.session import Aside, Said, Session

_BESIDE = frozenset({"suspect", "contact", "role", "safe", "confirm"})
"""Questions whose answers seldom tell of places: in them a place is news only where none is known, or put right."""

_NO_TRAIN = frozenset({"time_kind", "time_ambiguous"})
_SURE_ENOUGH = 0.75
_REPORT = "report"
_BESIDE_IT = frozenset({"noise", "question"})
_VAGUE = frozenset({"intent.unknown", "intent.answer"})
"""How a text came to be taken for a report that may tell of nothing."""

_ANNOUNCED = "intent.reportable"
_WHERE = frozenset({"location", "train"})
_RECENT, _PAST = "when.recent", "when.past"
_WRITE = re.compile(r"\b(?:te?xt|message|msg|sms|whatsapp|tecst|neges)", re.I)

LONG = 12
"""Words that make an account of a first text that names no act."""


class Merge:
    """One text's reading on its way into a session; `new` holds the slots of which something is news."""

    __slots__ = ("asks", "entry", "new", "r", "s")

    def __init__(self, session: Session, reading: Reading, asks: str | None) -> None:
        """Args: the session, whose account ends with the text; what was read from it; the thing asked."""
        self.s = session
        self.r = reading
        self.asks = asks
        self.entry = len(session.account) - 1
        self.new: set[str] = set()

    def all(self) -> set[str]:
        """Merges everything, and returns the slots of which something is news."""
        r = self.r
        self._take_back()
        self._places(r.place)
        self._service(r.service)
        self._what()
        self._who()
        self._urgency(r.urgency)
        self._account()
        return self.new

    def _set(self, slot: str, value: Any, spans: Sequence[tuple[int, int]] = ()) -> None:
        if spans:
            say(self.s, slot, spans, self.entry)
        if self.s.values.get(slot) != value:
            self.s.values[slot] = value
            self.new.add(slot)

    def _drop(self, slot: str) -> None:
        if self.s.values.pop(slot, None) is not None:
            self.s.said.pop(slot, None)
            self.new.add(slot)

    def _take_back(self) -> None:
        for gone in (*self.r.denied, *self.r.corrections):
            held = self.s.values.get(gone.slot)
            if gone.value is None and held is not None and gone.old in (None, held):
                self._drop(gone.slot)

    # Where

    def _places(self, place: Mapping[str, Value]) -> None:
        values = self.s.values
        put_right = {c.slot for c in self.r.corrections}
        for key, value in place.items():
            slot = f"place.{key}"
            if self.asks in _BESIDE and slot in values and slot not in put_right:
                continue
            if key in ("at", "between"):
                self._offer(slot, value)
            if value.value is None:
                continue
            self._set(slot, value.value, value.spans)
            ids = dict(values.get("place.ids", ()))
            ids.pop(key, None)
            if value.ids:
                ids[key] = list(value.ids) if key == "between" else value.ids[0]
            if key in ("at", "between"):
                other = "between" if key == "at" else "at"
                ids.pop(other, None)
                self._drop(f"place.{other}")
            if ids or "place.ids" in values:
                values["place.ids"] = ids

    def _offer(self, slot: str, value: Value) -> None:
        """Two stations of one name: both are to be offered, once."""
        s = self.s
        options = ([value.value] if value.value is not None else []) + list(value.alternatives)
        if len(options) > 1 and (value.value is None or value.confidence < _SURE_ENOUGH):
            s.aside = Aside("which", tuple(options[:4]), slot, 0)
        elif s.aside is not None and s.aside.ask == "which" and s.aside.slot == slot and value.value is not None:
            s.aside = None

    # Which train

    def _service(self, service: Mapping[str, Value]) -> None:
        for key, value in service.items():
            if value.value is not None and key != "time" and key not in _NO_TRAIN:
                self._set(f"service.{key}", value.value, value.spans)
        time = service.get("time")
        if time is None or time.value is None:
            return
        values = self.s.values
        kind = service["time_kind"].value if "time_kind" in service else "event"
        if kind == "event" and values.get("service.time_kind") == "train":
            return
        self._set("service.time", time.value, time.spans)
        self._set("service.time_kind", kind)
        values.pop("service.time_ambiguous", None)
        if "time_ambiguous" in service:
            values["service.time_ambiguous"] = True

    # What, who, when

    def _what(self) -> None:
        labels = [act.value for act in self.r.behaviours]
        held = self.s.values.get("behaviours", [])
        union = [*held, *(label for label in labels if label not in held)]
        if len(union) > 1 and "other" in union:
            union.remove("other")
        if union != held:
            self._set("behaviours", union)

    def _who(self) -> None:
        r, values = self.r, self.s.values
        self._guess("role", r.role, asked=self.asks == "role")
        if r.suspect_is.value is not None and values.get("suspect_is") != "police":
            self._set("suspect_is", r.suspect_is.value, r.suspect_is.spans)
        if r.describes_suspect.value:
            self._set("describes_suspect", True)
            if r.describes_suspect.spans:
                self.new.add("look")
                say(self.s, "look", r.describes_suspect.spans, self.entry)
        if marks(self.s, r, self.asks):
            self.new.add("marks")
        there = getattr(r, "still_there", None)
        if there is not None and there.value is not None:
            set_there(self.s, bool(there.value))
            self.new.add("still_there")
        contact = contact_wished(r, self.s.account[self.entry].text if self.entry >= 0 else "")
        if contact is not None and self.asks != "contact":
            self.s.consent["contact"] = contact

    def _urgency(self, urgency: Value) -> None:
        held = self.s.values.get("urgency")
        if urgency.value == "emergency":
            self._set("urgency", "emergency", urgency.spans)
        elif urgency.value in ("now", "past") and held != "emergency" and self._may_guess(urgency, held):
            self._guess("urgency", urgency, asked=self._tells_when(urgency))
        when = getattr(self.r, "when", None)
        if when is not None and when.spans:
            if when.value is None:
                note(self.s, "day_told")
            else:
                say(self.s, "when", when.spans, self.entry)
        elif self.s.values.get("service.time_kind") == "event" and "service.time" in self.s.said:
            self.s.said.setdefault("when", self.s.said["service.time"])

    def _tells_when(self, urgency: Value) -> bool:
        """Whether a text tells when it was: asked for it, in hardly any other words ("last week"), or, asked where or
        what train it was, that it is now too ("just now at Cornbrook"): verbs in the past do not count against that,
        and verbs in the present ("it is all a blur") tell nothing."""
        when = getattr(self.r, "when", None)
        told = when is not None and bool(when.value)
        if self.asks == "when":
            return told or urgency.value != "now" or self.r.answer.value == "yes"
        if when is None or not told or not when.spans:
            return False
        words = self.s.account[self.entry].text.strip() if self.entry >= 0 else ""
        alone = not (self.r.place or self.r.service)
        if alone and 2 * sum(end - start for start, end in when.spans) >= len(words):
            return True
        return self.asks in _WHERE and urgency.value == "now" and (urgency.rule == _RECENT or when.spans[0][0] == 0)

    def _may_guess(self, urgency: Value, held: object) -> bool:
        """A thin text that names no act tells nothing of the time by itself; what was told to be past stays so
        unless words say that it is now."""
        if held == "past" and "urgency" not in self.s.guessed and not urgency.spans:
            return False
        if wished(self.r, "person") and not (self.r.behaviours or self.r.place or self.r.service):
            return False  # "can I speak to someone" is of now, and tells of nothing that happens
        return bool(urgency.spans or self.r.behaviours or self.asks == "when")

    def _guess(self, slot: str, value: Value, asked: bool) -> None:
        """The first reading stays, unless that was a guess and this is none, or this is the answer."""
        if value.value is None:
            return
        s = self.s
        told = bool(value.spans) or asked
        if slot in s.values and not (told and (asked or slot in s.guessed)):
            return
        self._set(slot, value.value, value.spans)
        if told and slot in s.guessed:
            s.guessed.remove(slot)
        elif not told and slot not in s.guessed:
            s.guessed.append(slot)

    def _account(self) -> None:
        """A text that tells an act, or a first one that says much, is an account; a thin one is not."""
        if (self.r.intent.value != _REPORT and not told_unsure(self.r)) or self.entry < 0:
            return
        body = self.s.account[self.entry].text
        much = self.asks is None and len(body.split()) >= LONG and self.r.intent.rule != _ANNOUNCED
        vague = self.r.intent.rule in _VAGUE
        said = (act for act in self.r.behaviours if not (vague and act.value == "other"))
        acts = any(act.rule.removesuffix("_soft") == f"behaviours.{act.value}" for act in said)  # not implied
        if acts or much:
            say_more(self.s)
            self.new.add("account")


_MARKS = (
    ("under_18", "under_18"),
    ("no_voice", "no_voice"),
    ("unsure", "unsure"),
    ("person", "person_wanted"),
    ("platform", "platform"),
    ("reporter_is_staff", "reporter_is_staff"),
)


def wished(reading: Reading, name: str) -> bool:
    """Whether a reading holds a wish, or says a thing of the reporter, by its name."""
    found = reading.wishes.get(name) or getattr(reading, name, None)
    return found is not None and bool(found.value)


def told_unsure(reading: Reading) -> bool:
    """Whether a text tells of an act by somebody who is not sure about passing it on."""
    return bool(reading.behaviours) and wished(reading, "unsure")


def told(reading: Reading, *, begun: bool) -> bool:
    """Whether a text that is no report by itself tells something of one: danger, an act by somebody who is not sure,
    or, where one has begun, where or what train it was."""
    if reading.danger or told_unsure(reading):
        return True
    facts = reading.place or reading.service or reading.corrections or reading.denied
    return begun and bool(facts) and reading.intent.value in _BESIDE_IT


def date(session: Session, reading: Reading) -> None:
    """Keeps when something was, where a text tells no more of it yet ("something happened to me last week")."""
    when = getattr(reading, "when", None)
    if when is not None and when.value and when.rule == _PAST and "urgency" not in session.values:
        session.values["urgency"] = "past"
        say(session, "when", when.spans)


def contact_wished(reading: Reading, body: str) -> str | None:
    """Whether we may text later, where it is said without being asked; "dont call" alone allows nothing (R4)."""
    if reading.intent.value != _REPORT:
        return None
    return contact_allowed(reading, body)


def contact_allowed(reading: Reading, body: str) -> str | None:
    """What a text says of texting later, whatever else it is."""
    if not reading.wishes:
        return None
    if wished(reading, "no_contact") or wished(reading, "anonymous"):
        return "anonymous"
    if wished(reading, "by_email") or (wished(reading, "by_text") and _WRITE.search(body)):
        return "may_text"
    return None


def marks(session: Session, reading: Reading, asks: str | None = None) -> bool:
    """Takes over what a reading says of the reporter; True where something of it is new.

    "Not by phone", where `asks` is how to be reached, does not say that they cannot speak; a bare age ("about 12 yrs
    old"), where `asks` is who it was, is not theirs.
    """
    new = False
    if not (reading.wishes or reading.under_18.value):
        return False
    for name, mark in _MARKS:
        if wished(reading, name) and not (mark == "no_voice" and asks == "contact"):
            if mark == "under_18" and asks == "suspect" and _bare_age(session, reading):
                continue
            new |= note(session, mark)
    return new


def _bare_age(session: Session, reading: Reading) -> bool:
    """Whether the words that tell an age begin with the figure, with no "I am" before it."""
    body = session.account[-1].text if session.account else ""
    return bool(reading.under_18.spans) and body[reading.under_18.spans[0][0] :][:1].isdigit()


def note(session: Session, mark: str) -> bool:
    """Marks a session; True where the mark is new."""
    if mark in session.marks:
        return False
    session.marks.append(mark)
    return True


def set_there(session: Session, there: bool) -> None:
    """The person is still there, or is not: what was guessed of the time is now told."""
    session.still_there = there
    if there and session.values.get("urgency") in (None, "past"):
        session.values["urgency"] = "now"


def say(session: Session, slot: str, spans: Sequence[tuple[int, int]], entry: int | None = None) -> None:
    """Notes the words behind a slot, instead of those of this sitting."""
    where = len(session.account) - 1 if entry is None else entry
    if where < 0:
        return
    length = len(session.account[where].text)
    earlier = [said for said in session.said.get(slot, ()) if said.entry < session.before]
    new = [Said(where, start, end) for start, end in spans if 0 <= start <= end <= length]
    session.said[slot] = [*earlier, *new]


def say_more(session: Session) -> None:
    """Adds the text kept last, as a whole, to what was told of what happened."""
    last = len(session.account) - 1
    told = session.said.get("account", [])
    if not any(said.entry == last for said in told):
        session.said["account"] = [*told, Said(last, 0, len(session.account[last].text))]


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by slot as a label object: `place.at` becomes `{"place": {"at": ...}}`."""
    found: dict[str, Any] = {}
    for slot, value in values.items():
        group, _, name = slot.partition(".")
        if name:
            found.setdefault(group, {})[name] = value
        else:
            found[group] = value
    return found


def joined(earlier: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values of earlier sittings with those of the present one: the newest counts, what happened adds up."""
    both = {**earlier, **values}
    if "behaviours" in earlier and "behaviours" in values:
        both["behaviours"] = [
            *earlier["behaviours"],
            *(b for b in values["behaviours"] if b not in earlier["behaviours"]),
        ]
    return both


def tell(session: Session, key: str, value: str | bool) -> None:
    """Takes over what choosing a numbered answer says (`conversations.kinds.SETTABLE`)."""
    mark = {"under_18": "under_18", "deaf": "no_voice", "unsure": "unsure", "platform": "platform"}.get(key)
    if mark is not None:
        if value:
            note(session, mark)
        elif mark in session.marks:
            session.marks.remove(mark)
    elif key == "still_there":
        set_there(session, bool(value))
    elif key == "contact":
        session.consent["contact"] = "may_text" if value else "anonymous"
    elif not (key == "urgency" and session.values.get("urgency") == "emergency"):
        session.values[key] = value
        if key in session.guessed:
            session.guessed.remove(key)
