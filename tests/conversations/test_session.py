"""A session is stored between two texts and read again strictly."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.flow import Flow
from conversations.flows import shipped
from conversations.session import Session, UnknownState
from conversations.turn import Text, take_turn
from tests.conversations.player import NOON, Player, begun


def stored(*texts: str) -> dict[str, Any]:
    """What is in the row after these texts."""
    player = Player()
    for text in texts:
        player.say(text)
    loaded: dict[str, Any] = orjson.loads(player.stored)
    return loaded


def test_a_typical_session_is_small():
    player = Player()
    for text in ("man keeps staring at me", "clapham junction", "1805 vic to brighton coach 3"):
        player.say(text)

    assert len(player.stored) < 1200


def test_fields_of_a_later_version_are_carried_along():
    data = stored("hello") | {"mood": True, "colours": ["cy"]}

    session = Session.load(orjson.dumps(data))
    after = take_turn(shipped("starter"), session, Text("victoria"), NOON + 60).session

    kept = orjson.loads(after.dump())
    assert (kept["mood"], kept["colours"]) == (True, ["cy"])


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b"{}", b"\xff", b"{", b'{"v": 2}', b'"text"', b"1"])
def test_what_is_no_session_is_unknown(data: bytes):
    """F12."""
    with pytest.raises(UnknownState):
        Session.load(data)


@pytest.mark.parametrize(
    "damage",
    [
        {"v": 1},
        {"v": 3},
        {"aside": ["which"]},
        {"aside": ["tell", [], "", 1]},
        {"aside": ["which", [1], "place.at", 1]},
        {"still_there": "yes"},
        {"marks": {}},
        {"confidential": 1},
        {"state": "melted"},
        {"ended": "somehow"},
        {"step": None},
        {"started": "noon"},
        {"last_text": None},
        {"trail": "place"},
        {"flow": None},
        {"forwarded": 1},
        {"account": [["text only"]]},
        {"account": [[1, 2, None, None, "en", []]]},
        {"said": {"place": [[9, 0, 1]]}},
        {"said": {"place": [[0, 0, 999]]}},
        {"said": {"place": [["0", 0, 1]]}},
        {"said": []},
        {"values": []},
    ],
    ids=str,
)
def test_damage_is_unknown_and_never_another_error(damage: dict[str, Any]):
    """F12: the caller can close the conversation safely."""
    with pytest.raises(UnknownState):
        Session.load(orjson.dumps(stored("hello", "victoria") | damage))


ALWAYS = ("v", "id", "reference", "spare", "spare_reference", "organisation", "channel", "flow", "language", "started")
ALWAYS += ("last_text", "step", "state", "account", "said")


@pytest.mark.parametrize("name", ALWAYS)
def test_a_missing_field_is_unknown(name: str):
    data = stored("hello", "victoria")
    del data[name]

    with pytest.raises(UnknownState):
        Session.load(orjson.dumps(data))


@pytest.mark.parametrize(
    "damage", [{"step": "interview"}, {"language": "cy"}, {"flow": ["starter", 1, "0" * 64]}, {"flow": ["x", 1, "y"]}]
)
def test_a_flow_that_does_not_fit_is_unknown(damage: dict[str, Any]):
    """F12, F13: a session goes on only with the version it is pinned to."""
    flow = shipped("starter")
    data = orjson.dumps(stored("hello") | damage)

    with pytest.raises(UnknownState):
        Session.load(data, flow)
    with pytest.raises(UnknownState):
        take_turn(flow, Session.load(data), Text("victoria"), NOON)


def test_an_unknown_state_says_nothing_of_the_content():
    """R18."""
    data = stored("hello canary") | {"state": "canary"}

    with pytest.raises(UnknownState) as caught:
        Session.load(orjson.dumps(data))

    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_json_is_a_session_or_unknown(value: Any):
    data = orjson.dumps(value)

    with pytest.raises(UnknownState):
        Session.load(data)


@given(st.data())
def test_any_field_may_be_damaged(data: st.DataObject):
    """F12: loading either refuses, or gives a session that can take its turn."""
    flow: Flow = shipped("starter")
    row = stored("hello", "victoria")
    name = data.draw(st.sampled_from(sorted(row)))
    row[name] = data.draw(
        st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=3) | st.lists(st.integers(0, 2))
    )

    try:
        session = Session.load(orjson.dumps(row), flow)
    except UnknownState:
        return
    take_turn(flow, session, Text("coach 3"), NOON + 100)


def test_a_new_session_has_asked_nothing():
    session = begun()

    assert (session.step, session.state, session.account, session.due) == ("opening", "open", [], None)
