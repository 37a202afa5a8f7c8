"""Make every table of the first version.

Revision: 0001, the first.
"""

import sqlalchemy as sa
from alembic import op


revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('accounts',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('document_type', sa.String(length=8), nullable=False),
    sa.Column('number', sa.Text(), nullable=False),
    sa.Column('number_hash', sa.String(length=64).with_variant(sa.VARCHAR(length=64, collation='C'), 'postgresql'), nullable=False),
    sa.Column('number_masked', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('phone', sa.String(length=40), nullable=False),
    sa.Column('email', sa.String(length=200), nullable=False),
    sa.Column('password_hash', sa.String(length=255), nullable=True),
    sa.Column('first_password', sa.String(length=12), nullable=True),
    sa.Column('first_password_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('must_change', sa.Boolean(), nullable=False),
    sa.Column('password_changed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('fs_uniquifier', sa.String(length=64), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('is_support', sa.Boolean(), nullable=False),
    sa.Column('last_login_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_accounts')),
    sa.UniqueConstraint('document_type', 'number_hash', name=op.f('uq_accounts_document_type_number_hash')),
    sa.UniqueConstraint('fs_uniquifier', name=op.f('uq_accounts_fs_uniquifier'))
    )
    op.create_table('captcha_uses',
    sa.Column('key', sa.String(length=43).with_variant(sa.VARCHAR(length=43, collation='C'), 'postgresql'), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_captcha_uses'))
    )
    op.create_index(op.f('ix_captcha_uses_used_at'), 'captcha_uses', ['used_at'], unique=False)
    op.create_table('certificate_series',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('region_code', sa.String(length=12).with_variant(sa.VARCHAR(length=12, collation='C'), 'postgresql'), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('last_serial', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_certificate_series')),
    sa.UniqueConstraint('region_code', 'year', name=op.f('uq_certificate_series_region_code_year'))
    )
    op.create_table('code_entries',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('list_name', sa.String(length=40), nullable=False),
    sa.Column('code', sa.String(length=40).with_variant(sa.VARCHAR(length=40, collation='C'), 'postgresql'), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('name_en', sa.String(length=200), nullable=False),
    sa.Column('parent_code', sa.String(length=40).with_variant(sa.VARCHAR(length=40, collation='C'), 'postgresql'), nullable=True),
    sa.Column('extra', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_code_entries')),
    sa.UniqueConstraint('list_name', 'code', name=op.f('uq_code_entries_list_name_code'))
    )
    op.create_index('ix_code_entries_list', 'code_entries', ['list_name', 'position'], unique=False)
    op.create_table('column_choices',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position_key', sa.String(length=40), nullable=False),
    sa.Column('view', sa.String(length=60), nullable=False),
    sa.Column('columns', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('density', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_column_choices')),
    sa.UniqueConstraint('account_id', 'position_key', 'view', name=op.f('uq_column_choices_account_id_position_key_view'))
    )
    op.create_table('filter_states',
    sa.Column('key', sa.String(length=43).with_variant(sa.VARCHAR(length=43, collation='C'), 'postgresql'), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position_key', sa.String(length=40), nullable=False),
    sa.Column('view', sa.String(length=60), nullable=False),
    sa.Column('values_json', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_filter_states'))
    )
    op.create_index('ix_filter_states_created', 'filter_states', ['created_at'], unique=False)
    op.create_table('history_batches',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('n_rows', sa.Integer(), nullable=False),
    sa.Column('root', sa.String(length=64).with_variant(sa.VARCHAR(length=64, collation='C'), 'postgresql'), nullable=False),
    sa.Column('chain', sa.String(length=64).with_variant(sa.VARCHAR(length=64, collation='C'), 'postgresql'), nullable=False),
    sa.Column('sealed_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_history_batches'))
    )
    op.create_table('job_files',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position_key', sa.String(length=40), nullable=False),
    sa.Column('key', sa.String(length=43).with_variant(sa.VARCHAR(length=43, collation='C'), 'postgresql'), nullable=False),
    sa.Column('original_name', sa.String(length=255), nullable=False),
    sa.Column('media_type', sa.String(length=100), nullable=False),
    sa.Column('n_bytes', sa.Integer(), nullable=False),
    sa.Column('content_hash', sa.String(length=64).with_variant(sa.VARCHAR(length=64, collation='C'), 'postgresql'), nullable=False),
    sa.Column('is_once', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job_files')),
    sa.UniqueConstraint('key', name=op.f('uq_job_files_key'))
    )
    op.create_index(op.f('ix_job_files_created_at'), 'job_files', ['created_at'], unique=False)
    op.create_table('jobs',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position_key', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('params', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('language', sa.String(length=12), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('n_done', sa.Integer(), nullable=False),
    sa.Column('n_total', sa.Integer(), nullable=False),
    sa.Column('cursor', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('result', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('error', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('is_cancel_asked', sa.Boolean(), nullable=False),
    sa.Column('n_tries', sa.Integer(), nullable=False),
    sa.Column('lease', sa.String(length=32), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.CheckConstraint("state in ('queued','running','done','failed','cancelled')", name=op.f('ck_jobs_known_state')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_jobs'))
    )
    op.create_index('ix_jobs_account', 'jobs', ['account_id', 'position_key', 'id'], unique=False)
    op.create_index('ix_jobs_state', 'jobs', ['state', 'id'], unique=False)
    op.create_table('login_failures',
    sa.Column('number_hash', sa.String(length=64).with_variant(sa.VARCHAR(length=64, collation='C'), 'postgresql'), nullable=False),
    sa.Column('n_failures', sa.Integer(), nullable=False),
    sa.Column('first_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('locked_until', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('number_hash', name=op.f('pk_login_failures'))
    )
    op.create_index(op.f('ix_login_failures_first_at'), 'login_failures', ['first_at'], unique=False)
    op.create_table('notices',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position_key', sa.String(length=40), nullable=False),
    sa.Column('message_id', sa.Text(), nullable=False),
    sa.Column('params', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('link', sa.String(length=200), nullable=False),
    sa.Column('read_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notices'))
    )
    op.create_index('ix_notices_account', 'notices', ['account_id', 'position_key', 'id'], unique=False)
    op.create_table('outbox_mails',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('to_address', sa.String(length=200), nullable=False),
    sa.Column('message_id', sa.Text(), nullable=False),
    sa.Column('params', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('language', sa.String(length=12), nullable=False),
    sa.Column('n_tries', sa.Integer(), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox_mails'))
    )
    op.create_index('ix_outbox_mails_sent', 'outbox_mails', ['sent_at', 'id'], unique=False)
    op.create_table('regions',
    sa.Column('code', sa.String(length=12).with_variant(sa.VARCHAR(length=12, collation='C'), 'postgresql'), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('level', sa.String(length=20), nullable=False),
    sa.Column('parent_code', sa.String(length=12).with_variant(sa.VARCHAR(length=12, collation='C'), 'postgresql'), nullable=True),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('from_year', sa.Integer(), nullable=True),
    sa.Column('to_year', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['parent_code'], ['regions.code'], name=op.f('fk_regions_parent_code_regions'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_regions'))
    )
    op.create_index(op.f('ix_regions_parent_code'), 'regions', ['parent_code'], unique=False)
    op.create_table('history_entries',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('subject_kind', sa.String(length=30), nullable=False),
    sa.Column('subject_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('action', sa.String(length=60), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('actor_name', sa.String(length=100), nullable=False),
    sa.Column('position_key', sa.String(length=40), nullable=False),
    sa.Column('organisation_name', sa.String(length=200), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('changes', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('leaf', sa.String(length=64).with_variant(sa.VARCHAR(length=64, collation='C'), 'postgresql'), nullable=False),
    sa.Column('batch_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['batch_id'], ['history_batches.id'], name=op.f('fk_history_entries_batch_id_history_batches'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_history_entries'))
    )
    op.create_index('ix_history_entries_batch', 'history_entries', ['batch_id', 'id'], unique=False)
    op.create_index('ix_history_entries_subject', 'history_entries', ['subject_kind', 'subject_id', 'id'], unique=False)
    op.create_table('organisations',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('parent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('code', sa.String(length=20).with_variant(sa.VARCHAR(length=20, collation='C'), 'postgresql'), nullable=False),
    sa.Column('code_kind', sa.String(length=20), nullable=False),
    sa.Column('region_code', sa.String(length=12).with_variant(sa.VARCHAR(length=12, collation='C'), 'postgresql'), nullable=False),
    sa.Column('nature', sa.String(length=10), nullable=True),
    sa.Column('unit_level', sa.String(length=10), nullable=True),
    sa.Column('industry', sa.String(length=10), nullable=True),
    sa.Column('phone', sa.String(length=40), nullable=False),
    sa.Column('address', sa.String(length=300), nullable=False),
    sa.Column('can_review_hours', sa.Boolean(), nullable=False),
    sa.Column('merged_into_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.CheckConstraint("kind in ('hr_department','competent_department','employer','training_base')", name=op.f('ck_organisations_known_kind')),
    sa.CheckConstraint("parent_id is not null or kind = 'hr_department'", name=op.f('ck_organisations_root_is_hr_department')),
    sa.CheckConstraint("state in ('pending','active','rejected','disabled','merged')", name=op.f('ck_organisations_known_state')),
    sa.ForeignKeyConstraint(['merged_into_id'], ['organisations.id'], name=op.f('fk_organisations_merged_into_id_organisations'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['parent_id'], ['organisations.id'], name=op.f('fk_organisations_parent_id_organisations'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['region_code'], ['regions.code'], name=op.f('fk_organisations_region_code_regions'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisations'))
    )
    op.create_index('ix_organisations_kind_path', 'organisations', ['kind', 'path', 'id'], unique=False)
    op.create_index('ix_organisations_name', 'organisations', ['name'], unique=False)
    op.create_index('ix_organisations_nature', 'organisations', ['nature', 'path', 'id'], unique=False)
    op.create_index(op.f('ix_organisations_parent_id'), 'organisations', ['parent_id'], unique=False)
    op.create_index('ix_organisations_path_id', 'organisations', ['path', 'id'], unique=False)
    op.create_index('uq_organisations_live_code', 'organisations', ['code'], unique=True, sqlite_where=sa.text("state in ('pending','active','disabled')"), postgresql_where=sa.text("state in ('pending','active','disabled')"))
    op.create_table('web_sessions',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('token_hash', sa.String(length=64).with_variant(sa.VARCHAR(length=64, collation='C'), 'postgresql'), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position_key', sa.String(length=40), nullable=False),
    sa.Column('is_remembered', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_web_sessions_account_id_accounts'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_web_sessions')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_web_sessions_token_hash'))
    )
    op.create_index('ix_web_sessions_account', 'web_sessions', ['account_id'], unique=False)
    op.create_table('declaration_windows',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('opens_on', sa.Date(), nullable=False),
    sa.Column('closes_on', sa.Date(), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.CheckConstraint('opens_on <= closes_on', name=op.f('ck_declaration_windows_opens_before_it_closes')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_declaration_windows_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_declaration_windows')),
    sa.UniqueConstraint('path', 'year', name=op.f('uq_declaration_windows_path_year'))
    )
    op.create_table('departments',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('parent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('phone', sa.String(length=40), nullable=False),
    sa.Column('is_enabled', sa.Boolean(), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_departments_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['parent_id'], ['departments.id'], name=op.f('fk_departments_parent_id_departments'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_departments'))
    )
    op.create_index('ix_departments_organisation', 'departments', ['organisation_id', 'name'], unique=False)
    op.create_table('learning_forms',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('code', sa.String(length=10).with_variant(sa.VARCHAR(length=10, collation='C'), 'postgresql'), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('name_en', sa.String(length=100), nullable=False),
    sa.Column('declaration_type', sa.String(length=12), nullable=False),
    sa.Column('is_offered_to_persons', sa.Boolean(), nullable=False),
    sa.Column('is_enabled', sa.Boolean(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_learning_forms_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_learning_forms')),
    sa.UniqueConstraint('code', 'path', name=op.f('uq_learning_forms_code_path'))
    )
    op.create_table('organisation_settings',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('value', sa.String(length=200), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_organisation_settings_organisation_id_organisations'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation_settings')),
    sa.UniqueConstraint('path', 'key', name=op.f('uq_organisation_settings_path_key'))
    )
    op.create_table('organisation_years',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('n_learning', sa.Integer(), nullable=False),
    sa.Column('n_passed', sa.Integer(), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_organisation_years_organisation_id_organisations'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_organisation_years')),
    sa.UniqueConstraint('organisation_id', 'year', name=op.f('uq_organisation_years_organisation_id_year'))
    )
    op.create_index('ix_organisation_years_path', 'organisation_years', ['path', 'year'], unique=False)
    op.create_table('requirements',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('total_tenths', sa.Integer(), nullable=False),
    sa.Column('public_tenths', sa.Integer(), nullable=False),
    sa.Column('professional_tenths', sa.Integer(), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.CheckConstraint('total_tenths >= 0 and public_tenths >= 0 and professional_tenths >= 0', name=op.f('ck_requirements_not_negative')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_requirements_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_requirements')),
    sa.UniqueConstraint('path', 'year', name=op.f('uq_requirements_path_year'))
    )
    op.create_table('reviews',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('year', sa.Integer(), nullable=True),
    sa.Column('topic', sa.String(length=20).with_variant(sa.VARCHAR(length=20, collation='C'), 'postgresql'), nullable=True),
    sa.Column('part', sa.String(length=20).with_variant(sa.VARCHAR(length=20, collation='C'), 'postgresql'), nullable=True),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('subject_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('level', sa.Integer(), nullable=False),
    sa.Column('n_levels', sa.Integer(), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('deciding_organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('in_place_of_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('submitted_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('subject_account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("(state = 'open') = (deciding_organisation_id is not null)", name=op.f('ck_reviews_open_has_decider')),
    sa.CheckConstraint("state in ('open','passed','rejected','withdrawn')", name=op.f('ck_reviews_known_state')),
    sa.ForeignKeyConstraint(['deciding_organisation_id'], ['organisations.id'], name=op.f('fk_reviews_deciding_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reviews')),
    sa.UniqueConstraint('kind', 'subject_id', name=op.f('uq_reviews_kind_subject_id'))
    )
    op.create_index('ix_reviews_todo', 'reviews', ['deciding_organisation_id', 'kind', 'submitted_at', 'id', 'path', 'person_id', 'subject_id', 'year', 'topic', 'part', 'state'], unique=False, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))
    op.create_index('ix_reviews_waiting', 'reviews', ['path', 'submitted_at'], unique=False, sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))
    op.create_table('roles',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('description', sa.String(length=300), nullable=False),
    sa.Column('permissions', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_roles_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_roles')),
    sa.UniqueConstraint('organisation_id', 'name', name=op.f('uq_roles_organisation_id_name'))
    )
    op.create_table('rule_versions',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('form_code', sa.String(length=10).with_variant(sa.VARCHAR(length=10, collation='C'), 'postgresql'), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('from_year', sa.Integer(), nullable=False),
    sa.Column('spec', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_rule_versions_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rule_versions')),
    sa.UniqueConstraint('path', 'form_code', 'version', name=op.f('uq_rule_versions_path_form_code_version'))
    )
    op.create_index('ix_rule_versions_form', 'rule_versions', ['form_code', 'path'], unique=False)
    op.create_table('decisions',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('year', sa.Integer(), nullable=True),
    sa.Column('topic', sa.String(length=20).with_variant(sa.VARCHAR(length=20, collation='C'), 'postgresql'), nullable=True),
    sa.Column('part', sa.String(length=20).with_variant(sa.VARCHAR(length=20, collation='C'), 'postgresql'), nullable=True),
    sa.Column('review_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('subject_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('level', sa.Integer(), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('verdict', sa.String(length=8), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('values', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('by_organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('by_organisation_name', sa.String(length=200), nullable=False),
    sa.Column('in_place_of', sa.String(length=200), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('actor_name', sa.String(length=100), nullable=False),
    sa.Column('batch', sa.String(length=36), nullable=True),
    sa.Column('is_hidden', sa.Boolean(), nullable=False),
    sa.Column('snapshot', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("verdict <> 'reject' or reason <> ''", name=op.f('ck_decisions_rejection_has_reason')),
    sa.CheckConstraint("verdict in ('pass','reject','undone')", name=op.f('ck_decisions_known_verdict')),
    sa.ForeignKeyConstraint(['by_organisation_id'], ['organisations.id'], name=op.f('fk_decisions_by_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['review_id'], ['reviews.id'], name=op.f('fk_decisions_review_id_reviews'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decisions')),
    sa.UniqueConstraint('review_id', 'round', 'level', 'attempt', name=op.f('uq_decisions_review_id_round_level_attempt'))
    )
    op.create_index('ix_decisions_by', 'decisions', ['by_organisation_id', 'kind', 'is_hidden', 'decided_at', 'id', 'verdict', 'path', 'person_id', 'subject_id', 'year', 'topic', 'part'], unique=False)
    op.create_index('ix_decisions_by_person', 'decisions', ['by_organisation_id', 'kind', 'is_hidden', 'person_id', 'verdict', 'path', 'subject_id'], unique=False)
    op.create_table('posts',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('role_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('department_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('number_masked', sa.String(length=40), nullable=False),
    sa.Column('phone', sa.String(length=40), nullable=False),
    sa.Column('is_super', sa.Boolean(), nullable=False),
    sa.Column('is_inner', sa.Boolean(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.CheckConstraint("state in ('offered','active','disabled','ended')", name=op.f('ck_posts_known_state')),
    sa.CheckConstraint('is_super or role_id is not null', name=op.f('ck_posts_role_unless_super')),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_posts_account_id_accounts'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['department_id'], ['departments.id'], name=op.f('fk_posts_department_id_departments'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_posts_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['role_id'], ['roles.id'], name=op.f('fk_posts_role_id_roles'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_posts'))
    )
    op.create_index('ix_posts_account', 'posts', ['account_id'], unique=False)
    op.create_index('ix_posts_organisation', 'posts', ['organisation_id', 'state'], unique=False)
    op.create_index('uq_posts_live', 'posts', ['account_id', 'organisation_id'], unique=True, sqlite_where=sa.text("state <> 'ended'"), postgresql_where=sa.text("state <> 'ended'"))
    op.create_index('uq_posts_super', 'posts', ['organisation_id'], unique=True, sqlite_where=sa.text("is_super and state <> 'ended'"), postgresql_where=sa.text("is_super and state <> 'ended'"))
    op.create_table('professionals',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('department_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('organisation_name', sa.String(length=200), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('document_type', sa.String(length=8), nullable=False),
    sa.Column('number_hash', sa.String(length=64).with_variant(sa.VARCHAR(length=64, collation='C'), 'postgresql'), nullable=False),
    sa.Column('number_masked', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('sex', sa.String(length=8), nullable=False),
    sa.Column('birth_on', sa.Date(), nullable=True),
    sa.Column('ethnic_group', sa.String(length=8), nullable=True),
    sa.Column('phone', sa.String(length=40), nullable=False),
    sa.Column('email', sa.String(length=200), nullable=False),
    sa.Column('landline', sa.String(length=40), nullable=False),
    sa.Column('admin_post', sa.String(length=100), nullable=False),
    sa.Column('admin_rank', sa.String(length=12), nullable=True),
    sa.Column('is_postdoc', sa.Boolean(), nullable=False),
    sa.Column('field_of_work', sa.String(length=100), nullable=False),
    sa.Column('education_level', sa.String(length=12), nullable=True),
    sa.Column('school', sa.String(length=200), nullable=False),
    sa.Column('field_of_study', sa.String(length=12), nullable=True),
    sa.Column('graduated_on', sa.Date(), nullable=True),
    sa.Column('degree', sa.String(length=12), nullable=True),
    sa.Column('title_series', sa.String(length=12), nullable=True),
    sa.Column('title_level', sa.String(length=12), nullable=True),
    sa.Column('title_qualification', sa.String(length=40), nullable=True),
    sa.Column('title_effective_on', sa.Date(), nullable=True),
    sa.Column('title_certificate_number', sa.String(length=60), nullable=False),
    sa.Column('title_appointed_on', sa.Date(), nullable=True),
    sa.Column('vocational_qualification', sa.String(length=12), nullable=True),
    sa.Column('vocational_level', sa.String(length=40), nullable=False),
    sa.Column('certificate_control_number', sa.String(length=40).with_variant(sa.VARCHAR(length=40, collation='C'), 'postgresql'), nullable=True),
    sa.Column('rejection_reason', sa.String(length=500), nullable=False),
    sa.Column('warnings', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("sex in ('male','female')", name=op.f('ck_professionals_known_sex')),
    sa.CheckConstraint("state in ('pending','active','rejected','disabled')", name=op.f('ck_professionals_known_state')),
    sa.ForeignKeyConstraint(['account_id'], ['accounts.id'], name=op.f('fk_professionals_account_id_accounts'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['department_id'], ['departments.id'], name=op.f('fk_professionals_department_id_departments'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_professionals_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_professionals'))
    )
    op.create_index('ix_professionals_certificate', 'professionals', ['certificate_control_number'], unique=False)
    op.create_index('ix_professionals_number', 'professionals', ['number_hash'], unique=False)
    op.create_index('ix_professionals_organisation', 'professionals', ['organisation_id', 'state', 'id'], unique=False)
    op.create_index('ix_professionals_path_id', 'professionals', ['path', 'id', 'state', 'birth_on', 'sex', 'organisation_id'], unique=False)
    op.create_index('ix_professionals_education', 'professionals', ['education_level', 'path', 'id', 'state'], unique=False)
    op.create_index('ix_professionals_series', 'professionals', ['title_series', 'path', 'id', 'state'], unique=False)
    op.create_index('ix_professionals_title', 'professionals', ['title_qualification', 'path', 'id', 'state'], unique=False)
    op.create_index('ix_professionals_vocational', 'professionals', ['vocational_qualification', 'path', 'id', 'state'], unique=False)
    op.create_index('uq_professionals_live', 'professionals', ['account_id'], unique=True, sqlite_where=sa.text("state <> 'rejected'"), postgresql_where=sa.text("state <> 'rejected'"))
    op.create_table('review_levels',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('review_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('level', sa.Integer(), nullable=False),
    sa.Column('deciding_organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_name', sa.String(length=200), nullable=False),
    sa.Column('organisation_phone', sa.String(length=40), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("state in ('waiting','open','passed','rejected','skipped','closed')", name=op.f('ck_review_levels_known_state')),
    sa.ForeignKeyConstraint(['deciding_organisation_id'], ['organisations.id'], name=op.f('fk_review_levels_deciding_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['review_id'], ['reviews.id'], name=op.f('fk_review_levels_review_id_reviews'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_review_levels')),
    sa.UniqueConstraint('review_id', 'round', 'level', name=op.f('uq_review_levels_review_id_round_level'))
    )
    op.create_table('academic_titles',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('title', sa.String(length=12), nullable=False),
    sa.Column('awarded_on', sa.Date(), nullable=True),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['professionals.id'], name=op.f('fk_academic_titles_person_id_professionals'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_academic_titles'))
    )
    op.create_index(op.f('ix_academic_titles_person_id'), 'academic_titles', ['person_id'], unique=False)
    op.create_table('attachments',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('subject_kind', sa.String(length=30), nullable=False),
    sa.Column('subject_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=43).with_variant(sa.VARCHAR(length=43, collation='C'), 'postgresql'), nullable=False),
    sa.Column('original_name', sa.String(length=255), nullable=False),
    sa.Column('media_type', sa.String(length=60), nullable=False),
    sa.Column('n_bytes', sa.Integer(), nullable=False),
    sa.Column('content_hash', sa.String(length=64).with_variant(sa.VARCHAR(length=64, collation='C'), 'postgresql'), nullable=False),
    sa.Column('picture_hash', sa.String(length=16).with_variant(sa.VARCHAR(length=16, collation='C'), 'postgresql'), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['professionals.id'], name=op.f('fk_attachments_person_id_professionals'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_attachments')),
    sa.UniqueConstraint('key', name=op.f('uq_attachments_key'))
    )
    op.create_index('ix_attachments_content', 'attachments', ['content_hash'], unique=False)
    op.create_index(op.f('ix_attachments_person_id'), 'attachments', ['person_id'], unique=False)
    op.create_index('ix_attachments_subject', 'attachments', ['subject_kind', 'subject_id'], unique=False)
    op.create_table('certificates',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(length=40).with_variant(sa.VARCHAR(length=40, collation='C'), 'postgresql'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('issuer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('code', sa.String(length=24).with_variant(sa.VARCHAR(length=24, collation='C'), 'postgresql'), nullable=False),
    sa.Column('content', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('name_key', sa.String(length=64).with_variant(sa.VARCHAR(length=64, collation='C'), 'postgresql'), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('end_reason', sa.String(length=300), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.CheckConstraint("state in ('valid','revoked','replaced')", name=op.f('ck_certificates_known_state')),
    sa.ForeignKeyConstraint(['issuer_id'], ['organisations.id'], name=op.f('fk_certificates_issuer_id_organisations'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['person_id'], ['professionals.id'], name=op.f('fk_certificates_person_id_professionals'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_certificates')),
    sa.UniqueConstraint('number', name=op.f('uq_certificates_number'))
    )
    op.create_index('uq_certificates_valid', 'certificates', ['person_id', 'year'], unique=True, sqlite_where=sa.text("state = 'valid'"), postgresql_where=sa.text("state = 'valid'"))
    op.create_table('declarations',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_name', sa.String(length=100), nullable=False),
    sa.Column('organisation_name', sa.String(length=200), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('subject', sa.String(length=14), nullable=False),
    sa.Column('form_code', sa.String(length=10).with_variant(sa.VARCHAR(length=10, collation='C'), 'postgresql'), nullable=False),
    sa.Column('form_name', sa.String(length=60), nullable=False),
    sa.Column('rule_version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('inputs', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=True),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('elective', sa.String(length=10), nullable=False),
    sa.Column('requested_tenths', sa.Integer(), nullable=False),
    sa.Column('proposed_tenths', sa.Integer(), nullable=True),
    sa.Column('arithmetic', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('granted_tenths', sa.Integer(), nullable=True),
    sa.Column('counted_tenths', sa.Integer(), nullable=False),
    sa.Column('counted_public_tenths', sa.Integer(), nullable=False),
    sa.Column('counted_professional_tenths', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('audit_state', sa.String(length=8), nullable=False),
    sa.Column('is_key_review', sa.Boolean(), nullable=False),
    sa.Column('key_reasons', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('certificate_key', sa.String(length=64).with_variant(sa.VARCHAR(length=64, collation='C'), 'postgresql'), nullable=True),
    sa.Column('source', sa.String(length=12), nullable=False),
    sa.Column('form_key', sa.String(length=43).with_variant(sa.VARCHAR(length=43, collation='C'), 'postgresql'), nullable=True),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('granted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.CheckConstraint("(state = 'approved') = (granted_tenths is not null and granted_at is not null)", name=op.f('ck_declarations_approved_has_grant')),
    sa.CheckConstraint("state = 'draft' or requested_tenths > 0", name=op.f('ck_declarations_submitted_has_hours')),
    sa.CheckConstraint("state in ('draft','pending','approved','rejected')", name=op.f('ck_declarations_known_state')),
    sa.CheckConstraint("subject in ('public','professional','all')", name=op.f('ck_declarations_known_subject')),
    sa.CheckConstraint('granted_tenths is null or (granted_tenths > 0 and granted_tenths <= requested_tenths)', name=op.f('ck_declarations_grant_in_request')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_declarations_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['person_id'], ['professionals.id'], name=op.f('fk_declarations_person_id_professionals'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['rule_version_id'], ['rule_versions.id'], name=op.f('fk_declarations_rule_version_id_rule_versions'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_declarations')),
    sa.UniqueConstraint('person_id', 'form_key', name=op.f('uq_declarations_person_id_form_key')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_declarations_certificate_key'), 'declarations', ['certificate_key'], unique=False)
    op.create_index('ix_declarations_path_id', 'declarations', ['path', 'id'], unique=False)
    op.create_index('ix_declarations_person_year', 'declarations', ['person_id', 'year', 'state'], unique=False)
    op.create_table('education_records',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('education_level', sa.String(length=12), nullable=False),
    sa.Column('degree', sa.String(length=12), nullable=True),
    sa.Column('school', sa.String(length=200), nullable=False),
    sa.Column('field_of_study', sa.String(length=12), nullable=True),
    sa.Column('graduated_on', sa.Date(), nullable=True),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['professionals.id'], name=op.f('fk_education_records_person_id_professionals'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_education_records'))
    )
    op.create_index(op.f('ix_education_records_person_id'), 'education_records', ['person_id'], unique=False)
    op.create_table('memberships',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('member_of_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['member_of_id'], ['organisations.id'], name=op.f('fk_memberships_member_of_id_organisations'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['person_id'], ['professionals.id'], name=op.f('fk_memberships_person_id_professionals'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_memberships'))
    )
    op.create_index('ix_memberships_person', 'memberships', ['person_id', 'from_on'], unique=False)
    op.create_table('name_tokens',
    sa.Column('token', sa.String(length=60).with_variant(sa.VARCHAR(length=60, collation='C'), 'postgresql'), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['professionals.id'], name=op.f('fk_name_tokens_person_id_professionals'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('token', 'path', 'person_id', name=op.f('pk_name_tokens')),
    sqlite_with_rowid=False
    )
    op.create_index(op.f('ix_name_tokens_person_id'), 'name_tokens', ['person_id'], unique=False)
    op.create_table('qualifications',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('qualification', sa.String(length=12), nullable=False),
    sa.Column('level', sa.String(length=40), nullable=False),
    sa.Column('certificate_number', sa.String(length=60), nullable=False),
    sa.Column('obtained_on', sa.Date(), nullable=True),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['professionals.id'], name=op.f('fk_qualifications_person_id_professionals'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_qualifications'))
    )
    op.create_index(op.f('ix_qualifications_person_id'), 'qualifications', ['person_id'], unique=False)
    op.create_table('year_summaries',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('year_organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('public_tenths', sa.Integer(), nullable=False),
    sa.Column('professional_tenths', sa.Integer(), nullable=False),
    sa.Column('total_tenths', sa.Integer(), nullable=False),
    sa.Column('required_public_tenths', sa.Integer(), nullable=False),
    sa.Column('required_professional_tenths', sa.Integer(), nullable=False),
    sa.Column('required_total_tenths', sa.Integer(), nullable=False),
    sa.Column('is_passed', sa.Boolean(), nullable=False),
    sa.Column('is_exempt', sa.Boolean(), nullable=False),
    sa.Column('exemption_reason', sa.Text(), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['professionals.id'], name=op.f('fk_year_summaries_person_id_professionals'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['year_organisation_id'], ['organisations.id'], name=op.f('fk_year_summaries_year_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_year_summaries')),
    sa.UniqueConstraint('person_id', 'year', name=op.f('uq_year_summaries_person_id_year'))
    )
    op.create_index('ix_year_summaries_path_year', 'year_summaries', ['path', 'year'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_year_summaries_path_year', table_name='year_summaries')
    op.drop_table('year_summaries')
    op.drop_index(op.f('ix_qualifications_person_id'), table_name='qualifications')
    op.drop_table('qualifications')
    op.drop_index(op.f('ix_name_tokens_person_id'), table_name='name_tokens')
    op.drop_table('name_tokens')
    op.drop_index('ix_memberships_person', table_name='memberships')
    op.drop_table('memberships')
    op.drop_index(op.f('ix_education_records_person_id'), table_name='education_records')
    op.drop_table('education_records')
    op.drop_index('ix_declarations_person_year', table_name='declarations')
    op.drop_index('ix_declarations_path_id', table_name='declarations')
    op.drop_index(op.f('ix_declarations_certificate_key'), table_name='declarations')
    op.drop_table('declarations')
    op.drop_index('uq_certificates_valid', table_name='certificates', sqlite_where=sa.text("state = 'valid'"), postgresql_where=sa.text("state = 'valid'"))
    op.drop_table('certificates')
    op.drop_index('ix_attachments_subject', table_name='attachments')
    op.drop_index(op.f('ix_attachments_person_id'), table_name='attachments')
    op.drop_index('ix_attachments_content', table_name='attachments')
    op.drop_table('attachments')
    op.drop_index(op.f('ix_academic_titles_person_id'), table_name='academic_titles')
    op.drop_table('academic_titles')
    op.drop_table('review_levels')
    op.drop_index('uq_professionals_live', table_name='professionals', sqlite_where=sa.text("state <> 'rejected'"), postgresql_where=sa.text("state <> 'rejected'"))
    op.drop_index('ix_professionals_vocational', table_name='professionals')
    op.drop_index('ix_professionals_title', table_name='professionals')
    op.drop_index('ix_professionals_series', table_name='professionals')
    op.drop_index('ix_professionals_education', table_name='professionals')
    op.drop_index('ix_professionals_path_id', table_name='professionals')
    op.drop_index('ix_professionals_organisation', table_name='professionals')
    op.drop_index('ix_professionals_number', table_name='professionals')
    op.drop_index('ix_professionals_certificate', table_name='professionals')
    op.drop_table('professionals')
    op.drop_index('uq_posts_super', table_name='posts', sqlite_where=sa.text("is_super and state <> 'ended'"), postgresql_where=sa.text("is_super and state <> 'ended'"))
    op.drop_index('uq_posts_live', table_name='posts', sqlite_where=sa.text("state <> 'ended'"), postgresql_where=sa.text("state <> 'ended'"))
    op.drop_index('ix_posts_organisation', table_name='posts')
    op.drop_index('ix_posts_account', table_name='posts')
    op.drop_table('posts')
    op.drop_index('ix_decisions_by_person', table_name='decisions')
    op.drop_index('ix_decisions_by', table_name='decisions')
    op.drop_table('decisions')
    op.drop_index('ix_rule_versions_form', table_name='rule_versions')
    op.drop_table('rule_versions')
    op.drop_table('roles')
    op.drop_index('ix_reviews_waiting', table_name='reviews', sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))
    op.drop_index('ix_reviews_todo', table_name='reviews', sqlite_where=sa.text("state = 'open'"), postgresql_where=sa.text("state = 'open'"))
    op.drop_table('reviews')
    op.drop_table('requirements')
    op.drop_index('ix_organisation_years_path', table_name='organisation_years')
    op.drop_table('organisation_years')
    op.drop_table('organisation_settings')
    op.drop_table('learning_forms')
    op.drop_index('ix_departments_organisation', table_name='departments')
    op.drop_table('departments')
    op.drop_table('declaration_windows')
    op.drop_index('ix_web_sessions_account', table_name='web_sessions')
    op.drop_table('web_sessions')
    op.drop_index('uq_organisations_live_code', table_name='organisations', sqlite_where=sa.text("state in ('pending','active','disabled')"), postgresql_where=sa.text("state in ('pending','active','disabled')"))
    op.drop_index('ix_organisations_path_id', table_name='organisations')
    op.drop_index(op.f('ix_organisations_parent_id'), table_name='organisations')
    op.drop_index('ix_organisations_name', table_name='organisations')
    op.drop_index('ix_organisations_nature', table_name='organisations')
    op.drop_index('ix_organisations_kind_path', table_name='organisations')
    op.drop_table('organisations')
    op.drop_index('ix_history_entries_subject', table_name='history_entries')
    op.drop_index('ix_history_entries_batch', table_name='history_entries')
    op.drop_table('history_entries')
    op.drop_index(op.f('ix_regions_parent_code'), table_name='regions')
    op.drop_table('regions')
    op.drop_index('ix_outbox_mails_sent', table_name='outbox_mails')
    op.drop_table('outbox_mails')
    op.drop_index('ix_notices_account', table_name='notices')
    op.drop_table('notices')
    op.drop_index(op.f('ix_login_failures_first_at'), table_name='login_failures')
    op.drop_table('login_failures')
    op.drop_index('ix_jobs_state', table_name='jobs')
    op.drop_index('ix_jobs_account', table_name='jobs')
    op.drop_table('jobs')
    op.drop_index(op.f('ix_job_files_created_at'), table_name='job_files')
    op.drop_table('job_files')
    op.drop_table('history_batches')
    op.drop_index('ix_filter_states_created', table_name='filter_states')
    op.drop_table('filter_states')
    op.drop_table('column_choices')
    op.drop_index('ix_code_entries_list', table_name='code_entries')
    op.drop_table('code_entries')
    op.drop_table('certificate_series')
    op.drop_index(op.f('ix_captcha_uses_used_at'), table_name='captcha_uses')
    op.drop_table('captcha_uses')
    op.drop_table('accounts')
