"""All rules and lists of the reader, loaded once."""

from __future__ import annotations

import gc
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

import msgspec
from msgspec import Struct

from conversations.reading.files import DATA, load
from conversations.reading.gazetteer import gazetteer
from conversations.reading.lexicon import Lexicon
from conversations.reading.likeness import likeness
from conversations.reading.rules import Rules, Tables

FAMILIES = ("behaviours", "danger", "suspect", "look", "intent", "who", "when", "answers", "otherwise", "wishes")
"""The rule files, each `name.yaml`: label to patterns."""

SOFT, BESIDE = "_soft", "_beside"
"""Endings of labels: of vague rules, and of rules that count beside any other."""


class Knowledge(Struct, frozen=True):
    """Everything read from the data folder but the places."""

    rules: Rules
    behaviours: tuple[str, ...]
    precedence: dict[str, frozenset[str]]
    welsh: frozenset[str]
    welsh_weak: frozenset[str]
    english: frozenset[str]


COMPILED: Final = "compiled.json"
"""The rules worked out ahead, by `python -m conversations.reading.compile`."""


def _lexicon() -> Lexicon:
    classes = load("classes.yaml")
    spellings = classes.pop("spellings")
    return Lexicon(classes["classes"], spellings)


def worked_out(lexicon: Lexicon | None = None) -> Tables:
    """The tables of the rule files. Raises RuleError when one cannot be read."""
    from conversations.reading.workings import work_out

    families: dict[str, Any] = {name: load(f"{name}.yaml") for name in FAMILIES}
    return work_out(lexicon or _lexicon(), families)


def fingerprint() -> str:
    """SHA-256 over the rule files and the words they share."""
    digest = sha256()
    for name in ("classes", *FAMILIES):
        digest.update((DATA / f"{name}.yaml").read_bytes())
    return digest.hexdigest()


def _worked_out_ahead() -> Tables | None:
    """The tables worked out ahead, if they are of the rule files as they are now."""
    try:
        with (DATA / COMPILED).open("rb") as file:
            if file.readline().decode().strip() != fingerprint():
                return None
            return msgspec.json.decode(file.readline(), type=Tables)
    except FileNotFoundError:
        return None


@lru_cache(maxsize=1)
def knowledge() -> Knowledge:
    """The rules this project ships. Raises RuleError when one cannot be read."""
    lexicon = _lexicon()
    rules = Rules(lexicon, _worked_out_ahead() or worked_out(lexicon))
    tongues = load("languages.yaml")
    english = frozenset(tongues["english"].split())
    return Knowledge(
        rules,
        tuple(label for label in rules.labels("behaviours") if not label.endswith((SOFT, BESIDE))),
        {label: frozenset(str(words).split()) for label, words in load("precedence.yaml").items()},
        frozenset(w for entry in tongues["welsh"].split() for w in lexicon.words_for(entry)) - english,
        frozenset(tongues["welsh_weak"].split()),
        english,
    )


def warm(*, slips: bool = True) -> None:
    """Loads all data, so that the first text is as quick as the next; without `slips` not what only slips need."""
    from conversations.reading.cues import cues
    from conversations.reading.places import nearest
    from conversations.reading.service import named as names_of_trains

    pausing = gc.isenabled()
    gc.disable()  # nothing that is loaded is garbage, and looking for it takes a fifth of the time
    try:
        places = gazetteer()
        rules = knowledge().rules
        cues()
        names_of_trains()
        likeness()
        if slips:
            rules.prepare()
            places.prepare()
            nearest("warming up")
    finally:
        if pausing:
            gc.enable()
