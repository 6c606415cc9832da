"""Danger and quiet mode in any state, and what answers a question and what does not (rules 6 to 9, 12, 17, R5)."""

from __future__ import annotations

import pytest

from conversations.flows import slugs
from tests.conversations.player import HOUSES, Player, kinds, last, texting


def played(*texts: str, slug: str = "railway") -> Player:
    """A phone of one of the three organisations after these texts."""
    player = texting(slug)
    for text in texts:
        player.say(text)
    return player


ADVICE = {"railway": "ring 999", "dyffryn": "ffoniwch 999", "tram": "ring 999"}
"""What the emergency advice says in the first language of each."""


@pytest.mark.parametrize("slug", sorted(HOUSES))
def test_danger_in_quiet_mode_is_advised_and_alerted_in_that_turn(slug: str):
    """Rules 8 and 9."""
    player = played(".", slug=slug)
    assert kinds(player) == []
    [heard] = player.say("1")

    assert ADVICE[slug] in heard
    assert kinds(player) == ["alert"]
    assert player.report["marks"] == ["silent"]
    assert player.report["facts"]["urgency"] == "emergency"


@pytest.mark.parametrize("slug", sorted(HOUSES))
def test_whoever_is_present_and_silent_reaches_the_desk(slug: str):
    """Rules 9 and 12: after two minutes, or when all is answered, without a word."""
    player = played(".", slug=slug)
    player.wait(120)
    assert kinds(player) == ["unfinished"]
    assert player.report["marks"] == ["silent"]

    player = played(".", "2", "1", "1", "1", slug=slug)
    assert kinds(player) == ["unfinished"]
    assert last(player).ended == "partial"


def test_every_flow_with_quiet_questions_is_played_here():
    assert set(HOUSES) | {"starter"} == set(slugs())


@pytest.mark.parametrize("open_question", ["confirm", "contact"])
def test_danger_at_a_late_question_drops_it(open_question: str):
    """Rule 8: fewer questions, and none that has nothing to do with it."""
    texts = ["man rubbing on me, 0744 horsham to victoria, coach 3, just gone clapham junction, grey hoodie", "yes"]
    player = played(*texts[: ["confirm", "contact"].index(open_question) + 1])
    assert last(player).asks == open_question
    [heard] = player.say("hes got a knife")

    assert "ring 999" in heard
    assert "?" not in heard
    assert kinds(player)[-1] == "alert"
    assert last(player).ended == "handover"


def test_what_went_with_the_alert_is_not_started_again():
    """Rule 12: `started` is the first place or train."""
    player = played("man with a knife on my train just left york", "1503 to kings cross coach F")

    assert kinds(player) == ["alert", "updated"]


def test_a_place_after_the_alert_starts():
    assert kinds(played("help", "stafford")) == ["alert", "started"]


def test_after_stop_danger_gets_the_advice_alone():
    """R5."""
    player = played("a man keeps leaning on me", "derby", "stop")
    [heard] = player.say("he has a knife")

    assert "ring 999" in heard
    assert "?" not in heard
    assert kinds(player)[-1] == "alert"
    assert player.report["state"] == "stopped"
    assert player.report["facts"]["place"]["at"] == "Derby"


def test_the_words_that_take_a_report_back_are_kept_and_not_passed_on():
    """Rule 17, R5: the revision is the mark alone; START brings the account back whole."""
    player = played("a man keeps filming me at derby", "stop texting me please i dont want this")
    if last(player).ended != "withdrawn":
        player.say("dont send it")
    assert kinds(player)[-1] == "stopped"
    passed_on = [entry["text"] for entry in player.revisions[-1]["account"]]

    assert passed_on == ["a man keeps filming me at derby"]
    assert len(player.session.account) == 2


@pytest.mark.parametrize("word", ["id rather not", "thanks", "no", "ok thanks"])
def test_after_support_alone_nobody_is_pressed(word: str):
    """Rule 10: silence, no question and no report."""
    player = played("i just need to talk to someone, i dont want to report it")
    assert last(player).ended == "support_only"

    assert player.say(word) == []
    assert last(player).ended == "support_only"
    assert player.session.due is None
    [heard] = player.say("a man keeps touching my leg at derby")
    assert "?" in heard


def test_what_could_not_be_read_is_kept_where_the_second_try_skips():
    """Rule 6."""
    player = played("some lads are spitting at people on the tram", "the blue bit somewhere", "dont know", slug="tram")

    assert [said["text"] for said in player.report["said"]["place.at"]] == ["the blue bit somewhere"]


@pytest.mark.parametrize("number", ["3042", "no 3042", "tram 3042"])
def test_bare_figures_are_the_number_of_the_tram(number: str):
    player = played("a man on the tram keeps touching my leg", "just left cornbrook", number, slug="tram")

    assert player.report["facts"]["service"]["unit"] == "3042"
    assert last(player).asks != "train"


def test_a_correction_is_no_no():
    """Rule 7: "no coach D" does not say that the person has gone."""
    player = played("man opposite keeps staring at me", "just left reading", "gwr to paddington coach C")
    assert last(player).step == "still"
    player.say("no coach D")

    assert player.report["facts"]["service"]["coach"] == "D"
    assert player.session.still_there is None
    assert last(player).step == "still"


@pytest.mark.parametrize(
    ("word", "language"), [("HELPWCH", "cy"), ("CYMORTH", "cy"), ("HELP", "en"), ("SUPPORT", "en")]
)
def test_a_keyword_of_one_language_tells_it(word: str, language: str):
    """Rule 19."""
    assert played(word).session.language == language


def test_help_tells_no_language_at_a_welsh_first_organisation():
    """Rule 20: HELP is a carriers' word."""
    assert played("HELP", slug="dyffryn").session.language == "cy"


def test_done_ends_the_questions():
    player = played("a man keeps leering at me on the train", "derby", "done")

    assert last(player).ended == "complete"
    assert kinds(player)[-1] == "complete"


def test_a_question_of_theirs_never_counts_against_ours():
    """Rule 6 counts answers, not what they ask beside them."""
    player = played("a man keeps touching my leg")
    asks = last(player).asks
    for text in ("is this anonymous", "can you call me", "how much does it cost", "SUPPORT"):
        player.say(text)
        assert last(player).asks == asks
        assert player.session.misunderstood == 0
    assert kinds(player) == []
