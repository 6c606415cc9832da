"""Builds the place data that the reader ships, from lists of stations and operators.

    python -m conversations.reading.build FOLDER [WORDS]

FOLDER holds `stations.csv` (id, name, network, lat, lon, country, aliases, lines), `station_extra.csv` (id, hub,
entries_exits_2021_22) and `operators.csv` (code, name, aliases, country, kind). WORDS is a list of common English words
with counts, most frequent first, one a line. The same input gives the same files.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from conversations.reading.names import STATION, key_word
from conversations.reading.normal import words_of

DATA: Final = Path(__file__).parent / "data"
SUFFIXES: Final = {
    "LU": "Underground",
    "DLR": "DLR",
    "TWM": "Tyne and Wear Metro",
    "WMM": "West Midlands Metro",
    "MET": "Metrolink",
    "TRM": "London Trams",
    "GSS": "Glasgow Subway",
}
COMMON: Final = 24_000
_BRACKETS: Final = re.compile(r"\s*\([^)]*\)")
_SIDES: Final = frozenset({"north", "south", "east", "west"})
_AFFIXES: Final = {"london"}


def label_of(name: str, network: str) -> str:
    """The name as reports write it: the network's suffix outside National Rail."""
    return f"{name} ({SUFFIXES[network]})" if network in SUFFIXES else name


def forms_of(name: str) -> Iterator[str]:
    """The ways in which a name is compared: canonical words, without brackets, run together, sides shortened."""
    for said in {name, _BRACKETS.sub("", name)}:
        plain = list(words_of(said.replace("/", " ")).words)
        for words in _variants(plain):
            keys = [key_word(word) for word in words]
            if keys and "and" in {keys[0], keys[-1]}:
                continue
            yield " ".join(keys)
            if 1 < len(words) <= 3 and sum(map(len, words)) >= 7 and not {"and"} & set(words):
                yield "".join(words)
                yield "".join(keys)
            if len(keys) == 2 and keys[0] in _SIDES:
                yield f"{keys[0][0]} {keys[1]}"
            if len(keys) == 2 and keys[1] in _SIDES - {"north"} and len(keys[0]) > 3:
                yield f"{keys[0]} {keys[1][0]}"
            if "and" in keys[1:-1]:
                yield " ".join(key for key in keys if key != "and")


def _variants(words: list[str]) -> Iterator[list[str]]:
    yield words
    if len(words) > 2 and words[-1] in STATION:
        yield words[:-1]
    if len(words) > 2 and words[0] in _AFFIXES:
        yield words[1:]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(name: str, header: list[str], rows: Iterable[Iterable[object]]) -> None:
    with (DATA / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def build_stations(folder: Path) -> None:
    """Writes `stations.csv` and `forms.csv`."""
    rows = _rows(folder / "stations.csv")
    extra = {row["id"]: row for row in _rows(folder / "station_extra.csv")}
    forms: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for name in [row["name"], *row["aliases"].split("|")]:
            for form in forms_of(name):
                if form:
                    forms[form].add(row["id"])
    _write(
        "stations.csv",
        ["id", "label", "network", "lat", "lon", "country", "hub", "usage", "lines"],
        [
            [
                row["id"],
                label_of(row["name"], row["network"]),
                row["network"],
                f"{float(row['lat']):.3f}",
                f"{float(row['lon']):.3f}",
                row["country"],
                extra[row["id"]]["hub"],
                extra[row["id"]]["entries_exits_2021_22"] or 0,
                row["lines"],
            ]
            for row in rows
        ],
    )
    _write("forms.csv", ["form", "ids"], [[form, "|".join(sorted(ids))] for form, ids in sorted(forms.items())])


def build_operators(folder: Path) -> None:
    """Writes `operators.csv`: everyday name, what people write, country, kind."""
    _write(
        "operators.csv",
        ["code", "name", "forms", "country", "kind"],
        [
            [
                row["code"],
                row["name"],
                "|".join(
                    sorted(
                        {" ".join(words_of(said).words) for said in [row["name"], *row["aliases"].split("|")] if said}
                    )
                ),
                row["country"],
                row["kind"],
            ]
            for row in _rows(folder / "operators.csv")
        ],
    )


def build_words(source: Path) -> None:
    """Writes `common_words.txt`, the words that are never taken for a misspelt name."""
    lines = source.read_text(encoding="utf-8-sig").splitlines()
    words = [line.split()[0] for line in lines[:COMMON]]
    kept = sorted({word.replace("'", "") for word in words if len(word) > 3})
    (DATA / "common_words.txt").write_text("\n".join(kept) + "\n", encoding="utf-8")


_ENDING = re.compile("(?:s|es|d|ed|ing|er|ers|y|ly|ies|ied)$")


def build_not_slips(source: Path) -> None:
    """Writes `not_slips.txt`: rarer English words one letter from a word of the rules, and no form of it."""
    from conversations.reading.knowledge import knowledge

    (DATA / "not_slips.txt").write_text("", encoding="utf-8")
    rules = knowledge().rules
    lines = source.read_text(encoding="utf-8-sig").splitlines()[COMMON:]
    words = {line.split()[0].replace("'", "") for line in lines}
    kept = [w for w in words if _ENDING.sub("", rules.meaning(w)) != _ENDING.sub("", w)]
    (DATA / "not_slips.txt").write_text("\n".join(sorted(kept)) + "\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Builds all; 2 when the folder is missing."""
    if not arguments or not Path(arguments[0]).is_dir():
        sys.stderr.write("usage: python -m conversations.reading.build FOLDER [WORDS]\n")
        return 2
    DATA.mkdir(exist_ok=True)
    build_stations(Path(arguments[0]))
    build_operators(Path(arguments[0]))
    if len(arguments) > 1:
        build_words(Path(arguments[1]))
        build_not_slips(Path(arguments[1]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
