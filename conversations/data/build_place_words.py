"""Builds `place_words.txt`, the words that a play-back may repeat, from lists of stations and operators.

    python conversations/data/build_place_words.py FOLDER

FOLDER holds `stations.csv` (columns name, aliases, lines) and `operators.csv` (columns name, aliases), several values
of a cell separated by `|`. The same input gives the same file.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from conversations.discretion import exposing

TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
SAINT = frozenset({"st", "saint"})

_PLAIN = """
    a about abt after ago an and approaching approx arrived arriving around at back before between bound btwn by
    carriage class coach concourse coming deck departed departing direction due eastbound end for from front going
    half headcode im in escalator exit into is its just leaving left line lift maybe middle min minutes mins n near
    nearly next no none northbound not nr of off on or outside passed passing past plat platform quarter rear seat
    service sleeper southbound station stn stop stopping sure taxi the think this to tonight today towards train
    tram tube unit via was westbound one two three four five six seven eight nine ten eleven twelve fifteen twenty
    thirty forty fifty first second third oclock o'clock it's i'm
"""
"""Words around a place, a train or a time."""

_NAMES = """
    abraham albert alex alexandra alfred ally andrews anne annes ben beverley bill blair brandon bruce cameron chad's
    charlotte craven daisy david david's davids dean denys dudley duncan edmund edmunds emerson enoch enochs
    george george's georgemas gilmour gordon graham harold harry helen helens helier henry henry's hazel humphrey
    irvine ives jacobite james james's jo john john's johns jordan jordans joyce julian keith kelvin kenrick lawrence
    lee leonards lizzie lloyd margaret margarets martin martins mary matilda maxwell michael michaels moses neil
    nicholas norman oscar patrick paul paul's percy peter peter's peters perry phil philip robin rolfe roy russel
    russell sandy scot shirley sidney stanley stephen stuart theobalds thomas toby tom vernon wallace warren
    werburgh's werburghs william wilson winston
"""
"""Given names: no person is ever named (R2). After "St" they are a place."""

_UNFIT = """
    arms ball balls bald bare bitter bum bush butt foot ginger gipsy gypsy germans hag hand hard head lad lady maiden
    man men mum mums pal quakers sisters squires staff strip teen top trans under virgin virginia with
    woman
"""
"""Words of names that mean people, bodies or worse when they stand alone (R2)."""


PLAIN, NAMES, UNFIT = (frozenset(words.split()) for words in (_PLAIN, _NAMES, _UNFIT))


def build(folder: Path) -> str:
    """The list as text, one word or "st name" a line, sorted."""
    known: set[str] = set(PLAIN)
    for name in _names_in(folder):
        tokens = TOKEN.findall(name.replace("\u2019", "'").casefold())
        known.update(token for token in tokens if token not in NAMES)
        known.update(f"{first} {second}" for first, second in pairwise(tokens) if first in SAINT and second in NAMES)
    kept = sorted(word for word in known if word not in UNFIT and not exposing(word))
    head = "# Words that a play-back may repeat. Built by build_place_words.py; sources and licence in README.md.\n"
    return head + "\n".join(kept) + "\n"


def _names_in(folder: Path) -> Iterator[str]:
    for file, columns in (("stations.csv", ("name", "aliases", "lines")), ("operators.csv", ("name", "aliases"))):
        with (folder / file).open(encoding="utf-8", newline="") as rows:
            for row in csv.DictReader(rows):
                for column in columns:
                    yield from row[column].split("|")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python conversations/data/build_place_words.py FOLDER")
    Path(__file__).with_name("place_words.txt").write_text(build(Path(sys.argv[1])), encoding="utf-8", newline="\n")
