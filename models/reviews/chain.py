"""Which organisations decide, in which order, and who stands in where nobody is there to decide."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import DELEGABLE, GRANTABLE, Permission, PositionKind
from models.org.tables import Organisation, OrganisationKind, OrganisationState
from models.people import delegations
from models.people.tables import Account, Post, PostState, Role
from models.scope import acting


@dataclass(frozen=True, slots=True)
class Link:
    """One organisation of a chain, as the applicant is shown it."""

    organisation_id: int
    name: str
    phone: str
    kind: OrganisationKind
    is_open: bool  # False: right closed or organisation disabled, the step is skipped


def ancestors(path: str) -> list[int]:
    """Return the ids of a path, the own first, the root last."""
    return [int(part) for part in reversed(path.strip("/").split("/")) if part]


def links(session: Session, path: str) -> list[Link]:
    """Return the organisation of *path* and all above it, the own first."""
    return links_of(session, [path])[path]


def links_of(session: Session, paths: Iterable[str]) -> dict[str, list[Link]]:
    """Return the chain of each path, all read by one statement."""
    wanted = {path: ancestors(path) for path in paths}
    ids = sorted({i for chain in wanted.values() for i in chain})
    found: dict[int, Link] = {}
    with acting(session, "build_chain"):
        for start in range(0, len(ids), 500):
            for o in session.scalars(select(Organisation).where(Organisation.id.in_(ids[start : start + 500]))):
                can = o.can_review_hours or o.kind == OrganisationKind.HR_DEPARTMENT
                found[o.id] = Link(o.id, o.name, o.phone, OrganisationKind(o.kind), can and o.state == OrganisationState.ACTIVE)
    return {path: [found[i] for i in chain if i in found] for path, chain in wanted.items()}


def own_only(chain: Sequence[Link]) -> list[Link]:
    """Let the own organisation alone decide: registrations and changes of personal data."""
    return list(chain[:1])


def superior_only(chain: Sequence[Link]) -> list[Link]:
    """Let the superior of the organisation alone decide: its registration, its name and code."""
    return list(chain[1:2])


def up_to_first_hr(chain: Sequence[Link]) -> list[Link]:
    """Let the own organisation and every one above decide, up to and including the first HR department (学时申报)."""
    taken: list[Link] = []
    for link in chain:
        taken.append(link)
        if link.kind is OrganisationKind.HR_DEPARTMENT:
            break
    return taken


def first_hr(chain: Sequence[Link]) -> list[Link]:
    """Let the first HR department alone decide: the release of a person (人员调出审核)."""
    return up_to_first_hr(chain)[-1:]


Deciders = Mapping[int, frozenset[tuple[int, bool]]]
"""The accounts that may decide at each organisation, each with whether its post is an inner one."""


def deciders(session: Session, organisation_ids: Iterable[int], permission: Permission) -> Deciders:
    """Return for each organisation the accounts that may decide there now, each with whether its post is an inner one."""
    ids = sorted(set(organisation_ids))
    with acting(session, "build_chain"):
        rows = session.execute(
            select(
                Post.organisation_id, Post.account_id, Post.is_inner, Post.is_super, Role.permissions, Organisation.kind, Post.id
            )
            .join(Organisation, Organisation.id == Post.organisation_id)
            .join(Account, Account.id == Post.account_id)
            .outerjoin(Role, Role.id == Post.role_id)
            .where(
                Post.organisation_id.in_(ids),
                Post.state == PostState.ACTIVE,
                Account.active,
                Organisation.state == OrganisationState.ACTIVE,
            )
        ).all()
        lent = {(d.from_post_id, d.to_post_id) for d in delegations.active(session, ids)} if permission in DELEGABLE else set()
    found: dict[int, set[tuple[int, bool]]] = {i: set() for i in ids}
    posts = {row.id: row for row in rows if permission in GRANTABLE[PositionKind(row.kind)]}
    may = {i for i, row in posts.items() if row.is_super or permission.value in (row.permissions or [])}
    may |= {to for by, to in lent if by in may and to in posts}
    for row in map(posts.__getitem__, may):
        found[row.organisation_id].add((row.account_id, row.is_inner))
    return {i: frozenset(accounts) for i, accounts in found.items()}


def stand_in(
    chain: Sequence[int],
    start: int,
    may: Deciders,
    *,
    own_path_id: int,
    not_by: Collection[int | None],
) -> int:
    """Return who decides for *start*: itself, or the nearest above with somebody who may and whose own matter it is not.

    *chain* runs from the person's own organisation to the root. With nobody left the step stays with the root, where the
    support desk sees it.
    """
    for organisation_id in chain[chain.index(start) :]:
        accounts = {a for a, inner in may.get(organisation_id, ()) if not inner or organisation_id == own_path_id}
        if accounts - set(not_by):
            return organisation_id
    return start if len(chain) == 1 else chain[-1]
