"""The control-room desk: people, sessions, audit, the queue."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_SIGN_IN = ("identities", "ceremonies", "passkeys")
_TABLES = ("desk_notes", "desk_items", "audit", "attempts", "sign_in_links", "sessions", "roles", "people")


def _text(name: str, needed: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=not needed)


def _number(name: str, needed: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), nullable=not needed)


def _moment(name: str, needed: bool = True) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger(), nullable=not needed)


def _sealed(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.LargeBinary(), nullable=False)


def _key(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*columns, name=op.f(f"pk_{table}"))


def _people() -> None:
    op.create_table(
        "people",
        *(_text(name) for name in ("id", "name", "shown", "password")),
        _sealed("key"),
        _sealed("totp"),
        _moment("totp_step"),
        _number("locked"),
        _moment("created_at"),
        _key("people", "id"),
        sa.UniqueConstraint("name", name=op.f("uq_people_name")),
    )
    op.create_table(
        "roles",
        *(_text(name) for name in ("person_id", "organisation", "role")),
        _key("roles", "person_id", "organisation", "role"),
    )
    op.create_index("ix_roles_organisation", "roles", ["organisation", "role"])


def _sessions() -> None:
    op.create_table(
        "sessions",
        *(_text("hash"), _text("person_id"), _moment("created_at"), _moment("seen_at"), _text("how")),
        _key("sessions", "hash"),
    )
    op.create_index("ix_sessions_person_id", "sessions", ["person_id"])
    op.create_table(
        "sign_in_links", *(_text("hash"), _text("person_id"), _moment("ends_at")), _key("sign_in_links", "hash")
    )
    op.create_table(
        "attempts",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        *(_text("subject"), _moment("at")),
        _key("attempts", "id"),
    )
    op.create_index("ix_attempts_subject", "attempts", ["subject", "at"])


def _sign_in() -> None:
    op.create_table(
        "passkeys",
        *(_text("id"), _text("person_id"), _text("label"), _sealed("public_key"), _moment("sign_count")),
        *(_moment("created_at"), _moment("used_at", False)),
        _key("passkeys", "id"),
    )
    op.create_index("ix_passkeys_person_id", "passkeys", ["person_id"])
    op.create_table(
        "ceremonies",
        *(_text("hash"), _text("kind"), _text("bound"), _text("subject"), _text("person_id", False)),
        _moment("ends_at"),
        _key("ceremonies", "hash"),
    )
    op.create_index("ix_ceremonies_subject", "ceremonies", ["subject"])
    op.create_table(
        "identities",
        *(_text("issuer"), _text("subject"), _text("person_id")),
        _key("identities", "issuer", "subject"),
    )
    op.create_index("ix_identities_person_id", "identities", ["person_id"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _SERIAL, autoincrement=True, nullable=False),
        _moment("at"),
        _text("person_id", False),
        *(_text(name) for name in ("organisation", "audience", "kind", "what")),
        _text("report_id", False),
        _number("revision", False),
        _text("why"),
        *(_text(name, False) for name in ("to_whom", "before", "digest")),
        _key("audit", "id"),
    )
    op.create_index("ix_audit_report_id", "audit", ["report_id"])
    op.create_index("ix_audit_organisation", "audit", ["organisation", "id"])
    _append_only()


def _append_only() -> None:
    """No row is changed or deleted by any statement, ours included."""
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_no_{event.lower()} BEFORE {event} ON audit "
                "BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
    )


def _items() -> None:
    op.create_table(
        "desk_items",
        *(_text(name) for name in ("report_id", "organisation", "audience")),
        *(_number("rank"), _moment("since"), _number("revision"), _number("stamp"), _text("holder", False)),
        *(_moment("claimed_at", False), _number("claimed_revision", False), _moment("acted_at", False)),
        *(_moment("words_due_at", False), _moment("clock_at"), _number("clock_step"), _moment("clock_due_at", False)),
        *(_text("incident", False), _text("outcome", False), _moment("closed_at", False)),
        _number("practice"),
        _key("desk_items", "report_id"),
    )
    for name, columns, where in (
        ("open", ["organisation", "audience", "practice", "rank", "since"], "closed_at IS NULL"),
        ("clock_due_at", ["clock_due_at"], "clock_due_at IS NOT NULL"),
        ("words_due_at", ["words_due_at"], "words_due_at IS NOT NULL"),
        ("holder", ["holder"], "holder IS NOT NULL AND closed_at IS NULL"),
        ("closed_at", ["organisation", "audience", "closed_at"], "closed_at IS NOT NULL"),
    ):
        op.create_index(
            f"ix_desk_items_{name}",
            "desk_items",
            columns,
            sqlite_where=sa.text(where),
            postgresql_where=sa.text(where),
        )


def _notes() -> None:
    op.create_table(
        "desk_notes",
        *(_text("token"), _text("report_id"), _text("person_id"), _moment("at"), _sealed("body")),
        _key("desk_notes", "token"),
    )
    op.create_index("ix_desk_notes_report_id", "desk_notes", ["report_id"])


_JOINED = ("desk_views", "desk_labels", "desk_apart", "desk_joined")


def _joined() -> None:
    op.create_table(
        "desk_joined",
        *(_text("report_id"), _text("incident_id"), _text("person_id"), _moment("at")),
        _key("desk_joined", "report_id"),
    )
    op.create_index("ix_desk_joined_incident_id", "desk_joined", ["incident_id"])
    op.create_table("desk_apart", _text("report_id"), _text("other_id"), _key("desk_apart", "report_id", "other_id"))
    op.create_index("ix_desk_apart_other_id", "desk_apart", ["other_id"])
    op.create_table(
        "desk_labels",
        *(_text("token"), _text("report_id"), _text("person_id"), _moment("at"), _sealed("body")),
        _key("desk_labels", "token"),
    )
    op.create_index("ix_desk_labels_report_id", "desk_labels", ["report_id"])
    op.create_table(
        "desk_views",
        *(_text("token"), _text("person_id"), _text("organisation"), _moment("at"), _sealed("key"), _sealed("body")),
        _key("desk_views", "token"),
    )
    op.create_index("ix_desk_views_person_id", "desk_views", ["person_id", "organisation"])
    op.create_index("ix_conversations_report_id", "conversations", ["report_id"])


_SHIFT = (
    *("desk_exercises", "desk_samples", "desk_handed", "desk_handovers", "desk_promises", "desk_breaches"),
    *("desk_answers", "desk_presence", "desk_languages"),
)


def _shift() -> None:
    op.create_table(
        "desk_languages", _text("person_id"), _text("language"), _key("desk_languages", "person_id", "language")
    )
    present = ("process", "person_id", "organisation", "audience", "report_id")
    op.create_table(
        "desk_presence",
        *(_text(name) for name in present),
        _text("doing"),
        _moment("at"),
        _key("desk_presence", *present),
    )
    op.create_table(
        "desk_answers",
        *(_text("report_id"), _moment("claimed_at"), _text("organisation"), _text("audience"), _text("person_id")),
        *(_number("rank"), _number("practice"), _moment("waited_from"), _moment("acted_at", False)),
        _key("desk_answers", "report_id", "claimed_at"),
    )
    op.create_table(
        "desk_breaches",
        *(_text("report_id"), _text("kind"), _moment("began"), _text("organisation"), _text("audience")),
        *(_number("practice"), _text("person_id", False), _moment("at")),
        _key("desk_breaches", "report_id", "kind", "began"),
    )
    for name, moment in (("answers", "claimed_at"), ("breaches", "at")):
        op.create_index(f"ix_desk_{name}_{moment}", f"desk_{name}", ["organisation", "audience", moment])


def _handed() -> None:
    op.create_table(
        "desk_promises",
        *(_text("token"), _text("report_id"), _text("person_id"), _moment("at"), _moment("due_at"), _sealed("body")),
        *(_moment("kept_at", False), _text("kept_by", False)),
        _key("desk_promises", "token"),
    )
    op.create_index("ix_desk_promises_report_id", "desk_promises", ["report_id"])
    open_ = sa.text("kept_at IS NULL")
    op.create_index("ix_desk_promises_due_at", "desk_promises", ["due_at"], sqlite_where=open_, postgresql_where=open_)
    op.create_table(
        "desk_handovers",
        *(_text("token"), _text("organisation"), _text("audience"), _text("person_id"), _text("to_person", False)),
        *(_moment("at"), _sealed("key"), _sealed("body"), _moment("accepted_at", False), _text("accepted_by", False)),
        _moment("withdrawn_at", False),
        _key("desk_handovers", "token"),
    )
    op.create_index("ix_desk_handovers_organisation", "desk_handovers", ["organisation", "audience", "at"])
    op.create_table("desk_handed", _text("token"), _text("report_id"), _key("desk_handed", "token", "report_id"))
    op.create_index("ix_desk_handed_report_id", "desk_handed", ["report_id"])


def _overseen() -> None:
    op.create_table(
        "desk_samples",
        *(_text(name) for name in ("report_id", "day", "organisation", "audience")),
        *(_moment("reviewed_at", False), _text("reviewed_by", False), sa.Column("body", sa.LargeBinary())),
        _key("desk_samples", "report_id", "day"),
    )
    op.create_index("ix_desk_samples_organisation", "desk_samples", ["organisation", "audience", "day"])
    op.create_table(
        "desk_exercises",
        *(_text(name) for name in ("id", "organisation", "script", "person_id", "sender")),
        *(_moment("started_at"), _text("state"), _number("step"), _moment("stepped_at"), _moment("ended_at", False)),
        *(_text("report_id", False), _moment("claim_ms", False), _moment("word_ms", False), _text("outcome", False)),
        _key("desk_exercises", "id"),
    )
    op.create_index("ix_desk_exercises_organisation", "desk_exercises", ["organisation", "started_at"])


def _thread() -> None:
    """What a thread is read from, and who writes in it."""
    op.create_index("ix_inbox_report_id", "inbox", ["report_id"])
    op.create_table(
        "desk_typing",
        *(_text("report_id"), _text("person_id"), _moment("began_at"), _moment("until_at")),
        _key("desk_typing", "report_id"),
    )


def _answered() -> None:
    """How far our answers got."""
    for name in ("reply_status", "reply_error"):
        op.add_column("inbox", _text(name, needed=False))
    failed = sa.text("reply_error IS NOT NULL")
    op.create_index("ix_inbox_reply_error", "inbox", ["received_at"], sqlite_where=failed, postgresql_where=failed)


def upgrade() -> None:
    _people()
    _sessions()
    _sign_in()
    _audit()
    _items()
    _notes()
    _joined()
    _shift()
    _handed()
    _overseen()
    _thread()
    _answered()


def downgrade() -> None:
    op.drop_index("ix_inbox_reply_error", "inbox")
    with op.batch_alter_table("inbox") as batch_op:
        for name in ("reply_error", "reply_status"):
            batch_op.drop_column(name)
    op.drop_index("ix_inbox_report_id", "inbox")
    op.drop_table("desk_typing")
    op.drop_index("ix_conversations_report_id", "conversations")
    for table in (*_SHIFT, *_JOINED, *_SIGN_IN, *_TABLES):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_is_append_only()")
