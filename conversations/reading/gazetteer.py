"""Stations, operators and lines, and the matcher that finds their names in a text in one pass."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from math import log10
from typing import Final, NamedTuple

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind
from msgspec import Struct

from conversations.reading.files import DATA
from conversations.reading.names import key_word, pattern_of

GAP: Final = "\x1f"
"""The word that stands for a break or for words already read: no name holds it."""


class Station(NamedTuple):
    """A station or stop. `id` is the CRS or ATCO code, `label` the name in reports, `weight` log10 of its usage."""

    id: str
    label: str
    network: str
    lat: float
    lon: float
    country: str
    hub: str
    weight: float
    lines: tuple[str, ...]


class Found(Struct, frozen=True):
    """A name at words `first` to `last` (excluded); `value` is what the name stands for."""

    first: int
    last: int
    value: str


class Names:
    """Many names, found in one pass, the leftmost and of these the longest."""

    def __init__(self, names: dict[str, str]) -> None:
        """`names`: canonical words with blanks between, to what they stand for."""
        self._values = list(names.values())
        patterns = [f" {name.replace(' ', '  ')} " for name in names]  # as `pattern_of` has them
        self._matcher = AhoCorasick(
            patterns,
            matchkind=MatchKind.LeftmostLongest,
            store_patterns=False,
            implementation=Implementation.ContiguousNFA,
        )

    def find(self, keys: Sequence[str]) -> list[Found]:
        """The names among these words."""
        hits = self._matcher.find_matches_as_indexes(pattern_of(list(keys)))
        if not hits:
            return []
        at: dict[int, int] = {}
        where = 0
        for index, key in enumerate(keys):
            at[where] = index
            where += len(key) + 2
        at[where] = len(keys)
        return [Found(at[start], at[end], self._values[which]) for which, start, end in hits]


def _table(name: str) -> Iterator[list[str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        next(rows)
        yield from rows


def _lines(name: str) -> list[str]:
    """The lines of a table below its head."""
    return (DATA / name).read_text(encoding="utf-8").splitlines()[1:]


def words_in(name: str) -> frozenset[str]:
    """The words of a list in the data folder; lines with # are notes."""
    text = (DATA / name).read_text(encoding="utf-8")
    if "#" in text:
        text = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    return frozenset(text.split())


class Stations(Mapping[str, Station]):
    """Stations by their ids, each made as it is first asked for. `ids` are all there are."""

    def __init__(self, lines: Iterable[str]) -> None:
        """`lines`: of CSV, which begin with the ids."""
        self._lines = {line[: line.index(",")]: line for line in lines}
        self._made: dict[str, Station] = {}
        self.ids = self._lines.keys()

    def __getitem__(self, identity: str) -> Station:
        made = self._made.get(identity)
        if made is None:
            made = self._made[identity] = _station(next(csv.reader([self._lines[identity]])))
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


class Gazetteer:
    """Everything known about places. Built once; immutable afterwards."""

    def __init__(self) -> None:
        self.stations = Stations(_lines("stations.csv"))
        pairs = [line.split(",") for line in _lines("forms.csv")]
        self.forms: dict[str, tuple[str, ...]] = {form: tuple(ids.split("|")) for form, ids in pairs}
        self.towns = dict(_table("towns.csv"))
        for form, identity in _table("aliases.csv"):
            if identity:
                key = " ".join(map(key_word, form.split()))
                self.forms[key] = tuple(dict.fromkeys((*self.forms.get(key, ()), identity)))
        for town, identity in self.towns.items():
            if town not in self.forms:
                self.forms[town] = (identity,) if identity else ()
        self.ordinary = frozenset(form.replace("_", " ") for form in words_in("ordinary.txt"))
        self.names = Names({form: form for form in self.forms})

    def prepare(self) -> None:
        """Loads what is else loaded with the first slip."""
        for part in (self.common, self.long_forms, self.first_words):
            len(part)

    @cached_property
    def common(self) -> frozenset[str]:
        """Ordinary English words, never taken for a misspelt name."""
        return words_in("common_words.txt")

    @cached_property
    def long_forms(self) -> tuple[str, ...]:
        """The names long enough to be looked for with slips."""
        return tuple(form for form in self.forms if len(form) >= 5)

    @cached_property
    def first_words(self) -> frozenset[str]:
        """Every word of every name."""
        return frozenset(word for form in self.forms for word in form.split())


def _station(row: list[str]) -> Station:
    return Station(
        row[0],
        row[1],
        row[2],
        float(row[3]),
        float(row[4]),
        row[5],
        row[6] or row[0],
        log10(int(row[7]) + 10_000),
        tuple(row[8].split("|")) if row[8] else (),
    )


@lru_cache(maxsize=1)
def gazetteer() -> Gazetteer:
    """The places this project ships."""
    return Gazetteer()
