"""Why this position cannot decide a review that it sees, and who can: one answer for every screen."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import PERMISSION_WORDS, Actor
from models.errors import N_, Conflict, DomainError, NotAllowed, Words
from models.org.tables import Organisation
from models.people.tables import Post, PostState
from models.reviews import chain as chains
from models.reviews.engine import handler_of, own_matter, who_was_first
from models.reviews.tables import LevelState, Review, ReviewKind, ReviewLevel, ReviewState
from models.scope import acting
from models.text import with_phone

MOST_HELPERS = 3
WAITS_FOR = N_("It waits for %(who)s to decide.")


def why_not(session: Session, actor: Actor, review: Review) -> list[DomainError]:
    """Return the rule that keeps the actor from deciding a visible review, then who can help; nothing where it may.

    The sentences are those of the refusal that a press of the button would get.
    """
    permission = handler_of(ReviewKind(review.kind)).permission
    if review.state != ReviewState.OPEN:
        return list(who_was_first(session, actor, [review]).values())
    if review.deciding_organisation_id != actor.organisation_id:
        done = [r for r in who_was_first(session, actor, [review]).values() if isinstance(r, Conflict)]
        return [*(done or _skipped(session, actor, review)), waits_for(session, review)]
    if not actor.can(permission):
        refusal: DomainError = NotAllowed(
            N_("Your role does not include this permission: %(permission)s."), permission=Words(PERMISSION_WORDS[permission])
        )
    elif actor.account_id in {review.subject_account_id, review.submitted_by_id}:
        refusal = own_matter()
    else:
        return []
    return [refusal, *_helpers(session, actor, review)]


def waits_for(session: Session, review: Review) -> DomainError:
    """Return who decides an open review now, with the phone, and in whose place."""
    with acting(session, "build_chain"):
        decider = session.get_one(Organisation, review.deciding_organisation_id)
        own = session.get(Organisation, review.in_place_of_id) if review.in_place_of_id else None
        who, place = with_phone(decider.name, decider.phone), own.name if own is not None else ""
    if place:
        words = N_("It waits for %(who)s, which decides in place of %(own)s: nobody there can at present.")
        return NotAllowed(words, who=who, own=place)
    return NotAllowed(WAITS_FOR, who=who)


def _skipped(session: Session, actor: Actor, review: Review) -> list[DomainError]:
    """Say that the own step was passed over, where it was."""
    mine = (
        ReviewLevel.review_id == review.id,
        ReviewLevel.round == review.round,
        ReviewLevel.deciding_organisation_id == actor.organisation_id,
        ReviewLevel.state == LevelState.SKIPPED,
    )
    if session.scalar(select(ReviewLevel.id).where(*mine).limit(1)) is None:
        return []
    words = N_(
        "Your unit's step was skipped: its right to review was closed, or it was disabled. The superior can open it again."
    )
    return [NotAllowed(words)]


def _helpers(session: Session, actor: Actor, review: Review) -> list[DomainError]:
    """Name administrators of the own organisation who may decide it, with their phones."""
    permission = handler_of(ReviewKind(review.kind)).permission
    own = actor.organisation_id or 0
    may = chains.deciders(session, [own], permission)[own]
    not_by = {review.subject_account_id, review.submitted_by_id, actor.account_id}
    is_own_path = review.path.endswith(f"/{own}/")
    accounts = sorted(a for a, inner in may if a not in not_by and (is_own_path or not inner))
    statement = (
        select(Post.name, Post.phone)
        .where(Post.organisation_id == own, Post.account_id.in_(accounts), Post.state == PostState.ACTIVE)
        .order_by(Post.is_super.desc(), Post.id)
        .limit(MOST_HELPERS)
    )
    found = [with_phone(row.name, row.phone) for row in session.execute(statement)]
    return [DomainError(N_("These can decide it: %(names)s."), names="、".join(found))] if found else []
