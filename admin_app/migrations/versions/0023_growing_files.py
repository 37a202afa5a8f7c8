"""Let a file of a task grow piece by piece."""

import sqlalchemy as sa
from alembic import op


revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('job_files', sa.Column('pieces', sa.JSON(none_as_null=True), nullable=True))


def downgrade() -> None:
    op.drop_column('job_files', 'pieces')
