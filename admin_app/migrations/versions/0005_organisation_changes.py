"""Make the table of changes of organisations that their superior reviews."""

import sqlalchemy as sa
from alembic import op


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('organisation_changes',
    sa.Column('id', ID, nullable=False),
    sa.Column('organisation_id', ID, nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('before', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('after', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('was_applied', sa.Boolean(), nullable=False),
    sa.Column('asked_by', sa.String(length=100), nullable=False),
    sa.Column('phone', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.CheckConstraint("state in ('open','passed','rejected','withdrawn')", name=op.f('ck_organisation_changes_known_state')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_organisation_changes_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation_changes'))
    )
    op.create_index('ix_organisation_changes_organisation', 'organisation_changes', ['organisation_id', 'id'], unique=False)
    op.create_index('uq_organisation_changes_open', 'organisation_changes', ['organisation_id'], unique=True, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))


def downgrade() -> None:
    op.drop_table('organisation_changes')
