"""The control-room desk: people, sessions, audit, the queue."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
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
        *(_text("hash"), _text("person_id"), _moment("created_at"), _moment("seen_at")),
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
        _key("desk_items", "report_id"),
    )
    for name, columns, where in (
        ("open", ["organisation", "audience", "rank", "since"], "closed_at IS NULL"),
        ("clock_due_at", ["clock_due_at"], "clock_due_at IS NOT NULL"),
        ("holder", ["holder"], "holder IS NOT NULL"),
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


def upgrade() -> None:
    _people()
    _sessions()
    _audit()
    _items()
    _notes()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_is_append_only()")
