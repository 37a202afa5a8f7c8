"""Rows of sheets that name people by ID card and name: the number is checked, and each person stands in a file once."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import today
from models.errors import N_, Conflict, Invalid
from models.import_rows import ImportRow
from models.people import accounts, names, numbers
from models.people.numbers import DocumentType
from models.people.tables import Professional, ProfessionalState

WRONG_NAME = N_("The name does not fit the number; compare both with the document.")


def check_number(row: ImportRow, first_rows: dict[str, int]) -> None:
    """Check a row's number and note its hash; *first_rows* remembers where in the file each number stood first."""
    text = row.values.get("number")
    if not text or "number" in row.errors:
        return
    try:
        value = numbers.check(DocumentType.ID_CARD, text, today=today()).value
    except Invalid as refusal:
        row.refuse("number", refusal)
        return
    row.found["hash"] = accounts.number_hash(value)
    first = first_rows.setdefault(row.found["hash"], row.number)
    if first != row.number:
        message_id = N_("The same number stands in row %(row)s already; delete one of the two rows.")
        row.refuse("number", Conflict(message_id, row=first))


def hashes_of(rows: Sequence[ImportRow]) -> list[str]:
    """Return the hashes of the numbers that are right."""
    return [row.found["hash"] for row in rows if "hash" in row.found]


def people_of(session: Session, rows: Sequence[ImportRow]) -> dict[str, Professional]:
    """Return the people of the scope by the hash of their number; who is active comes before an earlier registration."""
    wanted = (Professional.document_type == DocumentType.ID_CARD, Professional.number_hash.in_(hashes_of(rows)))
    found = session.scalars(select(Professional).where(*wanted).order_by(Professional.id)).all()
    return {p.number_hash: p for p in sorted(found, key=lambda p: p.state == ProfessionalState.ACTIVE)}


def fits_name(row: ImportRow, name: str) -> bool:
    """Say whether the row names the person so, however the name is spaced; refuse the cell where not."""
    if names.fits(str(row.values.get("name") or ""), name):
        return True
    row.refuse("name", Invalid(WRONG_NAME))
    return False
