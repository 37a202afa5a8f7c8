"""What whoever declared for others is told of the decisions: one notice for each form and run of decisions, however many it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from models import outbox
from models.access import Actor, post_key
from models.errors import N_
from models.org.tables import Organisation
from models.outbox import Notice
from models.people.tables import Post, PostState
from models.scope import acting

PASSED = N_("%(organisation)s approved what you declared for others: “%(title)s”, number of people: %(n)s.")
REJECTED = N_(
    "%(organisation)s rejected what you declared for others: “%(title)s”, number of people: %(n)s (%(names)s). Reason: %(reason)s"
)
TAKEN_BACK = N_(
    "%(organisation)s took back its decision on what you declared for others: “%(title)s”, number of people: %(n)s; "
    "it is being reviewed again."
)
_LINKS = {
    PASSED: "/admin/declared-for/?tab=approved",
    REJECTED: "/admin/declared-for/?tab=rejected",
    TAKEN_BACK: "/admin/declared-for/?tab=pending",
}
NAMED = 5
"""So many people are named; the list that the notice leads to has all of them."""
_LATEST = 50


@dataclass(frozen=True, slots=True)
class Decided:
    """One decided record that an organisation declared: who submitted it, by which form, and whom it is for."""

    account_id: int  # of whoever submitted it
    declared_by_id: int
    batch_id: int | None
    title: str
    person_name: str
    reason: str = ""


@dataclass(slots=True)
class _Told:
    title: str
    reason: str
    names: list[str] = field(default_factory=list)


def tell(
    session: Session, actor: Actor, message_id: str, decided: Sequence[Decided], *, links: Mapping[str, str] = _LINKS
) -> None:
    """Tell each declarer what the actor decided; one who has left the organisation is stood for by its super administrator.

    *links* lead from each message to the list of the declarer.
    """
    told: dict[tuple[int, int, int | None, str], _Told] = {}
    for each in decided:
        key = (each.declared_by_id, each.account_id, each.batch_id, each.reason)
        told.setdefault(key, _Told(each.title, each.reason)).names.append(each.person_name)
    if not told:
        return
    readers = _readers(session, {key[:2] for key in told})
    new = []
    for (declared_by_id, account_id, _batch, _reason), what in sorted(told.items(), key=lambda item: str(item[0])):
        post = readers.get((declared_by_id, account_id))
        if post is not None:
            notice = {
                "account_id": post.account_id,
                "position_key": post_key(post.id),
                "message_id": message_id,
                "link": links[message_id],
                "params": {"organisation": actor.organisation_name, "title": what.title, "reason": what.reason},
            }
            if not _counted_in(session, notice, what.names):
                new.append({**notice, "params": {**notice["params"], **_people(what.names, len(what.names))}})
    outbox.add_notices(session, new)


def _people(names: Sequence[str], n: int) -> dict[str, Any]:
    return {"n": n, "names": "、".join(names[:NAMED]) + ("…" if n > NAMED else "")}


def _readers(session: Session, declarers: set[tuple[int, int]]) -> dict[tuple[int, int], Any]:
    """Return the post of each (organisation, account) at the organisation, or at the one that it was merged into."""
    now = func.coalesce(Organisation.merged_into_id, Organisation.id)
    ids, accounts = {o for o, _ in declarers}, {a for _, a in declarers}
    with acting(session, "add_notice"):
        rows = session.execute(
            select(Organisation.id.label("of"), Post.id, Post.account_id, Post.is_super)
            .join(Post, Post.organisation_id == now)
            .where(Organisation.id.in_(ids), Post.state == PostState.ACTIVE, or_(Post.is_super, Post.account_id.in_(accounts)))
        ).all()
    in_charge = {row.of: row for row in rows if row.is_super}
    posts = {(row.of, row.account_id): row for row in rows}
    found = {key: posts.get(key) or in_charge.get(key[0]) for key in declarers}
    return {key: row for key, row in found.items() if row is not None}


def _counted_in(session: Session, notice: Mapping[str, Any], names: Sequence[str]) -> bool:
    """Count people in to the same notice while nobody has read it and no mail repeats it: the next part of a run of decisions."""
    same = ("account_id", "position_key", "message_id", "link")
    waiting = (Notice.read_at.is_(None), Notice.is_mail_due, *(getattr(Notice, name) == notice[name] for name in same))
    with acting(session, "add_notice"):
        latest = select(Notice).where(*waiting).order_by(Notice.id.desc()).limit(_LATEST).with_for_update()
        for row in session.scalars(latest, execution_options={"populate_existing": True}):
            if {**row.params, **notice["params"]} == row.params:
                had = row.params["names"].rstrip("…").split("、")
                row.params = {**row.params, **_people([*had, *names], row.params["n"] + len(names))}
                session.flush()
                return True
    return False
