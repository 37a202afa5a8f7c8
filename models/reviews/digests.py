"""The reviewers' digest: a mail that says how much waits for their organisation and since when, as often as it is set."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.access import GRANTABLE, Permission, PositionKind
from models.base import LOCAL_ZONE, local_date, today, utcnow
from models.errors import N_
from models.org.settings import SettingKey, setting
from models.org.tables import Organisation, OrganisationState
from models.outbox import OutboxMail
from models.people import delegations
from models.people.positions import delegable
from models.people.tables import Account, Post, PostState, Role
from models.reviews.engine import handler_of
from models.reviews.tables import Review, ReviewKind, ReviewState
from models.workflow import CHUNK

MAIL = N_("%(n)s items wait for %(unit)s to be reviewed, the oldest for %(days)s days. Please log in to handle them.")
DAYS = {"daily": 1, "weekly": 7}
EARLIEST_HOUR = 8
"""Nobody gets the digest before this hour of the morning, Asia/Shanghai."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    n: int
    oldest: dt.date


def write_digests(session: Session) -> int:
    """Write the mails that are due into the outbox, in a system session; return how many.

    A post gets one where something waits that its role, or whoever delegated to it, may decide, its account has an address,
    and the last digest is as many days old as the HR department above has set.
    """
    if utcnow().astimezone(LOCAL_ZONE).hour < EARLIEST_HOUR:
        return 0
    waiting = _waiting(session)
    every: dict[str, int | None] = {}
    n_written = 0
    lent = _lent(session, sorted(waiting))
    for row in _posts(session, sorted(waiting)):
        if row.path not in every:
            every[row.path] = DAYS.get(setting(session, row.path, SettingKey.REVIEW_DIGEST))
        days = every[row.path]
        if days is None or (row.Post.digest_on is not None and (today() - row.Post.digest_on).days < days):
            continue
        mine = _of_post(waiting[row.Post.organisation_id], row, lent.get(row.Post.id, frozenset()))
        if mine is None:
            continue
        params = {"n": mine.n, "unit": row.name, "days": (today() - mine.oldest).days}
        session.add(OutboxMail(to_address=row.Post.email or row.email, message_id=MAIL, params=params))
        row.Post.digest_on = today()
        n_written += 1
    session.flush()
    return n_written


def _waiting(session: Session) -> Mapping[int, Mapping[ReviewKind, _Waiting]]:
    """Return what waits for each organisation, by kind."""
    statement = (
        select(Review.deciding_organisation_id, Review.kind, func.count(), func.min(Review.submitted_at))
        .where(Review.state == ReviewState.OPEN, Review.deciding_organisation_id.is_not(None))
        .group_by(Review.deciding_organisation_id, Review.kind)
    )
    found: dict[int, dict[ReviewKind, _Waiting]] = {}
    for organisation_id, kind, n, oldest in session.execute(statement):
        found.setdefault(int(organisation_id or 0), {})[ReviewKind(kind)] = _Waiting(n, local_date(oldest))
    return found


def _posts(session: Session, organisation_ids: list[int]) -> Iterator[Any]:
    """Yield the posts that could get one today."""
    for start in range(0, len(organisation_ids), CHUNK):
        yield from session.execute(
            select(Post, Organisation.path, Organisation.name, Organisation.kind, Role.permissions, Account.email)
            .join(Organisation, Organisation.id == Post.organisation_id)
            .join(Account, Account.id == Post.account_id)
            .outerjoin(Role, Role.id == Post.role_id)
            .where(
                Post.organisation_id.in_(organisation_ids[start : start + CHUNK]),
                Post.state == PostState.ACTIVE,
                Account.active,
                Organisation.state == OrganisationState.ACTIVE,
                (Post.email != "") | (Account.email != ""),
                Post.digest_on.is_(None) | (Post.digest_on < today()),
            )
            .order_by(Post.id)
        ).all()


def _lent(session: Session, organisation_ids: list[int]) -> dict[int, frozenset[Permission]]:
    """Return what posts may decide today in the place of those who delegated to them."""
    found: dict[int, frozenset[Permission]] = {}
    for start in range(0, len(organisation_ids), CHUNK):
        for each in delegations.active(session, organisation_ids[start : start + CHUNK]):
            organisation = session.get_one(Organisation, each.organisation_id)
            post = session.get(Post, each.to_post_id)
            given = delegable(session, each.from_post_id, organisation, is_inner=post is not None and post.is_inner)
            found[each.to_post_id] = found.get(each.to_post_id, frozenset()) | given
    return found


def _of_post(waiting: Mapping[ReviewKind, _Waiting], row: Any, lent: frozenset[Permission]) -> _Waiting | None:
    """Return what waits of the kinds that the post may decide, by its role or for those who delegated to it."""
    may = GRANTABLE[PositionKind(row.kind)]
    if not row.Post.is_super:
        may = may & {Permission(p) for p in (row.permissions or []) if p in set(Permission)}
    mine = [w for kind, w in waiting.items() if handler_of(kind).permission in may | lent]
    return _Waiting(sum(w.n for w in mine), min(w.oldest for w in mine)) if mine else None
