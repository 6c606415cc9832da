"""How the simulated reporters fare: `python -m tests.reporters [FILE] [--at TIME] [--transcript ID]`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from gateway.cli.table import table
from tests.reporters.driver import NOON, play_all
from tests.reporters.people import FILE, people
from tests.reporters.score import Figures, Score, figures, score


def main() -> None:
    """Prints how each of them fared, what missed, and the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.reporters", description="How simulated reporters fare.")
    parser.add_argument("file", nargs="?", type=Path, default=FILE, help="simulated people, JSON Lines")
    parser.add_argument("--at", type=datetime.fromisoformat, default=NOON, help="when they text, ISO 8601 with zone")
    parser.add_argument("--transcript", action="append", default=[], metavar="ID", help="print what was texted; `all`")
    arguments = parser.parse_args()
    scores = [score(played) for played in play_all(people(arguments.file), arguments.at)]
    for one in scores:
        if {"all", one.played.person.id} & set(arguments.transcript):
            print(f"{one.played.transcript()}\n{_missed(one)}\n")
    print(
        table(("ID", "ENDED", "EXPECTED", "ASKED", "TEXTS", "PLACE", "SERVICE", "REST"), [_row(one) for one in scores])
    )
    print(*(f"{one.played.person.id} {miss}" for one in scores for miss in _missed(one).splitlines()), sep="\n")
    print("\n" + in_words(figures(scores)))


def in_words(found: Figures) -> str:
    """The figures, a line each."""
    return "\n".join(
        (
            f"endings as expected               {found.endings}/{found.people}",
            f"place and service exact           {found.exact}/{found.reports} {found.exact / found.reports:.1%}",
            f"people asked too much             {found.asked_too_much}",
            f"questions until complete           {found.most_until_complete} at most, where the first text tells all",
            f"questions in all                   {found.most_after_full} at most, where the first text tells all",
            f"median texts until complete       {found.median_texts:g}",
        )
    )


def _row(one: Score) -> Sequence[str]:
    played = one.played
    ended = str(played.ended) + ("" if one.ended_well else " !")
    asked = str(played.questions) + (" !" if one.asked_too_much else "")
    after = "-" if played.completed_after is None else str(played.completed_after)
    counts = tuple("ok" if not misses else f"{len(misses)} !" for misses in (one.place, one.service, one.rest))
    return (played.person.id, ended, "/".join(sorted(played.person.endings)), asked, after, *counts)


def _missed(one: Score) -> str:
    ending = () if one.ended_well else (f"ended: {one.played.ended}",)
    return "\n".join((*ending, *one.place, *one.service, *one.rest))


if __name__ == "__main__":
    main()
