"""Make the table of temporary codes."""

import sqlalchemy as sa
from alembic import op


revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def _bytes(length):
    return sa.String(length=length).with_variant(sa.VARCHAR(length=length, collation='C'), 'postgresql')


def upgrade() -> None:
    op.create_table('temporary_codes',
    sa.Column('id', ID, nullable=False),
    sa.Column('organisation_id', ID, nullable=True),
    sa.Column('code', _bytes(20), nullable=False),
    sa.Column('region_code', _bytes(12), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('issued_by', sa.String(length=100), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', _bytes(255), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_temporary_codes_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_temporary_codes')),
    sa.UniqueConstraint('code', name=op.f('uq_temporary_codes_code'))
    )


def downgrade() -> None:
    op.drop_table('temporary_codes')
