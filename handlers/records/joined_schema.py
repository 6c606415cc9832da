"""The tables of what staff add to the queue's lines.

    desk_joined    which reports are of one incident
    desk_apart     pairs of reports that a person has said are not
    desk_labels    words that staff put on a report to find it by, sealed under its key
    desk_views     a person's named filters, each sealed under a key of its own

Times are whole milliseconds since 1970 (UTC).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from handlers.records.metadata import metadata

desk_joined = Table(
    "desk_joined",
    metadata,
    Column("report_id", Text, primary_key=True),
    Column("incident_id", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)
Index("ix_desk_joined_incident_id", desk_joined.c.incident_id)

desk_apart = Table(
    "desk_apart",
    metadata,
    Column("report_id", Text, primary_key=True),
    Column("other_id", Text, primary_key=True),
)
Index("ix_desk_apart_other_id", desk_apart.c.other_id)

desk_labels = Table(
    "desk_labels",
    metadata,
    Column("token", Text, primary_key=True),
    Column("report_id", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
)
Index("ix_desk_labels_report_id", desk_labels.c.report_id)

desk_views = Table(
    "desk_views",
    metadata,
    Column("token", Text, primary_key=True),
    Column("person_id", Text, nullable=False),
    Column("organisation", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("key", LargeBinary, nullable=False),  # this row's own key, wrapped for `content`
    Column("body", LargeBinary, nullable=False),
)
Index("ix_desk_views_person_id", desk_views.c.person_id, desk_views.c.organisation)
