"""Let a record carry the figure that another version of its rule gave it, beside the grant, which stays."""

import sqlalchemy as sa
from alembic import op


revision = '0016'
down_revision = '0015'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
FITS = '(recalculated_tenths is null) = (recalculated_version_id is null) and coalesce(recalculated_tenths, 0) >= 0'


def upgrade() -> None:
    with op.batch_alter_table('declarations', table_kwargs={'sqlite_autoincrement': True}) as batch:
        batch.add_column(sa.Column('recalculated_tenths', sa.Integer(), nullable=True))
        batch.add_column(sa.Column('recalculated_version_id', ID, nullable=True))
        batch.create_foreign_key(
            op.f('fk_declarations_recalculated_version_id_rule_versions'),
            'rule_versions',
            ['recalculated_version_id'],
            ['id'],
            ondelete='RESTRICT',
        )
        batch.create_check_constraint(op.f('ck_declarations_recalculated_by_a_version'), FITS)


def downgrade() -> None:
    with op.batch_alter_table('declarations', table_kwargs={'sqlite_autoincrement': True}) as batch:
        batch.drop_constraint(op.f('ck_declarations_recalculated_by_a_version'), type_='check')
        batch.drop_constraint(op.f('fk_declarations_recalculated_version_id_rule_versions'), type_='foreignkey')
        batch.drop_column('recalculated_version_id')
        batch.drop_column('recalculated_tenths')
