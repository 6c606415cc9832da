"""The shape in which names of places are compared, in the data and in a text."""

from __future__ import annotations

from typing import Final

ABBREVIATIONS: Final = {
    form: word
    for word, forms in {
        "st": "street saint str sant",
        "rd": "road",
        "jn": "junction jct junc jctn junct jnctn jnc jcn juntion junctn jnction juction",
        "pkwy": "parkway pway prkway pky parkwy",
        "intl": "international int internat",
        "court": "ct crt",
        "cross": "x crss",
        "ave": "avenue av",
        "lane": "ln",
        "sq": "square sqr",
        "park": "pk prk",
        "bdwy": "broadway bway bdway brdway bwy broadwy",
        "gdns": "gardens gdn gardns",
        "green": "grn",
        "bridge": "brdg brig bri",
        "central": "centrl ctrl cen cent cntrl",
        "north": "nth",
        "south": "sth sooth",
        "east": "eest",
        "west": "wst",
        "airport": "airprt apt",
        "and": "n",
        "terminal": "term",
        "terminals": "terms",
        "hill": "hil",
        "town": "twn tn toon",
        "gate": "gt",
        "harbour": "harbor hbr",
    }.items()
    for form in forms.split()
}
"""Words of names and how texts write them."""

STATION: Final = frozenset({"station", "stn", "stations", "statn", "sta"})


def key_word(word: str) -> str:
    """A word of a name in the one spelling that is compared."""
    return ABBREVIATIONS.get(word, word)


def pattern_of(words: list[str]) -> str:
    """Words as the matcher sees them: each between two blanks of its own, so that names never share one."""
    return "".join([f" {word} " for word in words])
