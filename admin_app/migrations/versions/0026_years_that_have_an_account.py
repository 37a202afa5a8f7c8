"""Tell years of which something was granted from those that hours only passed through."""

import sqlalchemy as sa
from alembic import op


revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

# As ``models.credits.counted_years`` decides it: no hours, no exemption, and nothing granted of a year that demands anything.
EMPTY = """
update year_summaries set has_account = false
where total_tenths = 0 and not is_passed and not is_exempt
and not exists (select 1 from exemptions e where e.person_id = year_summaries.person_id
                and e.year = year_summaries.year and e.ended_at is null)
and (required_total_tenths = 0
     or not exists (select 1 from declarations d where d.person_id = year_summaries.person_id
                    and d.year = year_summaries.year and d.state = 'approved'))
"""


def upgrade() -> None:
    op.add_column("year_summaries", sa.Column("has_account", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("year_summaries") as batch:
        batch.alter_column("has_account", existing_type=sa.Boolean(), server_default=None)
    op.execute(EMPTY)


def downgrade() -> None:
    with op.batch_alter_table("year_summaries") as batch:
        batch.drop_column("has_account")
