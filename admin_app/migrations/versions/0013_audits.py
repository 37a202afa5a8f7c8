"""Make the tables of the post-audit: verdicts, and random samples with their records."""

import sqlalchemy as sa
from alembic import op


revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
FAILED = sa.text("audit_state = 'failed'")


def _bytes(length):
    return sa.String(length=length).with_variant(sa.VARCHAR(length=length, collation='C'), 'postgresql')


def _reference(table, column, to, ondelete):
    return sa.ForeignKeyConstraint([column], [f'{to}.id'], name=op.f(f'fk_{table}_{column}_{to}'), ondelete=ondelete)


def upgrade() -> None:
    op.create_table('audits',
    sa.Column('id', ID, nullable=False),
    sa.Column('declaration_id', ID, nullable=False),
    sa.Column('verdict', sa.String(length=8), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('by_organisation_id', ID, nullable=False),
    sa.Column('by_organisation_name', sa.String(length=200), nullable=False),
    sa.Column('account_id', ID, nullable=False),
    sa.Column('actor_name', sa.String(length=100), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('renewed_id', ID, nullable=True),
    sa.Column('path', _bytes(255), nullable=False),
    sa.Column('person_id', ID, nullable=True),
    sa.CheckConstraint("verdict in ('passed','failed')", name=op.f('ck_audits_known_verdict')),
    sa.CheckConstraint("verdict <> 'failed' or reason <> ''", name=op.f('ck_audits_failure_has_reason')),
    _reference('audits', 'declaration_id', 'declarations', 'RESTRICT'),
    _reference('audits', 'by_organisation_id', 'organisations', 'RESTRICT'),
    _reference('audits', 'renewed_id', 'declarations', 'SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audits')),
    sa.UniqueConstraint('declaration_id', name=op.f('uq_audits_declaration_id')),
    sa.UniqueConstraint('renewed_id', name=op.f('uq_audits_renewed_id'))
    )
    op.create_index('ix_audits_path', 'audits', ['path', 'id'])
    op.create_index('ix_audits_person', 'audits', ['person_id'])
    op.create_table('audit_samples',
    sa.Column('id', ID, nullable=False),
    sa.Column('organisation_id', ID, nullable=False),
    sa.Column('seed', _bytes(32), nullable=False),
    sa.Column('wanted', sa.String(length=10), nullable=False),
    sa.Column('n_population', sa.Integer(), nullable=False),
    sa.Column('n_drawn', sa.Integer(), nullable=False),
    sa.Column('about', sa.String(length=500), nullable=False),
    sa.Column('drawn_by', sa.String(length=100), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', _bytes(255), nullable=False),
    sa.CheckConstraint('n_drawn > 0 and n_drawn <= n_population', name=op.f('ck_audit_samples_part_of_the_whole')),
    _reference('audit_samples', 'organisation_id', 'organisations', 'RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_samples'))
    )
    op.create_index('ix_audit_samples_path', 'audit_samples', ['path', 'id'])
    op.create_table('audit_sample_rows',
    sa.Column('id', ID, nullable=False),
    sa.Column('sample_id', ID, nullable=False),
    sa.Column('declaration_id', ID, nullable=False),
    sa.Column('path', _bytes(255), nullable=False),
    _reference('audit_sample_rows', 'sample_id', 'audit_samples', 'CASCADE'),
    _reference('audit_sample_rows', 'declaration_id', 'declarations', 'CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_sample_rows'))
    )
    op.create_index(op.f('ix_audit_sample_rows_sample_id'), 'audit_sample_rows', ['sample_id'])
    op.create_index(op.f('ix_audit_sample_rows_declaration_id'), 'audit_sample_rows', ['declaration_id'])
    op.create_index('ix_declarations_failed', 'declarations', ['path', 'id'], sqlite_where=FAILED, postgresql_where=FAILED)


def downgrade() -> None:
    op.drop_index('ix_declarations_failed', 'declarations')
    op.drop_table('audit_sample_rows')
    op.drop_table('audit_samples')
    op.drop_table('audits')
