"""P3: what a room missed in 72 hours is there soon after it is back, once. `python -m tests.storm.away`: 10,000."""

from __future__ import annotations

from pathlib import Path

from tests.bench.processes import no_stragglers
from tests.storm.away import run


def test_p3_after_72_hours_everything_arrives_once(tmp_path: Path) -> None:
    with no_stragglers():
        result = run(tmp_path, 150, 3)
    assert result.holds, result.words()
    assert result.tries >= 3, result.words()
