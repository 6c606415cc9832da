"""A text and the step it answers, to a Reply: a keyword, a topic, a choice, words, or nothing readable.

The words of keywords, topics and choices come from the flow file, in all its languages at once.
"""

from __future__ import annotations

import re
from functools import lru_cache

from msgspec import Struct

from conversations.flow import Flow, Step, Topic
from conversations.kinds import KINDS
from conversations.texts import soften

_EDGES = ' .,;:!-_*"()[]{}<>~/\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff'
_FIRST_TOKEN = re.compile(r"\s*[(\[\"']?([^\s.,;:!?)\]\"']+)")
_CLAUSES = re.compile(r"[,.;:!?\n]+|\b(?:so|but|and|please|ond|felly|plis)\b", re.I)
_LETTERS_OR_FIGURES = re.compile(r"[^\W_]")
_BETWEEN_WORDS = re.compile(r"[^\w']+|_")

URGENT_KEYWORDS = ("stop", "danger", "start")
"""Keywords that count in every step and before any answer: carriers own their words."""

CARRIERS = frozenset({"help", "info"})
"""Words of carriers among those that tell no language."""

_IDLE = frozenset({"thanks", "skip", "done", "no"})

ANYWHERE_KEYWORDS = ("support", "delete", "withdraw", "language")
"""Keywords that count in every text, a first one too, but behind the choices of the open question."""

MOST_WORDS_OF_A_TOPIC = 12
"""A question of the reporter's is looked for in texts up to this length."""


_LONGEST_THANKS = 7
_BESIDE_A_TOPIC = 2
"""The most words beside a question of the reporter's that still say nothing else."""


class Reply(Struct, frozen=True):
    """What a text is as an answer.

    `keyword` is one of `conversations.flow.KEYWORDS`, `word` the keyword as the flow writes it (for `language` the
    language asked for); `topic` the question asked, `bare` where it is all that is said; `choice` the number chosen,
    0 for none; `keep` says that there are words in it to be kept; `clear` that the step can take it as answer;
    `opens_skip` that its first word skips.
    """

    keyword: str | None = None
    word: str = ""
    choice: int = 0
    keep: bool = False
    clear: bool = False
    topic: Topic | None = None
    bare: bool = False
    opens_skip: bool = False


class Lexicon(Struct, frozen=True):
    """The words of a flow version, ready to look up by `key_of`: keywords, each step's choices, topics' phrases;
    `tongues` the language of keywords that are of one alone; `openings` the first words of topics' phrases."""

    urgent: dict[str, tuple[str, str]]
    anywhere: dict[str, tuple[str, str]]
    keywords: dict[str, tuple[str, str]]
    choices: dict[str, dict[str, int]]
    openers: dict[str, dict[str, int]]
    yes_no: dict[str, int]
    topics: dict[str, Topic]
    tongues: dict[str, str]
    phrases: re.Pattern[str] | None
    openings: frozenset[str]


@lru_cache(maxsize=4)
def key_of(text: str) -> str:
    """A text without case, edges, apostrophes and doubled spaces, for comparing with keywords.

    One text is compared several times in its turn; no more than the last few are held.
    """
    key = " ".join(soften(text).casefold().replace("'", "").split()).strip(_EDGES)
    bare = key.strip(_EDGES + "?")
    return "?" if key and not bare else bare


@lru_cache(maxsize=256)
def lexicon(flow: Flow) -> Lexicon:
    """The words of a flow version."""
    tables: dict[str, dict[str, tuple[str, str]]] = {"urgent": {}, "anywhere": {}, "other": {}}
    yes_no: dict[str, int] = {"1": 1, "2": 2}
    for keyword, said in flow.keywords.items():
        name = "urgent" if keyword in URGENT_KEYWORDS else "anywhere" if keyword in ANYWHERE_KEYWORDS else "other"
        for language, words in said.by_language.items():
            for word in words:
                key = key_of(word)
                if keyword in ("yes", "no"):
                    yes_no.setdefault(key, 1 if keyword == "yes" else 2)
                tables[name].setdefault(key, (keyword, language if keyword == "language" else key))
    asked = [step for step in flow.steps if step.choices]
    topics = {
        spaced(phrase): topic for topic in flow.topics for words in topic.words.by_language.values() for phrase in words
    }
    longest_first = "|".join(re.escape(phrase) for phrase in sorted(topics, key=len, reverse=True))
    return Lexicon(
        tables["urgent"],
        tables["anywhere"],
        tables["other"],
        {step.id: _choices(step) for step in asked},
        {step.id: _choices(step, most_words=1) for step in asked},
        yes_no,
        topics,
        _tongues(flow),
        re.compile(rf"(?<!\S)(?:{longest_first})(?!\S)") if topics else None,
        frozenset(phrase.partition(" ")[0] for phrase in topics),
    )


def _tongues(flow: Flow) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for keyword in ("danger", "support", "delete"):
        for language, words in flow.keywords[keyword].by_language.items() if keyword in flow.keywords else ():
            for word in words:
                found.setdefault(key_of(word), set()).add(language)
    return {key: min(told) for key, told in found.items() if len(told) == 1 and key not in CARRIERS}


def is_idle(flow: Flow, text: str) -> bool:
    """Whether a whole text is a word of thanks, of skipping, of being done, or a plain no."""
    return lexicon(flow).keywords.get(key_of(text), ("", ""))[0] in _IDLE


def after_thanks(flow: Flow, key: str) -> str:
    """The figure alone of "ok 1"; any other key as it is."""
    head, _, tail = key.rpartition(" ")
    thanked = tail.isdigit() and lexicon(flow).keywords.get(head, ("", ""))[0] == "thanks"
    return tail if thanked else key


def is_thanks(flow: Flow, text: str) -> bool:
    """Whether a text opens with thanks and is short ("thank you so much for this")."""
    words = text.split()
    found = lexicon(flow).keywords
    opens = (found.get(key_of(" ".join(words[:count])), ("", ""))[0] for count in (1, 2, 3))
    return len(words) <= _LONGEST_THANKS and "thanks" in opens


def declines(flow: Flow, text: str) -> bool:
    """Whether a text is a no with thanks ("no thank you"): it turns an offer down, and calls nothing wrong."""
    key = key_of(text)
    words, known = key.split(), lexicon(flow)
    for end in range(1, min(len(words), _LONGEST_THANKS)):
        thanked = known.keywords.get(" ".join(words[end:]), ("", ""))[0] == "thanks"
        if thanked and 2 in (known.yes_no.get(key), known.yes_no.get(" ".join(words[:end]))):
            return True
    return False


def takes_back(flow: Flow, text: str) -> bool:
    """Whether a clause of a text is a whole wish to take it back ("i dont want him to know, dont send it")."""
    words = lexicon(flow).anywhere
    return any(words.get(key_of(clause), ("", ""))[0] == "withdraw" for clause in _CLAUSES.split(text))


def spaced(text: str) -> str:
    """A text's words in small letters with one space between them, for finding phrases."""
    return " ".join(_BETWEEN_WORDS.sub(" ", soften(text).casefold()).replace("'", "").split())


def _choices(step: Step, most_words: int | None = None) -> dict[str, int]:
    """Numbers and words of a step's choices; only the first word of each language where `most_words` is 1."""
    found: dict[str, int] = {}
    for choice in step.choices:
        found[str(choice.number)] = choice.number
        for words in choice.words.by_language.values():
            for word in words[:most_words]:
                found.setdefault(key_of(word), choice.number)
    return found


def read_first(flow: Flow, text: str) -> Reply:
    """Reads a text that answers nothing: only words that count anywhere are keywords in it."""
    words, key = lexicon(flow), key_of(text)
    hit = words.urgent.get(key) or words.anywhere.get(key)
    if hit is not None:
        return Reply(keyword=hit[0], word=hit[1])
    keep = bool(text.strip())
    topic, bare = _topic(words, text)
    return Reply(keep=keep, clear=keep, topic=topic, bare=bare)


def read(flow: Flow, step: Step, text: str) -> Reply:
    """Reads a text as the answer to `step`. A choice's number or a word of it may open a longer text. Never raises."""
    words, key = lexicon(flow), key_of(text)
    hit = words.urgent.get(key)
    if hit is not None:
        return Reply(keyword=hit[0], word=hit[1])
    if step.choices:
        number = words.choices[step.id].get(after_thanks(flow, key), 0)
        if number:
            return Reply(choice=number, clear=True)
    hit = words.anywhere.get(key) or words.keywords.get(key)
    if hit is not None and hit[0] != "yes" and (hit[0] != "no" or not step.choices):
        return Reply(keyword="skip" if hit[0] == "no" else hit[0], word=hit[1])
    keep = bool(text.strip())
    topic, bare = _topic(words, text)
    opener = _FIRST_TOKEN.match(text)
    first = key_of(opener[1]) if opener else ""
    if step.choices:
        number = words.openers[step.id].get(first, 0)
        return Reply(choice=number, keep=keep, clear=number > 0, topic=topic, bare=bare)
    skips = words.keywords.get(first, ("", ""))[0] in ("skip", "no")
    return Reply(keep=keep, clear=enough(text, KINDS[step.kind].letters), topic=topic, bare=bare, opens_skip=skips)


def yes_or_no(flow: Flow, text: str) -> int:
    """1 for yes, 2 for no, 0 for neither, by the whole text or the word that opens it."""
    words = lexicon(flow).yes_no
    opener = _FIRST_TOKEN.match(text)
    return words.get(key_of(text), 0) or (words.get(key_of(opener[1]), 0) if opener else 0)


def is_yes_or_no(flow: Flow, text: str) -> bool:
    """Whether a whole text is a yes or a no."""
    return key_of(text) in lexicon(flow).yes_no


def enough(text: str, least: int) -> bool:
    """Whether a text holds that many letters or figures."""
    return any(count >= least for count, _ in enumerate(_LETTERS_OR_FIGURES.finditer(text), 1))


def _topic(words: Lexicon, text: str) -> tuple[Topic | None, bool]:
    """The topic asked about, and whether the text says next to nothing beside."""
    if words.phrases is None or text.count(" ") >= MOST_WORDS_OF_A_TOPIC:
        return None, False
    said = spaced(text)
    if words.openings.isdisjoint(said.split()):
        return None, False
    hit = words.phrases.search(said)
    if hit is None:
        return None, False
    return words.topics[hit[0]], said.count(" ") <= hit[0].count(" ") + _BESIDE_A_TOPIC
