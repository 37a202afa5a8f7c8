"""S072, S092, S093, S125 to S128: registrations of organisations, a screen for each kind, decided by the superior."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar

from flask import g
from sqlalchemy import Select, func, select

from models.access import Actor, Permission, PositionKind
from models.base import local_date
from models.errors import N_
from models.org import codes
from models.org.tables import Organisation, OrganisationKind
from models.people.tables import Post, PostState
from models.reviews.organisation_registrations import scans_of
from models.reviews.tables import Decision, Review, ReviewKind
from views.admin.actions import Section
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.decisions import DecisionScreen, decision_batches, review_tabs, seen_at_decision, subject_col, waits_for
from views.admin.filters import code_filter, part_filter
from views.admin.screen import TODO_LIMIT, Todo
from views.details import Attachment, attachment_of
from views.words import say, words

KIND = ReviewKind.ORGANISATION
CANNED = (
    N_("Name and code do not match the certificate."),
    N_("The unit does not belong to this superior; please choose another."),
    N_("The scan cannot be read; please register again with another."),
)
EMPLOYER, DEPARTMENT, HR = PositionKind.EMPLOYER, PositionKind.COMPETENT_DEPARTMENT, PositionKind.HR_DEPARTMENT
_col = partial(subject_col, Organisation)


def _administrator(name: str) -> Any:
    """Return what reads the applicant: after the decision from the snapshot, before it from the post that waits."""
    columns = {"administrator": "name", "administrator_phone": "phone", "administrator_number": "number_masked"}

    def read(row: Any) -> Any:
        seen = seen_at_decision(name)(row)
        return seen if seen is not None or len(row) < 3 else getattr(row[2], columns[name], "")

    return read


ADMINISTRATOR = Col("administrator", label=N_("Administrator"), value=_administrator("administrator"))
PHONE = Col("administrator_phone", label=N_("Contact phone"), value=_administrator("administrator_phone"))
NUMBER = Col("administrator_number", label=N_("ID document number"), value=_administrator("administrator_number"))
COLUMNS = (
    _col("name", is_link=True),
    _col("nature"),
    _col("code"),
    ADMINISTRATOR,
    PHONE,
    _col("created_at", label=N_("Time of registration")),
)


def _waiting() -> Any:
    return (
        select(Review, Organisation, Post)
        .join(Organisation, Organisation.id == Review.subject_id)
        .outerjoin(Post, (Post.organisation_id == Organisation.id) & Post.is_super & (Post.state != PostState.ENDED))
    )


def _decided() -> Any:
    return select(Decision, Organisation).join(Organisation, Organisation.id == Decision.subject_id)


def _name(row: Any) -> str:
    return str(seen_at_decision("name")(row))


class OrganisationReviews(DecisionScreen, ScopedModelView):
    """Waiting and decided registrations of one kind of organisation, of the superior in use."""

    permission = Permission.ORGANISATIONS_REVIEW
    kind = KIND
    group_id = N_("Account review")
    icon = "check"
    organisation_kind: OrganisationKind
    name_label = N_("Unit name")
    narrowing: tuple[Any, ...] = ()

    columns = COLUMNS
    batch_actions = decision_batches(Permission.ORGANISATIONS_REVIEW, CANNED)
    details = (
        Section(
            N_("Basic unit information"),
            (
                _col("name"),
                _col("code"),
                _col("region_code", codes="regions"),
                _col("nature"),
                _col("unit_level"),
                _col("industry"),
                _col("phone"),
                _col("address"),
            ),
        ),
        Section(N_("Administrator information"), (ADMINISTRATOR, NUMBER, PHONE)),
    )

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        of_kind = Organisation.kind == cls.organisation_kind
        named = part_filter("name", Organisation.name, cls.name_label)
        cls.tabs = review_tabs(
            KIND,
            Permission.ORGANISATIONS_REVIEW,
            waiting=_waiting,
            decided=_decided,
            columns=COLUMNS,
            name=_name,
            filters=(named, *cls.narrowing),
            more=(of_kind,),
        )

    def rows(self) -> Select[Any]:
        """Return the registrations with organisation and applicant; the tabs narrow them."""
        found: Select[Any] = _waiting()
        return found

    def row_name(self, row: Any) -> str:
        """Return the organisation's name as the reviewer sees it."""
        return _name(row)

    def todo(self, actor: Actor) -> Todo | None:
        """Return what waits here: the registrations of this kind of organisation alone; one read serves all kinds."""
        waiting = super().todo(actor)
        if waiting is None or not waiting.n:
            return waiting
        if "ce_waiting_units" not in g:
            of_kind = (
                select(Organisation.kind, func.count(), func.min(Review.submitted_at))
                .join(Organisation, Organisation.id == Review.subject_id)
                .where(*waits_for(actor, KIND))
                .group_by(Organisation.kind)
            )
            g.ce_waiting_units = {kind: (n, oldest) for kind, n, oldest in self.work.execute(of_kind)}
        n, oldest = g.ce_waiting_units.get(self.organisation_kind, (0, None))
        return Todo(min(n, TODO_LIMIT + 1), local_date(oldest) if oldest else None)

    def warnings(self, row: Any) -> Sequence[str]:
        """Return what the check of the code noticed."""
        return [say(w) for w in codes.check(row[1].code).warnings]

    def attachments(self, row: Any) -> Sequence[Attachment] | None:
        """Return the scan of the certificate."""
        return [attachment_of(s, "files.scan") for s in scans_of(self.work, row[1].id)]

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("No unit is waiting: who registers below your organisation appears here."))


NATURE = code_filter("nature", Organisation.nature, is_quick=False)
LEVEL = code_filter("level", Organisation.unit_level)


class HrDepartmentReviews(OrganisationReviews):
    """审核人社部门."""

    organisation_kind = OrganisationKind.HR_DEPARTMENT
    kinds = frozenset({HR})
    name_id = N_("Review HR departments")
    order = 22


class CompetentDepartmentReviews(OrganisationReviews):
    """审核主管部门."""

    organisation_kind = OrganisationKind.COMPETENT_DEPARTMENT
    kinds = frozenset({HR, DEPARTMENT})
    name_id = N_("Review competent departments")
    order = 24


class EmployerReviews(OrganisationReviews):
    """审核用人单位, for an employer 审核下级单位."""

    organisation_kind = OrganisationKind.EMPLOYER
    kinds = frozenset({HR, DEPARTMENT, EMPLOYER})
    name_id = N_("Review employers")
    names: ClassVar[Mapping[PositionKind, str]] = MappingProxyType({EMPLOYER: N_("Review subordinate units")})
    order = 26
    narrowing = (NATURE,)


class TrainingBaseReviews(OrganisationReviews):
    """审核继续教育基地."""

    organisation_kind = OrganisationKind.TRAINING_BASE
    kinds = frozenset({HR, DEPARTMENT})
    name_id = N_("Review training bases")
    name_label = N_("Training base name")
    order = 28
    narrowing = (LEVEL,)


__all__ = ["CompetentDepartmentReviews", "EmployerReviews", "HrDepartmentReviews", "TrainingBaseReviews"]
