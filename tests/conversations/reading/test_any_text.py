"""Whatever comes: no exception, nothing changed, every span within the text, the same answer twice."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.reading import Context, Reading, context_of, read
from conversations.reading.normal import words_of
from tests.naughty import with_naughty_strings

_WORDS = st.sampled_from(
    [
        "man",
        "keeps",
        "touching",
        "me",
        "at",
        "reading",
        "just",
        "left",
        "clapham",
        "jn",
        "half",
        "past",
        "7",
        "18",
        "05",
        "coach",
        "d",
        "no",
        "not",
        "help",
        "knife",
        "dyn",
        "yn",
        "fy",
        "nilyn",
        "o",
        "gaer",
        "i",
        "between",
        "and",
        "to",
        "from",
        "next",
        "stop",
        "wont",
        "let",
        "2",
        "£",
        "377",
        "142",
        "tootin",
        "brodway",
        "he",
        "guard",
    ]
)
_TEXTS = st.one_of(st.text(max_size=300), st.lists(_WORDS, max_size=60).map(" ".join))


def check(text: str, reading: Reading) -> None:
    document = reading.document()
    json.dumps(document)
    for spans in document["spans"].values():
        for start, end in spans:
            assert 0 <= start < end <= len(text)
    for key in ("at", "from", "to", "next"):
        assert (document["place"][key] is None) == (key not in document["place"].get("ids", {}))


@given(_TEXTS, st.sampled_from([None, "location", "train", "confirm", "when"]))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_the_same_twice(text: str, asks: str | None) -> None:
    first = read(text, Context(asks=asks))
    check(text, first)
    assert read(text, Context(asks=asks)) == first


@given(st.text(max_size=200))
@settings(max_examples=200, deadline=None)
def test_words_stand_where_their_spans_say(text: str) -> None:
    words = words_of(text)
    assert list(words.starts) == sorted(words.starts)
    for start, end in zip(words.starts, words.ends, strict=True):
        assert text[start:end].strip() != ""


@given(
    st.dictionaries(
        st.sampled_from(["asks", "facts", "organisation", "at", "choices"]),
        st.one_of(st.none(), st.integers(), st.text(), st.dictionaries(st.text(), st.text())),
    )
)
@settings(max_examples=100, deadline=None)
def test_any_context_is_taken(data: dict[str, object]) -> None:
    read("2", context_of(data))


@with_naughty_strings
def test_naughty_strings(text: str) -> None:
    check(text, read(text))


@pytest.mark.parametrize(
    "text", ["\ud800", "a\udfffb help \ud800", "", " ", "\x00", "\u200b", "'", "’’’", "٣٤ ٥", "½ 7", "²"]
)
def test_broken_and_empty_texts(text: str) -> None:
    check(text, read(text))


@pytest.mark.parametrize(
    "unit",
    [
        "a ",
        "at ",
        "clapham ",
        "vic to brighton ",
        "18.05 ",
        "wont let me ",
        "put his hand on ",
        "at qzxvbn ",
        "my ",
        "e\u0301",
        "x",
        "between ",
    ],
)
def test_no_text_of_ten_parts_takes_long(unit: str) -> None:
    """Of this thread's processor time; the benchmark holds the true bound."""
    text = (unit * 1600)[:1600]
    read(text)
    start = time.thread_time()
    check(text, read(text))
    assert time.thread_time() - start < 0.2
