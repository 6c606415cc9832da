"""`quietline phone --json`: a line of JSON in, a line of JSON out, with the phone's own clock."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.phone.lines import answer_lines
from gateway.phone.visit import Visit
from tests.gateway.phone.engines import ThreeQuestions

NOON = 1_795_608_000.0
"""2026-11-25T12:00:00Z"""


class Flushed(io.BytesIO):
    """Remembers how much had been written at each flush."""

    def __init__(self) -> None:
        super().__init__()
        self.flushes: list[int] = []

    def flush(self) -> None:
        self.flushes.append(len(self.getvalue()))


def _play(*lines: Any, engine: ThreeQuestions | None = None) -> list[dict[str, Any]]:
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() + b"\n" for line in lines]
    out = Flushed()
    answer_lines(raw, out, Visit(engine or ThreeQuestions(), lambda: NOON))
    answers = out.getvalue().splitlines(keepends=True)
    assert len(answers) == len(raw)
    assert out.flushes == [len(b"".join(answers[: n + 1])) for n in range(len(answers))]
    return [json.loads(answer) for answer in answers]


def test_a_conversation_reads_from_its_lines():
    first, second, third = _play({"text": "man rubbing"}, {"text": "clapham"}, {"text": "1805"})

    assert first == {
        "replies": ["place?"],
        "segments": [1],
        "asks": "location",
        "step": "place",
        "ended": None,
        "report": {"account": ["man rubbing"]},
    }
    assert (second["step"], second["asks"], second["ended"]) == ("train", "train", None)
    assert (third["step"], third["asks"], third["ended"]) == ("done", None, "complete")
    assert third["report"] == {"account": ["man rubbing", "clapham", "1805"]}


def test_f2_each_text_comes_20_s_after_the_line_before_so_equal_answers_both_count():
    engine = ThreeQuestions()

    _play({"text": "no"}, {"text": "no"}, {"wait": 30}, {"text": "no"}, engine=engine)

    (conversation,) = engine.conversations.values()
    assert [at for at, _ in conversation.said] == [NOON, NOON + 20, NOON + 70]
    assert len({text.external_id for text in engine.taken}) == 3


@pytest.mark.parametrize(
    "at", ["2026-11-21T18:05:00Z", "2026-11-21T18:05:00+00:00", "2026-11-21T18:05:00", "2026-11-21T19:05+01:00"]
)
def test_the_clock_starts_at_the_first_time_that_is_named(at: str):
    engine = ThreeQuestions()

    _play({"text": "a", "at": at}, {"text": "b"}, {"text": "c", "at": "2026-11-21T18:06:00Z"}, engine=engine)

    (conversation,) = engine.conversations.values()
    assert [moment - 1_795_284_300 for moment, _ in conversation.said] == [0, 20, 60]


def test_a_time_that_goes_back_is_taken_as_it_is():
    engine = ThreeQuestions()

    _play({"text": "a", "at": "2026-11-21T18:05:00Z"}, {"text": "b", "at": "2026-11-20T18:05:00Z"}, engine=engine)

    (conversation,) = engine.conversations.values()
    assert conversation.said[1][0] - conversation.said[0][0] == -24 * 3600


def test_a_wait_lets_timers_run_and_hears_what_they_send():
    _, soon, later, more = _play({"text": "a"}, {"wait": 119}, {"wait": 1}, {"wait": 9999})

    assert soon["replies"] == []
    assert later["replies"] == ["still there? 1"]
    assert later["segments"] == [1]
    assert more["replies"] == []


def test_timers_run_before_a_text_that_comes_later_and_nothing_sent_is_lost():
    _, answer = _play({"text": "a", "at": "2026-11-21T18:05:00Z"}, {"text": "b", "at": "2026-11-21T18:35:00Z"})

    assert answer["replies"] == ["still there? 1", "train?"]
    assert answer["segments"] == [1, 1]


def test_several_phones_in_one_run_each_with_its_own_conversation():
    engine = ThreeQuestions()
    one, other = "+447700900011", "+447700900022"

    lines = _play(
        {"text": "a", "from": one},
        {"text": "b", "from": other},
        {"text": "c"},
        {"wait": 200, "from": one},
        {"text": "d"},
        {"wait": 0, "from": other},
        engine=engine,
    )

    assert [line["step"] for line in lines] == ["place", "place", "train", "place", "train", "train"]
    assert lines[3]["replies"] == ["still there? 1"]
    assert lines[5]["replies"] == ["still there? 2"]
    assert engine.timers == [(NOON + 120, one), (NOON + 160, other)]


def test_the_first_phone_and_the_first_organisation_are_taken_where_none_is_named():
    engine = ThreeQuestions()

    _play({"text": "a"}, engine=engine)

    (text,) = engine.taken
    assert (text.medium, text.sender, text.recipient, text.channel) == ("sms", "+447700900001", "61016", "simulator")


def test_a_phone_stays_with_the_address_it_texted():
    engine = ThreeQuestions()

    lines = _play(
        {"text": "a", "to": "62022"}, {"text": "b"}, {"text": "c", "from": "+447700900002"}, {"wait": 1}, engine=engine
    )

    assert [text.recipient for text in engine.taken] == ["62022", "62022", "61016"]
    assert [line["step"] for line in lines] == ["place", "train", "place", "place"]


def test_f15_one_phone_on_two_media_is_two_conversations():
    engine = ThreeQuestions()

    lines = _play({"text": "a"}, {"text": "b", "from": "whatsapp:+447700900001"}, engine=engine)

    assert [line["step"] for line in lines] == ["place", "place"]
    assert [text.medium for text in engine.taken] == ["sms", "whatsapp"]


def test_a_wait_before_any_text_is_about_nothing():
    (line,) = _play({"wait": 60, "from": "+447700900009"})

    assert line == {"replies": [], "segments": [], "asks": None, "step": None, "ended": None, "report": None}


def test_where_nothing_is_answered_there_are_no_replies():
    (line,) = _play({"text": "STOP"})

    assert (line["replies"], line["segments"]) == ([], [])


def test_segments_are_counted_for_each_reply():
    class Verbose(ThreeQuestions):
        def receive(self, text: Any, at: float) -> str | None:
            super().receive(text, at)
            return text.body

    lines = _play({"text": "x" * 160}, {"text": "x" * 161}, {"text": "ŵ" * 70}, {"text": "ŵ" * 71}, engine=Verbose())

    assert [line["segments"] for line in lines] == [[1], [2], [1], [2]]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"\n", "the line is not JSON"),
        (b"{\n", "the line is not JSON"),
        (b"[" * 100_000 + b"\n", "the line is not JSON"),
        (b'{"text": "\xff"}\n', "the line is not UTF-8"),
        (b"[]\n", "the line is not a JSON object"),
        ({}, "the line needs either text or wait"),
        ({"text": "a", "wait": 1}, "the line needs either text or wait"),
        ({"text": None}, "text must be a string"),
        ({"text": ["a"]}, "text must be a string"),
        ({"text": "a", "from": 447700900001}, "from must be a string"),
        ({"text": "a", "from": ""}, "from is not an address"),
        ({"text": "a", "from": ":+447700900001"}, "from is not an address"),
        ({"text": "a", "to": "\x00"}, "to is not an address"),
        ({"text": "a", "to": "+447700900888"}, "no organisation takes texts there"),
        ({"text": "a", "at": "yesterday"}, "at must be an ISO 8601 time"),
        ({"text": "a", "at": 5}, "at must be an ISO 8601 time"),
        ({"text": "a", "at": "0001-01-01T00:00:00+23:59"}, "the phone's clock goes from 1970 to 2999"),
        ({"text": "a", "at": "3000-01-01T00:00:00Z"}, "the phone's clock goes from 1970 to 2999"),
        ({"wait": -1}, "wait must be a number of seconds from 0 to ten years"),
        ({"wait": True}, "wait must be a number of seconds from 0 to ten years"),
        ({"wait": "5"}, "wait must be a number of seconds from 0 to ten years"),
        (b'{"wait": NaN}\n', "wait must be a number of seconds from 0 to ten years"),
        (b'{"wait": 1e400}\n', "wait must be a number of seconds from 0 to ten years"),
        (b'{"wait": ' + b"9" * 5000 + b"}\n", "the line is not JSON"),
    ],
)
def test_a_line_that_makes_no_sense_gets_an_error_and_moves_nothing(line: Any, error: str):
    engine = ThreeQuestions()

    before, wrong, after = _play({"text": "a"}, line, {"text": "b"}, engine=engine)

    assert wrong == {"error": error}
    assert (before["step"], after["step"]) == ("place", "train")
    assert [text.sender for text in engine.taken] == ["+447700900001"] * 2
    (conversation,) = engine.conversations.values()
    assert [at for at, _ in conversation.said] == [NOON, NOON + 20]


def test_r18_an_error_repeats_nothing_of_its_line():
    (line,) = _play({"text": "canary", "from": "+447700900777", "to": "+447700900888"})

    assert line == {"error": "no organisation takes texts there"}


@settings(deadline=None)
@given(st.one_of(st.text(), st.text(st.characters(categories=["Cs", "Cc", "Co", "Cn"]))))
def test_p4_any_text_gets_its_line(text: str):
    engine = ThreeQuestions()

    (line,) = _play({"text": text}, engine=engine)

    assert line["step"] == "place"
    assert "\x00" not in engine.taken[0].body
    engine.taken[0].body.encode("utf-8")


@settings(deadline=None)
@given(st.binary(max_size=200).map(lambda raw: raw.replace(b"\n", b" ") + b"\n"))
def test_p4_any_line_gets_a_line(line: bytes):
    (answer,) = _play(line)

    assert answer.keys() == {"error"} or "step" in answer
