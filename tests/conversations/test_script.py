"""Scripts: what is said, heard, waited for and checked."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from conversations.script import Difference, Does, Line, ScriptError, parse, play


class Echo:
    """A phone whose other side repeats what it hears."""

    def __init__(self) -> None:
        self.waited = 0.0

    def say(self, text: str) -> list[str]:
        return [] if text == "hush" else [f"you said {text}"]

    def wait(self, seconds: float) -> list[str]:
        self.waited += seconds
        return []

    def holds(self) -> Mapping[str, str]:
        return {"asks": "location"}


def test_a_script_is_read_line_by_line():
    assert parse("# a comment\n\n> hi there\n<\n< Hello *\n... 2 min\n= asks location\n") == (
        Line(3, Does.SAYS, "hi there"),
        Line(4, Does.HEARS, ""),
        Line(5, Does.HEARS, "Hello *"),
        Line(6, Does.WAITS, "2 min", 120.0),
        Line(7, Does.CHECKS, "asks location"),
    )


@pytest.mark.parametrize(("text", "seconds"), [("30 s", 30), ("30sec", 30), ("1.5 min", 90), ("2 h", 7200)])
def test_waiting_is_told_in_seconds_minutes_or_hours(text: str, seconds: float):
    assert parse(f"... {text}")[0].seconds == seconds


@pytest.mark.parametrize("line", ["hello", "...", "... soon", "... -1 min", "=", "= asks", "= asks a b"])
def test_a_line_that_cannot_be_read_says_which(line: str):
    with pytest.raises(ScriptError, match=r"^line 3: ") as caught:
        parse(f"# first\n> hi\n{line}\n")

    assert caught.value.line == 3


def test_a_script_that_holds_shows_no_difference():
    phone = Echo()

    assert (
        play(parse("> hi\n< you said hi\n> hi\n< you * h*\n<\n> hush\n<\n... 2 min\n<\n= asks location"), phone) == []
    )
    assert phone.waited == 120.0


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("> hi\n< you said ho", Difference(2, "< you said ho", "< you said hi")),
        ("> hi\n< you said h", Difference(2, "< you said h", "< you said hi")),
        ("> hi\n<", Difference(2, "< ", "< you said hi")),
        ("> hush\n< you said hush", Difference(2, "< you said hush", "< ")),
        ("> hi\n= asks train", Difference(2, "= asks train", "= asks location")),
        ("> hi\n= mood good", Difference(2, "= mood good", "= mood unknown")),
        ("> a(b\n< you said a.b", Difference(2, "< you said a.b", "< you said a(b")),
    ],
)
def test_a_departure_is_shown_with_its_line(script: str, expected: Difference):
    assert play(parse(script), Echo()) == [expected]


def test_the_rest_is_played_after_a_departure():
    assert [difference.line for difference in play(parse("> a\n< b\n> c\n< d"), Echo())] == [2, 4]
