"""Learns `conversations/reading/data/likeness.tsv` from the labelled texts.

    python -m tests.evaluate.train [--held-out NAME ...]

Needs scikit-learn (`pip install --editable '.[train]'`), which neither the product nor its tests need. The same texts
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

from conversations.reading import knowledge, likeness, reading
from conversations.reading.files import DATA, load

HERE = Path(__file__).parent
BEHAVIOURS = tuple(label for label in load("behaviours.yaml") if not label.endswith((knowledge.SOFT, knowledge.BESIDE)))
INTENTS = ("report", "support", "question", "optout", "noise", "lost_property_or_other_service")
LABELS = (*BEHAVIOURS, likeness.DANGER, likeness.STAFF, *(likeness.INTENT + name for name in INTENTS))
STRENGTH = 10.0
"""The inverse of regularisation: chosen by leaving out one hand at a time."""

BALANCE = 0.5
"""How far rare labels are made up for: 0 not at all, 1 wholly."""

LEAST = 2
"""The smallest weight that is kept, in tenths."""


def files() -> list[Path]:
    """The labelled texts that are learnt from."""
    return sorted(file for file in HERE.glob("*.jsonl") if file.stem not in ("reporters", "aside"))


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


def learn(sources: list[Path]) -> list[str]:
    """The lines of the file of weights."""
    rows = _rows(sources)
    signs = [{sign[0] for sign in reading.seen(row["text"])} for row in rows]
    counts = Counter(name for names in signs for name in names)
    known = sorted(name for name, count in counts.items() if count > 1)
    rare = {name: likeness.rarity(len(rows), counts[name]) for name in known}
    biases, columns = _fit(rows, signs, rare)
    head = [
        "# Learned by tests/evaluate/train.py: signs, texts they are in, weights in tenths by label (a is the first).",
        f"# sha256 of the texts: {fingerprint(sources)}",
        f"texts\t{len(rows)}",
        "labels\t" + " ".join(f"{label}={bias}" for label, bias in zip(LABELS, biases, strict=True)),
    ]
    return head + [f"{name}\t{' '.join([str(counts[name]), *columns[number]])}" for number, name in enumerate(known)]


def _fit(
    rows: list[dict[str, Any]], signs: list[set[str]], rare: dict[str, float]
) -> tuple[list[int], list[list[str]]]:
    """The bias of each label, and for each sign its weights as written."""
    from scipy.sparse import csr_matrix
    from sklearn.linear_model import LogisticRegression

    number_of = {name: number for number, name in enumerate(rare)}
    cells: list[tuple[int, int, float]] = []
    for number, names in enumerate(signs):
        found = sorted(names & rare.keys())
        length = sum(rare[name] ** 2 for name in found) ** 0.5
        cells += [(number, number_of[name], rare[name] / length) for name in found]
    at, which, value = zip(*cells, strict=True)
    matrix = csr_matrix((value, (at, which)), shape=(len(rows), len(rare)))
    biases = []
    columns: list[list[str]] = [[] for _ in rare]
    for letter, label in zip(likeness.LETTERS, LABELS, strict=False):
        there = [label in _labels(row) for row in rows]
        share = max(sum(there), 1) / len(rows)
        rebalanced = {True: (0.5 / share) ** BALANCE, False: (0.5 / (1 - share)) ** BALANCE}
        model = LogisticRegression(C=STRENGTH, class_weight=rebalanced, solver="liblinear", random_state=0)
        model.fit(matrix, there)
        biases.append(round(likeness.SCALE * float(model.intercept_[0])))
        for column, weight in enumerate(model.coef_[0]):
            if abs(tenths := round(likeness.SCALE * float(weight))) >= LEAST:
                columns[column].append(f"{letter}{tenths}")
    return biases, columns


def main() -> None:
    """Writes the weights, or tries them on texts held out."""
    parser = argparse.ArgumentParser(prog="python -m tests.evaluate.train", description="Learns the weights.")
    parser.add_argument("--held-out", nargs="*", default=[], help="files to read by the weights of the others")
    arguments = parser.parse_args()
    knowledge.warm()
    if not arguments.held_out:
        (DATA / likeness.FILE).write_text("\n".join(learn(files())) + "\n", encoding="utf-8")
        return
    from tests.evaluate.__main__ import show
    from tests.evaluate.scores import evaluate

    for name in arguments.held_out:
        learned = likeness.Likeness(learn([file for file in files() if file.stem != name]))
        reading.likeness = lambda learned=learned: learned  # type: ignore[assignment]
        show(HERE / f"{name}.jsonl", evaluate(HERE / f"{name}.jsonl"), quiet=True)


if __name__ == "__main__":
    main()
