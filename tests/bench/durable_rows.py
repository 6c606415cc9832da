"""The rows of one turn, written by hand: the product's own tables, plain sqlite3, one commit.

The same rows, columns and indexes as a turn of the product writes, with values of the same size; no engine, no keys,
no sealing. What a good developer would write on an afternoon.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass

# Which text of the script makes which revision, as rule 12 of the conversation has it. One account of the three is
# taken for danger, and then the text after it is an addition.
REVISIONS = {1: "started", 2: "updated", 3: "complete", 5: "added"}
DANGER = "he followed"
_STATE = {"started": "open", "updated": "open", "alert": "open", "complete": "complete", "added": "complete"}

# Mean bytes of what the product seals, as `product.sizes` reads them from a database after a run.
_WRAPPED_KEY = b"k" * 60
_ADDRESS = b"a" * 64
_BODY_BYTES = 154
_REPLY = b"r" * 114
_STATE_BYTES = 1625  # of the six states of a conversation; `sizes` sees the last
_DOCUMENT_BYTES = 2266

_FIND = "SELECT id, report_id, state FROM conversations WHERE address_index = ?"
_ADD_TEXT = """INSERT INTO inbox (channel, external_id, organisation, report_id, received_at, state, attempts, key,
 body, reply) VALUES ('twilio', ?, 'bench', ?, ?, 'taken', 1, ?, ?, ?)"""
_ADD_REPORT = """INSERT INTO reports (id, organisation, reference, status, key, revision, created_at, updated_at)
 VALUES (?, 'bench', '7KQ4', 'live', ?, 0, ?, ?)"""
_ADD_CONVERSATION = """INSERT INTO conversations (id, address_index, organisation, channel, medium, recipient,
 report_id, flow, flow_version, flow_hash, key, report_key, address, state, last_text_at, due_at)
 VALUES (?, ?, 'bench', 'twilio', 'sms', ?, ?, 'starter', 1, ?, ?, ?, ?, ?, ?, ?)"""
_SAVE_CONVERSATION = "UPDATE conversations SET state = ?, last_text_at = ?, due_at = ? WHERE id = ?"
_ADD_REVISION = "INSERT INTO revisions (report_id, revision, kind, created_at, document) VALUES (?, ?, ?, ?, ?)"
_ADVANCE = "UPDATE reports SET revision = ?, kind = ?, state = ?, updated_at = ? WHERE id = ?"
_REPLACE = (
    "UPDATE outbox SET state = 'replaced' WHERE report_id = ? AND sink = 'desk' AND state = 'due' AND revision < ?"
)
_QUEUE = """INSERT INTO desk_items (report_id, organisation, audience, rank, since, revision, stamp, clock_at,
 clock_step, clock_due_at, practice) VALUES (?, 'bench', 'desk', 2, ?, ?, 1, ?, 0, ?, 0)
 ON CONFLICT (report_id) DO UPDATE SET rank = excluded.rank, revision = excluded.revision, stamp = stamp + 1"""
_ADD_OUTBOX = """INSERT INTO outbox (report_id, revision, sink, organisation, kind, priority, state, attempts, due_at,
 created_at) VALUES (?, ?, 'desk', 'bench', ?, 1, 'due', 0, ?, ?)"""


def connect(path: str) -> sqlite3.Connection:
    """A connection with the settings of the product: WAL, FULL, explicit transactions."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=256)
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
        "trusted_schema=OFF",
        "busy_timeout=5000",
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


@dataclass(slots=True)
class _Conversation:
    id: str
    report: str
    texts: list[str]
    is_new: bool


def write_turn(connection: sqlite3.Connection, form: Mapping[str, str]) -> None:
    """Inbox row, conversation, and where the script makes one the revision with its outbox row; one commit."""
    now = int(time.time() * 1000)
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = _conversation(connection, form["From"])
        found.texts.append(form["Body"])
        if found.is_new:
            connection.execute(_ADD_REPORT, (found.report, _WRAPPED_KEY, now, now))
        body = _padded({"text": form["Body"]}, _BODY_BYTES)
        text = (form["MessageSid"], found.report, now, _WRAPPED_KEY, body, _REPLY)
        connection.execute(_ADD_TEXT, text)
        _save(connection, found, form["From"], form["To"], now)
        if (kind := _kind(found.texts)) is not None:
            _forward(connection, found, len(found.texts) - 1, kind, now)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _kind(texts: list[str]) -> str | None:
    """The kind of the revision that the last text makes."""
    step = len(texts) - 1
    if step in (3, 4) and texts[3].startswith(DANGER):
        return "alert" if step == 3 else "added"
    return REVISIONS.get(step)


def _conversation(connection: sqlite3.Connection, number: str) -> _Conversation:
    row = connection.execute(_FIND, (_id("index", number),)).fetchone()
    if row is None:
        return _Conversation(_id("conversation", number), _id("report", number), [], True)
    return _Conversation(row[0], row[1], json.loads(row[2])["texts"], False)


def _id(what: str, number: str) -> str:
    """32 hexadecimal digits, spread over the index as the product's random ids are."""
    return hashlib.blake2b(f"{what}{number}".encode(), digest_size=16).hexdigest()


def _padded(value: dict[str, object], size: int) -> bytes:
    """JSON with blanks after it."""
    return json.dumps(value).encode().ljust(size)


def _save(connection: sqlite3.Connection, found: _Conversation, number: str, to: str, now: int) -> None:
    state, due = _padded({"texts": found.texts}, _STATE_BYTES), now + 120_000
    if not found.is_new:
        connection.execute(_SAVE_CONVERSATION, (state, now, due, found.id))
        return
    keys = (_WRAPPED_KEY, _WRAPPED_KEY, _ADDRESS)
    connection.execute(
        _ADD_CONVERSATION, (found.id, _id("index", number), to, found.report, "h" * 64, *keys, state, now, due)
    )


def _forward(connection: sqlite3.Connection, found: _Conversation, revision: int, kind: str, now: int) -> None:
    document = {"id": found.report, "revision": revision, "kind": kind, "account": found.texts}
    connection.execute(_ADD_REVISION, (found.report, revision, kind, now, _padded(document, _DOCUMENT_BYTES)))
    connection.execute(_ADVANCE, (revision, kind, _STATE[kind], now, found.report))
    connection.execute(_QUEUE, (found.report, now, revision, now, now + 60_000))
    connection.execute(_REPLACE, (found.report, revision))
    connection.execute(_ADD_OUTBOX, (found.report, revision, kind, now, now))
