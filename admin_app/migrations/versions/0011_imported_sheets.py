"""Every sheet's import can be undone: each chunk says which sheet it is of.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('imported_chunks') as table:
        table.add_column(sa.Column('sheet', sa.String(length=20), nullable=False, server_default='people'))
    with op.batch_alter_table('imported_chunks') as table:
        table.alter_column('sheet', existing_type=sa.String(length=20), existing_nullable=False, server_default=None)


def downgrade() -> None:
    op.execute("delete from imported_chunks where sheet <> 'people'")
    with op.batch_alter_table('imported_chunks') as table:
        table.drop_column('sheet')
