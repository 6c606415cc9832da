"""The tables of the control-room desk.

    people         who may sign in: password hash, sealed second factor
    roles          what each may do, for each organisation
    sessions       who is signed in, by the hash of the session's token
    sign_in_links  links that sign in once, in development alone
    attempts       sign-ins that failed, by keyed index of the account and of the network
    audit          who looked at or changed what, written first and never changed (R10), each row chained to the one
                   before it (R11)
    desk_items     one line of the queue for each report: order, who has it, the answer clock, how it ended
    desk_notes     what staff wrote beside a report, sealed under its key

Times are whole milliseconds since 1970 (UTC).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text, and_

from handlers.records.metadata import Serial, metadata

people = Table(
    "people",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("shown", Text, nullable=False),
    Column("password", Text, nullable=False),
    Column("key", LargeBinary, nullable=False),  # this row's own key, wrapped for `content`
    Column("totp", LargeBinary, nullable=False),  # sealed under it
    Column("totp_step", BigInteger, nullable=False),  # the last that was accepted (RFC 6238, time step)
    Column("locked", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

roles = Table(
    "roles",
    metadata,
    Column("person_id", Text, primary_key=True),
    Column("organisation", Text, primary_key=True),
    Column("role", Text, primary_key=True),
)
Index("ix_roles_organisation", roles.c.organisation, roles.c.role)

sessions = Table(
    "sessions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("person_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("how", Text, nullable=False),  # password, passkey, single-sign-on, link, enrol
)
Index("ix_sessions_person_id", sessions.c.person_id)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("person_id", Text, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("subject", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
Index("ix_attempts_subject", attempts.c.subject, attempts.c.at)

audit = Table(
    "audit",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("person_id", Text),  # absent where the installation itself did it
    Column("organisation", Text, nullable=False),
    Column("audience", Text, nullable=False),  # desk, confidential: who may read this row
    Column("kind", Text, nullable=False),  # collection, alteration, consultation, disclosure, combination, erasure
    Column("what", Text, nullable=False),  # such as queue, report, claim, reply
    Column("report_id", Text),
    Column("revision", Integer),
    Column("why", Text, nullable=False),
    Column("to_whom", Text),
    Column("before", Text),
    Column("digest", Text),
)
Index("ix_audit_report_id", audit.c.report_id)
Index("ix_audit_organisation", audit.c.organisation, audit.c.id)

desk_items = Table(
    "desk_items",
    metadata,
    Column("report_id", Text, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("rank", Integer, nullable=False),  # 0 danger, 1 happening now, 2 not known, 3 past, 4 handled elsewhere
    Column("since", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("stamp", Integer, nullable=False),  # goes up with every change
    Column("holder", Text),
    Column("claimed_at", BigInteger),
    Column("claimed_revision", Integer),
    Column("acted_at", BigInteger),  # the holder's first word or action
    Column("words_due_at", BigInteger),  # the second clock: by when there should be one
    Column("clock_at", BigInteger, nullable=False),  # since when it waits for somebody
    Column("clock_step", Integer, nullable=False),
    Column("clock_due_at", BigInteger),  # absent once somebody has it
    Column("incident", Text),  # the control room's own number
    Column("outcome", Text),
    Column("closed_at", BigInteger),
    Column("practice", Integer, nullable=False),  # 1 an exercise, 2 one that rests while real reports wait
)
_open = desk_items.c.closed_at.is_(None)
Index(
    "ix_desk_items_open",
    desk_items.c.organisation,
    desk_items.c.audience,
    desk_items.c.practice,
    desk_items.c.rank,
    desk_items.c.since,
    sqlite_where=_open,
    postgresql_where=_open,
)
_ticking = desk_items.c.clock_due_at.isnot(None)
Index("ix_desk_items_clock_due_at", desk_items.c.clock_due_at, sqlite_where=_ticking, postgresql_where=_ticking)
_wordless = desk_items.c.words_due_at.isnot(None)
Index("ix_desk_items_words_due_at", desk_items.c.words_due_at, sqlite_where=_wordless, postgresql_where=_wordless)
_held = and_(desk_items.c.holder.isnot(None), desk_items.c.closed_at.is_(None))
Index("ix_desk_items_holder", desk_items.c.holder, sqlite_where=_held, postgresql_where=_held)
_closed = desk_items.c.closed_at.isnot(None)
Index(
    "ix_desk_items_closed_at",
    desk_items.c.organisation,
    desk_items.c.audience,
    desk_items.c.closed_at,
    sqlite_where=_closed,
    postgresql_where=_closed,
)

desk_notes = Table(
    "desk_notes",
    metadata,
    Column("token", Text, primary_key=True),
    Column("report_id", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
Index("ix_desk_notes_report_id", desk_notes.c.report_id)
