"""Any row of texts, silences and jumps of the clock: nothing raises, exposes, loops, or loses words."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.flow import OPENING, STOPPED, Kind
from conversations.flows import shipped
from conversations.replies import key_of, lexicon
from conversations.session import Session
from conversations.texts import normalise
from conversations.turn import QUIET, SITTING, Silence
from tests.conversations.player import Player
from tests.naughty import NAUGHTY, with_naughty_strings

FLOW = shipped("starter")
CANARY = "zqx"

_WORDS = lexicon(FLOW)
KEYWORDS = {
    *_WORDS.urgent,
    *_WORDS.anywhere,
    *_WORDS.keywords,
    *(word for words in _WORDS.choices.values() for word in words),
}
GREETING = Player().say("hello")


@dataclass(frozen=True)
class Said:
    """A text and how it came."""

    text: str
    repeat: bool = False
    held: bool = False


@dataclass(frozen=True)
class Waited:
    """Time that passed; timers run at their time."""

    seconds: float


@dataclass(frozen=True)
class Jumped:
    """A clock that was set to another time, forwards or back."""

    seconds: float


plain = st.sampled_from(
    ["man keeps staring at me", "victoria", "just past clapham j", "1805 vic to brighton", "coach 3", "D", ".", "?", ""]
)
answers = st.sampled_from(sorted(KEYWORDS)).flatmap(lambda word: st.sampled_from([word, word.upper(), f" {word}. "]))
behind = st.sampled_from(["1", "2", "yes", "no"]).map(lambda choice: f"{choice} {CANARY} jacket")
own = st.text(max_size=60).map(lambda text: f"{CANARY} {text}")
bodies = st.one_of(plain, answers, behind, own, st.sampled_from(NAUGHTY)).map(lambda text: normalise(text)[0])
events = st.one_of(
    bodies.map(Said),
    bodies.map(Said),
    st.builds(Said, bodies, repeat=st.booleans(), held=st.booleans()),
    st.sampled_from([5, QUIET, 600, SITTING, SITTING + 1, 7200, 86_000]).map(Waited),
    st.sampled_from([-3600.0, -10.0, 1e9, -1e9]).map(Jumped),
)
walks = st.lists(events, max_size=25)


def walked(events: list[Said | Waited | Jumped]) -> Player:
    """A phone after a walk, every step of it looked over."""
    player = Player()
    for event in events:
        match event:
            case Waited(seconds):
                assert player.wait(seconds) == [], "nothing is written unasked"
            case Jumped(seconds):
                player.now += seconds
                player.take(Silence())
            case Said():
                say(player, event)
    return player


def say(player: Player, said: Said) -> None:
    """Texts, and holds the answer against the rules."""
    before = player.session
    heard = player.say(said.text, repeat=said.repeat, held=said.held)
    after = player.session
    assert not [text for text in heard if CANARY in text], "R2: the reporter's own words came back"
    look_at_words(said, before, after)
    if not said.repeat and not said.held:
        look_at_answer(player, said, before, heard)


def is_lone(text: str) -> bool:
    """Whether a text is one character, which may begin quiet mode (rule 9)."""
    return len(text.strip()) == 1


def look_at_words(said: Said, before: Session, after: Session) -> None:
    """Every text that is more than a keyword is kept as it came."""
    assert after.account[: len(before.account)] == before.account
    kept = [entry.text for entry in after.account[len(before.account) :]]
    if kept:
        assert kept == [said.text]
    else:
        assert said.repeat or not said.text.strip() or key_of(said.text) in KEYWORDS


def look_at_answer(player: Player, said: Said, before: Session, heard: list[str]) -> None:
    """R3 and R5: silence after a stop, a first text's answer after half an hour."""
    keyword = _WORDS.urgent.get(key_of(said.text), ("", ""))[0]
    if keyword == "danger":
        assert "999" in heard[0]
    elif before.step == STOPPED and keyword != "start":
        assert heard == []
    elif keyword != "stop" and player.now - before.last_text > SITTING:
        if not is_lone(said.text) and key_of(said.text) not in _WORDS.anywhere:
            assert heard == GREETING
    elif before.step != OPENING and keyword != "stop" and FLOW.by_id.get(before.step, FLOW.first).kind is not Kind.END:
        thanked = _WORDS.keywords.get(key_of(said.text), ("", ""))[0] == "thanks" and not before.reportable
        assert len(heard) == 1 or thanked, "every text gets its answer, but thanks for a greeting"


@settings(deadline=None)
@given(walks)
def test_any_walk_keeps_the_rules(events: list[Said | Waited | Jumped]):
    """R1, R2, R3, R5 and rule 2 on every text; the schema on every revision (`Player`)."""
    walked(events)


@settings(deadline=None)
@given(walks)
def test_from_anywhere_an_end_is_near(events: list[Said | Waited | Jumped]):
    """Rule 6: no loops, ever. Somebody who only ever sends what cannot be read comes to an end."""
    player = walked(events)
    steps = 0
    while (step := FLOW.by_id.get(player.session.step)) is None or step.kind is not Kind.END:
        if player.session.step == STOPPED:
            return
        say(player, Said("--"))
        steps += 1
        assert steps <= 2 * len(FLOW.steps)


@settings(deadline=None)
@given(walks)
def test_a_timer_comes_to_rest(events: list[Said | Waited | Jumped]):
    """With nobody texting at most one silence is wanted."""
    player = walked(events)
    player.wait(QUIET)
    made = len(player.revisions)
    player.wait(86_400)

    assert player.session.due is None
    assert len(player.revisions) == made


@settings(deadline=None)
@given(walks)
def test_what_goes_forward_only_grows(events: list[Said | Waited | Jumped]):
    """Revisions count up one by one, and none forgets a text of an earlier one."""
    revisions = walked(events).revisions

    for earlier, later in pairwise(revisions):
        assert later["account"][: len(earlier["account"])] == earlier["account"]
    assert [revision["revision"] for revision in revisions] == list(range(1, len(revisions) + 1))


@settings(deadline=None)
@given(walks)
def test_a_complete_report_never_turns_open_again(events: list[Said | Waited | Jumped]):
    states = [revision["state"] for revision in walked(events).revisions]
    after = states[states.index("complete") :] if "complete" in states else []

    assert set(after) <= {"complete", "stopped"}


@with_naughty_strings
def test_naughty_strings_in_every_step(naughty: str):
    """P4: no input raises or loses text."""
    text, _ = normalise(naughty)
    for lead in ([], ["hello"], ["hello", "victoria"], ["hello", "victoria", "coach 3"]):
        player = walked([Said(said) for said in [*lead, text, text, text]])
        if key_of(text) not in KEYWORDS and text.strip():
            assert [entry.text for entry in player.session.account].count(text) == 3
