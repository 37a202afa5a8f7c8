"""Give versions of rules a state, their author, their reason and the document of the regulation."""

import sqlalchemy as sa
from alembic import op


revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
TEXTS = (('note', 500), ('made_by', 100), ('published_by', 100), ('document_name', 255))


def _bytes(length):
    return sa.String(length=length).with_variant(sa.VARCHAR(length=length, collation='C'), 'postgresql')


def upgrade() -> None:
    with op.batch_alter_table('rule_versions') as batch:
        batch.add_column(sa.Column('state', sa.String(length=12), nullable=False, server_default='published'))
        batch.add_column(sa.Column('based_on_id', ID, nullable=True))
        for name, length in TEXTS:
            batch.add_column(sa.Column(name, sa.String(length=length), nullable=False, server_default=''))
        batch.add_column(sa.Column('published_at', sa.DateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column('document_key', _bytes(43), nullable=True))
        batch.create_check_constraint(op.f('ck_rule_versions_known_state'), "state in ('draft','published','discarded')")
        batch.create_foreign_key(
            op.f('fk_rule_versions_based_on_id_rule_versions'), 'rule_versions', ['based_on_id'], ['id'], ondelete='RESTRICT'
        )
    with op.batch_alter_table('rule_versions') as batch:
        for name in ('state', *(name for name, _ in TEXTS)):
            batch.alter_column(name, server_default=None)


def downgrade() -> None:
    op.execute("delete from rule_versions where state <> 'published'")
    with op.batch_alter_table('rule_versions') as batch:
        batch.drop_constraint(op.f('fk_rule_versions_based_on_id_rule_versions'), type_='foreignkey')
        batch.drop_constraint(op.f('ck_rule_versions_known_state'), type_='check')
        for name in ('document_key', 'published_at', *(name for name, _ in reversed(TEXTS)), 'based_on_id', 'state'):
            batch.drop_column(name)
