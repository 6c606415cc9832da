"""How fast texts are read, beside rapidfuzz over the same names (S14, S15)."""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rapidfuzz import fuzz, process

from conversations.reading import read, warm
from conversations.reading.gazetteer import gazetteer
from conversations.reading.names import key_word
from conversations.reading.normal import words_of
from conversations.reading.places import CUED_SCORE, find, nearest
from conversations.reading.service import lines_in
from tests.bench.report import Row
from tests.bench.settings import Settings

_LABELLED = Path(__file__).parents[1] / "evaluate"
_UNITS = ("a ", "clapham ", "vic to brighton ", "18.05 ", "he touched my ", "at qzxvbnm ", "put his hand on ", "x")
_LOAD = """
import time
def resident():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmRSS"))
before = resident()
start = time.perf_counter()
from conversations.reading import warm
warm()
print((time.perf_counter() - start) * 1000, (resident() - before) / 1024)
"""


def _texts() -> list[str]:
    files = sorted(file for file in _LABELLED.glob("*.jsonl") if file.stem != "reporters")
    return [json.loads(line)["text"] for file in files for line in file.read_text(encoding="utf-8").splitlines()]


def _micros(work: Callable[[str], object], given: Sequence[str]) -> list[float]:
    taken = []
    for one in given:
        start = time.perf_counter()
        work(one)
        taken.append((time.perf_counter() - start) * 1e6)
    return taken


def _least(work: Callable[[str], object], given: Sequence[str]) -> list[float]:
    """The best of three, so that other work on the machine does not count."""
    return [min(three) for three in zip(*(_micros(work, given) for _ in range(3)), strict=True)]


def _slips(names: Sequence[str], errors: int) -> list[tuple[str, str]]:
    """Names with random typing errors: a letter dropped, doubled, changed or swapped with the next."""
    chance = random.Random(7)
    return [(name, _slipped(chance, name, errors)) for name in names]


def _slipped(chance: random.Random, name: str, errors: int) -> str:
    for _ in range(errors):
        at = chance.randrange(len(name) - 1)
        letter = chance.choice("abcdefghijklmnopqrstuvwxyz")
        name = chance.choice(
            [
                name[:at] + name[at + 1 :],
                name[:at] + letter + name[at:],
                name[:at] + letter + name[at + 1 :],
                name[:at] + name[at + 1] + name[at] + name[at + 2 :],
            ]
        )
    return name


def _same(one: str | None, name: str) -> bool:
    forms = gazetteer().forms
    return one is not None and bool(set(forms.get(one, ())) & set(forms[name]))


def section(_settings: Settings, _folder: Path) -> list[Row]:
    """The rows, as a section of the benchmark."""
    return rows()


def rows() -> list[Row]:
    """The rows of the result."""
    warm()
    texts = _texts()
    return [*_whole_texts(texts), *_places(texts), *_misspelt(), *_loading()]


def _whole_texts(texts: Sequence[str]) -> list[Row]:
    times = sorted(_micros(read, [*texts] * 3))
    worst = max(max(_micros(read, [(unit * 1600)[:1600]])) for unit in _UNITS)
    median, last = statistics.median(times) / 1000, times[int(len(times) * 0.99)] / 1000
    return [
        Row("read p50", "a whole text, every slot", f"{median:.2f} ms", bar=0.5, value=median, due=True),
        Row("read p99", "a whole text, every slot", f"{last:.2f} ms", bar=5, value=last, due=True),
        Row("read worst", "1,600 hostile characters", f"{worst / 1000:.1f} ms", bar=20, value=worst / 1000, due=True),
    ]


def _places(texts: Sequence[str]) -> list[Row]:
    names = list(gazetteer().forms)
    said = [words_of(text) for text in texts]
    taken = [[(line.first, line.last) for line in lines_in(words)] for words in said]
    nearest.cache_clear()
    start = time.perf_counter()
    for words, lines in zip(said, taken, strict=True):
        find(words, lines, welsh=False)
    ours = (time.perf_counter() - start) * 1e6 / len(said)
    sample = [" ".join(words.words)[:40] or "x" for words in said[:40]]
    wide = statistics.mean(_micros(lambda s: process.extractOne(s, names, scorer=fuzz.WRatio), sample))
    plain = statistics.mean(_micros(lambda s: process.extractOne(s, names, scorer=fuzz.ratio), sample))
    floor = f"one WRatio {wide:,.0f} us, one ratio {plain:,.0f} us"
    what = f"places of a text, mean over {len(said)}, {len(names):,} names"
    return [Row("S14", what, f"{ours:.0f} us", floor, ours / plain, 40, ours, due=True)]


def _misspelt() -> list[Row]:
    places = gazetteer()
    names = random.Random(3).sample(
        sorted({" ".join(map(key_word, words_of(s.label.partition(" (")[0]).words)) for s in places.stations.values()}),
        700,
    )
    chosen = [name for name in names if name in places.forms and len(name) >= 8][:400]
    pairs = _slips(chosen, 2)
    nearest.cache_clear()
    ours = [nearest(said, CUED_SCORE - 20) for _, said in pairs]
    floor = [process.extractOne(said, places.long_forms, scorer=fuzz.ratio) for _, said in pairs]
    right = sum(_same(hit[0] if hit else None, name) for hit, (name, _) in zip(ours, pairs, strict=True)) / len(pairs)
    best = sum(_same(hit[0] if hit else None, name) for hit, (name, _) in zip(floor, pairs, strict=True)) / len(pairs)
    uncached = nearest.__wrapped__
    worst = max(_least(lambda said: uncached(said, CUED_SCORE), [said for _, said in pairs]))
    slowest = max(_least(lambda s: process.extractOne(s, places.long_forms, scorer=fuzz.ratio), [s for _, s in pairs]))
    return [
        Row(
            "S15",
            "right place with two slips",
            f"{right:.3f}",
            f"ratio {best:.3f}",
            right / best,
            1.0,
            right / best,
            True,
            True,
        ),
        Row(
            "S15",
            "worst single lookup",
            f"{worst:.0f} us",
            f"ratio {slowest:.0f} us",
            worst / slowest,
            1.0,
            worst / slowest,
            due=True,
        ),
    ]


def _loading() -> list[Row]:
    tries = []
    for _ in range(5):
        done = subprocess.run([sys.executable, "-c", _LOAD], capture_output=True, text=True, check=True)
        tries.append(tuple(map(float, done.stdout.split())))
    took, grew = min(tries)
    return [
        Row("read load", "all data, a fresh process", f"{took:.0f} ms", bar=150, value=took, due=True),
        Row("read memory", "all data, a fresh process", f"{grew:.0f} MiB", bar=40, value=grew, due=True),
    ]
