"""Let the search of a name in the decided lists read no row: since their parts are told by topic, the index needs it."""

from alembic import op


revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

COLUMNS = ["by_organisation_id", "kind", "is_hidden", "person_id", "verdict", "path", "subject_id"]


def upgrade() -> None:
    op.drop_index("ix_decisions_by_person", table_name="decisions")
    op.create_index("ix_decisions_by_person", "decisions", [*COLUMNS, "topic"])


def downgrade() -> None:
    op.drop_index("ix_decisions_by_person", table_name="decisions")
    op.create_index("ix_decisions_by_person", "decisions", COLUMNS)
