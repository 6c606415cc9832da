"""Conversations that two copies of a text, or a fault in the store, try to bring out of step."""

from __future__ import annotations

import pytest

from conversations import flowfile, flows
from conversations.flow import Flow
from handlers.flow_store import StoredFlows
from handlers.records import flow_versions
from handlers.records.database import Database
from tests.fakes import Desk
from tests.handlers.test_inbound import WHERE


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk.build(database)


def test_f2_two_copies_at_one_instant_count_once_whichever_is_first_under_the_lock(desk: Desk) -> None:
    desk.say("hello")
    desk.clock.move(20)
    asked = desk.say(WHERE)
    desk.clock.move(-0.002)
    assert desk.say(WHERE) == asked
    assert desk.rows("SELECT state FROM inbox ORDER BY id")[-1] == ("repeat",)


def test_f12_corrupted_state_is_closed_safely(desk: Desk) -> None:
    desk.say("hello")
    [(state,)] = desk.rows("SELECT state FROM conversations")
    bad = bytes(state)[:-1] + bytes([bytes(state)[-1] ^ 1])
    literal = f"x'{bad.hex()}'" if desk.service.database.is_sqlite else f"'\\x{bad.hex()}'::bytea"
    desk.change(f"UPDATE conversations SET state = {literal}")  # noqa: S608
    assert "Where" in (desk.say("hello?") or "")
    assert desk.rows("SELECT state FROM inbox") == [("taken",), ("taken",)]


def test_f13_a_conversation_stays_on_the_version_it_began_with(database: Database) -> None:
    """A release that ships an edited flow goes on with open conversations of the one before."""
    source = flows.source("starter").replace("version: 1", "version: 2").replace("Which train", "What train")
    old = flowfile.loads(source)

    class Before(StoredFlows):
        def current(self, slug: str) -> Flow:
            return old

    before = Desk.build(database, flows=Before(database))
    before.say("hello")
    with database.write() as tx:
        flow_versions.add(tx, slug=old.slug, version=old.version, digest=old.hash, source=source)
    after = Desk.build(database, flows=StoredFlows(database), ring=before.service.ring)
    after.count = before.count
    after.clock.at = before.clock.at + 20
    assert "What train" in (after.say("hove") or "")


def test_the_shipped_versions_are_kept_once(database: Database) -> None:
    for _ in range(2):
        StoredFlows(database).keep()
    flow = flows.shipped("starter")
    with database.read() as tx:
        assert flow_versions.known(tx) == {shipped.hash for shipped in map(flows.shipped, flows.slugs())}
        assert flow_versions.source(tx, flow.hash) == flows.source("starter")


def test_a_version_that_nobody_knows_is_none(database: Database) -> None:
    assert StoredFlows(database).pinned("starter", 1, "0" * 64) is None


def test_f13_open_conversations_go_on_while_a_flow_is_published_again_and_again(database: Database) -> None:
    """Each turn of 40 phones is taken under another version than the one before; each stays on its own."""
    source = flows.source("starter")

    def version(number: int) -> tuple[Flow, str]:
        text = source.replace("version: 1", f"version: {number}").replace("Which train", f"Which train {number}")
        return flowfile.loads(text), text

    class Published(StoredFlows):
        newest = flowfile.loads(source)

        def current(self, slug: str) -> Flow:
            return Published.newest

    def publish(number: int) -> None:
        Published.newest, text = version(number)
        with database.write() as tx:
            flow_versions.add(tx, slug="starter", version=number, digest=Published.newest.hash, source=text)

    desk = Desk.build(database, flows=Published(database))
    for phone in range(40):
        if phone % 4 == 0:
            publish(100 + phone)
        desk.say("hello", sender=f"+4477009002{phone:02d}")
    publish(900)
    desk.clock.move(20)
    for phone in range(40):
        assert f"Which train {100 + phone // 4 * 4}" in (desk.say("hove", sender=f"+4477009002{phone:02d}") or "")
    assert {state for (state,) in desk.rows("SELECT state FROM inbox")} == {"taken"}


def test_p2_danger_is_in_the_outbox_with_its_text_or_neither_is(desk: Desk) -> None:
    desk.change("ALTER TABLE outbox RENAME COLUMN priority TO gone")
    desk.say("help he has a knife")
    assert desk.rows("SELECT state FROM inbox") == [("due",)]
    assert desk.rows("SELECT count(*) FROM revisions") == [(0,)]
    assert desk.rows("SELECT count(*) FROM conversations") == [(0,)]
    desk.change("ALTER TABLE outbox RENAME COLUMN gone TO priority")
    desk.service.database.close()
    desk.say("help he has a knife", sender="+447700900002")
    assert desk.rows("SELECT kind, priority, state, attempts FROM outbox") == [("alert", 0, "due", 0)]
