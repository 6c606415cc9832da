"""The texts that were learnt from are read as well as the bars ask; the others keep what they have reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evaluate import __main__ as evaluate
from tests.evaluate.scores import Scores
from tests.evaluate.scores import evaluate as scored

BARS = {"place": 0.95, "service": 0.95, "language": 0.99, "intent": 0.95}


UNSEEN = "unseen.jsonl"


def test_texts_nobody_learnt_from_keep_what_they_have_reached() -> None:
    scores: Scores = scored(Path(evaluate.__file__).parent / UNSEEN)
    for slot, bar in BARS.items():
        assert scores.exact[slot] >= bar * scores.texts, (slot, scores.exact[slot], scores.texts)
    assert scores.counts["danger"].missed <= 1
    assert scores.counts["behaviours"].f1 >= 0.85


@pytest.mark.parametrize("name", [name for name in evaluate.FILES if name != UNSEEN])
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
