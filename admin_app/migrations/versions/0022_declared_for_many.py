"""Make the tables of forms that declare for many; a record says by whom it was declared, a file may be shared."""

import sqlalchemy as sa
from alembic import op


revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
BY_AN_ORGANISATION = "declared_by_id is null or source = 'organisation'"
OF_DECLARATIONS = {'table_kwargs': {'sqlite_autoincrement': True}}


def _bytes(length):
    return sa.String(length=length).with_variant(sa.VARCHAR(length=length, collation='C'), 'postgresql')


def upgrade() -> None:
    op.create_table('declaration_batches',
    sa.Column('id', ID, nullable=False),
    sa.Column('organisation_id', ID, nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('subject', sa.String(length=14), nullable=False),
    sa.Column('elective', sa.String(length=10), nullable=False),
    sa.Column('form_code', _bytes(10), nullable=False),
    sa.Column('form_name', sa.String(length=60), nullable=False),
    sa.Column('inputs', sa.JSON(), nullable=False),
    sa.Column('requested_tenths', sa.Integer(), nullable=False),
    sa.Column('form_key', _bytes(43), nullable=True),
    sa.Column('made_by', sa.String(length=100), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', _bytes(255), nullable=False),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_declaration_batches_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_declaration_batches')),
    sa.UniqueConstraint('organisation_id', 'form_key', name=op.f('uq_declaration_batches_organisation_id_form_key'))
    )
    op.create_index('ix_declaration_batches_path', 'declaration_batches', ['path', 'id'])
    with op.batch_alter_table('attachments') as batch:
        batch.add_column(sa.Column('stored_as', _bytes(43), nullable=True))
    with op.batch_alter_table('declarations', **OF_DECLARATIONS) as batch:
        batch.add_column(sa.Column('batch_id', ID, nullable=True))
        batch.add_column(sa.Column('declared_by_id', ID, nullable=True))
        batch.add_column(sa.Column('declared_by_name', sa.String(length=200), nullable=False, server_default=''))
        batch.create_foreign_key(op.f('fk_declarations_batch_id_declaration_batches'), 'declaration_batches', ['batch_id'], ['id'], ondelete='RESTRICT')
        batch.create_foreign_key(op.f('fk_declarations_declared_by_id_organisations'), 'organisations', ['declared_by_id'], ['id'], ondelete='RESTRICT')
    with op.batch_alter_table('declarations', **OF_DECLARATIONS) as batch:
        batch.alter_column('declared_by_name', existing_type=sa.String(length=200), server_default=None)
        batch.create_check_constraint(op.f('ck_declarations_declarer_of_an_organisation'), BY_AN_ORGANISATION)
    op.create_index('ix_declarations_declared_by', 'declarations', ['declared_by_id', 'id'])
    op.create_index('ix_declarations_batch', 'declarations', ['batch_id'])
    op.create_table('batch_applicants',
    sa.Column('id', ID, nullable=False),
    sa.Column('batch_id', ID, nullable=False),
    sa.Column('person_id', ID, nullable=False),
    sa.Column('requested_tenths', sa.Integer(), nullable=True),
    sa.Column('score', sa.String(length=50), nullable=False),
    sa.Column('declaration_id', ID, nullable=True),
    sa.Column('refusal', sa.JSON(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', _bytes(255), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['declaration_batches.id'], name=op.f('fk_batch_applicants_batch_id_declaration_batches'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['declaration_id'], ['declarations.id'], name=op.f('fk_batch_applicants_declaration_id_declarations'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['person_id'], ['professionals.id'], name=op.f('fk_batch_applicants_person_id_professionals'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_batch_applicants')),
    sa.UniqueConstraint('batch_id', 'person_id', name=op.f('uq_batch_applicants_batch_id_person_id'))
    )
    op.create_index('ix_batch_applicants_path', 'batch_applicants', ['path', 'id'])
    op.create_index('ix_batch_applicants_person_id', 'batch_applicants', ['person_id'])
    op.create_index('ix_batch_applicants_declaration', 'batch_applicants', ['declaration_id'])
    op.create_table('batch_files',
    sa.Column('id', ID, nullable=False),
    sa.Column('organisation_id', ID, nullable=False),
    sa.Column('batch_id', ID, nullable=False),
    sa.Column('key', _bytes(43), nullable=False),
    sa.Column('original_name', sa.String(length=255), nullable=False),
    sa.Column('media_type', sa.String(length=60), nullable=False),
    sa.Column('n_bytes', sa.Integer(), nullable=False),
    sa.Column('content_hash', _bytes(64), nullable=False),
    sa.Column('picture_hash', _bytes(16), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', _bytes(255), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['declaration_batches.id'], name=op.f('fk_batch_files_batch_id_declaration_batches'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_batch_files_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_batch_files')),
    sa.UniqueConstraint('key', name=op.f('uq_batch_files_key'))
    )
    op.create_index('ix_batch_files_path', 'batch_files', ['path'])
    op.create_index('ix_batch_files_batch', 'batch_files', ['batch_id'])


def downgrade() -> None:
    op.drop_table('batch_files')
    op.drop_table('batch_applicants')
    op.drop_index('ix_declarations_batch', 'declarations')
    op.drop_index('ix_declarations_declared_by', 'declarations')
    with op.batch_alter_table('declarations', **OF_DECLARATIONS) as batch:
        batch.drop_constraint(op.f('ck_declarations_declarer_of_an_organisation'), type_='check')
        batch.drop_constraint(op.f('fk_declarations_declared_by_id_organisations'), type_='foreignkey')
        batch.drop_constraint(op.f('fk_declarations_batch_id_declaration_batches'), type_='foreignkey')
        batch.drop_column('declared_by_name')
        batch.drop_column('declared_by_id')
        batch.drop_column('batch_id')
    with op.batch_alter_table('attachments') as batch:
        batch.drop_column('stored_as')
    op.drop_table('declaration_batches')
