"""What control rooms answered, and which reports wait for an answer."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def _acknowledgements() -> None:
    op.create_table(
        "acknowledgements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("report_id", sa.Text(), nullable=False),
        sa.Column("sink", sa.Text(), nullable=False),
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("incident", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgements")),
        sa.UniqueConstraint("sink", "webhook_id", name=op.f("uq_acknowledgements_sink")),
    )
    op.create_index("ix_acknowledgements_report_id", "acknowledgements", ["report_id"])


def _escalations() -> None:
    op.create_table(
        "escalations",
        sa.Column("report_id", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_escalations")),
    )
    op.create_index(
        "ix_escalations_due_at",
        "escalations",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )


def upgrade() -> None:
    _acknowledgements()
    _escalations()


def downgrade() -> None:
    op.drop_table("escalations")
    op.drop_table("acknowledgements")
