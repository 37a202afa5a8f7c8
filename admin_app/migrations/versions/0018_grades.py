"""Make the tables of classes and grades of training bases."""

import sqlalchemy as sa
from alembic import op


revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def _bytes(length):
    return sa.String(length=length).with_variant(sa.VARCHAR(length=length, collation='C'), 'postgresql')


def upgrade() -> None:
    op.create_table('training_classes',
    sa.Column('id', ID, nullable=False),
    sa.Column('organisation_id', ID, nullable=False),
    sa.Column('organisation_name', sa.String(length=200), nullable=False),
    sa.Column('plan_id', ID, nullable=False),
    sa.Column('plan_name', sa.String(length=200), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('subject', sa.String(length=14), nullable=False),
    sa.Column('elective', sa.String(length=10), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('hours_tenths', sa.Integer(), nullable=False),
    sa.Column('pass_mark', sa.Integer(), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('teacher', sa.String(length=100), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', _bytes(255), nullable=False),
    sa.CheckConstraint('hours_tenths > 0', name=op.f('ck_training_classes_has_hours')),
    sa.CheckConstraint('pass_mark between 1 and 100', name=op.f('ck_training_classes_pass_mark_of_hundred')),
    sa.CheckConstraint('starts_on <= ends_on', name=op.f('ck_training_classes_begins_before_it_ends')),
    sa.ForeignKeyConstraint(['organisation_id'], ['organisations.id'], name=op.f('fk_training_classes_organisation_id_organisations'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['plan_id'], ['training_plans.id'], name=op.f('fk_training_classes_plan_id_training_plans'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_training_classes')),
    sa.UniqueConstraint('plan_id', 'name', name=op.f('uq_training_classes_plan_id_name'))
    )
    op.create_index('ix_training_classes_path', 'training_classes', ['path', 'id'])
    op.create_table('grades',
    sa.Column('id', ID, nullable=False),
    sa.Column('class_id', ID, nullable=False),
    sa.Column('base_name', sa.String(length=200), nullable=False),
    sa.Column('class_name', sa.String(length=100), nullable=False),
    sa.Column('class_year', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('number_masked', sa.String(length=40), nullable=False),
    sa.Column('unit_name', sa.String(length=200), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('score_tenths', sa.Integer(), nullable=False),
    sa.Column('is_passed', sa.Boolean(), nullable=False),
    sa.Column('hours_tenths', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('declaration_id', ID, nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', _bytes(255), nullable=False),
    sa.Column('from_path', _bytes(255), nullable=False),
    sa.Column('to_path', _bytes(255), nullable=False),
    sa.Column('person_id', ID, nullable=True),
    sa.CheckConstraint("(state = 'waiting') = (declaration_id is null)", name=op.f('ck_grades_submitted_has_declaration')),
    sa.CheckConstraint("state = 'waiting' or is_passed", name=op.f('ck_grades_only_passed_is_submitted')),
    sa.CheckConstraint("state in ('waiting','pending','approved','rejected')", name=op.f('ck_grades_known_state')),
    sa.CheckConstraint('score_tenths between 0 and 1000', name=op.f('ck_grades_score_of_hundred')),
    sa.ForeignKeyConstraint(['class_id'], ['training_classes.id'], name=op.f('fk_grades_class_id_training_classes'), ondelete='RESTRICT'),
    sa.ForeignKeyConstraint(['declaration_id'], ['declarations.id'], name=op.f('fk_grades_declaration_id_declarations'), ondelete='RESTRICT'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grades'))
    )
    op.create_index('ix_grades_class', 'grades', ['class_id', 'person_id'])
    op.create_index('ix_grades_declaration', 'grades', ['declaration_id'], unique=True)
    op.create_index('ix_grades_from', 'grades', ['from_path', 'id'])
    op.create_index('ix_grades_path', 'grades', ['path', 'id'])
    op.create_index('ix_grades_person_id', 'grades', ['person_id'])


def downgrade() -> None:
    op.drop_table('grades')
    op.drop_table('training_classes')
