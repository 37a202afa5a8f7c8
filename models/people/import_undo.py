"""Undoing an import of people: created people go, updated ones get their old values back, whoever was touched since stays."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission
from models.import_batches import CHANGED, GONE, TOUCHED, Undone, undone_by
from models.people import title_levels
from models.people.import_updates import apply
from models.people.profile import plain
from models.people.tables import Account, Membership, NameToken, Post, Professional, ProfessionalState
from models.scope import acting
from models.transaction import removes

PEOPLE = "people"


def _remove(session: Session, actor: Actor, created: Sequence[Sequence[Any]], done: Undone) -> None:
    people = _people(session, [one[0] for one in created])
    done.kept += [("", GONE)] * (len(created) - len(people))
    touched = _touched(session, people)
    names = {p.id: p.name for p in people.values()}
    accounts = {p.id: p.account_id for p in people.values()}
    new = {one[1] for one in created if one[2]}
    going = [i for i in names if i not in touched]
    with acting(session, "undo_import"):
        # Together, as nearly always; one by one where something that no history of theirs tells depends on somebody.
        gone = (
            set(going) if _removes(session, going, accounts, new) else {i for i in going if _removes(session, [i], accounts, new)}
        )
    done.kept += [(name, TOUCHED) for i, name in names.items() if i not in gone]
    done.n_removed += len(gone)
    if gone:
        history.record(session, actor, "professional", sorted(gone), "undo_import")


def _removes(session: Session, ids: Sequence[int], accounts: Mapping[int, int], new: Collection[int]) -> bool:
    return removes(
        session,
        delete(NameToken).where(NameToken.person_id.in_(ids)),
        delete(Membership).where(Membership.person_id.in_(ids)),
        delete(Professional).where(Professional.id.in_(ids)),
        delete(Account).where(Account.id.in_([accounts[i] for i in ids if accounts[i] in new])),
    )


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
    former = {i: columns["title_level"][0] for i, columns in restored.items() if "title_level" in columns}
    title_levels.changed(session, actor, former, is_taken_back=True)
    done.n_restored += len(restored)


undone_by(PEOPLE, Permission.PEOPLE_IMPORT, _remove, _restore)
