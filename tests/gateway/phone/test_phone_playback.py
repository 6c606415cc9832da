"""Scripts played against an engine: a diff where the conversation departs."""

from __future__ import annotations

import pytest

from conversations.script import ScriptError
from gateway.phone.playback import ScriptPhone, departures
from gateway.phone.visit import PhoneError, Visit
from tests.gateway.phone.engines import ThreeQuestions

NOON = 1_795_608_000.0
WELL = """\
# three questions
> man staring
< place?
= asks location
> clapham
< train?
... 2 min
< still there? 2
> 1805
< done?
= ended complete
= state none
"""


def _play(script: str, engine: ThreeQuestions | None = None, recipient: str | None = None) -> str:
    visit = Visit(engine or ThreeQuestions(), lambda: NOON)
    return departures(script, "a.script", ScriptPhone(visit, "+447700900003", recipient))


def test_a_conversation_that_goes_as_written_has_no_diff():
    engine = ThreeQuestions()

    assert _play(WELL, engine, "62022") == ""
    assert {(text.sender, text.recipient) for text in engine.taken} == {("+447700900003", "62022")}


def test_a_diff_shows_what_was_heard_and_held_instead():
    script = WELL.replace("< train?", "< which coach?").replace("= ended complete", "= ended partial")

    assert _play(script).splitlines() == [
        "--- a.script",
        "+++ a.script as played",
        "@@ -3,10 +3,10 @@",
        " < place?",
        " = asks location",
        " > clapham",
        "-< which coach?",
        "+< train?",
        " ... 2 min",
        " < still there? 2",
        " > 1805",
        " < done?",
        "-= ended partial",
        "+= ended complete",
        " = state none",
    ]


def test_silence_where_an_answer_was_expected_shows():
    assert _play("> STOP\n< goodbye").splitlines()[-2:] == ["-< goodbye", "+<"]


def test_an_answer_where_silence_was_expected_shows():
    assert _play("> hello\n<").splitlines()[-2:] == ["-<", "+< place?"]


def test_a_line_that_is_none_is_said_with_its_number():
    with pytest.raises(ScriptError, match="line 2"):
        _play("> hello\nhello\n")


def test_an_address_that_nobody_has_is_said():
    with pytest.raises(PhoneError, match="no organisation takes texts there"):
        _play(WELL, recipient="+447700900888")
