"""Make the table of the postings of the year's account, and post what every record counts so far."""

import sqlalchemy as sa
from alembic import op


revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')

# The professional part of a grant, as counting divides it: 全部 in the ratio of the year's requirement, rounded down.
PROFESSIONAL = """
    case d.subject when 'public' then 0 when 'professional' then d.granted_tenths
    else d.granted_tenths
        * case when y.required_public_tenths + y.required_professional_tenths > 0 then y.required_professional_tenths else 600 end
        / case when y.required_public_tenths + y.required_professional_tenths > 0
            then y.required_public_tenths + y.required_professional_tenths else 900 end
    end"""
COUNTING = f"""
    select d.*, {PROFESSIONAL} as whole_professional from declarations d
    join year_summaries y on y.person_id = d.person_id and y.year = d.year
    where d.counted_tenths <> 0 and d.granted_tenths is not null"""
COLUMNS = (
    'person_id, path, year, kind, total_tenths, public_tenths, professional_tenths, declaration_id, reason, by_name, created_at'
)
EARNED = f"""
    insert into year_postings ({COLUMNS})
    select c.person_id, c.path, c.year, 'earned', c.granted_tenths, c.granted_tenths - c.whole_professional,
        c.whole_professional, c.id, '', '', c.granted_at
    from ({COUNTING}) c"""
CAPPED = f"""
    insert into year_postings ({COLUMNS})
    select c.person_id, c.path, c.year, 'capped', c.counted_tenths - c.granted_tenths,
        c.counted_public_tenths - (c.granted_tenths - c.whole_professional),
        c.counted_professional_tenths - c.whole_professional, c.id,
        'More than the yearly cap of the learning form lets count.', '', c.granted_at
    from ({COUNTING}) c
    where c.counted_tenths <> c.granted_tenths or c.counted_professional_tenths <> c.whole_professional"""


def upgrade() -> None:
    op.create_table('year_postings',
    sa.Column('id', ID, nullable=False),
    sa.Column('person_id', ID, nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('total_tenths', sa.Integer(), nullable=False),
    sa.Column('public_tenths', sa.Integer(), nullable=False),
    sa.Column('professional_tenths', sa.Integer(), nullable=False),
    sa.Column('declaration_id', ID, nullable=True),
    sa.Column('reason', sa.String(length=500), nullable=False),
    sa.Column('details', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('by_name', sa.String(length=100), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('path', sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation='C'), 'postgresql'), nullable=False),
    sa.CheckConstraint(
        "kind in ('earned','capped','withdrawn','moved_out','moved_in','made_up','recalculated')",
        name=op.f('ck_year_postings_known_kind'),
    ),
    sa.CheckConstraint('total_tenths = public_tenths + professional_tenths', name=op.f('ck_year_postings_parts_make_the_total')),
    sa.ForeignKeyConstraint(['person_id'], ['professionals.id'], name=op.f('fk_year_postings_person_id_professionals'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_year_postings'))
    )
    op.execute(EARNED)
    op.execute(CAPPED)
    op.create_index('ix_year_postings_person_year', 'year_postings', ['person_id', 'year'])
    op.create_index('ix_year_postings_declaration', 'year_postings', ['declaration_id'])
    op.create_index('ix_year_postings_path', 'year_postings', ['path'])


def downgrade() -> None:
    op.drop_table('year_postings')
