"""The texts that were learnt from are read as well as the bars ask; the others keep what they have reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evaluate import __main__ as evaluate
from tests.evaluate.scores import Scores
from tests.evaluate.scores import evaluate as scored

BARS = {"place": 0.95, "service": 0.95, "language": 0.99, "intent": 0.95}
REACHED = {"unseen.jsonl": (0.98, 0.97, 0.87), "unopened.jsonl": (0.94, 0.92, 0.78)}
"""Of the texts that nobody learnt from: recall of danger, recall of police or staff, micro-F1 of behaviours."""


@pytest.mark.parametrize("name", evaluate.UNLEARNT)
def test_texts_nobody_learnt_from_keep_what_they_have_reached(name: str) -> None:
    scores: Scores = scored(Path(evaluate.__file__).parent / name)
    for slot, bar in BARS.items():
        assert scores.exact[slot] >= bar * scores.texts, (slot, scores.exact[slot], scores.texts)
    danger, staff = scores.counts["danger"], scores.counts["police or staff"]
    wanted = REACHED[name]
    assert danger.right >= wanted[0] * (danger.right + danger.missed)
    assert danger.wrong <= 0.15 * (danger.right + danger.wrong)
    assert staff.right >= int(wanted[1] * (staff.right + staff.missed))
    assert scores.counts["behaviours"].f1 >= wanted[2]
    assert scores.invented <= 0.02 * scores.placeless


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
