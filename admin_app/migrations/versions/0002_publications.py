"""Make the table of what HR departments publish."""

import sqlalchemy as sa
from alembic import op


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('publications',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('organisation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('key', sa.String(length=43).with_variant(sa.VARCHAR(length=43, collation='C'), 'postgresql'), nullable=True),
    sa.Column('file_name', sa.String(length=255), nullable=False),
    sa.Column('media_type', sa.String(length=100), nullable=False),
    sa.Column('n_bytes', sa.Integer(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.CheckConstraint("kind in ('announcement','download','agreement')", name=op.f('ck_publications_known_kind')),
    sa.CheckConstraint("state <> 'published' or published_at is not null", name=op.f('ck_publications_published_has_time')),
    sa.CheckConstraint("state in ('draft','published','withdrawn')", name=op.f('ck_publications_known_state')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_publications_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_publications')),
    sa.UniqueConstraint('key', name=op.f('uq_publications_key'))
    )
    op.create_index('ix_publications_kind', 'publications', ['kind', 'state', 'published_at'], unique=False)
    op.create_index('ix_publications_path', 'publications', ['path', 'id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_publications_path', table_name='publications')
    op.drop_index('ix_publications_kind', table_name='publications')
    op.drop_table('publications')
