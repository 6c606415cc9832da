"""How well labelled texts are read.

    python -m tests.evaluate [FILE ...] [--all] [--json] [--quiet]

FILE: JSON Lines with the labels of a text, an optional `context` with each. Default: `dev.jsonl` beside this module;
all files beside it with --all.
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


def main() -> None:
    """Prints the tables, the confusions to read and the slowest texts."""
    parser = argparse.ArgumentParser(prog="python -m tests.evaluate", description="How well labelled texts are read.")
    parser.add_argument("files", nargs="*", type=Path, help="labelled texts, JSON Lines")
    parser.add_argument("--all", action="store_true", help="every labelled file of this project")
    parser.add_argument("--json", action="store_true", help="only the figures, as JSON")
    parser.add_argument("--quiet", action="store_true", help="no list of confusions")
    arguments = parser.parse_args()
    every = sorted(file for file in HERE.rglob("*.jsonl") if file.stem != "reporters")
    for file in arguments.files or (every if arguments.all else [HERE / "dev.jsonl"]):
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
