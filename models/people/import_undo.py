"""Undoing an import of people: created people go, updated ones get their old values back, whoever was touched since stays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission
from models.import_batches import CHANGED, GONE, TOUCHED, WITHOUT_SYNC, Undone, undone_by
from models.people.import_updates import apply
from models.people.profile import plain
from models.people.tables import Account, Membership, NameToken, Post, Professional, ProfessionalState
from models.scope import acting

PEOPLE = "people"


def _remove(session: Session, actor: Actor, created: Sequence[Sequence[Any]], done: Undone) -> None:
    people = _people(session, [one[0] for one in created])
    done.kept += [("", GONE)] * (len(created) - len(people))
    touched = _touched(session, people)
    going = [p for p in people.values() if p.id not in touched]
    done.kept += [(p.name, TOUCHED) for p in people.values() if p.id in touched]
    ids = [p.id for p in going]
    new = {one[1] for one in created if one[2]} & {p.account_id for p in going}
    if not ids:
        return
    history.record(session, actor, "professional", ids, "undo_import")
    with acting(session, "undo_import"):
        for statement in (
            delete(NameToken).where(NameToken.person_id.in_(ids)),
            delete(Membership).where(Membership.person_id.in_(ids)),
            delete(Professional).where(Professional.id.in_(ids)),
            delete(Account).where(Account.id.in_(new)),
        ):
            session.execute(statement, execution_options=WITHOUT_SYNC)
    session.expire_all()
    done.n_removed += len(ids)


def _people(session: Session, ids: Sequence[int]) -> dict[int, Professional]:
    statement = select(Professional).where(Professional.id.in_(ids)).order_by(Professional.id).with_for_update()
    return {p.id: p for p in session.scalars(statement, execution_options={"populate_existing": True})}


def _touched(session: Session, people: Mapping[int, Professional]) -> set[int]:
    """Return who has logged in, holds a post, or has more in the history than the import."""
    by_account = {p.account_id: p.id for p in people.values()}
    with acting(session, "undo_import"):
        used = (
            (Account.last_login_at.is_not(None))
            | (Account.password_hash.is_not(None))
            | (Account.password_changed_at.is_not(None))
        )
        accounts = set(session.scalars(select(Account.id).where(Account.id.in_(by_account), used)))
        accounts |= set(session.scalars(select(Post.account_id).where(Post.account_id.in_(by_account))))
        accounts |= set(
            session.scalars(
                select(Professional.account_id)
                .where(Professional.account_id.in_(by_account))
                .group_by(Professional.account_id)
                .having(func.count() > 1)
            )
        )
    changed = history.subjects_with_more_than(session, "professional", list(people), 1)
    active = {p.id for p in people.values() if p.state != ProfessionalState.ACTIVE}
    return {by_account[a] for a in accounts} | set(changed) | active


def _restore(session: Session, actor: Actor, updated: Mapping[int, Mapping[str, Sequence[Any]]], done: Undone) -> None:
    people = _people(session, list(updated))
    done.kept += [("", GONE)] * (len(updated) - len(people))
    restored: dict[int, dict[str, list[Any]]] = {}
    for person in people.values():
        back = {name: old for name, (old, new) in updated[person.id].items() if plain(getattr(person, name)) == new}
        if not back:
            done.kept.append((person.name, CHANGED))
            continue
        restored[person.id] = {name: [updated[person.id][name][1], old] for name, old in back.items()}
        apply(session, person, back)
    session.flush()
    if restored:
        history.record(session, actor, "professional", list(restored), "undo_import", each=restored)
    done.n_restored += len(restored)


undone_by(PEOPLE, Permission.PEOPLE_IMPORT, _remove, _restore)
