"""Give departments their place in the tree and posts their contact; let an ended post lose its role."""

import sqlalchemy as sa
from alembic import op


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None

PATH = sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql')
NAME = 'ck_posts_role_unless_super'


def upgrade() -> None:
    with op.batch_alter_table('departments') as batch:
        batch.add_column(sa.Column('place', PATH, nullable=False, server_default=''))
    _fill_places()
    with op.batch_alter_table('departments') as batch:
        batch.alter_column('place', existing_type=PATH, server_default=None)
        batch.create_index('ix_departments_place', ['organisation_id', 'place', 'id'])
    with op.batch_alter_table('posts') as batch:
        batch.add_column(sa.Column('email', sa.String(length=200), nullable=False, server_default=''))
        batch.add_column(sa.Column('landline', sa.String(length=40), nullable=False, server_default=''))
        batch.drop_constraint(op.f(NAME), type_='check')
        batch.create_check_constraint(op.f(NAME), "is_super or role_id is not null or state = 'ended'")
    with op.batch_alter_table('posts') as batch:
        batch.alter_column('email', existing_type=sa.String(length=200), server_default=None)
        batch.alter_column('landline', existing_type=sa.String(length=40), server_default=None)


def _fill_places() -> None:
    """Write the place of each department below that of the one above it."""
    connection = op.get_bind()
    departments = sa.table('departments', sa.column('id'), sa.column('parent_id'), sa.column('place'))
    above = {row.id: row.parent_id for row in connection.execute(sa.select(departments.c.id, departments.c.parent_id))}
    for key in above:
        ids, at = [], key
        while at is not None:
            ids.append(str(at))
            at = above[at]
        place = '/' + '/'.join(reversed(ids)) + '/'
        connection.execute(departments.update().where(departments.c.id == key).values(place=place))


def downgrade() -> None:
    with op.batch_alter_table('posts') as batch:
        batch.drop_constraint(op.f(NAME), type_='check')
        batch.create_check_constraint(op.f(NAME), 'is_super or role_id is not null')
        batch.drop_column('landline')
        batch.drop_column('email')
    with op.batch_alter_table('departments') as batch:
        batch.drop_index('ix_departments_place')
        batch.drop_column('place')
