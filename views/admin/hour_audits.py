"""S096 学时审验: a second look at what was granted, record by record, in batches, or over a random sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import g
from flask_babel import gettext
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from models.access import Actor, Permission, PositionKind
from models.credits import audits
from models.credits import queries as credit_queries
from models.credits.audit_samples import AuditSampleRow
from models.credits.audits import Audit
from models.credits.tables import AuditState, Declaration, DeclarationState
from models.errors import N_
from models.reviews import queries as review_queries
from models.reviews.tables import ReviewKind
from models.workflow import Moved
from views import states
from views.admin.actions import BatchAction, Listing, Reason, RowAction, Section, Tab
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.course import course
from views.admin.decisions import joined
from views.admin.exports import export_action
from views.admin.filters import Filter, choice_filter, flag_filter, picker_filter, text_filter, year_filter
from views.admin.hour_samples import SAMPLE_ACTION, SamplePages, sample_words, samples
from views.admin.hours import by_person_name, key_review_words, learning_forms
from views.admin.keyset import Sort
from views.admin.people_filters import chosen_organisation
from views.admin.pickers import organisation_address, organisation_words
from views.admin.review import ReviewPage
from views.details import Attachment, TimelineEntry, attachment_of
from views.portal.words import ELECTIVE, SUBJECTS
from views.public.language import words_language
from views.words import words

PASS, FAIL = "audit_pass", "audit_fail"
CANNED = (
    N_("The evidence does not prove the learning."),
    N_("The hours granted exceed what the evidence shows."),
    N_("The same learning was granted twice."),
)


def _col(name: str, **how: Any) -> Col:
    return joined(Declaration, 0, Col(name, **how))


def _verdict_col(name: str, **how: Any) -> Col:
    return replace(Col(name, **how).described(Audit), value=lambda row: getattr(row[1], name, None))


COLUMNS = (
    _col("person_name", is_link=True),
    _col("year", label=N_("Year of recognition")),
    _col("organisation_name", label=N_("Unit")),
    _col("form_name"),
    _col("subject", label=N_("Subject type"), choices=SUBJECTS),
    _col("elective", choices=ELECTIVE),
    _col("requested_tenths"),
    _col("granted_tenths"),
    _col("title", shown=False),
    _col("granted_at", shown=False),
    _col("is_key_review", shown=False),
)
VERDICT = (
    _verdict_col("reason", shown=False),
    _verdict_col("by_organisation_name"),
    _verdict_col("actor_name", label=N_("Auditor"), shown=False),
    _verdict_col("decided_at"),
)


def _of_sample(statement: Select[Any], value: str) -> Select[Any]:
    rows = select(AuditSampleRow.declaration_id).where(AuditSampleRow.sample_id == int(value))
    return statement.where(Declaration.id.in_(rows))


FILTERS: tuple[Filter, ...] = (
    text_filter(
        "name",
        N_("Name"),
        by_person_name,
        is_private=True,
        help=N_("Characters of the name, pinyin or initials."),
    ),
    year_filter("year", Declaration.year, N_("Year")),
    Filter(
        "sample",
        N_("Random sample"),
        _of_sample,
        kind="choice",
        choices=lambda: [(str(s.id), sample_words(s)) for s in samples()],
    ),
    choice_filter("form", Declaration.form_code, choices=learning_forms, is_quick=False),
    choice_filter("subject", Declaration.subject, choices=SUBJECTS, label=N_("Subject type"), is_quick=False),
    picker_filter(
        "organisation",
        N_("Employer (unit)"),
        lambda statement, value: statement.where(Declaration.path == chosen_organisation(value).path),
        address=organisation_address,
        shown=organisation_words,
        is_quick=False,
    ),
    flag_filter("key", Declaration.is_key_review, label=N_("Key review (yes/no)"), is_quick=False),
)


def _rows() -> Any:
    return select(Declaration, Audit).outerjoin(Audit, Audit.declaration_id == Declaration.id)


def _stands(state: AuditState) -> Callable[[Actor], Sequence[ColumnElement[bool]]]:
    return lambda _actor: (Declaration.state == DeclarationState.APPROVED, Declaration.audit_state == state)


def _give(verdict: AuditState) -> Any:
    def run(session: Session, actor: Actor, ids: Sequence[int], *, reason: str, values: Mapping[str, Any]) -> Moved:  # noqa: ARG001 - the shape of every batch
        return audits.audit_many(session, actor, ids, verdict=verdict, reason=reason)

    return run


def _preview(sentence: str) -> Any:
    def preview(session: Session, actor: Actor, ids: Sequence[int]) -> list[str]:
        n = audits.count_auditable(session, actor, ids)
        return [words(N_("%(n)s of %(total)s can be given this verdict."), {"n": n, "total": len(ids)}), words(sentence, {})]

    return preview


BATCHES = (
    BatchAction(
        PASS,
        N_("Pass the audit (batch)"),
        _give(AuditState.PASSED),
        row_label=N_("Pass the audit"),
        all_label=N_("Pass the audit (all)"),
        permission=Permission.HOURS_AUDIT,
        preview=_preview(N_("The hours go on counting.")),
    ),
    BatchAction(
        FAIL,
        N_("Fail the audit (batch)"),
        _give(AuditState.FAILED),
        row_label=N_("Fail the audit"),
        all_label=N_("Fail the audit (all)"),
        permission=Permission.HOURS_AUDIT,
        preview=_preview(
            N_("It is final: the hours no longer count, the year and its certificate follow, and the persons are told why.")
        ),
        is_danger=True,
        reason=Reason(N_("Audit opinion"), canned=CANNED),
    ),
)
ROW = (
    RowAction("details", N_("Details")),
    RowAction(PASS, N_("Pass the audit"), batch=PASS),
    RowAction(FAIL, N_("Fail the audit"), batch=FAIL, is_danger=True),
)
AGAIN = tuple(replace(a, is_more=a.name != "details") for a in ROW)
"""On what has its verdict: one above may still replace it."""


class HourAuditsView(SamplePages, ReviewPage, ScopedModelView):
    """Three lists by verdict; the details page is the auditor's desk."""

    permission = Permission.HOURS_AUDIT
    kinds = frozenset({PositionKind.HR_DEPARTMENT, PositionKind.COMPETENT_DEPARTMENT})
    name_id = N_("Audit of hours")
    group_id = N_("Filing of results")
    icon = "check"
    order = 40
    review_pass = PASS  # a batch
    review_reject = FAIL

    columns = COLUMNS
    filters = FILTERS
    sorts = (Sort("place", (Declaration.path, Declaration.id)),)
    export_permission = Permission.HOURS_EXPORT
    export_kind = "export_audits"
    page_actions = (
        SAMPLE_ACTION,
        export_action(Permission.HOURS_EXPORT),
    )
    batch_actions = BATCHES
    tabs = (
        Tab("pending", N_("To be audited"), where=_stands(AuditState.NONE), row_actions=ROW),
        Tab("audited", N_("Audited"), where=_stands(AuditState.PASSED), columns=(*COLUMNS, *VERDICT), row_actions=AGAIN),
        Tab(
            "failed",
            N_("Verification failed"),
            where=_stands(AuditState.FAILED),
            columns=(*COLUMNS, replace(VERDICT[0], shown=True), *VERDICT[1:]),
            row_actions=AGAIN,
        ),
    )
    details = (
        Section(
            N_("Declaration"),
            (*COLUMNS, _col("audit_state", label=N_("Result of the audit"), status=states.AUDIT)),
        ),
    )

    def rows(self) -> Select[Any]:
        """Return the records with the verdict on each; the tabs narrow them."""
        statement: Select[Any] = _rows()
        return statement

    def where(self, actor: Actor) -> Sequence[ColumnElement[bool]]:
        """Leave out what was never granted, also where a row is asked for by its id."""
        return (Declaration.state == DeclarationState.APPROVED,)

    def row_name(self, row: Any) -> str:
        """Return the person's name as it was declared."""
        return str(row[0].person_name)

    def may(self, permission: Permission | None) -> bool:
        """Let competent departments look, and audit where a setting of the HR department above says so."""
        if permission is not Permission.HOURS_AUDIT:
            return super().may(permission)
        if "ce_may_audit" not in g:
            g.ce_may_audit = audits.may_audit(self.work, self.actor)
        return bool(g.ce_may_audit)

    def can_decide(self, listing: Listing, row: Any) -> bool:
        """Say whether a verdict may be given: there is none yet, or none of the own organisation."""
        is_own = row[1] is not None and row[1].by_organisation_id == self.actor.organisation_id
        return super().can_decide(listing, row) and not is_own

    def decided_words(self, row: Any) -> str:
        """Return who gave the verdict."""
        audit = row[1]
        if audit is None:
            return ""
        return words(N_("Already audited by %(name)s at %(time)s."), {"name": audit.actor_name, "time": audit.decided_at})

    def warnings(self, row: Any) -> Sequence[str]:
        """Return why a closer look was due, in words, and why the record failed."""
        found = key_review_words(row[0].key_reasons or ())
        if row[1] is not None and row[1].reason:
            found.append(f"{gettext(N_('Audit opinion'))}{gettext(N_(': '))}{row[1].reason}")
        return found

    def attachments(self, row: Any) -> Sequence[Attachment]:
        """Return the evidence."""
        return [attachment_of(a) for a in credit_queries.evidence_of(self.work, row[0].id)]

    def more_pairs(self, row: Any) -> Sequence[tuple[str, str]]:
        """Return the fields of the learning form."""
        return [(s.label, s.value) for s in credit_queries.field_values(self.work, row[0], language=words_language())]

    def timeline(self, row: Any) -> Sequence[TimelineEntry] | None:
        """Return the course of the review that granted the hours, and the verdict."""
        review = review_queries.review_of(self.work, ReviewKind.DECLARATION, row[0].id)
        entries = list(course(self.work, review)) if review is not None else []
        audit = row[1]
        if audit is not None:
            word = states.AUDIT[audit.verdict]
            entries.append(
                TimelineEntry(
                    gettext(word.word),
                    word.kind,
                    at=audit.decided_at,
                    who=audit.actor_name,
                    where=audit.by_organisation_name,
                    reason=audit.reason,
                )
            )
        return entries

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("Nothing is to be audited: declarations appear here once their hours are granted."))
