"""Notices to people in their own profile, by the person's id; written in the transaction of what they tell of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import person_key
from models.among import among
from models.outbox import add_notices
from models.people.tables import Professional
from models.scope import acting


class Told(NamedTuple):
    """What one person is told: a message id with its parameters, and where the notice leads."""

    person_id: int
    message_id: str
    params: Mapping[str, Any]
    link: str


def tell_people(session: Session, told: Sequence[Told]) -> None:
    """Write a notice to each person, wherever she stands now."""
    if not told:
        return
    with acting(session, "add_notice"):
        people = select(Professional.id, Professional.account_id).where(among(Professional.id, {each.person_id for each in told}))
        accounts = dict(session.execute(people).all())
    notices = [
        {
            "account_id": accounts[each.person_id],
            "position_key": person_key(each.person_id),
            "message_id": each.message_id,
            "params": dict(each.params),
            "link": each.link,
        }
        for each in told
        if each.person_id in accounts
    ]
    add_notices(session, notices)
