"""The labelled texts are read at least as well as the project promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evaluate import __main__ as evaluate
from tests.evaluate.scores import Scores
from tests.evaluate.scores import evaluate as scored

BARS = {"place": 0.95, "service": 0.95, "language": 0.99, "intent": 0.95}


@pytest.mark.parametrize("name", evaluate.FILES)
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
