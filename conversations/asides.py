"""Questions beside the steps: which of two stations, which thing to change, whether to pass it on."""

from __future__ import annotations

import re
from functools import lru_cache

from conversations.flow import Flow, Step
from conversations.replies import after_thanks, key_of, yes_or_no
from conversations.session import Aside, Session
from conversations.telling import Telling
from conversations.texts import fits_one

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
_PRINTED = re.compile(r"(?<!\w)([1-9]) ([^\d.?!,{}\[\]]+)")
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
        return _which(telling, aside.options)
    if aside.ask == "wrong":
        return telling.line("wrong", options=numbered(names(telling.flow, aside, telling.s.language), " "))
    return telling.line("unsure", services=services)


def _which(telling: Telling, labels: tuple[str, ...]) -> str:
    """Which of some stations; the least likely are left out where all do not fit one segment."""
    name, options = apart(labels)
    text = telling.line("which", name=name, options=numbered(options))
    while len(options) > 2 and not fits_one(text):
        options = options[:-1]
        text = telling.line("which", name=name, options=numbered(options))
    return text


def chosen(flow: Flow, session: Session, aside: Aside, body: str) -> int:
    """The number chosen, by figure, name or plain word; 0 for none."""
    key = after_thanks(flow, key_of(body))
    first = _TOKEN.search(key)
    if first is not None and first[0] in _FIGURES and key.startswith(first[0]):
        number, most = int(first[0]), len(aside.options) if aside.ask == "which" else max(2, len(aside.options))
        return number if number <= most else 0
    if aside.ask == "pass_on":
        return yes_or_no(flow, body) or _as_printed(flow, key) or _passes_on(key)
    options = apart(aside.options)[1] if aside.ask == "which" else names(flow, aside, session.language)
    said, named = set(_TOKEN.findall(key)), [set(_TOKEN.findall(key_of(option))) for option in options]
    hits = [number for number, words in enumerate(named, 1) if words and words <= said]
    if not hits:  # any word that no other option has
        own = [words.difference(*(other for other in named if other is not words)) for words in named]
        hits = [number for number, words in enumerate(own, 1) if words & said]
    return hits[0] if len(hits) == 1 else 0


def _as_printed(flow: Flow, key: str) -> int:
    """The number whose words, as the question prints them ("2 not yet"), open a text."""
    return next((number for words, number in _offered(flow) if key == words or key.startswith(f"{words} ")), 0)


@lru_cache(maxsize=256)
def _offered(flow: Flow) -> tuple[tuple[str, int], ...]:
    """What stands behind the numbers when it is asked whether to pass it on, in every language."""
    templates = [template for _, said in flow.lines["unsure"].every() for template in said.values()]
    return tuple((key_of(words), int(number)) for each in templates for number, words in _PRINTED.findall(each.source))


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


def apart(options: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """What stations have in common, and what tells them apart: `Newport`, (`South Wales`, `Essex`)."""
    split = [_BRACKETED.match(option) for option in options]
    heads = {match[1] for match in split if match}
    if all(split) and len(heads) == 1:
        return heads.pop(), tuple(match[2].replace(") (", ", ") for match in split if match)
    words = [option.split() for option in options]
    same = 0
    while all(len(each) > same + 1 for each in words) and len({each[same] for each in words}) == 1:
        same += 1
    if same:
        return " ".join(words[0][:same]), tuple(" ".join(each[same:]) for each in words)
    if len({each[-1] for each in words}) == 1 and all(len(each) > 1 for each in words):
        return words[0][-1], tuple(" ".join(each[:-1]) for each in words)
    return "?", options


def numbered(options: tuple[str, ...], between: str = ", ") -> str:
    """Options behind their numbers: `1 Essex, 2 South Wales`."""
    return between.join(f"{number} {option}" for number, option in enumerate(options, 1))
