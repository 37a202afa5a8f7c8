"""S133: hours that training bases declare for people, reviewed in a list of their own beside that of the learners."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from sqlalchemy import Select

from models.access import Actor, Permission, PositionKind
from models.credits.by_base import TOPIC
from models.credits.tables import Declaration, Source
from models.errors import N_
from models.people.tables import Professional
from models.training.grades import Grade
from views import states
from views.admin import hours
from views.admin.actions import PageAction, Section
from views.admin.columns import Col
from views.admin.decisions import decided_columns, review_tabs
from views.admin.filters import Filter, part_filter
from views.admin.hours import FILTERS, HoursView, matter_of, narrowed
from views.portal.words import ELECTIVE
from views.words import words


def _of(model: type, col: Col) -> Col:
    """Return a column of an outer-joined entity of the row; empty where there is none any more."""
    described = col.described(model)
    return replace(described, value=lambda row: getattr(getattr(row, model.__name__), described.name, None))


_col = hours.declared_col
COLUMNS = (
    _of(Grade, Col("base_name")),
    _of(Grade, Col("class_name")),
    _col("person_name", is_link=True),
    _of(Professional, Col("number_masked")),
    _col("year", label=N_("CE year")),
    _col("organisation_name", label=N_("Unit of the person")),
    _of(Professional, Col("title_qualification", label=N_("Professional and technical post"))),
    _of(Grade, Col("score_tenths")),
    _col("requested_tenths", label=N_("Hours")),
    _of(Grade, Col("is_passed")),
    _col("elective", choices=ELECTIVE),
    _col("state", label=N_("Status of the declaration"), status=states.DECLARATION),
    hours.SUBMITTED,
)
DETAILS = (
    *COLUMNS[:8],
    _of(Grade, Col("class_year")),
    COLUMNS[9],
    hours.GRANTED_COL,
)


def _joined(statement: Select[Any]) -> Select[Any]:
    matter = matter_of(statement)
    return (
        statement.add_columns(Grade, Professional)
        .outerjoin(Grade, Grade.declaration_id == Declaration.id)
        .outerjoin(Professional, Professional.id == matter.person_id)
    )


def _waiting() -> Any:
    return _joined(hours.waiting_rows())


def _decided() -> Any:
    return _joined(hours.decided_rows())


def _by_form(statement: Select[Any], code: str) -> Select[Any]:
    return statement.where(matter_of(statement).topic == f"{Source.BASE}:{code}")


BY: tuple[Filter, ...] = (
    *(replace(f, apply=_by_form) if f.name == "form" else f for f in FILTERS),
    part_filter("base", Grade.base_name, N_("Training base"), is_quick=False),
)


class BaseHoursView(HoursView):
    """继教基地学时(分)审核: the same review, with class and grade as evidence."""

    kinds = frozenset({PositionKind.HR_DEPARTMENT})
    name_id = N_("Review hours of training bases")
    names: ClassVar[Mapping[PositionKind, str]] = {}
    order = 31
    topic = TOPIC

    columns = COLUMNS
    filters = BY
    export_permission = None
    export_kind = ""
    page_actions: ClassVar[tuple[PageAction, ...]] = ()
    tabs = narrowed(
        review_tabs(
            hours.KIND,
            Permission.HOURS_REVIEW,
            waiting=_waiting,
            decided=_decided,
            columns=COLUMNS,
            decided_shown=(*COLUMNS[:3], *decided_columns(), *COLUMNS[3:]),
            name=hours.name_of,
            filters=BY,
            can_undo=True,
        ),
        lambda matter, _actor: (matter.topic == TOPIC,),
    )
    details = (Section(N_("Class and grade"), DETAILS), *HoursView.details)

    def rows(self) -> Select[Any]:
        """Return the reviews with the declaration, the grade and the person."""
        found: Select[Any] = _waiting()
        return found

    def topics(self, actor: Actor) -> tuple[str, ...]:
        """Count what bases declared."""
        return (TOPIC,)

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("Nothing waits for you: what training bases declare for people appears here when it is your turn."))
