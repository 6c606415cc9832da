"""TwiML by hand: whatever we say, an XML parser reads it back, and the carrier gets one message or none."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.twilio import PublicUrls, TwilioChannel
from gateway.channels.twiml import MAX_CHARACTERS
from tests.carrier import ACCOUNT
from tests.naughty import with_naughty_strings

CHANNEL = TwilioChannel(ACCOUNT.sid, [ACCOUNT.token], PublicUrls.under("https://texts.example.org"))
# Every character of XML 1.0, section 2.2.
LEGAL = st.one_of(
    st.sampled_from("\t\n\r&<>\"'"),
    st.characters(min_codepoint=0x20, max_codepoint=0xD7FF),
    st.characters(min_codepoint=0xE000, max_codepoint=0xFFFD),
    st.characters(min_codepoint=0x10000, max_codepoint=0x10FFFF),
)


def heard(text: str) -> str:
    """What the carrier would send on."""
    root = ElementTree.fromstring(CHANNEL.reply(text).body)  # noqa: S314 - our own document
    assert root.tag == "Response"
    (message,) = root
    assert (message.tag, list(message), message.attrib) == ("Message", [], {})
    return message.text or ""


def test_nothing_to_say_is_an_empty_response() -> None:
    answer = CHANNEL.reply(None)
    assert (answer.status, answer.content_type) == (200, "text/xml; charset=utf-8")
    assert answer.body.endswith(b"<Response/>")
    assert list(ElementTree.fromstring(answer.body)) == []  # noqa: S314 - our own document


@given(st.text(LEGAL, max_size=200))
def test_what_xml_can_hold_arrives_as_it_was_said(text: str) -> None:
    assert heard(text) == text


@given(st.text(st.characters(exclude_categories=[]), max_size=50))
def test_what_xml_cannot_hold_never_breaks_the_answer(text: str) -> None:
    assert len(heard(text)) == len(text)


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_an_illegal_character_becomes_a_replacement(character: str) -> None:
    assert heard(f"a{character}b") == "a\ufffdb"


@with_naughty_strings
def test_naughty_strings_arrive_as_text(text: str) -> None:
    assert len(heard(text)) == min(len(text), MAX_CHARACTERS)


def test_a_reply_the_carrier_would_refuse_for_its_length_loses_its_end_only() -> None:
    assert heard("x" * 5000) == "x" * 1600
