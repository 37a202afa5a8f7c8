"""What counts of a person's year: the arithmetic alone, without a database. Everything is in integer tenths of an hour."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import NamedTuple

from models.credits.tables import CapKind, SubjectKind


@dataclass(frozen=True, slots=True)
class Needs:
    """What a year demands."""

    total_tenths: int
    public_tenths: int
    professional_tenths: int

    def are_met_by(self, total: int, public: int, professional: int) -> bool:
        """Say whether every part is met."""
        return total >= self.total_tenths and public >= self.public_tenths and professional >= self.professional_tenths


DEFAULT_NEEDS = Needs(900, 300, 600)
"""90 hours, 30 in public and 60 in professional subjects (25号令 art. 8)."""


@dataclass(frozen=True, slots=True)
class Cap:
    """The cap of a rule; ``limit`` is in tenths, of ``count_per_year`` it is a number of records."""

    kind: CapKind = CapKind.NONE
    limit: int = 0


class Granted(NamedTuple):
    """An approved record as counting sees it."""

    id: int
    form_code: str
    subject: str
    granted_tenths: int
    granted_at: dt.datetime
    cap: Cap


class Counted(NamedTuple):
    """What one record counts."""

    total: int
    public: int
    professional: int


@dataclass(frozen=True, slots=True)
class YearCount:
    """A counted year: each record's share and the sums."""

    records: Mapping[int, Counted]
    total: int
    public: int
    professional: int
    is_met: bool


@dataclass(slots=True)
class _Used:
    """What the records so far have used of a form in the year."""

    tenths: int = 0
    n_records: int = 0


_UNUSED = _Used()


@dataclass(slots=True)
class Room:
    """What is left under the caps while records are taken in their order."""

    _used: dict[str, _Used] = field(default_factory=dict)

    def left(self, form_code: str, cap: Cap) -> int | None:
        """Return what one more record of the form can count; None for no limit."""
        used = self._used.get(form_code, _UNUSED)
        if cap.kind is CapKind.PER_RECORD:
            return cap.limit
        if cap.kind is CapKind.PER_YEAR:
            return max(0, cap.limit - used.tenths)
        if cap.kind is CapKind.COUNT_PER_YEAR:
            return None if used.n_records < cap.limit else 0
        return None

    def used(self, form_code: str) -> tuple[int, int]:
        """Return the tenths and the number of records that have been taken of a form."""
        used = self._used.get(form_code, _UNUSED)
        return used.tenths, used.n_records

    def take(self, form_code: str, cap: Cap, tenths: int) -> int:
        """Count one more record and return how much of it counts."""
        left = self.left(form_code, cap)
        counted = tenths if left is None else min(tenths, left)
        used = self._used.get(form_code)
        if used is None:
            used = self._used[form_code] = _Used()
        used.tenths += counted
        used.n_records += 1
        return counted


def split(tenths: int, subject: str, needs: Needs) -> Counted:
    """Divide what counts between the subjects; 全部 in the ratio of the requirement, the odd tenth to 公需."""
    if subject == SubjectKind.PUBLIC:
        return Counted(tenths, tenths, 0)
    if subject == SubjectKind.PROFESSIONAL:
        return Counted(tenths, 0, tenths)
    parts = needs if needs.public_tenths + needs.professional_tenths else DEFAULT_NEEDS
    professional = tenths * parts.professional_tenths // (parts.public_tenths + parts.professional_tenths)
    return Counted(tenths, tenths - professional, professional)


class Taken(NamedTuple):
    """What one record met: its cap, what others had used of it, and what it counts."""

    cap: Cap
    used_tenths: int
    n_used: int
    counted_tenths: int


_IN_ORDER = attrgetter("granted_at", "id")


def take_in_order(granted: Sequence[Granted]) -> dict[int, Taken]:
    """Take the records of one person and year in the order (granted_at, id) and return what each met."""
    room = Room()
    found: dict[int, Taken] = {}
    for record in sorted(granted, key=_IN_ORDER):
        used = room.used(record.form_code)
        found[record.id] = Taken(record.cap, *used, room.take(record.form_code, record.cap, record.granted_tenths))
    return found


def count_year(granted: Sequence[Granted], needs: Needs) -> YearCount:
    """Count the approved, not audit-failed records of one person and year in the order (granted_at, id)."""
    room = Room()
    records = {
        r.id: split(room.take(r.form_code, r.cap, r.granted_tenths), r.subject, needs) for r in sorted(granted, key=_IN_ORDER)
    }
    total = sum(c.total for c in records.values())
    public = sum(c.public for c in records.values())
    professional = sum(c.professional for c in records.values())
    return YearCount(records, total, public, professional, needs.are_met_by(total, public, professional))
