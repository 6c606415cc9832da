"""Names on the map: each where it covers neither another name nor a mark, the important ones first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

LETTER: Final = 18.5  # units a letter of the larger names takes on average
SMALL_LETTER: Final = 15.0
LINE: Final = 34
LARGER: Final = 1.35  # letters on a small screen
MOST_NAMES: Final = 14
WIDTH: Final = 960
HEIGHT: Final = 640
Place = tuple[int, int]
Taken = tuple[float, float, float, float]


class Label(Struct, frozen=True):
    """Words in the picture: where their base line begins, is centred or ends; `kind` is mark, edge, near, or
    `near fine`: a name that a small screen leaves out."""

    x: int
    y: int
    anchor: str
    words: str
    kind: str


def placed(
    marks: list[tuple[str, Place]], names: list[tuple[str, Place]], edges: list[tuple[int, int, str, str]]
) -> tuple[Label, ...]:
    """Places what must stand (marks and what is beyond the edge), then as many other names as there is room for."""
    taken: list[Taken] = [(x - 14, y - 14, x + 14, y + 14) for _, (x, y) in marks]
    found: list[Label] = []
    for x, y, words, anchor in edges:
        _keep(found, taken, _beside_edge(x, y, words, anchor), LETTER)
    for words, (x, y) in marks:
        options = sorted(_around(x, y, words, "mark", 26), key=lambda one: not _is_whole(one, LETTER * LARGER))
        _keep(found, taken, next((one for one in options if _is_free(one, taken, LETTER)), options[0]), LETTER)
    names_left = MOST_NAMES
    for words, (x, y) in names:
        free = next((one for one in _around(x, y, words, "near", 10) if _is_free(one, taken, SMALL_LETTER)), None)
        if free is not None and names_left:
            _keep(found, taken, free, SMALL_LETTER)
            names_left -= 1
    return tuple(_fewer(found, [(x - 14, y - 14, x + 14, y + 14) for _, (x, y) in marks]))


def _fewer(labels: list[Label], taken: list[Taken]) -> Iterator[Label]:
    """The same labels; `fine` are those for which a small screen, with its larger letters, has no room."""
    must = [_box(label, LETTER, LARGER) for label in labels if label.kind != "near"]
    for label in labels:
        box = _box(label, SMALL_LETTER, LARGER)
        if label.kind != "near":
            yield label
        elif _is_within(box) and not any(_meet(box, other) for other in (*taken, *must)):
            must.append(box)
            yield label
        else:
            yield replace(label, kind="near fine")


def _around(x: int, y: int, words: str, kind: str, gap: int) -> list[Label]:
    return [
        Label(x + gap, y + 9, "start", words, kind),
        Label(x - gap, y + 9, "end", words, kind),
        Label(x, y - gap, "middle", words, kind),
        Label(x, y + gap + 20, "middle", words, kind),
    ]


def _beside_edge(x: int, y: int, words: str, anchor: str) -> Label:
    if anchor == "middle":
        return Label(x, y + (44 if y < HEIGHT / 2 else -22), anchor, words, "edge")
    return Label(x + (22 if anchor == "start" else -22), y + 9, anchor, words, "edge")


def _keep(found: list[Label], taken: list[Taken], label: Label, letter: float) -> None:
    found.append(label)
    taken.append(_box(label, letter))


def _is_free(label: Label, taken: list[Taken], letter: float) -> bool:
    box = _box(label, letter)
    return _is_within(box) and not any(_meet(box, other) for other in taken)


def _meet(one: Taken, other: Taken) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _is_whole(label: Label, letter: float = LETTER) -> bool:
    return _is_within(_box(label, letter))


def _is_within(box: Taken) -> bool:
    """Whether the picture shows it to its end, above the bar."""
    west, north, east, south = box
    return west >= 4 and east <= WIDTH - 4 and north >= 4 and south <= HEIGHT - 40


def _box(label: Label, letter: float, larger: float = 1.0) -> Taken:
    wide = len(label.words) * letter * larger
    west = label.x - {"start": 0.0, "middle": wide / 2, "end": wide}[label.anchor]
    return west, label.y - (LINE - 6) * larger, west + wide, label.y + 6 * larger
