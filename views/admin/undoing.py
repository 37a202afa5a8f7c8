"""撤回: what lists of decisions offer to take a batch back: the batch, the word on a row, the filter by what can be undone."""

from __future__ import annotations

from collections.abc import Sequence

from flask import g
from flask_babel import gettext
from sqlalchemy.orm import Session

from models.access import Actor, Permission
from models.base import db, utcnow
from models.errors import N_
from models.reviews import undo
from models.reviews.tables import Decision, ReviewKind
from views import states
from views.actor import required_actor
from views.admin.actions import BatchAction, RowAction, ids_only
from views.admin.filters import Filter
from views.words import local_time

UNDO = "undo"


def _what_undoing_does(_session: Session, _actor: Actor, _ids: Sequence[int]) -> list[str]:
    return [
        gettext(N_("Each waits for your organisation again, as before; hours and years follow, and the persons are told.")),
        gettext(
            N_("Only decisions of a batch can be undone, within 30 minutes; what was decided, audited or certified since stays.")
        ),
    ]


def undo_batches(permission: Permission) -> tuple[BatchAction, ...]:
    """Return what takes decisions of a batch back, for the kinds of review that know how."""
    return (
        BatchAction(
            UNDO,
            N_("Undo decisions"),
            ids_only(undo.undo_many),
            row_label=N_("Undo the decision"),
            permission=permission,
            preview=_what_undoing_does,
            is_danger=True,
        ),
    )


def batch_filter(kind: ReviewKind) -> Filter:
    """Return the filter by a batch of decisions that may still be undone."""

    def choices() -> list[tuple[str, str]]:
        if "ce_batches" not in g:
            g.ce_batches = [(b.mark, _batch_words(b)) for b in undo.recent_batches(db.session(), required_actor(), kind)]
        found: list[tuple[str, str]] = g.ce_batches
        return found

    return Filter(
        "batch",
        N_("Batch that can be undone"),
        lambda statement, mark: statement.where(Decision.batch == mark),
        kind="choice",
        choices=choices,
        is_quick=False,
    )


def _batch_words(batch: undo.Batch) -> str:
    word = gettext(states.VERDICT[batch.verdict].word)
    return gettext(N_("%(time)s: %(verdict)s, %(n)s rows"), time=local_time(batch.decided_at), verdict=word, n=batch.n)


def may_be_undone(decision: Decision) -> bool:
    """Say whether a row offers to be undone: it was decided in a batch, not long ago."""
    is_fresh = utcnow() - decision.decided_at <= undo.UNDO_WITHIN
    return decision.batch is not None and decision.undone_at is None and is_fresh


UNDO_ROW = RowAction(UNDO, N_("Undo the decision"), batch=UNDO, when=may_be_undone, is_more=True, is_danger=True)
