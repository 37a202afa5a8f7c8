"""Demand other hours of a title level, keep the levels that closed years follow, and let hours stand in another year."""

import sqlalchemy as sa
from alembic import op


revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
PATH = sa.String(length=255).with_variant(sa.VARCHAR(length=255, collation="C"), "postgresql")
NUMBERS = ("carry_years", "carry_most_tenths", "make_up_years")
FLAGS = ("carries_public", "carries_professional")
A_FEW_YEARS = "carry_years between 0 and 3 and make_up_years between 0 and 3 and carry_most_tenths >= 0"
CARRIES_SOMETHING = "(carry_years > 0) = (carries_public or carries_professional)"


def upgrade() -> None:
    with op.batch_alter_table("requirements") as batch:
        batch.add_column(sa.Column("levels", sa.JSON(), nullable=False, server_default="{}"))
        for name in NUMBERS:
            batch.add_column(sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
        for name in FLAGS:
            batch.add_column(sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("requirements") as batch:
        batch.alter_column("levels", existing_type=sa.JSON(), server_default=None)
        for name in NUMBERS:
            batch.alter_column(name, existing_type=sa.Integer(), server_default=None)
        for name in FLAGS:
            batch.alter_column(name, existing_type=sa.Boolean(), server_default=None)
        batch.create_check_constraint(op.f("ck_requirements_a_few_years"), A_FEW_YEARS)
        batch.create_check_constraint(op.f("ck_requirements_carries_something"), CARRIES_SOMETHING)
    op.create_table(
        "former_title_levels",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("last_year", sa.Integer(), nullable=False),
        sa.Column("title_level", sa.String(length=12), nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["professionals.id"], name=op.f("fk_former_title_levels_person_id_professionals"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_title_levels")),
        sa.UniqueConstraint("person_id", "last_year", name=op.f("uq_former_title_levels_person_id_last_year")),
    )
    op.create_index("ix_former_title_levels_path", "former_title_levels", ["path"])
    op.create_table(
        "year_moves",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("from_year", sa.Integer(), nullable=False),
        sa.Column("to_year", sa.Integer(), nullable=False),
        sa.Column("public_tenths", sa.Integer(), nullable=False),
        sa.Column("professional_tenths", sa.Integer(), nullable=False),
        sa.Column("path", PATH, nullable=False),
        sa.CheckConstraint("from_year <> to_year", name=op.f("ck_year_moves_another_year")),
        sa.CheckConstraint("public_tenths >= 0 and professional_tenths >= 0", name=op.f("ck_year_moves_not_negative")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["professionals.id"], name=op.f("fk_year_moves_person_id_professionals"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_year_moves")),
        sa.UniqueConstraint("person_id", "from_year", "to_year", name=op.f("uq_year_moves_person_id_from_year_to_year")),
    )
    op.create_index("ix_year_moves_path", "year_moves", ["path"])


def downgrade() -> None:
    op.drop_table("year_moves")
    op.drop_table("former_title_levels")
    with op.batch_alter_table("requirements") as batch:
        batch.drop_constraint(op.f("ck_requirements_carries_something"), type_="check")
        batch.drop_constraint(op.f("ck_requirements_a_few_years"), type_="check")
        for name in ("levels", *NUMBERS, *FLAGS):
            batch.drop_column(name)
