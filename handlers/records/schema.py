"""The tables.

    inbox          every text that a carrier was told we took, once per channel and carrier's id
    conversations  one open exchange with one address at one organisation; found by keyed index, state sealed
    reports        one incident as told: its key, its newest revision
    revisions      each canonical document, sealed, for ever as it was
    outbox         one revision on its way to one sink: the truth about forwarding
    sink_states    sinks that are paused
    texts          texts of ours that are not answers: intent first, then what became of them
    phone_texts    the terminal phone's letter box
    heartbeats     when each background process was last seen
    flow_versions  the source of every flow version that a conversation began with
    acknowledgements  what control rooms answered: accepted, rejected, completed
    escalations    reports that wait for such an answer, and how many contacts were told already
    alarms         what is wrong just now, who was told and when next
    alarm_routes   how the last try by each way of telling ended
    measures       latencies and counts of every process, added up
    erased         opaque ids of what was erased (`handlers.erasure`)
    taken_before   keyed hashes of the carrier's ids of erased texts: they stay known
    statistics     what stays of an erased report: codes, no words
    legal_holds    reports that may not be erased
    contacts       sealed addresses of reporters who agreed to be written to after their conversation
    backups        which backups were made (`handlers.backups`)

Those of the desk: `handlers.records.desk_schema`, `handlers.records.joined_schema`,
`handlers.records.shift_schema`.

Times are whole milliseconds since 1970 (UTC). Binary columns are sealed by `handlers.vault`, bound to table, row
and column.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from handlers.records import desk_schema, joined_schema, shift_schema, sign_in_schema
from handlers.records.metadata import Serial, metadata

__all__ = ["desk_schema", "joined_schema", "metadata", "shift_schema", "sign_in_schema"]

inbox = Table(
    "inbox",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("channel", Text, nullable=False),
    Column("external_id", Text, nullable=False),
    Column("organisation", Text),
    Column("report_id", Text),
    Column("received_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # taken, repeat, due, held
    Column("attempts", Integer, nullable=False),
    Column("due_at", BigInteger),
    Column("key", LargeBinary),  # this row's own key, wrapped for `content`; absent where the report's key seals it
    Column("sender", LargeBinary),  # sealed address, only until a due text has been taken
    Column("body", LargeBinary, nullable=False),
    Column("reply", LargeBinary),
    Column("backed_up_at", BigInteger),  # when a backup that holds this row was complete
    Column("reply_status", Text),  # the carrier's last word of our answer: delivered, read, failed, undelivered
    Column("reply_error", Text),
    UniqueConstraint("channel", "external_id"),
)
WAITING = "inbox.state IN ('due', 'held')"
_waiting = text(WAITING.removeprefix("inbox."))
Index("ix_inbox_report_id", inbox.c.report_id)
_failed = text("reply_error IS NOT NULL")
Index("ix_inbox_reply_error", inbox.c.received_at, sqlite_where=_failed, postgresql_where=_failed)
Index("ix_inbox_waiting", inbox.c.due_at, sqlite_where=_waiting, postgresql_where=_waiting)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("address_index", Text, unique=True),
    Column("organisation", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("medium", Text, nullable=False),
    Column("recipient", Text, nullable=False),  # our own number or short code
    Column("report_id", Text, nullable=False),
    Column("flow", Text, nullable=False),
    Column("flow_version", Integer, nullable=False),
    Column("flow_hash", Text, nullable=False),
    Column("key", LargeBinary),  # the conversation's key, wrapped for `conversation`
    Column("report_key", LargeBinary),  # the report's key under the conversation's
    Column("address", LargeBinary),  # sealed to the sending key
    Column("state", LargeBinary),
    Column("last_text_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
)
_awaited = conversations.c.due_at.isnot(None)
Index("ix_conversations_due_at", conversations.c.due_at, sqlite_where=_awaited, postgresql_where=_awaited)

Index("ix_conversations_report_id", conversations.c.report_id)

reports = Table(
    "reports",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("reference", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("key", LargeBinary, nullable=False),  # the report's key, wrapped for `content`
    Column("revision", Integer, nullable=False),
    Column("kind", Text),
    Column("state", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("audience", Text, nullable=False, server_default="desk"),  # desk, confidential
)

revisions = Table(
    "revisions",
    metadata,
    Column("report_id", Text, primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("document", LargeBinary, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("report_id", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("sink", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("priority", Integer, nullable=False),  # 0 danger, 1 the rest
    Column("state", Text, nullable=False),  # due, leased, delivered, parked, replaced
    Column("attempts", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("owner", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("delivered_at", BigInteger),
    Column("cause", Text),
    UniqueConstraint("report_id", "revision", "sink"),
)
UNFINISHED = "outbox.state IN ('due', 'leased', 'parked')"
SCHEDULED = "scheduled"  # the cause of what a sink takes only at its hour: no fault (`handlers.sinks.batches`)
_unfinished = text(UNFINISHED.removeprefix("outbox."))
Index(
    "ix_outbox_unfinished",
    outbox.c.sink,
    outbox.c.priority,
    outbox.c.due_at,
    sqlite_where=_unfinished,
    postgresql_where=_unfinished,
)

sink_states = Table(
    "sink_states",
    metadata,
    Column("sink", Text, primary_key=True),
    Column("cause", Text, nullable=False),
    Column("paused_at", BigInteger, nullable=False),
    Column("probe_at", BigInteger, nullable=False),
)

texts = Table(
    "texts",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("token", Text, nullable=False, unique=True),
    Column("conversation_id", Text, nullable=False),
    Column("report_id", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("state", Text, nullable=False),  # due, sending, unknown, sent, failed, lapsed
    Column("attempts", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("lapses_at", BigInteger, nullable=False),
    Column("after_text_at", BigInteger, nullable=False),
    Column("tried_at", BigInteger),
    Column("external_id", Text),
    Column("status", Text),
    Column("error_code", Text),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("channel", "external_id", name="uq_texts_external_id"),
)
UNSENT = "texts.state IN ('due', 'sending', 'unknown')"
_unsent = text(UNSENT.removeprefix("texts."))
Index("ix_texts_due_at", texts.c.due_at, sqlite_where=_unsent, postgresql_where=_unsent)

phone_texts = Table(
    "phone_texts",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("token", Text, nullable=False, unique=True),
    Column("box", Text, nullable=False),  # keyed index of the two addresses
    Column("key", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
Index("ix_phone_texts_box", phone_texts.c.box)

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("process", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
)

flow_versions = Table(
    "flow_versions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("slug", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("source", Text, nullable=False),
)

alarms = Table(
    "alarms",
    metadata,
    Column("id", Text, primary_key=True),
    Column("audience", Text, nullable=False),  # desk, confidential
    Column("words", Text, nullable=False),  # counts, ages and names of sinks alone
    Column("state", Text, nullable=False),  # raised, over (until the all-clear is out)
    Column("since", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("told_at", BigInteger),
    Column("times", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=False),
)

alarm_routes = Table(
    "alarm_routes",
    metadata,
    Column("route", Text, primary_key=True),
    Column("audience", Text, nullable=False),
    Column("told_at", BigInteger),
    Column("failed_at", BigInteger),  # since when it fails; absent where the last try went through
    Column("cause", Text),
)

measures = Table(
    "measures",
    metadata,
    Column("name", Text, primary_key=True),
    Column("audience", Text, primary_key=True),
    Column("label", Text, primary_key=True),  # such as a sink or a channel; empty where there is nothing to tell apart
    Column("bucket", Text, primary_key=True),  # upper bound in milliseconds, `more`, `sum` in microseconds, or `count`
    Column("value", BigInteger, nullable=False),
)

acknowledgements = Table(
    "acknowledgements",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("report_id", Text, nullable=False),
    Column("sink", Text, nullable=False),  # whose secret signed it
    Column("webhook_id", Text, nullable=False),
    Column("digest", Text, nullable=False),  # of the report and the body: a repeat says the same
    Column("status", Text, nullable=False),  # accepted, rejected, completed
    Column("reason", Text),  # a code: the cause of a rejection, the outcome of a completion
    Column("incident", Text),  # the control room's own number
    Column("decided_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    UniqueConstraint("sink", "webhook_id"),
)
Index("ix_acknowledgements_report_id", acknowledgements.c.report_id)

escalations = Table(
    "escalations",
    metadata,
    Column("report_id", Text, primary_key=True),
    Column("step", Integer, nullable=False),  # how many contacts were told
    Column("revision", Integer, nullable=False),  # the newest that they were told of
    Column("due_at", BigInteger),  # absent once it was answered or there is nobody left to tell
)
_unanswered = escalations.c.due_at.isnot(None)
Index("ix_escalations_due_at", escalations.c.due_at, sqlite_where=_unanswered, postgresql_where=_unanswered)

erased = Table(
    "erased",
    metadata,
    Column("report_id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
)

taken_before = Table(
    "taken_before",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("key_id", Text, nullable=False),  # of the index key that it was made with
    Column("until", BigInteger, nullable=False),
)

statistics = Table(
    "statistics",
    metadata,
    Column("id", Text, primary_key=True),  # random: it leads back to nothing
    Column("organisation", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("day", Text, nullable=False),  # UTC
    Column("codes", Text, nullable=False),  # JSON, values of closed lists alone
)

legal_holds = Table(
    "legal_holds",
    metadata,
    Column("report_id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
)

contacts = Table(
    "contacts",
    metadata,
    Column("report_id", Text, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("medium", Text, nullable=False),
    Column("recipient", Text, nullable=False),  # our own number or short code
    Column("address", LargeBinary, nullable=False),  # sealed to the sending key
)

backups = Table(
    "backups",
    metadata,
    Column("name", Text, primary_key=True),
    Column("made_at", BigInteger, nullable=False),
)
