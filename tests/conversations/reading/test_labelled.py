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
    assert staff.missed <= 0.03 * (staff.right + staff.missed)
    assert scores.invented <= 0.02 * scores.placeless


def test_few_dangers_are_seen_where_none_is() -> None:
    """Over all of them: one file has too few for a rate."""
    found = [scored(Path(evaluate.__file__).parent / name).counts["danger"] for name in evaluate.LEARNT]
    assert sum(count.wrong for count in found) <= 0.1 * sum(count.right + count.wrong for count in found)


FIRST_SIGHT = {
    "aside": {"place": 339, "service": 339, "language": 346, "intent": 325},
    "corpus_i": {"place": 353, "service": 367, "language": 378, "intent": 357},
    "corpus_j": {"place": 334, "service": 343, "language": 353, "intent": 327},
    "final": {"place": 313, "service": 323, "language": 330, "intent": 322},
}
"""What was exact before anything was learnt from them."""


@pytest.mark.parametrize("name", FIRST_SIGHT)
def test_texts_of_other_hands_are_read_no_worse_than_at_first_sight(name: str) -> None:
    """They have been learnt from since; docs/reading.md has the figures of weights that had not."""
    scores: Scores = scored(Path(evaluate.__file__).parent / f"{name}.jsonl")
    for slot, least in FIRST_SIGHT[name].items():
        assert scores.exact[slot] >= least, (slot, scores.exact[slot])
    assert scores.counts["behaviours"].f1 >= 0.92
    danger, staff = scores.counts["danger"], scores.counts["police or staff"]
    assert danger.missed <= 0.02 * (danger.right + danger.missed)
    assert staff.missed <= 0.03 * (staff.right + staff.missed)
    assert scores.invented <= 0.06 * scores.placeless


def test_the_texts_that_nothing_is_learnt_from_are_read_as_well_as_the_bars_ask() -> None:
    """`judge`: by a hand that saw neither code nor other sets, and opened when the work was done."""
    scores: Scores = scored(Path(evaluate.__file__).parent / "judge.jsonl")
    for slot, bar in BARS.items():
        assert scores.exact[slot] >= bar * scores.texts, (slot, scores.exact[slot], scores.texts)
    assert scores.counts["behaviours"].f1 >= 0.92
    danger, staff = scores.counts["danger"], scores.counts["police or staff"]
    assert danger.missed <= 0.01 * (danger.right + danger.missed)
    assert danger.wrong <= 0.15 * (danger.right + danger.wrong)
    assert staff.missed <= 0.03 * (staff.right + staff.missed)
    assert scores.invented <= 0.02 * scores.placeless


@pytest.mark.parametrize("name", ["first", "second"])
def test_places_and_trains_are_read_as_well_as_the_bars_ask(name: str) -> None:
    """Texts labelled for these alone; rules were made with them."""
    scores: Scores = scored(Path(evaluate.__file__).parent / "places" / f"{name}.jsonl")
    assert scores.exact["place"] >= 0.92 * scores.texts, scores.exact["place"]
    assert scores.exact["service"] >= 0.98 * scores.texts, scores.exact["service"]
    assert scores.invented <= 0.07 * scores.placeless
