"""Make the tables of transfers, changes of the superior and change orders, the index of a person's reviews, the date of a post's digest."""

import sqlalchemy as sa
from alembic import op


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
OPEN = sa.text("state in ('waiting_out','waiting_in')")
KNOWN = "state in ('waiting_out','waiting_in','accepted','refused_out','refused_in','withdrawn')"


def _bytes(length):
    return sa.String(length=length).with_variant(sa.VARCHAR(length=length, collation='C'), 'postgresql')


def _sides():
    return [sa.Column(name, _bytes(255), nullable=False) for name in ('path', 'from_path', 'to_path')]


def _organisations(table, *names):
    return [
        sa.ForeignKeyConstraint([name], ['organisations.id'], name=op.f(f'fk_{table}_{name}_organisations'), ondelete='RESTRICT')
        for name in names
    ]


def upgrade() -> None:
    op.create_table('transfers',
    sa.Column('id', ID, nullable=False),
    sa.Column('person_id', ID, nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('is_by_person', sa.Boolean(), nullable=False),
    sa.Column('started_by', sa.String(length=100), nullable=False),
    sa.Column('started_by_id', ID, nullable=False),
    sa.Column('started_in', sa.String(length=40), nullable=False),
    sa.Column('subject_account_id', ID, nullable=False),
    sa.Column('contact_phone', sa.String(length=40), nullable=False),
    sa.Column('from_organisation_id', ID, nullable=False),
    sa.Column('from_name', sa.String(length=200), nullable=False),
    sa.Column('to_organisation_id', ID, nullable=False),
    sa.Column('to_name', sa.String(length=200), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('number_masked', sa.String(length=40), nullable=False),
    sa.Column('field_of_work', sa.String(length=100), nullable=False),
    sa.Column('title_series', sa.String(length=12), nullable=True),
    sa.Column('title_qualification', sa.String(length=40), nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    *_sides(),
    sa.CheckConstraint(KNOWN, name=op.f('ck_transfers_known_state')),
    *_organisations('transfers', 'from_organisation_id', 'to_organisation_id'),
    sa.ForeignKeyConstraint(['person_id'], ['professionals.id'], name=op.f('fk_transfers_person_id_professionals'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transfers'))
    )
    op.create_index('ix_transfers_path', 'transfers', ['path'])
    op.create_index('ix_transfers_from', 'transfers', ['from_path'])
    op.create_index('ix_transfers_to', 'transfers', ['to_path'])
    op.create_index('ix_transfers_person', 'transfers', ['person_id', 'id'])
    op.create_index('uq_transfers_open', 'transfers', ['person_id'], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_table('superior_changes',
    sa.Column('id', ID, nullable=False),
    sa.Column('organisation_id', ID, nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('code', _bytes(20), nullable=False),
    sa.Column('from_organisation_id', ID, nullable=False),
    sa.Column('from_name', sa.String(length=200), nullable=False),
    sa.Column('to_organisation_id', ID, nullable=False),
    sa.Column('to_name', sa.String(length=200), nullable=False),
    sa.Column('asked_by', sa.String(length=100), nullable=False),
    sa.Column('asked_by_id', ID, nullable=False),
    sa.Column('asked_in', sa.String(length=40), nullable=False),
    sa.Column('phone', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('person_id', ID, nullable=True),
    *_sides(),
    sa.CheckConstraint(KNOWN, name=op.f('ck_superior_changes_known_state')),
    *_organisations('superior_changes', 'organisation_id', 'from_organisation_id', 'to_organisation_id'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_superior_changes'))
    )
    op.create_index('ix_superior_changes_path', 'superior_changes', ['path'])
    op.create_index('ix_superior_changes_from', 'superior_changes', ['from_path'])
    op.create_index('ix_superior_changes_to', 'superior_changes', ['to_path'])
    op.create_index('uq_superior_changes_open', 'superior_changes', ['organisation_id'], unique=True, sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index(op.f('ix_superior_changes_person_id'), 'superior_changes', ['person_id'])
    op.create_index('ix_certificates_person', 'certificates', ['person_id'])
    op.create_table('change_orders',
    sa.Column('id', ID, nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('subject_id', ID, nullable=False),
    sa.Column('subject_name', sa.String(length=200), nullable=False),
    sa.Column('target_id', ID, nullable=True),
    sa.Column('target_name', sa.String(length=200), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('effect', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('before', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('ordered_by', sa.String(length=100), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('undone_by', sa.String(length=100), nullable=False),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('path', _bytes(255), nullable=False),
    sa.CheckConstraint("state in ('done','undone')", name=op.f('ck_change_orders_known_state')),
    *_organisations('change_orders', 'subject_id', 'target_id'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_change_orders'))
    )
    op.create_index('ix_change_orders_path', 'change_orders', ['path', 'id'])
    op.create_index('ix_change_orders_subject', 'change_orders', ['subject_id', 'id'])
    op.create_table('imported_chunks',
    sa.Column('id', ID, nullable=False),
    sa.Column('job_id', ID, nullable=False),
    sa.Column('created', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('updated', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('path', _bytes(255), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_imported_chunks'))
    )
    op.create_index(op.f('ix_imported_chunks_job_id'), 'imported_chunks', ['job_id'])
    op.create_table('delegations',
    sa.Column('id', ID, nullable=False),
    sa.Column('organisation_id', ID, nullable=False),
    sa.Column('from_post_id', ID, nullable=False),
    sa.Column('to_post_id', ID, nullable=False),
    sa.Column('from_name', sa.String(length=100), nullable=False),
    sa.Column('to_name', sa.String(length=100), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(length=200), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('path', _bytes(255), nullable=False),
    sa.CheckConstraint('from_on <= to_on', name=op.f('ck_delegations_begins_before_it_ends')),
    *_organisations('delegations', 'organisation_id'),
    sa.ForeignKeyConstraint(['from_post_id'], ['posts.id'], name=op.f('fk_delegations_from_post_id_posts'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['to_post_id'], ['posts.id'], name=op.f('fk_delegations_to_post_id_posts'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delegations'))
    )
    op.create_index('ix_delegations_organisation', 'delegations', ['organisation_id', 'to_on'])
    op.create_index(op.f('ix_delegations_to_post_id'), 'delegations', ['to_post_id'])
    op.create_table('person_merges',
    sa.Column('id', ID, nullable=False),
    sa.Column('kept_id', ID, nullable=False),
    sa.Column('gone_id', ID, nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('kept_number', sa.String(length=40), nullable=False),
    sa.Column('gone_number', sa.String(length=40), nullable=False),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('moved', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('merged_by', sa.String(length=100), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('undone_by', sa.String(length=100), nullable=False),
    sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('path', _bytes(255), nullable=False),
    sa.ForeignKeyConstraint(['kept_id'], ['professionals.id'], name=op.f('fk_person_merges_kept_id_professionals'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['gone_id'], ['professionals.id'], name=op.f('fk_person_merges_gone_id_professionals'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person_merges'))
    )
    op.create_index(op.f('ix_person_merges_kept_id'), 'person_merges', ['kept_id'])
    op.create_index(op.f('ix_person_merges_gone_id'), 'person_merges', ['gone_id'])
    op.add_column('posts', sa.Column('digest_on', sa.Date(), nullable=True))
    op.create_index('ix_reviews_person', 'reviews', ['person_id', 'state'])


def downgrade() -> None:
    with op.batch_alter_table('posts') as batch:
        batch.drop_column('digest_on')
    op.drop_index('ix_reviews_person', 'reviews')
    op.drop_index('ix_certificates_person', 'certificates')
    op.drop_table('person_merges')
    op.drop_table('delegations')
    op.drop_table('imported_chunks')
    op.drop_table('change_orders')
    op.drop_table('superior_changes')
    op.drop_table('transfers')
