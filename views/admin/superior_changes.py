"""更换上级部门审核: units below that want to leave, and units that want to stand below the own one."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask_babel import gettext
from sqlalchemy import select

from models.access import Permission
from models.errors import N_
from models.org.tables import SuperiorChange
from models.reviews.tables import Decision, Review, ReviewKind
from views import states
from views.admin.actions import Section
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.decisions import JoinedReviews, decided_columns, decision_batches, joined, review_tabs
from views.admin.filters import part_filter
from views.admin.screen import WITH_MEMBERS
from views.words import words

KINDS = (ReviewKind.SUPERIOR_OUT, ReviewKind.SUPERIOR_IN)
CANNED = (N_("The affiliation of the unit has not changed."),)
_col = partial(joined, SuperiorChange, 1)


def _direction(row: Any) -> str:
    return gettext(N_("Leaves") if row[0].kind == ReviewKind.SUPERIOR_OUT else N_("Joins"))


COLUMNS = (
    _col(Col("name", is_link=True)),
    _col(Col("code")),
    Col("direction", label=N_("Direction"), value=_direction),
    _col(Col("from_name")),
    _col(Col("to_name")),
    _col(Col("asked_by")),
    _col(Col("phone")),
    _col(Col("state", status=states.SUPERIOR_CHANGE, shown=False)),
)


def _rows(first: Any) -> Any:
    return select(first, SuperiorChange).join(SuperiorChange, SuperiorChange.id == first.subject_id)


def _name(row: Any) -> str:
    return str(row[1].name)


NAME = part_filter("name", SuperiorChange.name, N_("Unit name"))


class SuperiorChangesView(JoinedReviews, ScopedModelView):
    """Waiting and decided changes of the superior, of both directions."""

    permission = Permission.CHANGES_REVIEW
    kinds = WITH_MEMBERS
    kind = KINDS[0]
    more_kinds = KINDS[1:]
    joined_to = staticmethod(_rows)
    named = staticmethod(_name)
    name_id = N_("Review changes of superior")
    group_id = N_("Account review")
    icon = "file"
    order = 30

    columns = COLUMNS
    filters = (NAME,)
    batch_actions = decision_batches(Permission.CHANGES_REVIEW, CANNED)
    tabs = review_tabs(
        KINDS,
        Permission.CHANGES_REVIEW,
        waiting=partial(_rows, Review),
        decided=partial(_rows, Decision),
        columns=COLUMNS,
        name=_name,
        filters=(NAME,),
        decided_shown=(*COLUMNS, *decided_columns()),
    )
    details = (Section(N_("Change of superior"), (*COLUMNS, _col(Col("created_at")), _col(Col("reason")))),)

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("When a unit withdraws its change, it leaves this list by itself."))
