"""The texts that were learnt from are read as well as the bars ask; texts set aside, no worse than at first sight."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evaluate import __main__ as evaluate
from tests.evaluate.scores import Scores
from tests.evaluate.scores import evaluate as scored

BARS = {"place": 0.95, "service": 0.95, "language": 0.99, "intent": 0.95}


@pytest.mark.parametrize("name", evaluate.LEARNT)
def test_the_bars_hold(name: str) -> None:
    scores: Scores = scored(Path(evaluate.__file__).parent / name)
    for slot, bar in BARS.items():
        assert scores.exact[slot] >= bar * scores.texts, (slot, scores.exact[slot], scores.texts)
    assert scores.counts["behaviours"].f1 >= 0.92
    danger, staff = scores.counts["danger"], scores.counts["police or staff"]
    assert danger.missed <= 0.01 * (danger.right + danger.missed)
    assert danger.wrong <= 0.15 * (danger.right + danger.wrong)
    assert staff.missed <= 0.03 * (staff.right + staff.missed)
    assert scores.invented <= 0.02 * scores.placeless


def test_texts_of_another_hand_are_read_no_worse_than_at_first_sight() -> None:
    """Nothing was learnt from `aside`: behaviours, intent, danger and staff fall short of the bars on it (docs)."""
    scores: Scores = scored(Path(evaluate.__file__).parent / "aside.jsonl")
    for slot, least in {"place": 339, "service": 339, "language": 346, "intent": 325}.items():
        assert scores.exact[slot] >= least, (slot, scores.exact[slot])
    assert scores.counts["behaviours"].f1 >= 0.84
    assert scores.counts["danger"].missed <= 2
    assert scores.counts["danger"].wrong <= 18
    assert scores.counts["police or staff"].missed <= 5
    assert scores.invented <= 3
