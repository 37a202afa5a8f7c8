"""Notices are looked at for their mail; those of before are done with.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('notices') as table:
        table.add_column(sa.Column('is_mail_due', sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table('notices') as table:
        table.alter_column('is_mail_due', existing_type=sa.Boolean(), existing_nullable=False, server_default=None)
    op.create_index('ix_notices_mail_due', 'notices', ['is_mail_due', 'id'])


def downgrade() -> None:
    op.drop_index('ix_notices_mail_due', 'notices')
    with op.batch_alter_table('notices') as table:
        table.drop_column('is_mail_due')
