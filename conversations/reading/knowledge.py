"""All rules and lists of the reader, loaded once."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from conversations.reading.files import load
from conversations.reading.gazetteer import gazetteer
from conversations.reading.lexicon import Lexicon
from conversations.reading.rules import Rules

FAMILIES = ("behaviours", "danger", "suspect", "look", "intent", "who", "when", "answers", "otherwise", "wishes")
"""The rule files, each `name.yaml`: label to patterns."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """Everything read from the data folder but the places."""

    rules: Rules
    precedence: dict[str, frozenset[str]]
    welsh: frozenset[str]
    welsh_weak: frozenset[str]
    english: frozenset[str]


@lru_cache(maxsize=1)
def knowledge() -> Knowledge:
    """The rules this project ships. Raises RuleError when one cannot be read."""
    classes = load("classes.yaml")
    spellings = classes.pop("spellings")
    lexicon = Lexicon(classes["classes"], spellings)
    families: dict[str, Any] = {name: load(f"{name}.yaml") for name in FAMILIES}
    rules = Rules(lexicon, families)
    tongues = load("languages.yaml")
    return Knowledge(
        rules,
        {label: frozenset(str(words).split()) for label, words in load("precedence.yaml").items()},
        frozenset(w for entry in tongues["welsh"].split() for w in lexicon.words_for(entry)),
        frozenset(tongues["welsh_weak"].split()),
        frozenset(tongues["english"].split()),
    )


def warm() -> None:
    """Loads all data, so that the first text is as quick as the next."""
    from conversations.reading.places import nearest
    from conversations.reading.roles import cues
    from conversations.reading.service import named as names_of_trains

    pausing = gc.isenabled()
    gc.disable()  # nothing that is loaded is garbage, and looking for it takes a fifth of the time
    try:
        places = gazetteer()
        places.prepare()
        knowledge().rules.prepare()
        cues()
        names_of_trains()
        nearest("warming up")
    finally:
        if pausing:
            gc.enable()
