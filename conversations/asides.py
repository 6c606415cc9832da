"""Questions beside the steps: which of two stations, which thing to change, whether to pass it on."""

from __future__ import annotations

import re

from conversations.flow import Flow, Step
from conversations.replies import key_of, yes_or_no
from conversations.session import Aside, Session
from conversations.telling import Telling

ASKS = {"which": "location", "wrong": "confirm", "pass_on": "confirm", "language": "language"}
"""The name of the thing that each asks."""

MOST_PUT = 2
"""How often one is put before the conversation moves on (rule 6)."""

_BRACKETED = re.compile(r"(.+?) \((.+)\)\Z")
_GO = re.compile(
    r"\b(?:pass|send) (?:it|this|them|that)\b|\bgo ahead\b|\bactually (?:yes|yeah)\b|\b(?:anfonwch|pasiwch|ie|cewch) "
    r"|(?:anfonwch|pasiwch|cewch)\b"
)
_HOLD = re.compile(r"\b(?:not|dont|cant|wont|no|never|wait|if|what|ddim|peidiwch|paid|na|os|beth)\b|\?")
_FIGURES = frozenset("123456789")
_TOKEN = re.compile(r"[^\W_]+")


def asks_of(flow: Flow, session: Session) -> str | None:
    """The name of the thing now asked: by a question beside the step that was put, else by the step."""
    if session.aside is not None and session.aside.put:
        return ASKS[session.aside.ask]
    step = flow.by_id.get(session.step)
    return step.asks if step is not None else None


def put(telling: Telling, aside: Aside, services: str) -> str:
    """The words of one."""
    if aside.ask == "which":
        name, options = _apart(aside.options)
        return telling.line("which", name=name, options=_numbered(options))
    if aside.ask == "wrong":
        return telling.line("wrong", options=_numbered(names(telling.flow, aside, telling.s.language), " "))
    return telling.line("unsure", services=services)


def chosen(flow: Flow, session: Session, aside: Aside, body: str) -> int:
    """The number chosen, by figure, name or plain word; 0 for none."""
    key = key_of(body)
    first = _TOKEN.search(key)
    if first is not None and first[0] in _FIGURES and key.startswith(first[0]):
        number = int(first[0])
        return number if number <= max(2, len(aside.options)) else 0
    if aside.ask == "pass_on":
        return yes_or_no(flow, body) or _passes_on(key)
    options = _apart(aside.options)[1] if aside.ask == "which" else names(flow, aside, session.language)
    said, named = set(_TOKEN.findall(key)), [set(_TOKEN.findall(key_of(option))) for option in options]
    hits = [number for number, words in enumerate(named, 1) if words and words <= said]
    if not hits:  # any word that no other option has
        own = [words.difference(*(other for other in named if other is not words)) for words in named]
        hits = [number for number, words in enumerate(own, 1) if words & said]
    return hits[0] if len(hits) == 1 else 0


def _passes_on(key: str) -> int:
    """1 for words that ask to pass it on ("actually yes pass it on"), with nothing in them that holds it back."""
    return 1 if _GO.search(key) and not _HOLD.search(key) else 0


def names(flow: Flow, aside: Aside, language: str) -> tuple[str, ...]:
    """How the play-back calls the things that may be changed."""
    called = {repeat.slot: repeat.name.render(language, {}) for step in flow.steps for repeat in step.repeats}
    return tuple(called.get(slot, slot) for slot in aside.options)


def wrong(step: Step, known: frozenset[str]) -> Aside:
    """Which of the things repeated is to be changed."""
    return Aside("wrong", tuple(repeat.slot for repeat in step.repeats if repeat.slot in known))


def _apart(options: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """What stations have in common, and what tells them apart: `Newport`, (`South Wales`, `Essex`)."""
    split = [_BRACKETED.match(option) for option in options]
    heads = {match[1] for match in split if match}
    if all(split) and len(heads) == 1:
        return heads.pop(), tuple(match[2] for match in split if match)
    words = [option.split() for option in options]
    same = 0
    while all(len(each) > same + 1 for each in words) and len({each[same] for each in words}) == 1:
        same += 1
    if same:
        return " ".join(words[0][:same]), tuple(" ".join(each[same:]) for each in words)
    if len({each[-1] for each in words}) == 1 and all(len(each) > 1 for each in words):
        return words[0][-1], tuple(" ".join(each[:-1]) for each in words)
    return "?", options


def _numbered(options: tuple[str, ...], between: str = ", ") -> str:
    return between.join(f"{number} {option}" for number, option in enumerate(options, 1))
