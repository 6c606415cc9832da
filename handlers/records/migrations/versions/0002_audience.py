"""Who a report is for: the ordinary desk, or the small separate team that gets confidential ones (R8)."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("reports", sa.Column("audience", sa.Text(), nullable=False, server_default="desk"))


def downgrade() -> None:
    with op.batch_alter_table("reports", schema=None) as batch_op:
        batch_op.drop_column("audience")
