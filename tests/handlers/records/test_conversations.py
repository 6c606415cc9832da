"""A turn is written only onto the conversation that it was worked out from."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from handlers.records import conversations
from handlers.records.conversations import ConversationRow
from handlers.records.database import Database


def row(database: Database) -> ConversationRow:
    """A stored conversation."""
    first = ConversationRow(
        "c1", "index 1", "btp", "twilio", "sms", "61016", "r1", "starter", 1, "hash", b"key", b"key", b"address",
        b"first", 1000, 2000,
    )  # fmt: skip
    with database.write() as tx:
        conversations.add(tx, first)
    return first


@pytest.mark.parametrize("index", ["index 1", "index 2"])
def test_it_is_saved_and_found_under_its_index_of_this_month(database: Database, index: str) -> None:
    first = row(database)
    second = replace(first, state=b"second", address_index=index, last_text_at=1500, due_at=None)
    with database.write() as tx:
        assert conversations.save_after(tx, first, second)
    with database.read() as tx:
        assert conversations.find(tx, [index], lock=False) == second


def test_one_that_has_moved_or_ended_meanwhile_is_left_alone(database: Database) -> None:
    first = row(database)
    second, third = replace(first, state=b"second"), replace(first, state=b"third", address_index="index 2")
    with database.write() as tx:
        conversations.save(tx, second)
        assert not conversations.save_after(tx, first, third)
        assert conversations.get(tx, "c1") == second
        conversations.end(tx, "c1")
        assert not conversations.save_after(tx, second, third)
        assert conversations.get(tx, "c1") is None
