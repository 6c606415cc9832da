"""Addresses are opaque, bounded, and survive the way there and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.channels.addresses import join_address, split_address
from handlers.ports import BadRequest


@pytest.mark.parametrize(
    "address", ["+447700900123", "61016", "Train Co", "whatsapp:+447700900123", "whatsapp:GB.1a", "rcs:a:b", "x" * 160]
)
def test_an_address_survives_being_split_and_joined(address: str) -> None:
    assert join_address(*split_address(address, "From")) == address


def test_one_phone_on_two_media_is_two_addresses_f15() -> None:
    assert split_address("+447700900123", "From") == ("sms", "+447700900123")
    assert split_address("WhatsApp:+447700900123", "From") == ("whatsapp", "+447700900123")


@given(st.text(st.characters(exclude_categories=[]), max_size=200))
def test_any_text_is_an_address_or_refused_without_being_quoted(value: str) -> None:
    refused, medium, address = None, "", "x"
    try:
        medium, address = split_address(value, "From")
    except BadRequest as problem:
        refused = str(problem)
    assert refused in (None, "From is not an address")
    assert medium == medium.lower()
    assert 1 <= len(address) <= 160
    assert address == address.strip()
    assert not any(ord(character) < 32 for character in address)
