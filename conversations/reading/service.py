"""The train: headcode, unit, coach, seat, direction, line and operator."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from msgspec import Struct

from conversations.reading.files import load
from conversations.reading.gazetteer import Names, _table
from conversations.reading.normal import PART, SENTENCE, WORD, Words
from conversations.reading.persons import PEOPLE


class Piece(Struct, frozen=True):
    """A value of the train or line: words `first` to `last` (excluded) and the rule that read it."""

    value: str
    first: int
    last: int
    rule: str


class _Named(Struct, frozen=True):
    lines: Names
    networks: dict[str, str]
    operators: Names
    not_after: frozenset[str]


@lru_cache(maxsize=1)
def named() -> _Named:
    """The names of lines and operators, ready to be found."""
    lines: dict[str, str] = {}
    networks: dict[str, str] = {}
    sides = [
        f"{side}{bound}"
        for side in ("north", "south", "east", "west", "n", "s", "e", "w")
        for bound in ("bound", " bound")
    ]
    for line, network, forms in _table("lines.csv"):
        networks[line] = network
        for form in forms.split("|"):
            lines[form] = line
        if network == "LU":
            lines.update(
                {f"line {form.removesuffix(' line')}": line for form in forms.split("|") if form.endswith(" line")}
            )
            short = forms.split("|")[0].removesuffix(" line")
            for name in {short, *(f.removesuffix(" line") for f in forms.split("|") if f.endswith(" line"))}:
                for side in sides:
                    lines[f"{name} {side}"] = line
                    lines[f"{side} {name}"] = line
    notes = load("operators.yaml")
    dropped = {form.strip() for form in notes["drop"].replace("\n", " ").split("|")}
    operators: dict[str, str] = {}
    for code, name, forms, _, kind in _table("operators.csv"):
        if kind in {"metro", "tram", "cable", "infrastructure"} and code != "LO":
            continue
        for form in [*forms.split("|"), *notes["more"].get(code, "").split("|")]:
            if form and form not in dropped:
                operators[form] = notes["names"].get(code, name)
    return _Named(
        Names(lines),
        networks,
        Names(operators),
        frozenset(notes["after_not"].split()),
    )


def lines_in(words: Words) -> list[Piece]:
    """The lines named, with the words they take."""
    found = named().lines.find(_broken(words))
    return [
        Piece(f.value, f.first, _short_of_side(words, f.first, f.last), "line.name")
        for f in found
        if _is_line(words, f.first, f.last)
    ]


def _broken(words: Words) -> list[str]:
    return list(words.words)


def _is_line(words: Words, first: int, last: int) -> bool:
    said = words.words[first:last]
    if said in {("lizzie",), ("lizzy",), ("liz",), ("mildmay",)}:
        around = set(words.words[max(0, first - 2) : first])
        return bool(around & {"the", "on"}) and not around & {"friend", "called", "mate", "sister", "my"}
    if said == ("crossrail",) or last - first > 1:
        return all(words.breaks[i] < SENTENCE for i in range(first + 1, last))
    return True


def _short_of_side(words: Words, first: int, last: int) -> int:
    """Leaves a direction at the end of a line's name to be read by itself."""
    while last - first > 1 and (words.words[last - 1].endswith("bound")):
        last -= 1
    return last


def network_of(line: str) -> str:
    """The network code of a line: LU, DLR or NR."""
    return named().networks[line]


def operators_in(words: Words, taken: Sequence[bool]) -> list[Piece]:
    """The operators named."""
    pieces = []
    for found in named().operators.find(list(words.words)):
        if any(taken[found.first : found.last]) or any(
            words.breaks[i] >= PART for i in range(found.first + 1, found.last)
        ):
            continue
        after = words.words[found.last] if found.last < len(words) else ""
        said = " ".join(words.words[found.first : found.last])
        if (
            "not" in words.words[max(0, found.first - 2) : found.first]
            and "the" in words.words[found.first - 1 : found.last]
        ):
            continue
        if said in _LOOSE and after in named().not_after and words.breaks[found.last] == WORD:
            continue
        if (said in {"grand central", "sleeper", "metro"} and after in {"station", "hotel"}) or after == "parkway":
            continue
        pieces.append(Piece(found.value, found.first, found.last, "operator.name"))
    return pieces


_LOOSE: Final = frozenset(
    {"northern", "southern", "great northern", "great western", "chiltern", "anglia", "lumo", "avanti", "south western"}
)


def networks_in(words: Words) -> frozenset[str]:
    """The networks whose everyday words the text uses."""
    return frozenset([network for word in words.words for network in _NETWORKS.get(word, ())])


_NETWORKS: Final = {
    word: networks.split()
    for said, networks in {
        "tube underground tubes tiwb": "LU",
        "tram trams metrolink tramlink": "MET WMM TRM",
        "metro metros": "TWM WMM",
        "dlr docklands": "DLR",
        "subway": "GSS",
    }.items()
    for word in said.split()
}
"""The everyday words of networks, and which networks they may speak of."""


def country_of(operator: str) -> set[str]:
    """The nations, in lower case, in which an operator runs."""
    return {nation for code_name, nations in _countries().items() if code_name == operator for nation in nations}


@lru_cache(maxsize=1)
def _countries() -> dict[str, frozenset[str]]:
    names = load("operators.yaml")["names"]
    return {
        names.get(code, name): frozenset(country.lower().split("/"))
        for code, name, _, country, _ in _table("operators.csv")
    }


def headcodes(words: Words) -> list[Piece]:
    """Four characters such as 2H30."""
    return [
        Piece(word.upper(), i, i + 1, "headcode.shape")
        for i in words.figures
        if len(word := words.words[i]) == 4 and word[1].isalpha() and word[2:].isdigit() and word.isascii()
    ]


def units(words: Words, asks: str | None = None) -> list[Piece]:
    """Unit and carriage numbers: five or six figures, also written as two threes; four of a tram or as an answer."""
    pieces = []
    for i in words.figures:
        word, before = words.words[i], set(words.words[max(0, i - 3) : i])
        named = bool(
            before & {"unit", "units", "set", "uned", "carriage", "coach", "cerbyd", "emu", "dmu", "train", "vehicle"}
        )
        if not (word.isascii() and word.isdigit()) or (i and words.gaps[i].strip() in {"£", "+"}):
            continue
        if word[0] == "0" or _is_of_phone(words, i):
            continue
        following = words.words[i + 1] if i + 1 < len(words) else ""
        if (
            len(word) == 3
            and len(following) == 3
            and following.isdigit()
            and words.gaps[i + 1] in {" ", "-", "/"}
            and (named or word[0] in "1234578")
        ):
            pieces.append(Piece(word + following, i, i + 2, "unit.two_threes"))
        elif (
            (len(word) == 6 and (named or word[0] in "1234578"))
            or (len(word) in {4, 5} and named and _unit_named(words, i))
            or (len(word) == 4 and not _is_clock(word) and (asks == "train" or _TRAM & before))
        ):
            pieces.append(Piece(word, i, i + 1, "unit.number"))
    return pieces


def _is_of_phone(words: Words, i: int) -> bool:
    """Whether figures go on a telephone number ("07700 900 123"), which no slot may hold (R18)."""
    while i and words.words[i - 1].isdigit() and words.gaps[i] in {" ", "-"}:
        i -= 1
        if words.words[i][0] == "0" or words.words[i] == "44":
            return True
    return False


_TRAM: Final = frozenset({"tram", "trams", "metrolink", "supertram"})


def _is_clock(figures: str) -> bool:
    return int(figures[:2]) < 24 and int(figures[2:]) < 60


def _unit_named(words: Words, i: int) -> bool:
    word = words.words[i]
    before = words.words[max(0, i - 2) : i]
    return len(word) == 5 or bool({"unit", "uned"} & set(before))


def seat(words: Words) -> Piece | None:
    """The seat after its word; else the one that somebody is in: "the man in 15F"."""
    return _seat_after_word(words) or _seat_taken(words)


def _seat_after_word(words: Words) -> Piece | None:
    if SEAT.isdisjoint(words.words):
        return None
    for i, word in enumerate(words.words):
        if word in SEAT and i + 1 < len(words):
            j = i + 1
            while (
                j < len(words)
                and words.words[j] in {"no", "number", "num", "rhif", "is", "nr"}
                and words.breaks[j] < SENTENCE
            ):
                j += 1
            if (
                j < len(words)
                and words.breaks[j] < SENTENCE
                and _is_seat(words.words[j])
                and not (word == "set" and len(words.words[j]) > 2)
            ):
                after = words.words[j + 1] if j + 1 < len(words) else ""
                if (
                    len(after) == 1
                    and after in "abcdefk"
                    and j + 1 < len(words)
                    and words.gaps[j + 1] == " "
                    and words.text[words.starts[j + 1]].isupper()
                ):
                    return Piece((words.words[j] + after).upper(), i, j + 2, "seat.after_word")
                if after not in {"rows", "row", "seats", "away", "in", "down", "people"} or after in {"in"}:
                    return Piece(words.words[j].upper(), i, j + 1, "seat.after_word")
    return None


def _seat_taken(words: Words) -> Piece | None:
    """A seat of figures and letter right after "in": somebody else's before the reporter's own."""
    found = [
        Piece(word.upper(), i, i + 1, "seat.taken")
        for i in words.figures
        if i > 1 and words.words[i - 1] == "in" and _is_seat(word := words.words[i]) and not word.isdigit()
    ]
    return next((seat for seat in found if words.words[seat.first - 2] in PEOPLE), found[0] if found else None)


SEAT: Final = frozenset({"seat", "seats", "sedd", "seet", "set", "sead", "nsedd"})


def _is_seat(word: str) -> bool:
    digits = word.strip("abcdefghjk")
    return digits.isdigit() and digits.isascii() and len(digits) <= 3 and len(word) <= len(digits) + 1


def direction(words: Words) -> Piece | None:
    """A compass direction as written."""
    if "b" not in words.words and "bound" not in " ".join(words.words):
        return None
    sides = {side: f"{name}bound" for name in ("north", "south", "east", "west") for side in (name, name[0])}
    for i, word in enumerate(words.words):
        if word == "b" and i and words.words[i - 1] in sides and words.gaps[i] == "/":
            return Piece(sides[words.words[i - 1]], i - 1, i + 1, "direction.bound")
        if word.endswith("bound") and word.removesuffix("bound") in sides:
            return Piece(sides[word.removesuffix("bound")], i, i + 1, "direction.bound")
        if word == "bound" and i and words.words[i - 1] in sides and words.breaks[i] < SENTENCE:
            return Piece(sides[words.words[i - 1]], i - 1, i + 1, "direction.bound")
    return None
