"""Make the tables of reminders."""

import sqlalchemy as sa
from alembic import op


revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
PATH = sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql')


def upgrade() -> None:
    op.create_table('study_reminders',
    sa.Column('id', ID, nullable=False),
    sa.Column('person_id', ID, nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('n_sent', sa.Integer(), nullable=False),
    sa.Column('last_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_by', sa.String(length=100), nullable=False),
    sa.Column('days_ahead', sa.Integer(), nullable=True),
    sa.Column('path', PATH, nullable=False),
    sa.CheckConstraint('n_sent > 0', name=op.f('ck_study_reminders_was_sent')),
    sa.ForeignKeyConstraint(['person_id'], ['professionals.id'], name=op.f('fk_study_reminders_person_id_professionals'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_study_reminders')),
    sa.UniqueConstraint('person_id', 'year', name=op.f('uq_study_reminders_person_id_year'))
    )
    op.create_index('ix_study_reminders_path', 'study_reminders', ['path'])
    op.create_table('reminder_runs',
    sa.Column('id', ID, nullable=False),
    sa.Column('organisation_id', ID, nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('on_day', sa.Date(), nullable=False),
    sa.Column('last_path', PATH, nullable=False),
    sa.Column('last_person_id', ID, nullable=False),
    sa.Column('is_done', sa.Boolean(), nullable=False),
    sa.Column('path', PATH, nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_reminder_runs_organisation_id_organisations'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reminder_runs')),
    sa.UniqueConstraint('organisation_id', 'year', name=op.f('uq_reminder_runs_organisation_id_year'))
    )
    op.create_index('ix_reminder_runs_path', 'reminder_runs', ['path'])


def downgrade() -> None:
    op.drop_table('reminder_runs')
    op.drop_table('study_reminders')
