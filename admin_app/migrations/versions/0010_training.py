"""Make the tables of training: subjects, data of bases, plans, reports and their attachments."""

import sqlalchemy as sa
from alembic import op


revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def _bytes(length):
    return sa.String(length=length).with_variant(sa.VARCHAR(length=length, collation='C'), 'postgresql')


def upgrade() -> None:
    op.create_table('base_data',
    sa.Column('id', ID, nullable=False),
    sa.Column('organisation_id', ID, nullable=False),
    sa.Column('place', sa.String(length=300), nullable=False),
    sa.Column('area_m2', sa.Integer(), nullable=True),
    sa.Column('n_classrooms', sa.Integer(), nullable=True),
    sa.Column('n_seats', sa.Integer(), nullable=True),
    sa.Column('n_computers', sa.Integer(), nullable=True),
    sa.Column('equipment', sa.Text(), nullable=False),
    sa.Column('n_managers', sa.Integer(), nullable=True),
    sa.Column('n_full_time', sa.Integer(), nullable=True),
    sa.Column('n_part_time', sa.Integer(), nullable=True),
    sa.Column('n_senior', sa.Integer(), nullable=True),
    sa.Column('staff', sa.Text(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', _bytes(255), nullable=False),
    sa.CheckConstraint('n_senior is null or n_senior <= n_full_time + n_part_time', name=op.f('ck_base_data_senior_are_teachers')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_base_data_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_base_data')),
    sa.UniqueConstraint('organisation_id', name=op.f('uq_base_data_organisation_id'))
    )
    op.create_index('ix_base_data_path', 'base_data', ['path'])
    op.create_table('professional_subjects',
    sa.Column('id', ID, nullable=False),
    sa.Column('organisation_id', ID, nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('is_enabled', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', _bytes(255), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_professional_subjects_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_professional_subjects')),
    sa.UniqueConstraint('organisation_id', 'name', name=op.f('uq_professional_subjects_organisation_id_name'))
    )
    op.create_index('ix_professional_subjects_path', 'professional_subjects', ['path'])
    op.create_table('public_subjects',
    sa.Column('id', ID, nullable=False),
    sa.Column('organisation_id', ID, nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('hours_tenths', sa.Integer(), nullable=False),
    sa.Column('is_enabled', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', _bytes(255), nullable=False),
    sa.CheckConstraint('hours_tenths > 0', name=op.f('ck_public_subjects_has_hours')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_public_subjects_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_public_subjects')),
    sa.UniqueConstraint('organisation_id', 'year', 'name', name=op.f('uq_public_subjects_organisation_id_year_name'))
    )
    op.create_index('ix_public_subjects_path', 'public_subjects', ['path', 'year'])
    op.create_table('training_files',
    sa.Column('id', ID, nullable=False),
    sa.Column('organisation_id', ID, nullable=False),
    sa.Column('subject_kind', sa.String(length=30), nullable=False),
    sa.Column('subject_id', ID, nullable=False),
    sa.Column('key', _bytes(43), nullable=False),
    sa.Column('original_name', sa.String(length=255), nullable=False),
    sa.Column('media_type', sa.String(length=100), nullable=False),
    sa.Column('n_bytes', sa.Integer(), nullable=False),
    sa.Column('content_hash', _bytes(64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', _bytes(255), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_training_files_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_training_files')),
    sa.UniqueConstraint('key', name=op.f('uq_training_files_key'))
    )
    op.create_index('ix_training_files_path', 'training_files', ['path'])
    op.create_index('ix_training_files_subject', 'training_files', ['subject_kind', 'subject_id'])
    op.create_table('yearly_reports',
    sa.Column('id', ID, nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
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
    sa.CheckConstraint("state <> 'rejected' or reason <> ''", name=op.f('ck_yearly_reports_rejection_has_reason')),
    sa.CheckConstraint("state = 'draft' or submitted_at is not null", name=op.f('ck_yearly_reports_submitted_has_time')),
    sa.CheckConstraint("state in ('draft','pending','approved','rejected')", name=op.f('ck_yearly_reports_known_state')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_yearly_reports_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_yearly_reports')),
    sa.UniqueConstraint('organisation_id', 'form_key', name=op.f('uq_yearly_reports_organisation_id_form_key')),
    sqlite_autoincrement=True
    )
    op.create_index('ix_yearly_reports_organisation', 'yearly_reports', ['organisation_id', 'id'])
    op.create_index('ix_yearly_reports_path', 'yearly_reports', ['path', 'id'])
    op.create_table('training_plans',
    sa.Column('id', ID, nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('subject', sa.String(length=14), nullable=False),
    sa.Column('public_subject_id', ID, nullable=True),
    sa.Column('professional_subject_id', ID, nullable=True),
    sa.Column('subject_name', sa.String(length=100), nullable=False),
    sa.Column('elective', sa.String(length=10), nullable=False),
    sa.Column('hours_tenths', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=True),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('n_people', sa.Integer(), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('content', sa.Text(), nullable=False),
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
    sa.CheckConstraint("kind = 'yearly' or (starts_on is not null and ends_on is not null)", name=op.f('ck_training_plans_training_has_days')),
    sa.CheckConstraint("kind = 'yearly' or hours_tenths > 0", name=op.f('ck_training_plans_training_has_hours')),
    sa.CheckConstraint("kind in ('yearly','single','unit')", name=op.f('ck_training_plans_known_kind')),
    sa.CheckConstraint("state <> 'rejected' or reason <> ''", name=op.f('ck_training_plans_rejection_has_reason')),
    sa.CheckConstraint("state = 'draft' or submitted_at is not null", name=op.f('ck_training_plans_submitted_has_time')),
    sa.CheckConstraint("state in ('draft','pending','approved','rejected')", name=op.f('ck_training_plans_known_state')),
    sa.CheckConstraint("subject in ('public','professional','all')", name=op.f('ck_training_plans_known_subject')),
    sa.CheckConstraint('starts_on is null or starts_on <= ends_on', name=op.f('ck_training_plans_begins_before_it_ends')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_training_plans_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['professional_subject_id'], ['professional_subjects.id'], name=op.f('fk_training_plans_professional_subject_id_professional_subjects'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['public_subject_id'], ['public_subjects.id'], name=op.f('fk_training_plans_public_subject_id_public_subjects'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_training_plans')),
    sa.UniqueConstraint('organisation_id', 'form_key', name=op.f('uq_training_plans_organisation_id_form_key')),
    sqlite_autoincrement=True
    )
    op.create_index('ix_training_plans_organisation', 'training_plans', ['organisation_id', 'kind', 'state', 'id'])
    op.create_index('ix_training_plans_path', 'training_plans', ['path', 'kind', 'id'])


def downgrade() -> None:
    op.drop_table('training_plans')
    op.drop_table('yearly_reports')
    op.drop_table('training_files')
    op.drop_table('public_subjects')
    op.drop_table('professional_subjects')
    op.drop_table('base_data')
