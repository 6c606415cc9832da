"""What allows a later text (rule 13, R4)."""

from __future__ import annotations

import pytest

from tests.conversations.player import texting


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("my husband hit me on the train hes asleep now pls dont call", None),
        ("man touched me at leeds, please dont ring me", None),
        ("man touched me at leeds just now, text me if you need more", "may_text"),
        ("man touched me at leeds just now, no need to contact me", "anonymous"),
        ("dyn yn fy nghyffwrdd ar y tren, peidiwch a ffonio", None),
    ],
)
def test_only_words_that_ask_for_a_text_allow_one(text: str, contact: str | None):
    """ "Don't call" is no yes to a later text: whoever sits beside them may read it."""
    phone = texting("railway")

    phone.say(text)

    assert phone.session.consent.get("contact") == contact


def test_after_the_end_a_later_word_counts():
    """Rule 13, R4: given after all, it is theirs to give; what is not said changes nothing."""
    phone = texting("railway")
    phone.say("1805 victoria to brighton coach 3 just left clapham, man rubbing on a girl, blue jacket, still here")
    for answer in ("1", "2"):
        phone.say(answer)
    assert phone.session.consent == {"contact": "anonymous"}

    phone.say("he had a red bag")
    assert phone.session.consent["contact"] == "anonymous"
    phone.say("actually yes you can text me")
    assert phone.session.consent["contact"] == "may_text"


def test_who_reads_it_is_told_truthfully_of_what_is_confidential():
    """Rule 15: only the small separate team."""
    phone = texting("railway")
    phone.say("one of your officers at manchester piccadilly put his hand on my back")

    [heard] = phone.say("who will see this")

    assert heard.startswith("Only a small separate team, and each look is logged. ")
