"""Learns `conversations/reading/data/likeness.json` from the labelled texts.

    python -m tests.evaluate.train [--held-out NAME ...]

Needs scipy (`pip install --editable '.[train]'`), which neither the product nor its tests need. The same texts
and rules give the same file. With --held-out nothing is written: each NAME (corpus_a, third, ...) is read with
weights learnt from all other files, and the figures are printed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from conversations.reading import knowledge, likeness, reading
from conversations.reading.files import DATA, load
from conversations.reading.likeness import Learned

HERE = Path(__file__).parent
TEXTS = HERE / "texts"
"""Texts by many hands, without labels of place and train."""

BEHAVIOURS = tuple(label for label in load("behaviours.yaml") if not label.endswith((knowledge.SOFT, knowledge.BESIDE)))
INTENTS = ("report", "support", "question", "optout", "noise", "lost_property_or_other_service")
LABELS = (*BEHAVIOURS, likeness.DANGER, likeness.STAFF, *(likeness.INTENT + name for name in INTENTS))
STRENGTH = 7.0
"""The inverse of regularisation: chosen by leaving out one hand at a time."""

BALANCE = 0.25
"""How far rare labels are made up for: 0 not at all, 1 wholly."""

LEAST = 2
"""The smallest weight that is kept, in tenths."""

WEIGHTY = 0.5
"""The smallest of a sign's largest weights with which it is kept at all; for letters of words twice that."""

ROUNDS = 150
"""The steps of the search for the weights."""


UNLEARNT = frozenset({"reporters", "judge"})
"""Files of which nothing is learnt: conversations, and texts kept for measuring alone."""


def files() -> list[Path]:
    """The labelled texts that are learnt from."""
    return sorted(file for file in [*HERE.glob("*.jsonl"), *TEXTS.glob("*.jsonl")] if file.stem not in UNLEARNT)


def fingerprint(sources: Iterable[Path]) -> str:
    """SHA-256 over the texts and their labels, whatever their place and train."""
    digest = hashlib.sha256()
    for row in _rows(sources):
        digest.update(json.dumps([row["text"], sorted(_labels(row))]).encode())
    return digest.hexdigest()


def _rows(sources: Iterable[Path]) -> list[dict[str, Any]]:
    return [json.loads(line) for file in sources for line in file.read_text("utf-8").splitlines() if line.strip()]


def _labels(row: dict[str, Any]) -> set[str]:
    labels = set(row["behaviours"]) | {likeness.INTENT + row["intent"]}
    if row["urgency"] == "emergency":
        labels.add(likeness.DANGER)
    if row["suspect_is"] is not None:
        labels.add(likeness.STAFF)
    return labels


def learn(sources: list[Path]) -> Learned:
    """The weights learnt from these files."""
    rows = _rows(sources)
    signs = [reading.seen(row["text"]).names() for row in rows]
    counts = Counter(name for names in signs for name in names)
    known = sorted(name for name, count in counts.items() if count > 1)
    there = [[label in _labels(row) for label in LABELS] for row in rows]
    for weighty in (True, False):
        rare = {name: likeness.rarity(len(rows), counts[name], name) for name in known}
        weights = _logistic(_matrix(signs, rare), there)
        if weighty:
            most = abs(weights[:-1]).max(axis=1)
            known = [name for name, top in zip(known, most, strict=True) if top >= WEIGHTY * (1 + (name[0] == "#"))]
    biases, columns = _written(weights)
    signs_of = {name: " ".join([str(counts[name]), *columns[number]]) for number, name in enumerate(known)}
    return Learned(fingerprint(sources), len(rows), dict(zip(LABELS, biases, strict=True)), signs_of)


def written(learned: Learned) -> str:
    """The text of the file of weights: JSON, a line for each sign."""
    return msgspec.json.format(msgspec.json.encode(learned), indent=1).decode() + "\n"


def _matrix(signs: list[Counter[str]], rare: dict[str, float]) -> Any:
    """Texts by signs: each as often as it counts times how rare it is, by the length of the text."""
    from scipy.sparse import csr_matrix

    number_of = {name: number for number, name in enumerate(rare)}
    cells: list[tuple[int, int, float]] = []
    for number, names in enumerate(signs):
        found = sorted(names.keys() & rare.keys())
        length = sum(names[name] * rare[name] ** 2 for name in found) ** 0.5
        cells += [(number, number_of[name], names[name] * rare[name] / length) for name in found]
    at, which, value = zip(*cells, strict=True)
    return csr_matrix((value, (at, which)), shape=(len(signs), len(rare)))


def _written(weights: Any) -> tuple[list[int], list[list[str]]]:
    """The bias of each label, and for each sign its weights as written."""
    tenths = [[round(likeness.SCALE * float(weight)) for weight in row] for row in weights]
    columns = [
        [f"{letter}{weight}" for letter, weight in zip(likeness.LETTERS, row, strict=False) if abs(weight) >= LEAST]
        for row in tenths[:-1]
    ]
    return tenths[-1], columns


def _logistic(matrix: Any, there: list[list[bool]]) -> Any:
    """The weights of a logistic regression for each label, and their biases in the last row; all labels at once."""
    import numpy as np
    from scipy.optimize import minimize

    truth = np.array(there, float)
    (texts, labels), signs = truth.shape, matrix.shape[1]
    share = np.maximum(truth.sum(0), 1) / texts
    cost = STRENGTH * np.where(truth > 0, (0.5 / share) ** BALANCE, (0.5 / (1 - share)) ** BALANCE)
    sides, turned = 2 * truth - 1, matrix.T.tocsr()

    def loss(flat: Any) -> tuple[float, Any]:
        weights = flat.reshape(signs + 1, labels)
        margin = sides * (matrix @ weights[:-1] + weights[-1])
        pull = -cost * sides / (1 + np.exp(margin))
        slope = np.vstack([turned @ pull, pull.sum(0)[None]]) + weights
        return float((cost * np.logaddexp(0, -margin)).sum() + 0.5 * (weights**2).sum()), slope.ravel()

    start = np.zeros((signs + 1) * labels)
    return minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS}).x.reshape(signs + 1, labels)


def main() -> None:
    """Writes the weights, or tries them on texts held out."""
    parser = argparse.ArgumentParser(prog="python -m tests.evaluate.train", description="Learns the weights.")
    parser.add_argument("--held-out", nargs="*", default=[], help="files to read by the weights of the others")
    arguments = parser.parse_args()
    knowledge.warm()
    if not arguments.held_out:
        (DATA / likeness.FILE).write_text(written(learn(files())), encoding="utf-8")
        return
    from tests.evaluate.__main__ import show
    from tests.evaluate.scores import evaluate

    for name in arguments.held_out:
        learned = likeness.Likeness(learn([file for file in files() if file.stem != name]))
        reading.likeness = lambda learned=learned: learned  # type: ignore[assignment]
        held = next(file for file in files() if file.stem == name)
        show(held, evaluate(held), quiet=True)


if __name__ == "__main__":
    main()
