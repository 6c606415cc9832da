"""Danger first: missing it is the worst error, and a false alarm is named for what it is."""

from __future__ import annotations

import pytest

from conversations.reading import read

DANGER = [
    "man with a knife in coach 4",
    "hes strangling her",
    "she isnt breathing",
    "im hiding in the toilet hes outside",
    "he wont let me off the train",
    "theres someone on the tracks",
    "i want to kill myself",
    "im being followed and im scared",
    "he says hes going to stab me",
    "help",
    "HELPWCH",
    "mae gan ddyn gyllell",
    "mae o'n bygwth fy lladd i",
    "dydi hi ddim yn anadlu",
    "someone put something in my drink i cant stand up",
    "he have knife please come",
    "some ned's got a chib",
    "a fight has broken out and a lad is bleeding",
    "he's standing between me and the doors and wont move",
    "he has my passport and says i work for him now",
    "the guard has locked me in the back cab with him",
    "same man is behind me again and i'm the only one on the platform",
    "there's a lad hanging off the back of the tram",
    "he can hear me so dont ring",
    "she has gone floppy, a man gave her a drink",
    "a woman is walking off with someone else's child",
    "dwi'n cuddio yn y toiled, mae o tu allan i'r drws",
    "mae o'n dal fy mraich a ddim yn gollwng",
    "he is in front of door, i can not exit",
]
CALM = [
    "guy with a gun tattoo keeps staring at me",
    "my phone is dying, a man is staring at me",
    "this isnt an emergency but a man is smoking",
    "no one is hurt but there is broken glass on the platform",
    "a man grabbed my bum and walked off",
    "i was attacked on a train in 2019",
    "lads throwing stones at the train",
    "roedd dyn yn syllu arna i ddoe",
    "train was late again, nearly had a heart attack at the price",
    "my mum will kill me if im late",
    "left my toy sword on the 1540, black handle",
    "trapped on a train with no wifi",
    "he had his arm round me and wouldnt move, then i got off and im home now",
    "they're filming a fight scene at the station",
    "someone has fallen asleep on the train and missed his stop",
    "drunk man singing and swinging round the pole",
    "mae dyn yn gweiddi ar ferched",
    "mae rhywun yn gwerthu ffonau ar lein",
]


@pytest.mark.parametrize("text", DANGER)
def test_danger_is_seen_and_names_its_rule(text: str) -> None:
    reading = read(text)
    assert reading.urgency.value == "emergency"
    assert reading.danger
    assert all(value.rule.startswith("danger.") for value in reading.danger)


@pytest.mark.parametrize("text", CALM)
def test_alarming_words_used_otherwise_are_no_danger(text: str) -> None:
    assert read(text).urgency.value != "emergency"


@pytest.mark.parametrize("text", ["i dont feel safe with myself tonight", "i want to die"])
def test_a_life_at_risk_counts_in_a_wish_for_support_too(text: str) -> None:
    reading = read(text)
    assert reading.intent.value == "support"
    assert reading.urgency.value == "emergency"
