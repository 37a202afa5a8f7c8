"""The organisations below: lists by kind, details, and 新增 with the first administrator."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar

from flask import request, url_for
from flask_admin import expose
from flask_babel import gettext
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from models.access import Actor, Permission, PositionKind
from models.errors import N_
from models.org import queries as organisations
from models.org.operations import switch
from models.org.tables import Organisation, OrganisationKind, OrganisationState
from models.people.appointments import Appointed, create_with_administrator
from models.reviews.rights import CLOSABLE, set_right
from models.text import compact
from views import states
from views.admin import organisation_form
from views.admin.actions import BatchAction, PageAction, Reason, RowAction, Section, Tab, ids_only, with_reason
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.exports import export_action
from views.admin.filters import Filter, choice_filter, code_filter, part_filter, picker_filter, text_filter
from views.admin.keyset import Sort
from views.admin.oversight import Oversight
from views.admin.people_filters import chosen_organisation
from views.admin.pickers import organisation_address, organisation_words, region_address, region_words
from views.admin.screen import WITH_MEMBERS
from views.forms import PlainForm
from views.redirects import own_or
from views.states import StateWord

LISTED = (OrganisationState.ACTIVE, OrganisationState.DISABLED, OrganisationState.MERGED)
STATE_CHOICES = {state.value: states.ORGANISATION[state].word for state in LISTED}


def _coded(statement: Select[Any], text: str) -> Select[Any]:
    return statement.where(Organisation.code == compact(text))


def _below(statement: Select[Any], value: str) -> Select[Any]:
    above = chosen_organisation(value)
    return statement.where(Organisation.path.startswith(above.path, autoescape=True), Organisation.id != above.id)


def _filters(name: str, *more: Filter) -> tuple[Filter, ...]:
    return (
        part_filter("name", Organisation.name, name),
        *more,
        text_filter("code", N_("Organisation code / unified social credit code"), _coded, is_quick=False),
        picker_filter(
            "above", N_("Superior unit"), _below, address=organisation_address, shown=organisation_words, is_quick=False
        ),
        picker_filter(
            "region",
            N_("Region"),
            lambda statement, value: statement.where(Organisation.region_code == value),
            address=region_address,
            shown=region_words,
            is_quick=False,
        ),
        choice_filter("state", Organisation.state, choices=STATE_CHOICES, is_quick=False),
    )


NATURE = code_filter("nature", Organisation.nature)
LEVEL = code_filter("level", Organisation.unit_level)
INDUSTRY = code_filter("industry", Organisation.industry)


def _of_kind(kind: OrganisationKind) -> Callable[[Actor], Sequence[ColumnElement[bool]]]:
    return lambda _actor: (Organisation.kind == kind,)


RIGHT = MappingProxyType({"true": StateWord(N_("Open"), "approved"), "false": StateWord(N_("Closed"), "withdrawn")})


def _told_before_closing(_session: Session, _actor: Actor, _ids: Sequence[int]) -> list[str]:
    return [gettext(N_("Hours that wait there go on to the organisation above at once."))]


def _told_before_disabling(_session: Session, _actor: Actor, _ids: Sequence[int]) -> list[str]:
    return [gettext(N_("Its administrators cannot log in, its people can read only; what waits there goes on above."))]


MANAGE = Permission.ORGANISATIONS_MANAGE
BATCHES = (
    BatchAction(
        "close_right",
        N_("Close the right to review"),
        ids_only(partial(set_right, is_open=False)),
        permission=MANAGE,
        preview=_told_before_closing,
        is_danger=True,
    ),
    BatchAction("open_right", N_("Open the right to review"), ids_only(partial(set_right, is_open=True)), permission=MANAGE),
    BatchAction(
        "disable",
        N_("Disable"),
        with_reason(partial(switch, step="disable")),
        permission=MANAGE,
        reason=Reason(),
        preview=_told_before_disabling,
        is_danger=True,
    ),
    BatchAction("enable", N_("Enable"), with_reason(partial(switch, step="enable")), permission=MANAGE),
)
ROW_ACTIONS = (
    RowAction("administrators", N_("Administrator information"), page="organisations.administrators_view"),
    RowAction("details", N_("Details")),
    RowAction(
        "close_right",
        N_("Close the right to review"),
        batch="close_right",
        when=lambda row: row.kind in CLOSABLE and row.can_review_hours,
    ),
    RowAction(
        "open_right",
        N_("Open the right to review"),
        batch="open_right",
        when=lambda row: row.kind in CLOSABLE and not row.can_review_hours,
    ),
    RowAction(
        "order",
        N_("Change order"),
        page="change_orders.order_view",
        permission=Permission.ORDERS,
        is_more=True,
    ),
    RowAction(
        "disable",
        N_("Disable"),
        batch="disable",
        when=lambda row: row.state == OrganisationState.ACTIVE,
        is_more=True,
        is_danger=True,
    ),
    RowAction("enable", N_("Enable"), batch="enable", when=lambda row: row.state == OrganisationState.DISABLED, is_more=True),
)


class OrganisationsView(Oversight, ScopedModelView):
    """主管部门管理, 用人单位管理, 人社部门管理 and 继续教育基地管理: one view, a tab for each kind."""

    permission = Permission.ORGANISATIONS_VIEW
    kinds = WITH_MEMBERS
    name_id = N_("Management of subordinate organisations")
    names = MappingProxyType(
        {
            PositionKind.EMPLOYER: N_("Manage subordinate units"),
            PositionKind.COMPETENT_DEPARTMENT: N_("Manage subordinate units"),
        }
    )
    group_id = N_("Manage accounts")
    icon = "home"
    order = 10

    columns = (
        Col("name", is_link=True, sort="name"),
        Col("nature"),
        Col("industry"),
        Col("code"),
        Col("unit_level", shown=False),
        Col("region_code", codes="regions", shown=False),
        Col("can_review_hours", label=N_("Right to review hours"), status=RIGHT),
        Col("state", status=states.ORGANISATION),
        Col("phone", shown=False),
        Col("address", shown=False),
    )
    sorts = (Sort("id", (Organisation.path, Organisation.id)), Sort("name", (Organisation.name, Organisation.id)))
    tabs = (
        Tab(
            "competent_department",
            N_("Competent department management"),
            where=_of_kind(OrganisationKind.COMPETENT_DEPARTMENT),
            filters=_filters(N_("Name of the competent department"), NATURE, LEVEL),
        ),
        Tab(
            "employer",
            N_("Employer management"),
            where=_of_kind(OrganisationKind.EMPLOYER),
            filters=_filters(N_("Unit name"), NATURE, INDUSTRY),
        ),
        Tab(
            "hr_department",
            N_("HR department management"),
            where=_of_kind(OrganisationKind.HR_DEPARTMENT),
            filters=_filters(N_("Unit name"), LEVEL),
        ),
        Tab(
            "training_base",
            N_("Training base management"),
            where=_of_kind(OrganisationKind.TRAINING_BASE),
            filters=_filters(N_("Training base name"), NATURE),
        ),
    )
    row_actions = ROW_ACTIONS
    batch_actions = BATCHES
    export_permission = Permission.ORGANISATIONS_EXPORT
    export_kind = "export_organisations"
    page_actions = (
        PageAction(
            "new",
            N_("Add"),
            url=lambda view: url_for("organisations.create_view", kind=request.args.get("tab"), url=view.list_url()),
            is_primary=True,
            permission=Permission.ORGANISATIONS_CREATE,
        ),
        PageAction(
            "import",
            N_("Batch import"),
            url=lambda _view: url_for("organisations_import.index"),
            icon="upload",
            permission=Permission.ORGANISATIONS_CREATE,
        ),
        export_action(Permission.ORGANISATIONS_EXPORT),
    )
    details = (
        Section(
            N_("Basic unit information"),
            (
                "name",
                Col("kind", choices=organisation_form.KIND_WORDS),
                Col("state", status=states.ORGANISATION),
                "code",
                Col("region_code", codes="regions"),
                "nature",
                "unit_level",
                "industry",
                "phone",
                "address",
            ),
        ),
    )
    details_template = "admin/organisation.html"
    form_template = "admin/organisation_form.html"
    create_form_class: ClassVar[type[PlainForm] | None] = organisation_form.OrganisationForm
    create_permission = Permission.ORGANISATIONS_CREATE

    def where(self, actor: Actor) -> Sequence[ColumnElement[bool]]:
        """Leave out the own organisation, which is nobody's below, and registrations that wait or were rejected."""
        return (Organisation.id != (actor.organisation_id or 0), Organisation.state.in_(LISTED))

    def tabs_for(self, actor: Actor) -> Sequence[Tab]:
        """Return the tabs of the kinds that may stand below the own organisation."""
        possible = organisation_form.creatable(OrganisationKind(actor.kind.value))
        return [tab for tab in self.tabs if tab.name in possible]

    def details_title(self, row: Organisation) -> str:
        """Return the heading of an organisation's page."""
        heading = gettext(N_("Unit details"))
        return f"{heading}{gettext(N_(': '))}{row.name}"

    def details_context(self, row: Organisation) -> dict[str, Any]:
        """Return the superior within the scope, and who administers."""
        superior = self.work.scalar(select(Organisation.name).where(Organisation.id == row.parent_id)) if row.parent_id else None
        return {"superior": superior or "", **self.administration_of(row)}

    def make_form(self, form_class: type[PlainForm], row: Any | None) -> PlainForm:
        """Return the form with choices of the position in use."""
        own = organisations.organisation(self.work, self.actor.organisation_id or 0)
        return organisation_form.make_form(own, request.args.get("kind", ""))

    def create_row(self, session: Session, actor: Actor, form: Any) -> Appointed:
        """Create the organisation together with its first administrator."""
        return create_with_administrator(session, actor, *organisation_form.asked(form))

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> str | Response:
        """Ask, create, and show the one-time password this once."""
        self.actor.require(Permission.ORGANISATIONS_CREATE)
        back = own_or(request.values.get("url"), self.list_url())
        form = self.make_form(organisation_form.OrganisationForm, None)
        created = self.create_model(form) if request.method == "POST" and form.validate() else None
        if created is not None:
            return self.render("admin/organisation_created.html", view=self, created=created, back=back)
        return self._form_page(form, None, back)

    def _form_page(self, form: PlainForm, row: Any | None, back: str) -> str:
        context: Mapping[str, Any] = {
            "organisation": organisation_form.ABOUT_ORGANISATION,
            "administrator": organisation_form.ABOUT_ADMINISTRATOR,
        }
        return self.render(self.form_template, view=self, form=form, row=row, back=back, **context)
