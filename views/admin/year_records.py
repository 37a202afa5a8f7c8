"""S085 学习记录验证, S140 电子证书查询验证, S086 电子证书查询打印: the years of the people of the subtree."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, ClassVar, cast

from flask import request, url_for
from sqlalchemy import Select, select

from models.access import Permission, PositionKind
from models.credits import queries as credit_queries
from models.credits.tables import YearSummary
from models.errors import N_
from models.people import queries as people
from models.people.tables import Professional
from models.scope import path_range
from views.admin.actions import RowAction
from views.admin.base import ScopedModelView
from views.admin.certificate_jobs import PRINT_MANY
from views.admin.columns import Col
from views.admin.filters import last_years, picker_filter, text_filter, year_filter
from views.admin.keyset import Sort
from views.admin.people_filters import NAME_HELP, chosen_organisation
from views.admin.pickers import organisation_address, organisation_words
from views.admin.screen import WITH_MEMBERS
from views.states import YEAR_RESULT
from views.words import words


def _by_name(statement: Select[Any], text: str) -> Select[Any]:
    return people.by_name(statement, text, YearSummary.person_id, Professional.name)


def _below(statement: Select[Any], value: str) -> Select[Any]:
    low, high = path_range(chosen_organisation(value).path)
    return statement.where(YearSummary.path >= low, YearSummary.path < high)


def _summary(name: str, label: str, kind: str = "hours") -> Col:
    return Col(name, label=label, kind=kind, value=lambda row: getattr(row[0], name))


COLUMNS = (
    Col("number_masked", label=N_("ID document number"), value=lambda row: row[1].number_masked),
    Col("name", label=N_("Name"), value=lambda row: row[1].name),
    _summary("year", N_("Year"), "text"),
    _summary("public_tenths", N_("Hours of public courses completed")),
    _summary("professional_tenths", N_("Hours of professional courses completed")),
    _summary("total_tenths", N_("Total of hours completed")),
    Col("is_passed", label=N_("Recognition result"), value=lambda row: row[0].is_passed, status=YEAR_RESULT),
    Col("organisation_name", label=N_("Employer (unit)"), value=lambda row: row[1].organisation_name, shown=False),
)
BY_NUMBER = text_filter("number", N_("ID document number"), people.by_number, is_private=True, help=N_("The whole number."))
BY_UNIT = picker_filter("below", N_("Unit with all below it"), _below, address=organisation_address, shown=organisation_words)
BY_YEAR = year_filter("year", YearSummary.year, choices=partial(last_years, 10, ahead=1))


def _record_url(_view: Any, row: Any) -> str:
    return url_for("learning_record.index", id=row[0].person_id, year=row[0].year, url=_here())


def _here() -> str:
    return request.full_path if request.query_string else request.path


PRINT = RowAction(
    "print",
    N_("Print"),
    page="year_certificate.index",
    permission=Permission.CERTIFICATES_PRINT,
    when=credit_queries.earns_certificate,
)


class YearRecords(ScopedModelView):
    """Years with their people; opened by the exact number, or by the name."""

    kinds = WITH_MEMBERS
    group_id = N_("Queries and statistics")
    columns = COLUMNS
    sorts = (Sort("year", (YearSummary.path, YearSummary.year, YearSummary.id)),)
    batch_actions = (PRINT_MANY,)

    def rows(self) -> Select[Any]:
        """Return the years with whose they are; people who only wait for their registration have none."""
        found: Any = (
            select(YearSummary, Professional)
            .join(Professional, Professional.id == YearSummary.person_id)
            .where(Professional.state.in_(people.LISTED), YearSummary.has_account)
        )
        return cast("Select[Any]", found)

    def row_name(self, row: Any) -> str:
        """Return the person's name."""
        return str(row[1].name)

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("As soon as hours of your people are counted, their years appear here."))


class LearningRecordsView(YearRecords):
    """What was completed in each year, and whether it passed."""

    permission = Permission.PEOPLE_VIEW
    name_id = N_("Verify learning records")
    names: ClassVar[Mapping[PositionKind, str]] = {PositionKind.HR_DEPARTMENT: N_("Search and verify electronic certificates")}
    icon = "check"
    order = 62
    filters = (BY_NUMBER, text_filter("name", N_("Name"), _by_name, is_private=True, help=NAME_HELP), BY_YEAR, BY_UNIT)
    row_actions = (PRINT, RowAction("record", N_("Details"), url=_record_url))


class CertificatesView(YearRecords):
    """The years whose certificate can be printed."""

    permission = Permission.CERTIFICATES_PRINT
    name_id = N_("Search and print electronic certificates")
    icon = "print"
    order = 63
    filters = (BY_YEAR, BY_UNIT, BY_NUMBER)
    row_actions = (PRINT,)

    def rows(self) -> Select[Any]:
        """Return only years that passed by hours: the manual prints a certificate when they are reached."""
        return super().rows().where(*credit_queries.EARNS_CERTIFICATE)

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("As soon as a year of one of your people passes, its certificate can be printed here."))
