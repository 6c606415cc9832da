"""The tables of a shift at the desk.

    desk_languages   what people speak besides English
    desk_presence    who is at the desk and at which report, by the desk's process; gone within a minute
    desk_typing      where somebody writes to a reporter and has sent nothing: until when the questions rest
    desk_answers     each claim: how long the report had waited for it, and when the first word or action came
    desk_breaches    each limit that was missed, once for each time a clock ran
    desk_promises    what somebody promised a reporter and by when, sealed under the report's key
    desk_handovers   what somebody hands to the next, sealed under a key of its own; nothing changes hands before
                     `accepted_at`
    desk_handed      the reports in it
    desk_samples     closed reports that a supervisor is to read again, drawn by lot, a sealed remark beside them
    desk_exercises   synthetic reporters: which script, how far, and what came of it; no content

Times are whole milliseconds since 1970 (UTC).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from handlers.records.metadata import metadata

desk_languages = Table(
    "desk_languages",
    metadata,
    Column("person_id", Text, primary_key=True),
    Column("language", Text, primary_key=True),
)

desk_presence = Table(
    "desk_presence",
    metadata,
    Column("process", Text, primary_key=True),
    Column("person_id", Text, primary_key=True),
    Column("organisation", Text, primary_key=True),
    Column("audience", Text, primary_key=True),
    Column("report_id", Text, primary_key=True),  # empty where the person is at no report
    Column("doing", Text, nullable=False),  # here, reading, writing
    Column("at", BigInteger, nullable=False),
)

desk_typing = Table(
    "desk_typing",
    metadata,
    Column("report_id", Text, primary_key=True),
    Column("person_id", Text, nullable=False),
    Column("began_at", BigInteger, nullable=False),
    Column("until_at", BigInteger, nullable=False),
)

desk_answers = Table(
    "desk_answers",
    metadata,
    Column("report_id", Text, primary_key=True),
    Column("claimed_at", BigInteger, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("practice", Integer, nullable=False),
    Column("waited_from", BigInteger, nullable=False),
    Column("acted_at", BigInteger),
)
Index("ix_desk_answers_claimed_at", desk_answers.c.organisation, desk_answers.c.audience, desk_answers.c.claimed_at)

desk_breaches = Table(
    "desk_breaches",
    metadata,
    Column("report_id", Text, primary_key=True),
    Column("kind", Text, primary_key=True),  # alarm, supervisor, reporter, word, promise
    Column("began", BigInteger, primary_key=True),  # when the clock that was missed began
    Column("organisation", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("practice", Integer, nullable=False),
    Column("person_id", Text),  # who had the report
    Column("at", BigInteger, nullable=False),
)
Index("ix_desk_breaches_at", desk_breaches.c.organisation, desk_breaches.c.audience, desk_breaches.c.at)

desk_promises = Table(
    "desk_promises",
    metadata,
    Column("token", Text, primary_key=True),
    Column("report_id", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("kept_at", BigInteger),
    Column("kept_by", Text),
)
Index("ix_desk_promises_report_id", desk_promises.c.report_id)
_promised = desk_promises.c.kept_at.is_(None)
Index("ix_desk_promises_due_at", desk_promises.c.due_at, sqlite_where=_promised, postgresql_where=_promised)

desk_handovers = Table(
    "desk_handovers",
    metadata,
    Column("token", Text, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("to_person", Text),  # absent: whoever comes next
    Column("at", BigInteger, nullable=False),
    Column("key", LargeBinary, nullable=False),  # this row's own key, wrapped for its audience
    Column("body", LargeBinary, nullable=False),
    Column("accepted_at", BigInteger),
    Column("accepted_by", Text),
    Column("withdrawn_at", BigInteger),
)
Index("ix_desk_handovers_organisation", desk_handovers.c.organisation, desk_handovers.c.audience, desk_handovers.c.at)

desk_handed = Table(
    "desk_handed",
    metadata,
    Column("token", Text, primary_key=True),
    Column("report_id", Text, primary_key=True),
)
Index("ix_desk_handed_report_id", desk_handed.c.report_id)

desk_samples = Table(
    "desk_samples",
    metadata,
    Column("report_id", Text, primary_key=True),
    Column("day", Text, primary_key=True),  # on which it was closed, as the organisation counts days
    Column("organisation", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("reviewed_at", BigInteger),
    Column("reviewed_by", Text),
    Column("body", LargeBinary),
)
Index("ix_desk_samples_organisation", desk_samples.c.organisation, desk_samples.c.audience, desk_samples.c.day)

desk_exercises = Table(
    "desk_exercises",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organisation", Text, nullable=False),
    Column("script", Text, nullable=False),
    Column("person_id", Text, nullable=False),
    Column("sender", Text, nullable=False),  # of the numbers that are kept free for drama
    Column("started_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),  # running, paused, over, stopped
    Column("step", Integer, nullable=False),  # how many of the script's texts were sent
    Column("stepped_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("report_id", Text),
    Column("claim_ms", BigInteger),
    Column("word_ms", BigInteger),
    Column("outcome", Text),
)
Index("ix_desk_exercises_organisation", desk_exercises.c.organisation, desk_exercises.c.started_at)
