"""`quietline understand`: one line out per line in, in order, bad lines answered."""

from __future__ import annotations

import json

from click.testing import CliRunner

from gateway.cli import main


def lines(given: bytes) -> list[dict[str, object]]:
    result = CliRunner().invoke(main, ["understand"], input=given)
    assert result.exit_code == 0
    return [json.loads(line) for line in result.output.splitlines()]


def test_each_line_is_answered_in_order() -> None:
    asked = [{"id": n, "text": text} for n, text in enumerate(["help", "shwmae", "just left leeds"])]
    got = lines("\n".join(map(json.dumps, asked)).encode())
    assert [line["id"] for line in got] == [0, 1, 2]
    assert set(got[2]) >= {
        "language",
        "intent",
        "place",
        "service",
        "behaviours",
        "urgency",
        "role",
        "suspect_is",
        "describes_suspect",
        "spans",
        "why",
    }


def test_bad_lines_are_answered_too() -> None:
    got = lines(b'{"id": 1\n[]\n{"id": 7}\n\n{"id": 8, "text": "hi", "context": 5}\n')
    assert [("error" in line, line["id"]) for line in got] == [
        (True, None),
        (True, None),
        (True, 7),
        (True, None),
        (False, 8),
    ]
