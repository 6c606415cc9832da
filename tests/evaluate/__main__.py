"""How well labelled texts are read.

    python -m tests.evaluate [FILE ...] [--json]

FILE: JSON Lines with the labels of a text, an optional `context` with each. Default: the files beside this module.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from tests.evaluate.scores import Scores, evaluate

HERE = Path(__file__).parent
_LEARNT = "dev own set_aside second third fifth unseen unopened"
LEARNT = tuple(f"{name}.jsonl" for name in _LEARNT.split())
"""Texts that rules and weights were made with."""
UNPLACED = tuple(f"corpus_{name}.jsonl" for name in "abcdefgh")
"""Texts without labels of place and service."""
HARDER = ("aside.jsonl", "corpus_i.jsonl", "corpus_j.jsonl", "corpus_k.jsonl")
"""Texts of further hands, the last three full of alarming words used otherwise; learnt from last."""


def main() -> None:
    """Prints the tables, the confusions to read and the slowest texts."""
    parser = argparse.ArgumentParser(prog="python -m tests.evaluate", description="How well labelled texts are read.")
    parser.add_argument("files", nargs="*", type=Path, help="labelled texts, JSON Lines")
    parser.add_argument("--json", action="store_true", help="only the figures, as JSON")
    parser.add_argument("--quiet", action="store_true", help="no list of confusions")
    arguments = parser.parse_args()
    for file in arguments.files or [HERE / name for name in (*LEARNT, *UNPLACED, *HARDER)]:
        scores = evaluate(file)
        if arguments.json:
            print(json.dumps({"file": file.name, **scores.figures()}))
        else:
            show(file, scores, arguments.quiet)


def show(file: Path, scores: Scores, quiet: bool) -> None:
    """One file's tables, for people."""
    print(f"\n{file.name}: {scores.texts} texts")
    for name, exact in scores.exact.items():
        print(f"  {name:18} exact {exact:4}/{scores.texts:<4} {exact / scores.texts:7.1%}")
    print(f"  {'slot or value':34} precision        recall           F1")
    for name, count in sorted(scores.counts.items()):
        print(f"  {name:34} {count.line()}")
    print(f"  no invented place   {scores.placeless - scores.invented}/{scores.placeless}")
    print(f"  time a text         median {scores.median:.2f} ms, worst {scores.slowest[0][0]:.2f} ms")
    for milliseconds, text in scores.slowest:
        print(f"    {milliseconds:6.2f} ms  {text[:90]}")
    if not quiet:
        for confusion in scores.confusions:
            print(f"  {confusion}")


if __name__ == "__main__":
    main()
