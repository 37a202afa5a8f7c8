"""What the screens that decide share: waiting and decided lists, the batches, the course of a review, 删除 in 已审核."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from flask import g
from flask_babel import gettext
from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import Session
from wtforms import HiddenField

from models.access import Actor, Permission
from models.base import local_date, utcnow
from models.credits.by_base import TOPIC
from models.errors import N_
from models.reviews import engine, hiding, queries
from models.reviews.forecast import forecast
from models.reviews.reasons import why_not
from models.reviews.tables import Decision, Review, ReviewKind, ReviewState, Verdict
from models.workflow import Moved
from views import states
from views.admin.actions import BATCH, BatchAction, Listing, Reason, RowAction, Tab, ids_only
from views.admin.columns import Col
from views.admin.course import course
from views.admin.filters import Filter
from views.admin.keyset import Sort
from views.admin.review import ReviewPage
from views.admin.screen import TODO_LIMIT, Todo
from views.admin.state import ListState
from views.admin.undoing import UNDO, UNDO_ROW, batch_filter, undo_batches
from views.details import TimelineEntry
from views.forms import PlainForm
from views.words import say, words

HIDDEN = "f_hidden"
APART = ((ReviewKind.DECLARATION, TOPIC),)
"""Topics with a list of their own: they are counted apart."""
WAITING_SORTS = (Sort("submitted", (Review.submitted_at, Review.id)),)
DECIDED_SORTS = (Sort("decided", (Decision.decided_at, Decision.id), is_descending=True),)

hidden_filter = Filter(
    "hidden",
    N_("Show deleted"),
    lambda statement, _value: statement,
    kind="choice",
    choices={"1": N_("Only the deleted ones")},
    is_quick=False,
)
"""显示已删除: `DecisionScreen.statement` leaves the hidden ones out unless it is asked."""


def seen_at_decision(name: str) -> Callable[[Any], Any]:
    """Return what reads *name* of the subject: after the decision from the snapshot that was taken then."""

    def read(row: Any) -> Any:
        snapshot = getattr(row[0], "snapshot", None)
        return snapshot[name] if snapshot and name in snapshot else getattr(row[1], name, None)

    return read


def subject_col(model: type, name: str, **how: Any) -> Col:
    """Return a column of the subject's *model*, as it stood at the decision."""
    return replace(Col(name, **how).described(model), value=seen_at_decision(name))


def joined(model: type, position: int, col: Col) -> Col:
    """Return *col* as it reads the entity at *position* of a joined row, described by that entity's column."""
    described = col.described(model)
    if col.value is not None:
        return described
    return replace(described, value=lambda row: getattr(row[position], described.name, None))


def waits_for(actor: Actor, *kinds: ReviewKind) -> Sequence[ColumnElement[bool]]:
    """Return the conditions of the reviews that the actor's organisation decides now; one partial index serves them."""
    return (Review.deciding_organisation_id == actor.organisation_id, _is_one_of(Review, kinds), Review.state == ReviewState.OPEN)


def decided_by(actor: Actor, *kinds: ReviewKind) -> Sequence[ColumnElement[bool]]:
    """Return the conditions of the decisions that the actor's organisation made."""
    return (
        Decision.by_organisation_id == actor.organisation_id,
        _is_one_of(Decision, kinds),
        Decision.verdict != Verdict.UNDONE,
    )


def _is_one_of(model: Any, kinds: Sequence[ReviewKind]) -> ColumnElement[bool]:
    found: ColumnElement[bool] = model.kind == kinds[0] if len(kinds) == 1 else model.kind.in_(kinds)
    return found


# --- batches --------------------------------------------------------------------------------------------------------


class AskedForm(PlainForm):
    """When a batch was asked for: what was decided since then is not decided once more by the same form."""

    asked_at = HiddenField(default=lambda: utcnow().isoformat())


def _asked_at(values: Mapping[str, Any]) -> dt.datetime | None:
    try:
        moment = dt.datetime.fromisoformat(str(values.get("asked_at", "")))
        moment = moment.astimezone(dt.UTC) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else None


Given = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""What a decision on one row sets, from the values of the form on its page."""


def _decide(verdict: Verdict, given: Given) -> Any:
    def run(session: Session, actor: Actor, ids: Sequence[int], *, reason: str, values: Mapping[str, Any]) -> Moved:
        is_one = len(ids) == 1 and BATCH not in values
        seen = {ids[0]: str(values["version"])} if is_one and values.get("version") else None
        since = _asked_at(values)
        stale = queries.decided_since(session, actor, ids, since) if since is not None else {}
        moved = engine.decide_many(
            session,
            actor,
            [i for i in ids if i not in stale],
            verdict=verdict,
            reason=reason,
            seen=seen,
            batch=None if is_one else values.get(BATCH) or str(uuid.uuid4()),
            values={ids[0]: given(values)} if is_one else None,
        )
        return Moved(moved.done, {**stale, **moved.refused})

    return run


def _preview(verdict: Verdict, more: Callable[[Session, Sequence[int]], list[str]]) -> Any:
    def preview(session: Session, actor: Actor, ids: Sequence[int]) -> list[str]:
        told = forecast(session, actor, ids, verdict=verdict)
        sentence = (
            N_("%(n)s of %(total)s can be passed.") if verdict is Verdict.PASS else N_("%(n)s of %(total)s can be rejected.")
        )
        return [
            words(sentence, {"n": told.n_able, "total": told.n_total}),
            *(words(m, p) for m, p in told.left_out),
            *more(session, ids),
        ]

    return preview


def nothing_given(_values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Set nothing by a decision."""
    return {}


def nothing_more(_session: Session, _ids: Sequence[int]) -> list[str]:
    """Tell nothing more before a batch."""
    return []


def decision_batches(
    permission: Permission,
    canned: tuple[str, ...],
    *,
    given: Given = nothing_given,
    more: Callable[[Session, Sequence[int]], list[str]] = nothing_more,
    words_on_row: tuple[str, str] = (N_("Pass"), N_("Reject")),
) -> tuple[BatchAction, ...]:
    """Return 批量通过, 全部通过, 批量驳回 and 全部驳回, with the words of the same steps on one row."""
    return (
        BatchAction(
            "approve",
            N_("Batch approve"),
            _decide(Verdict.PASS, given),
            row_label=words_on_row[0],
            all_label=N_("Approve all"),
            permission=permission,
            preview=_preview(Verdict.PASS, more),
            form=AskedForm,
        ),
        BatchAction(
            "reject",
            N_("Batch reject"),
            _decide(Verdict.REJECT, nothing_given),
            row_label=words_on_row[1],
            all_label=N_("Reject all"),
            permission=permission,
            preview=_preview(Verdict.REJECT, more),
            form=AskedForm,
            is_danger=True,
            reason=Reason(N_("Review opinion"), canned=canned),
        ),
    )


DECIDE_ROW = (
    RowAction("details", N_("Details")),
    RowAction("approve", N_("Pass"), batch="approve"),
    RowAction("reject", N_("Reject"), batch="reject", is_danger=True),
)


def _what_hiding_does(_session: Session, _actor: Actor, _ids: Sequence[int]) -> list[str]:
    return [gettext(N_("They leave your organisation's list only; “Show deleted” brings them back."))]


def hiding_batches(permission: Permission) -> tuple[BatchAction, ...]:
    """Return 删除 of decided rows and what brings them back."""
    return (
        BatchAction(
            "hide",
            N_("Batch delete"),
            ids_only(partial(hiding.set_hidden, is_hidden=True)),
            row_label=N_("Delete"),
            permission=permission,
            preview=_what_hiding_does,
            is_danger=True,
        ),
        BatchAction("show", N_("Bring back"), ids_only(partial(hiding.set_hidden, is_hidden=False)), permission=permission),
    )


DECIDED_ROW = (
    RowAction("details", N_("Details")),
    RowAction("hide", N_("Delete"), batch="hide", when=lambda decision: not decision.is_hidden, is_danger=True),
    RowAction("show", N_("Bring back"), batch="show", when=lambda decision: decision.is_hidden and decision.undone_at is None),
)


def _stands(row: Any) -> str:
    return str(row[0].verdict if row[0].undone_at is None else Verdict.UNDONE)


DECIDED_COLUMNS = (
    Col("verdict", label=N_("Result of the review"), status=states.VERDICT, value=_stands),
    Col("reason", label=N_("Review opinion"), shown=False),
    Col("actor_name", label=N_("Reviewed by"), shown=False),
    Col("decided_at", label=N_("Time of the review"), sort=DECIDED_SORTS[0].name),
)


def decided_columns() -> tuple[Col, ...]:
    """Return the columns of the decision itself, as a joined row begins with it."""
    return tuple(joined(Decision, 0, col) for col in DECIDED_COLUMNS)


Rows = Callable[[], Select[Any]]


def review_tabs(
    kind: ReviewKind | tuple[ReviewKind, ...],
    permission: Permission,
    *,
    waiting: Rows,
    decided: Rows,
    columns: tuple[Col, ...],
    name: Callable[[Any], str],
    filters: tuple[Filter, ...],
    decided_shown: tuple[Col, ...] = (),
    row_actions: tuple[RowAction, ...] = DECIDE_ROW,
    more: tuple[ColumnElement[bool], ...] = (),
    can_undo: bool = False,
) -> tuple[Tab, Tab]:
    """Return 待审核 and 已审核 of one kind of review, or of several: *waiting* begins with the Review, *decided* with the Decision.

    *can_undo* says that a batch of this kind may be undone.
    *decided_shown* are the columns of the second where they are not those of the first and of the decision; *more* holds
    for both.
    """
    kinds = kind if isinstance(kind, tuple) else (kind,)
    return (
        Tab(
            "pending",
            N_("Pending review"),
            rows=waiting,
            where=lambda actor: (*waits_for(actor, *kinds), *more),
            sorts=WAITING_SORTS,
            filters=filters,
            row_actions=row_actions,
            row_name=name,
        ),
        Tab(
            "reviewed",
            N_("Reviewed"),
            model=Decision,
            rows=decided,
            where=lambda actor: (*decided_by(actor, *kinds), *more),
            sorts=DECIDED_SORTS,
            columns=decided_shown or (*columns, *decided_columns()),
            filters=(*filters, *((batch_filter(kinds[0]),) if can_undo else ()), hidden_filter),
            row_actions=(*DECIDED_ROW, UNDO_ROW) if can_undo else DECIDED_ROW,
            batch_actions=(*hiding_batches(permission), *(undo_batches(permission) if can_undo else ())),
            row_name=name,
        ),
    )


# --- the screen -----------------------------------------------------------------------------------------------------


class DecisionScreen(ReviewPage):
    """Mixed in before ScopedModelView: rows are (Review or Decision, subject)."""

    kind: ReviewKind
    more_kinds: tuple[ReviewKind, ...] = ()  # decided in the same list
    review_pass = "approve"  # noqa: S105 - a batch
    review_reject = "reject"

    def todo(self, actor: Actor) -> Todo | None:
        """Return what waits for the organisation of the position in use; one read serves every screen of a page."""
        if "ce_waiting" not in g:
            g.ce_waiting = queries.waiting_times(self.work, actor, limit=TODO_LIMIT + 1, apart=APART)
        keys = [(kind, topic) for kind in (self.kind, *self.more_kinds) for topic in self.topics(actor)]
        found = sorted(at for key in keys for at in g.ce_waiting.get(key, ()))
        return Todo(len(found), local_date(found[0]) if found else None)

    def topics(self, actor: Actor) -> tuple[str, ...]:
        """Return which topics of the kind the list holds: of those that are counted apart, and the empty one for all others."""
        return ("",)

    def statement(self, listing: Listing, state: ListState) -> Select[Any]:
        """Return the rows of a tab; of the decided ones those that were deleted from it only when they are asked for."""
        statement = super().statement(listing, state)
        if listing.model is Decision:
            statement = statement.where(Decision.is_hidden.is_(state.values.get(HIDDEN) == "1"))
        return statement

    def undo_query(self, batch: BatchAction, mark: str) -> str:
        """Return the decided ones of the batch, where the list lets them be undone."""
        can_undo = any(UNDO in listing.batches for listing in self.listings.values())
        is_decision = batch.name in {self.review_pass, self.review_reject}
        return f"tab=reviewed&f_batch={mark}" if mark and can_undo and is_decision else ""

    def can_decide(self, listing: Listing, row: Any) -> bool:
        """Say whether the row waits for the actor's organisation and is not the actor's own matter."""
        review = row[0]
        if listing.model is not Review or not super().can_decide(listing, row):
            return False
        is_own = self.actor.account_id in {review.subject_account_id, review.submitted_by_id}
        return review.state == ReviewState.OPEN and review.deciding_organisation_id == self.actor.organisation_id and not is_own

    def decided_words(self, row: Any) -> str:
        """Return why the reader cannot decide now, and who can."""
        review = self.review_of(row)
        return " ".join(say(r) for r in why_not(self.work, self.actor, review)) if review is not None else ""

    def review_of(self, row: Any) -> Review | None:
        """Return the review of a row of either tab."""
        if isinstance(row[0], Review):
            return row[0]
        return self.work.get(Review, row[0].review_id)

    def timeline(self, row: Any) -> Sequence[TimelineEntry] | None:
        """Return the course of the review through all its rounds."""
        review = self.review_of(row)
        return course(self.work, review) if review is not None else None


class JoinedReviews(DecisionScreen):
    """Mixed in like DecisionScreen, where *joined_to* gives both tabs' rows and *named* the words of one."""

    joined_to: ClassVar[staticmethod[[Any], Any]]
    named: ClassVar[staticmethod[[Any], str]]

    def rows(self) -> Select[Any]:
        """Return the reviews with their subject; the tabs narrow them."""
        found: Select[Any] = type(self).joined_to(Review)
        return found

    def row_name(self, row: Any) -> str:
        """Return whose matter it is."""
        return type(self).named(row)
