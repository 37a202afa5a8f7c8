"""Make the table of changes of people that their organisation reviews; note who awarded a title of honour."""

import sqlalchemy as sa
from alembic import op


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('person_changes',
    sa.Column('id', ID, nullable=False),
    sa.Column('person_id', ID, nullable=False),
    sa.Column('section', sa.String(length=16), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('before', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('after', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('was_applied', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('decided_by', sa.String(length=100), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.CheckConstraint("state in ('open','passed','rejected','withdrawn')", name=op.f('ck_person_changes_known_state')),
    sa.CheckConstraint("section in ('title','qualifications','honours')", name=op.f('ck_person_changes_known_section')),
    sa.ForeignKeyConstraint(['person_id'], ['professionals.id'], name=op.f('fk_person_changes_person_id_professionals'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person_changes'))
    )
    op.create_index('ix_person_changes_person', 'person_changes', ['person_id', 'id'], unique=False)
    op.create_index('uq_person_changes_open', 'person_changes', ['person_id', 'section'], unique=True, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))
    with op.batch_alter_table('academic_titles') as batch:
        batch.add_column(sa.Column('awarded_by', sa.String(length=200), nullable=False, server_default=''))
    with op.batch_alter_table('academic_titles') as batch:
        batch.alter_column('awarded_by', existing_type=sa.String(length=200), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('academic_titles') as batch:
        batch.drop_column('awarded_by')
    op.drop_table('person_changes')
