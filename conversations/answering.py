"""Whether a text answers the open question, and how (rules 5 and 6)."""

from __future__ import annotations

import re
from collections.abc import Collection

from msgspec import Struct

from conversations.flow import Kind, Step
from conversations.reading import Reading
from conversations.replies import Reply
from conversations.session import Session

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|\+?\d[\d ]{8,}\d")
_NAMED = re.compile(r"\b(?:my name is|my name's|im called|i'm called|call me|name is|name's|fy enw i yw|enw)\s+", re.I)
_CALLED = re.compile(
    r"\bcall me (?!(?:back|now|later|please|pls|on|at|when|tomorrow|tonight|asap|after|in|instead|if|or|and)\b)\w",
    re.I,
)
_ANEW = re.compile(r"\s*(?:no|nah|na|nage)\W+(?:i mean|i meant|o'?n i'?n (?:f)?meddwl|dwi'n meddwl)\b", re.I)
_TITLES = frozenset({"dr", "mr", "mrs", "ms", "miss", "prof", "mx", "rev"})
_SKIPS = frozenset({"skip", "dont_know"})
_OPEN = frozenset({Kind.PLACE, Kind.TRAIN})
_WORDED = frozenset({Kind.PLACE, Kind.TRAIN, Kind.TIME, Kind.PERSON})
_BESIDE_A_VEHICLE = frozenset({Kind.TIME, Kind.PERSON})
_ASIDE = frozenset({"role", "urgency", "marks"})
_LONGEST_NO = 3
_LONGEST_YES = 2
_LONGEST_BESIDE = 6
_LONGEST_SKIP = 6
_NAME_WORDS = 4
IDLE = frozenset({"noise", "question"})
"""What a text is that tells nothing of what happened (`Reading.intent`)."""


class Answer(Struct, frozen=True):
    """What a text is to the open question: `answered` (with `choice`, 0 for words), `skipped`, or neither."""

    answered: bool = False
    skipped: bool = False
    choice: int = 0


UNCLEAR = Answer()
SKIPPED = Answer(skipped=True)
WORDS = Answer(answered=True)


def answer_to(step: Step, reply: Reply, reading: Reading | None, new: Collection[str], body: str) -> Answer:
    """How `body` answers `step`.

    Args:
        step: the open question.
        reply: the text as the flow's words read it.
        reading: the text as it was read, None where nobody reads.
        new: the slots of which the text brought news.
        body: the text.
    """
    said = reading.answer.value if reading is not None else None
    if step.choices:
        put_right = _put_right(reading) if step.kind is not Kind.PLAYBACK and not body.lstrip()[:1].isdigit() else None
        answer = UNCLEAR if put_right or _opens_anew(body) else _chosen(step, reply, said, body)
        return answer if answer.choice or not tells(step, set(new) - (put_right or set())) else WORDS
    if tells(step, new):
        return WORDS
    if step.kind in _BESIDE_A_VEHICLE and (_put_right(reading) or "service.unit" in new):
        return UNCLEAR  # puts something else right; the question stays
    if reply.opens_skip and step.kind in _OPEN:
        return SKIPPED
    if said in _SKIPS and (step.kind in _OPEN or len(body.split()) <= _LONGEST_SKIP):
        return SKIPPED
    if said == "no" and (step.kind in _OPEN or len(body.split()) <= _LONGEST_NO):
        return SKIPPED
    if (said == "yes" and len(body.split()) <= _LONGEST_YES) or beside(step, reading, new, body):
        return UNCLEAR
    if reading is not None and (step.kind in _OPEN or (step.kind is Kind.ACCOUNT and reading.intent.value in IDLE)):
        return UNCLEAR
    return WORDS if reply.clear else UNCLEAR


def beside(step: Step, reading: Reading | None, new: Collection[str], body: str) -> bool:
    """Whether a few words tell something else than was asked: a coach or how old they are instead of who it was."""
    if reading is None or step.kind not in _WORDED or tells(step, new) or len(body.split()) > _LONGEST_BESIDE:
        return False
    if "marks" in new or reading.under_18.value:
        return True
    when = getattr(reading, "when", None)
    timed = "service.time" in reading.service or (when is not None and bool(when.spans))
    if step.kind is Kind.TIME:
        return not (timed or reading.urgency.spans) and any(slot.startswith(("place.", "service.")) for slot in new)
    return timed or (step.kind is Kind.PERSON and any(slot.startswith("service.") for slot in new))


def tells(step: Step, new: Collection[str]) -> bool:
    """Whether the news is what the step asks for: of its slot, for a place or a train of either, for a numbered
    question whatever is told of the person or the place."""
    if step.kind is Kind.PLACE:
        return any(slot.startswith("place.") for slot in new)
    if step.kind is Kind.TRAIN:
        return any(slot.startswith(("place.", "service.")) for slot in new)
    if step.kind is Kind.PLAYBACK:
        return any(slot.startswith(("place.", "service.", "when")) for slot in new)
    if step.kind in (Kind.YES_NO, Kind.CHOICE):
        return any(slot not in _ASIDE for slot in new)
    if step.kind is Kind.ACCOUNT:
        return "account" in new
    return step.kind is not Kind.CONSENT and step.slot in new


def _put_right(reading: Reading | None) -> set[str]:
    """The slots that a text puts right: its "no" is about them ("no coach D")."""
    return {change.slot for change in (*reading.corrections, *reading.denied)} if reading is not None else set()


def _opens_anew(body: str) -> bool:
    """Whether a "no" only begins to put something right."""
    return _ANEW.match(body) is not None


def names_somebody(step: Step | None, reply: Reply, body: str) -> bool:
    """Whether "call me Sue" answers what we may call them, and asks for no call."""
    return step is not None and step.kind is Kind.CONSENT and reply.choice > 0 and _CALLED.search(body) is not None


def _chosen(step: Step, reply: Reply, said: object, body: str) -> Answer:
    if reply.choice:
        return Answer(answered=True, choice=reply.choice)
    if isinstance(said, int) and not isinstance(said, bool) and 1 <= said <= len(step.choices):
        return Answer(answered=True, choice=said)
    if step.kind is not Kind.CHOICE and said in ("yes", "no"):
        return Answer(answered=True, choice=1 if said == "yes" else 2)
    if step.kind is Kind.CONSENT and _ADDRESS.search(body):
        return Answer(answered=True, choice=1)
    return SKIPPED if said in _SKIPS else UNCLEAR


def consent(session: Session, choice: int, body: str) -> None:
    """Takes over the answer to whether we may text later: whether, a name, and how in their words (rule 13)."""
    wish = session.consent
    if choice != 1:
        session.consent = {"contact": "anonymous"}
        return
    wish["contact"] = "may_text"
    words = body.strip()
    if len(words.split()) < 2 and not _ADDRESS.search(words):
        return
    wish["how"] = words
    name = _name_in(words)
    if name:
        wish["name"], wish["contact"] = name, "name"


def _name_in(words: str) -> str | None:
    """A name told outright ("my name is Sam"), or one in capitals behind the yes ("Yes. Dr Lena Marsh, lena@...")."""
    told = _NAMED.search(words)
    if told:
        tokens = words[told.end() :].replace(",", " , ").split()
        stop = tokens.index(",") if "," in tokens else len(tokens)
        return " ".join(tokens[: min(stop, _NAME_WORDS)]).strip(" .") or None
    rest = _ADDRESS.sub(" ", words)
    run: list[str] = []
    for token in re.findall(r"[\w'-]+", rest)[1:]:
        if token[:1].isupper() and (len(token) > 1 or run):
            run.append(token)
        elif run:
            break
    named = [token for token in run if token.casefold() not in _TITLES]
    return " ".join(run[:_NAME_WORDS]) if len(named) >= 1 and (len(run) >= 2) else None
