"""What a text weighs: GSM-7 by the carrier's own rules, and what of it can be kept."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.texts import Segments, fits_one, normalise, segments, septets, soften
from tests.naughty import with_naughty_strings

IN_GSM7 = "àèéìòùÄäÖöÜüÉÑñÅåØøÆæÇß£$¥@ΔΦΓΛΩΠΨΣΘΞ¡¿§¤"
OUTSIDE_GSM7 = "âêîôûŵŷáíóúýëïẁẃẅỳÿÂÊÎÔÛŴŶÁÍÓÚÝËÏẀẂẄỲŸÀÈÌÒÙç‘’“”–—…`"


@pytest.mark.parametrize("character", IN_GSM7)
def test_character_of_the_basic_table_is_one_septet(character: str):
    assert septets(character) == 1


@pytest.mark.parametrize("character", "^{}\\[~]|€")
def test_character_of_the_extension_table_is_two_septets(character: str):
    assert septets(character) == 2


@pytest.mark.parametrize("character", OUTSIDE_GSM7)
def test_character_outside_turns_the_whole_text_to_ucs2(character: str):
    assert septets(character) is None
    assert segments("a" * 60 + character) == Segments("ucs2", 61, 1, (character,))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments("gsm7", 0, 0)),
        ("a" * 160, Segments("gsm7", 160, 1)),
        ("a" * 161, Segments("gsm7", 161, 2)),
        ("a" * 306, Segments("gsm7", 306, 2)),
        ("a" * 307, Segments("gsm7", 307, 3)),
        ("€" * 80, Segments("gsm7", 160, 1)),
        ("a" * 159 + "€", Segments("gsm7", 161, 2)),
        # 306 septets that need three segments: the 153rd may not hold half a character.
        ("a" * 152 + "€" + "a" * 152, Segments("gsm7", 306, 3)),
        ("ŵ" * 70, Segments("ucs2", 70, 1, ("ŵ",))),
        ("ŵ" * 71, Segments("ucs2", 71, 2, ("ŵ",))),
        ("ŵ" * 134, Segments("ucs2", 134, 2, ("ŵ",))),
        ("ŵ" * 135, Segments("ucs2", 135, 3, ("ŵ",))),
        ("😀" * 35, Segments("ucs2", 70, 1, ("😀",))),
        ("😀" * 36, Segments("ucs2", 72, 2, ("😀",))),
        # 66 units, then a pair that would be torn apart at the 67th.
        ("ŵ" * 66 + "😀" + "ŵ" * 66, Segments("ucs2", 134, 3, ("ŵ", "😀"))),
        ("it’s – “ok”…", Segments("ucs2", 12, 1, ("’", "–", "“", "”", "…"))),
        ("Tŷ Glas", Segments("ucs2", 7, 1, ("ŷ",))),
        ("Caffè", Segments("gsm7", 5, 1)),
    ],
)
def test_segments(text: str, expected: Segments):
    assert segments(text) == expected


@given(st.text(max_size=400))
def test_the_quick_question_agrees_with_the_count(text: str):
    assert fits_one(text) == (segments(text).count <= 1)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("a\x00b", "a\ufffdb"),
        ("a\ud800b", "a\ufffdb"),
        ("\x1b[31m", "\ufffd[31m"),
        ("a\x7f\x85b", "a\ufffd\ufffdb"),
        ("line\r\nline\rline", "line\nline\nline"),
        ("cafe\u0301", "caf\u00e9"),
    ],
)
def test_what_stores_refuse_is_replaced_and_marked(body: str, kept: str):
    """E11: NUL, lone surrogates and controls; composed form."""
    assert normalise(body) == (kept, True)


@pytest.mark.parametrize("body", ["", "plain", "two\nlines\tand a tab", "Tŷ Glas 😀", "\ufffd", "x" * 1600])
def test_what_can_be_kept_stays(body: str):
    assert normalise(body) == (body, False)


@given(st.text(st.characters(exclude_categories=())))
def test_normalised_text_can_always_be_stored(body: str):
    text, altered = normalise(body)

    text.encode("utf-8")
    assert "\x00" not in text
    assert unicodedata.is_normalized("NFC", text)
    assert normalise(text) == (text, False)
    assert altered == (text != body)


@with_naughty_strings
def test_naughty_strings_are_kept(naughty: str):
    """P4: no input loses text: what can be kept stays, in its order."""
    text, _ = normalise(naughty)
    allowed = [character for character in unicodedata.normalize("NFC", naughty) if character.isalnum()]

    assert [character for character in text if character.isalnum()] == allowed


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("it’s “here” – now…", 'it\'s "here" - now...'),
        ("a\u00a0b\u200bc", "a bc"),
        ("back`tick", "back'tick"),
        ("Tŷ Glas", "Tŷ Glas"),
    ],
)
def test_soften_makes_punctuation_plain_and_leaves_accents(text: str, plain: str):
    assert soften(text) == plain
