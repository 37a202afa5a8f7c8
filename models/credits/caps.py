"""What the yearly caps of the learning forms still leave a person: which forms can fill what is missing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.credits import rules
from models.credits.counting import Cap, Room
from models.credits.tables import COUNTS, Declaration, counting_tenths


@dataclass(frozen=True, slots=True)
class FormRoom:
    """A learning form and what one more record of it can count in a year, in tenths; None for no limit."""

    form_code: str
    name: str
    name_en: str
    cap: Cap
    left: int | None

    @property
    def is_used_up(self) -> bool:
        """Say whether nothing more counts."""
        return self.left == 0


def rooms(session: Session, person_id: int, path: str, year: int) -> list[FormRoom]:
    """Return every form that a person of *path* may declare by, with what is left of its cap by her records that count."""
    offers = rules.offered(session, path, year)
    caps = {o.form.code: rules.cap_of(o.spec) for o in offers}
    room = Room()
    records = session.execute(
        select(Declaration.form_code, Declaration.granted_tenths, Declaration.recalculated_tenths)
        .where(
            Declaration.person_id == person_id,
            Declaration.year == year,
            *COUNTS,
        )
        .order_by(Declaration.granted_at, Declaration.id)
    )
    for record in records:
        room.take(record.form_code, caps.get(record.form_code, Cap()), counting_tenths(record))
    return [
        FormRoom(o.form.code, o.form.name, o.form.name_en, caps[o.form.code], room.left(o.form.code, caps[o.form.code]))
        for o in offers
    ]
