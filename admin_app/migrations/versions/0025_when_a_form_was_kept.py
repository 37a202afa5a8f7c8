"""Know when a form for many was worked on last."""

import sqlalchemy as sa
from alembic import op


revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("declaration_batches", sa.Column("kept_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("update declaration_batches set kept_at = created_at")


def downgrade() -> None:
    op.drop_column("declaration_batches", "kept_at")
