"""Make the tables of organisations that register: their first step and their scans."""

import sqlalchemy as sa
from alembic import op


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def _bytes(length):
    return sa.String(length=length).with_variant(sa.VARCHAR(length=length, collation='C'), 'postgresql')


def upgrade() -> None:
    with op.batch_alter_table('organisations') as batch:
        batch.add_column(sa.Column('rejection_reason', sa.String(length=500), nullable=False, server_default=''))
    with op.batch_alter_table('organisations') as batch:
        batch.alter_column('rejection_reason', existing_type=sa.String(length=500), server_default=None)
    op.create_table('organisation_scans',
    sa.Column('id', ID, nullable=False),
    sa.Column('organisation_id', ID, nullable=False),
    sa.Column('key', _bytes(43), nullable=False),
    sa.Column('original_name', sa.String(length=255), nullable=False),
    sa.Column('media_type', sa.String(length=60), nullable=False),
    sa.Column('n_bytes', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', _bytes(255), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_organisation_scans_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation_scans')),
    sa.UniqueConstraint('key', name=op.f('uq_organisation_scans_key'))
    )
    op.create_index(op.f('ix_organisation_scans_organisation_id'), 'organisation_scans', ['organisation_id'], unique=False)
    op.create_table('organisation_drafts',
    sa.Column('key', _bytes(43), nullable=False),
    sa.Column('values_json', sa.Text(), nullable=False),
    sa.Column('scan_key', _bytes(43), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_organisation_drafts'))
    )
    op.create_index(op.f('ix_organisation_drafts_created_at'), 'organisation_drafts', ['created_at'], unique=False)


def downgrade() -> None:
    op.drop_table('organisation_drafts')
    op.drop_table('organisation_scans')
    with op.batch_alter_table('organisations') as batch:
        batch.drop_column('rejection_reason')
