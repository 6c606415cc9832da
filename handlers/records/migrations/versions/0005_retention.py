"""What was erased, what may not be, what backups hold, and the addresses of those who agreed to contact."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def _erasure() -> None:
    op.create_table(
        "erased",
        sa.Column("report_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_erased")),
    )
    op.create_table(
        "taken_before",
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_taken_before")),
    )
    op.create_table(
        "statistics",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statistics")),
    )
    op.create_table(
        "legal_holds",
        sa.Column("report_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_legal_holds")),
    )


def _contacts() -> None:
    op.create_table(
        "contacts",
        sa.Column("report_id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("medium", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("report_id", name=op.f("pk_contacts")),
    )


def _backups() -> None:
    op.create_table(
        "backups",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_backups")),
    )
    op.add_column("inbox", sa.Column("backed_up_at", sa.BigInteger(), nullable=True))


def upgrade() -> None:
    _erasure()
    _contacts()
    _backups()


def downgrade() -> None:
    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.drop_column("backed_up_at")
    for table in ("backups", "contacts", "legal_holds", "statistics", "taken_before", "erased"):
        op.drop_table(table)
