"""What an export of people needs beyond the list: full identity numbers, for whoever may see them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import scope
from models.access import Actor, Permission
from models.people.tables import Account, Professional


def full_numbers(session: Session, actor: Actor, person_ids: Sequence[int]) -> dict[int, str]:
    """Return person -> full identity number for those of *person_ids* that the scope covers.

    Raises NotAllowed without the permission; whoever calls notes it in the history.
    """
    actor.require(Permission.PEOPLE_UNMASK)
    owners = session.execute(select(Professional.account_id, Professional.id).where(Professional.id.in_(person_ids)))
    person_of = {row.account_id: row.id for row in owners}
    with scope.acting(session, "read_accounts"):
        numbers = session.execute(select(Account.id, Account.number).where(Account.id.in_(person_of))).all()
    return {person_of[account]: number for account, number in numbers}
