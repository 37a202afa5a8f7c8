"""Which positions an account holds and what each may do, read afresh for each request and each job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from models.access import (
    DELEGABLE,
    EVERY_POSITION,
    GRANTABLE,
    NOT_FOR_INNER,
    PERSONAL_PERMISSIONS,
    SUPPORT_PERMISSIONS,
    SYSTEM,
    Actor,
    Permission,
    PositionKind,
    person_key,
    post_key,
)
from models.jobs import load_actors_with
from models.org.tables import Organisation, OrganisationState
from models.people import delegations
from models.people.tables import Account, Post, PostState, Professional, ProfessionalState, Role
from models.scope import system_session


class Standing(StrEnum):
    """Whether a position can be used now, and why not."""

    USABLE = "usable"
    OFFERED = "offered"  # a post whose holder has not confirmed it
    PENDING = "pending"  # the registration waits for its decision
    DISABLED = "disabled"  # the post, the profile or the organisation


@dataclass(frozen=True, slots=True)
class Position:
    """One position of an account: what it would act as, and whether it can be used."""

    actor: Actor
    standing: Standing

    @property
    def key(self) -> str:
        """Return the stable key that sessions, forms and jobs carry."""
        return self.actor.position_key

    @property
    def kind(self) -> PositionKind:
        """Return the user type."""
        return self.actor.kind

    @property
    def is_usable(self) -> bool:
        """Say whether somebody may act in it now."""
        return self.standing is Standing.USABLE


def permissions_of(kind: PositionKind, *, is_super: bool, granted: Sequence[str], is_inner: bool) -> frozenset[Permission]:
    """Return what a post may do: all that its kind of organisation can grant, or what its role grants of that."""
    most = GRANTABLE[kind]
    held = most if is_super else EVERY_POSITION | {p for p in most if p.value in set(granted)}
    return held - NOT_FOR_INNER if is_inner else held


def positions_of(session: Session, account: Account) -> list[Position]:
    """Return the live positions of *account* in a system session: the own profile, posts by organisation, support."""
    found = [*_profile(session, account), *_posts(session, account)]
    if account.is_support:
        actor = Actor(account.id, account.name, PositionKind.SUPPORT, f"support:{account.id}", permissions=SUPPORT_PERMISSIONS)
        found.append(Position(actor, Standing.USABLE))
    return found


def load_actor(account_id: int, position_key: str) -> Actor | None:
    """Return the actor of a position with its rights of this moment; None when it cannot be used any more."""
    if position_key == SYSTEM.position_key:
        return SYSTEM
    with system_session() as session:
        account = session.scalars(select(Account).where(Account.id == account_id, Account.active)).first()
        held = positions_of(session, account) if account else []
    return next((p.actor for p in held if p.key == position_key and p.is_usable), None)


def in_language(actor: Actor, language: str) -> Actor:
    """Return *actor* as the reader of a page in *language*."""
    return actor if actor.language == language else replace(actor, language=language)


# Made once, as every request asks them.
_PROFILE = (
    select(Professional.id, Professional.path, Professional.state, Organisation.id, Organisation.name)
    .join(Organisation, Organisation.id == Professional.organisation_id)
    .where(Professional.account_id == bindparam("account_id"), Professional.state != ProfessionalState.REJECTED)
)
_POSTS = (
    select(Post.id, Post.state, Post.is_super, Post.is_inner, Role.permissions, Organisation)
    .join(Organisation, Organisation.id == Post.organisation_id)
    .outerjoin(Role, Role.id == Post.role_id)
    .where(Post.account_id == bindparam("account_id"), Post.state != PostState.ENDED)
    .order_by(Organisation.path, Post.id)
)


def _profile(session: Session, account: Account) -> list[Position]:
    row = session.execute(_PROFILE, {"account_id": account.id}).first()
    if row is None:
        return []
    person_id, path, state, organisation_id, organisation_name = row
    actor = Actor(
        account.id,
        account.name,
        PositionKind.PROFESSIONAL,
        person_key(person_id),
        path=path,
        organisation_id=organisation_id,
        organisation_name=organisation_name,
        person_id=person_id,
        permissions=PERSONAL_PERMISSIONS,
    )
    standings = {ProfessionalState.ACTIVE: Standing.USABLE, ProfessionalState.PENDING: Standing.PENDING}
    return [Position(actor, standings.get(state, Standing.DISABLED))]


def _posts(session: Session, account: Account) -> list[Position]:
    found = []
    for post_id, state, is_super, is_inner, granted, organisation in session.execute(_POSTS, {"account_id": account.id}).all():
        kind = PositionKind(organisation.kind)
        held = permissions_of(kind, is_super=is_super, granted=granted or (), is_inner=is_inner)
        delegated = () if is_super else _delegated(session, organisation, post_id, held, is_inner=is_inner)
        actor = Actor(
            account.id,
            account.name,
            kind,
            post_key(post_id),
            path=organisation.path,
            organisation_id=organisation.id,
            organisation_name=organisation.name,
            post_id=post_id,
            is_inner=is_inner,
            is_super=is_super,
            permissions=held | {permission for permission, _name in delegated},
            delegated=delegated,
        )
        found.append(Position(actor, _standing(state, organisation.state)))
    return found


def _delegated(
    session: Session, organisation: Organisation, post_id: int, held: frozenset[Permission], *, is_inner: bool
) -> tuple[tuple[Permission, str], ...]:
    """Return what a post may review today for others who are away, beyond what it may anyway, each with the other's name."""
    found: dict[Permission, str] = {}
    for delegation in delegations.active(session, [organisation.id]):
        if delegation.to_post_id == post_id:
            for permission in delegable(session, delegation.from_post_id, organisation, is_inner=is_inner) - held:
                found.setdefault(permission, delegation.from_name)
    return tuple(sorted(found.items()))


def delegable(session: Session, post_id: int, organisation: Organisation, *, is_inner: bool) -> frozenset[Permission]:
    """Return what an active post of an organisation lets another one do in its place, which may be an inner one."""
    row = session.execute(
        select(Post.is_super, Post.is_inner, Role.permissions)
        .outerjoin(Role, Role.id == Post.role_id)
        .where(Post.id == post_id, Post.organisation_id == organisation.id, Post.state == PostState.ACTIVE)
    ).first()
    if row is None:
        return frozenset()
    kind = PositionKind(organisation.kind)
    held = permissions_of(kind, is_super=row.is_super, granted=row.permissions or (), is_inner=row.is_inner or is_inner)
    return held & DELEGABLE


def _standing(post: PostState, organisation: OrganisationState) -> Standing:
    if organisation == OrganisationState.PENDING:
        return Standing.PENDING
    if organisation != OrganisationState.ACTIVE or post == PostState.DISABLED:
        return Standing.DISABLED
    return Standing.OFFERED if post == PostState.OFFERED else Standing.USABLE


load_actors_with(load_actor)
