"""Make the table of the published daily roots of the history."""

import sqlalchemy as sa
from alembic import op


revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def _bytes(length):
    return sa.String(length=length).with_variant(sa.VARCHAR(length=length, collation='C'), 'postgresql')


def upgrade() -> None:
    op.create_table('history_days',
    sa.Column('id', ID, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('first_batch_id', ID, nullable=False),
    sa.Column('last_batch_id', ID, nullable=False),
    sa.Column('n_rows', sa.Integer(), nullable=False),
    sa.Column('root', _bytes(64), nullable=False),
    sa.Column('chain', _bytes(64), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['first_batch_id'], ['history_batches.id'], name=op.f('fk_history_days_first_batch_id_history_batches'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['last_batch_id'], ['history_batches.id'], name=op.f('fk_history_days_last_batch_id_history_batches'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_history_days')),
    sa.UniqueConstraint('day', name=op.f('uq_history_days_day'))
    )


def downgrade() -> None:
    op.drop_table('history_days')
