"""R1: no text of ours names what happened, who helps, or that anything was told to anyone."""

from __future__ import annotations

import pytest

from conversations.discretion import exposing


@pytest.mark.parametrize(
    "text",
    [
        "police", "Police.", "an officer", "a crime", "sex", "abuse", "the victim", "your report", "case 12",
        "reporting it", "sexual", "assaulted", "harassment", "Samaritans", "Childline", "Rape Crisis", "victim support",
        "the knife", "POLICE", "pólice?police", "suspect", "was he touching you", "women’s aid",
        "heddlu", "swyddog", "trosedd", "drosedd", "adroddiad", "achos", "dioddefwr", "cam-drin", "gam-drin",
        "ymosodiad", "rhywiol", "bygythiad", "treisio", "Byw Heb Ofn",
    ],
)  # fmt: skip
def test_exposing_words_are_found_in_both_languages(text: str):
    assert exposing(text) != []


@pytest.mark.parametrize(
    "text",
    [
        "Essex Road", "Sussex", "suitcase", "Killingworth", "Gunnersbury", "Coppermill", "Tell us what happened",
        "In danger ring 999", "Robertsbridge", "Reading", "Barking", "Stabling", "Knightsbridge", "Penistone",
        "Beth ddigwyddodd?", "rhywun", "rhywbeth", "swyddfa", "Ble mae hyn?", "Yn ddiogel?", "dyma'r lle",
    ],
)  # fmt: skip
def test_harmless_words_are_left_alone(text: str):
    assert exposing(text) == []


def test_hits_come_in_order():
    assert exposing("The police know of your REPORT") == ["police", "report"]
