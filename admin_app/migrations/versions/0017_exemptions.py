"""Make the table of exemptions; a declaration window gets days of grace."""

import sqlalchemy as sa
from alembic import op


revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
HOLDING = sa.text('ended_at is null')


def upgrade() -> None:
    op.create_table('exemptions',
    sa.Column('id', ID, nullable=False),
    sa.Column('person_id', ID, nullable=False),
    sa.Column('person_name', sa.String(length=100), nullable=False),
    sa.Column('organisation_name', sa.String(length=200), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('months', sa.Integer(), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('granted_by', sa.String(length=100), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_by', sa.String(length=100), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.CheckConstraint('months between 1 and 12', name=op.f('ck_exemptions_months_of_a_year')),
    sa.CheckConstraint("kind in ('partial_year','leave','retirement','other')", name=op.f('ck_exemptions_known_kind')),
    sa.ForeignKeyConstraint(['person_id'], ['professionals.id'], name=op.f('fk_exemptions_person_id_professionals'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exemptions'))
    )
    op.create_index('uq_exemptions_holding', 'exemptions', ['person_id', 'year'], unique=True, sqlite_where=HOLDING, postgresql_where=HOLDING)
    op.create_index('ix_exemptions_path', 'exemptions', ['path', 'id'])
    op.create_index('ix_exemptions_person', 'exemptions', ['person_id'])
    with op.batch_alter_table('declaration_windows') as batch:
        batch.add_column(sa.Column('grace_days', sa.Integer(), nullable=False, server_default='0'))
    with op.batch_alter_table('declaration_windows') as batch:
        batch.alter_column('grace_days', existing_type=sa.Integer(), server_default=None)
        batch.create_check_constraint(op.f('ck_declaration_windows_no_negative_grace'), 'grace_days >= 0')


def downgrade() -> None:
    with op.batch_alter_table('declaration_windows') as batch:
        batch.drop_constraint(op.f('ck_declaration_windows_no_negative_grace'), type_='check')
        batch.drop_column('grace_days')
    op.drop_table('exemptions')
