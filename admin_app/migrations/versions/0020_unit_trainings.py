"""Make the tables of trainings of units and their participants."""

import sqlalchemy as sa
from alembic import op


revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def _bytes(length):
    return sa.String(length=length).with_variant(sa.VARCHAR(length=length, collation='C'), 'postgresql')


def upgrade() -> None:
    op.create_table('unit_trainings',
    sa.Column('id', ID, nullable=False),
    sa.Column('plan_id', ID, nullable=False),
    sa.Column('plan_name', sa.String(length=200), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('subject', sa.String(length=14), nullable=False),
    sa.Column('elective', sa.String(length=10), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('hours_tenths', sa.Integer(), nullable=False),
    sa.Column('n_people', sa.Integer(), nullable=False),
    sa.Column('edition', sa.Integer(), nullable=False),
    sa.Column('is_key_review', sa.Boolean(), nullable=False),
    sa.Column('form_key', _bytes(43), nullable=True),
    sa.Column('organisation_id', ID, nullable=False),
    sa.Column('organisation_name', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('submitted_by', sa.String(length=100), nullable=False),
    sa.Column('submitted_by_id', ID, nullable=True),
    sa.Column('submitted_in', sa.String(length=40), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', _bytes(255), nullable=False),
    sa.CheckConstraint('hours_tenths > 0', name=op.f('ck_unit_trainings_has_hours')),
    sa.CheckConstraint('starts_on <= ends_on', name=op.f('ck_unit_trainings_begins_before_it_ends')),
    sa.CheckConstraint("state = 'draft' or n_people > 0", name=op.f('ck_unit_trainings_submitted_has_people')),
    sa.CheckConstraint("state in ('draft','pending','approved','rejected')", name=op.f('ck_unit_trainings_known_state')),
    sa.CheckConstraint("state = 'draft' or submitted_at is not null", name=op.f('ck_unit_trainings_submitted_has_time')),
    sa.CheckConstraint("state <> 'rejected' or reason <> ''", name=op.f('ck_unit_trainings_rejection_has_reason')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_unit_trainings_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['plan_id'], ['training_plans.id'], name=op.f('fk_unit_trainings_plan_id_training_plans'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unit_trainings')),
    sa.UniqueConstraint('organisation_id', 'form_key', name=op.f('uq_unit_trainings_organisation_id_form_key')),
    sqlite_autoincrement=True
    )
    op.create_index('ix_unit_trainings_organisation', 'unit_trainings', ['organisation_id', 'state', 'id'])
    op.create_index('ix_unit_trainings_path', 'unit_trainings', ['path', 'id'])
    op.create_index('ix_unit_trainings_plan', 'unit_trainings', ['plan_id'])
    op.create_table('unit_participants',
    sa.Column('id', ID, nullable=False),
    sa.Column('training_id', ID, nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('number_masked', sa.String(length=40), nullable=False),
    sa.Column('unit_name', sa.String(length=200), nullable=False),
    sa.Column('rule_version_id', ID, nullable=True),
    sa.Column('key_reasons', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('declaration_id', ID, nullable=True),
    sa.Column('path', _bytes(255), nullable=False),
    sa.Column('from_path', _bytes(255), nullable=False),
    sa.Column('to_path', _bytes(255), nullable=False),
    sa.Column('person_id', ID, nullable=True),
    sa.ForeignKeyConstraint(['declaration_id'], ['declarations.id'], name=op.f('fk_unit_participants_declaration_id_declarations'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['rule_version_id'], ['rule_versions.id'], name=op.f('fk_unit_participants_rule_version_id_rule_versions'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['training_id'], ['unit_trainings.id'], name=op.f('fk_unit_participants_training_id_unit_trainings'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unit_participants'))
    )
    op.create_index('ix_unit_participants_declaration', 'unit_participants', ['declaration_id'], unique=True)
    op.create_index('ix_unit_participants_from', 'unit_participants', ['from_path', 'id'])
    op.create_index('ix_unit_participants_path', 'unit_participants', ['path', 'id'])
    op.create_index('ix_unit_participants_person_id', 'unit_participants', ['person_id'])
    op.create_index('ix_unit_participants_training', 'unit_participants', ['training_id', 'person_id'])


def downgrade() -> None:
    op.drop_table('unit_participants')
    op.drop_table('unit_trainings')
