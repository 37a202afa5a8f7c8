"""What exists already for the numbers of an import: accounts, and where their holders are professionals."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from models import scope
from models.errors import N_, Conflict, WrongState
from models.import_rows import ImportRow
from models.people import names
from models.people.tables import Account, Post, PostState, Professional, ProfessionalState

REGISTERED_ELSEWHERE = N_("This number is registered at another organisation; please start a transfer.")
IN_REVIEW = N_("This person's registration is under review.")


@dataclass(frozen=True, slots=True)
class Standing:
    """An account that exists, and where its holder is a professional, if anywhere."""

    account_id: int
    name: str
    organisation_id: int | None
    state: str | None
    is_held: bool  # somebody acts with it: as an administrator or as support


_HAS_POST = exists().where(Post.account_id == Account.id, Post.state != PostState.ENDED)


def standing_of(session: Session, types: Collection[str], hashes: Sequence[str]) -> dict[tuple[str, str], Standing]:
    """Return what exists for these numbers, in the whole system: a row learns one sentence of it at most.

    The index begins with the type: without it each part of the file would read the index of all accounts.
    """
    statement = (
        select(
            Account.document_type,
            Account.number_hash,
            Account.id,
            Account.name,
            Professional.organisation_id,
            Professional.state,
            or_(Account.is_support, _HAS_POST),
        )
        .outerjoin(Professional, (Professional.account_id == Account.id) & (Professional.state != ProfessionalState.REJECTED))
        .where(Account.document_type.in_(types), Account.number_hash.in_(hashes))
    )
    with scope.acting(session, "import_people"):
        found = session.execute(statement).all() if hashes else ()
    return {
        (kind, hashed): Standing(account, name, organisation, state, bool(is_held))
        for kind, hashed, account, name, organisation, state, is_held in found
    }


def judge_standing(row: ImportRow, standing: Standing | None, organisation_id: int | None) -> None:
    """Note on the row what its number's account means for it: taken elsewhere, waiting, there already, or free again."""
    if standing is None:
        return
    row.found["account_id"] = standing.account_id
    row.found["is_free_again"] = standing.organisation_id is None and not standing.is_held
    if standing.organisation_id is None:
        if standing.is_held and not names.same(standing.name, row.values.get("name") or ""):
            row.refuse("number", Conflict(REGISTERED_ELSEWHERE))
        return
    if standing.organisation_id != organisation_id:
        row.refuse("number", Conflict(REGISTERED_ELSEWHERE))
    elif standing.state == ProfessionalState.PENDING:
        row.refuse("number", WrongState(IN_REVIEW))
    elif not row.errors:
        row.is_unchanged = True
