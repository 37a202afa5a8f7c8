"""Which hours stand in another year than the one they were earned for: the arithmetic alone, in tenths, without a database.

Only what a complete year has above its requirement moves. It first makes up (补学) for earlier years that are not complete,
the earliest first, and then is carried over (结转) to the next year, professional hours first. What was earned first is used up
first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from models.credits.counting import Needs

MOST_YEARS = 3


@dataclass(frozen=True, slots=True)
class Moving:
    """What an HR department lets hours of a year do; as it stands here, nothing."""

    carry_years: int = 0  # so many years after the one they were earned for they may stand in a later one
    carries_public: bool = False
    carries_professional: bool = False
    carry_most_tenths: int = 0  # of one year; 0: no limit
    make_up_years: int = 0  # in so many years afterwards this one may still be completed

    @property
    def is_on(self) -> bool:
        """Say whether hours of the year can go anywhere, or come from a later one."""
        return self.carry_years > 0 or self.make_up_years > 0


STAYING = Moving()
"""Every hour stands in the year that it was earned for."""


@dataclass(frozen=True, slots=True)
class Year:
    """One year of a person before anything is moved."""

    public: int
    professional: int
    needs: Needs
    moving: Moving
    is_due: bool  # whether the person has to complete it: neither exempt, nor before she belonged anywhere


@dataclass(frozen=True, slots=True)
class Moved:
    """Hours that leave one year for another."""

    public: int = 0
    professional: int = 0

    @property
    def total(self) -> int:
        """Return the hours of both kinds."""
        return self.public + self.professional


Between = tuple[int, int]
"""The year that hours leave and the year they stand in."""


@dataclass(slots=True)
class _Pool:
    """Hours of one kind that stand in a year, by the year that they were earned for."""

    by_origin: dict[int, int] = field(default_factory=dict)

    @property
    def tenths(self) -> int:
        return sum(self.by_origin.values())

    def since(self, year: int) -> int:
        return sum(tenths for origin, tenths in self.by_origin.items() if origin >= year)

    def add(self, origin: int, tenths: int) -> None:
        self.by_origin[origin] = self.by_origin.get(origin, 0) + tenths

    def take(self, tenths: int, *, since: int = 0) -> dict[int, int]:
        """Take hours out, those earned last first and none from before *since*; return what was there of them, by origin."""
        taken: dict[int, int] = {}
        for origin in sorted(self.by_origin, reverse=True):
            part = min(self.by_origin[origin], tenths - sum(taken.values()))
            if origin >= since and part > 0:
                taken[origin] = part
                self.by_origin[origin] -= part
        return taken


class _Above(NamedTuple):
    """What a year can give: of each kind, and of both together."""

    public: int
    professional: int
    total: int


class _Standing:
    """A year while hours come and go."""

    def __init__(self, number: int, year: Year) -> None:
        self.year = year
        self.public, self.professional = _Pool({number: year.public}), _Pool({number: year.professional})

    @property
    def is_met(self) -> bool:
        public, professional = self.public.tenths, self.professional.tenths
        return public + professional > 0 and self.year.needs.are_met_by(public + professional, public, professional)

    def above(self) -> _Above:
        """Return what a complete year has above its requirement."""
        needs, public, professional = self.year.needs, self.public.tenths, self.professional.tenths
        return _Above(
            public - needs.public_tenths, professional - needs.professional_tenths, public + professional - needs.total_tenths
        )

    def lacks(self, above: _Above) -> tuple[int, int]:
        """Return how much of what another year has completes this one, public and professional."""
        needs = self.year.needs
        public = min(above.public, above.total, max(0, needs.public_tenths - self.public.tenths))
        missing = max(0, needs.professional_tenths - self.professional.tenths)
        professional = min(above.professional, above.total - public, missing)
        # What the total lacks beside both parts: hours of one subject never stand in for what is missing of the other.
        parts = max(self.public.tenths, needs.public_tenths) + max(self.professional.tenths, needs.professional_tenths)
        rest = max(0, min(needs.total_tenths - parts, above.total - public - professional))
        more = min(rest, above.professional - professional)
        return public + min(rest - more, above.public - public), professional + more


def moves(years: Mapping[int, Year]) -> dict[Between, Moved]:
    """Return what moves between the years of one person; years that are missing neither give nor take anything."""
    standing = {number: _Standing(number, year) for number, year in sorted(years.items())}
    found: dict[Between, Moved] = {}
    for number, source in standing.items():
        if not source.is_met:
            continue
        for earlier, target in standing.items():
            if earlier < number <= earlier + target.year.moving.make_up_years and target.year.is_due and not target.is_met:
                _move(found, (number, earlier), source, target, *target.lacks(source.above()))
        if number + 1 in standing:
            _carry(found, number, source, standing[number + 1])
    return found


def _carry(found: dict[Between, Moved], number: int, source: _Standing, target: _Standing) -> None:
    moving, above = source.year.moving, source.above()
    since = number + 1 - moving.carry_years
    most = min(above.total, moving.carry_most_tenths or above.total)
    professional = min(above.professional, most, source.professional.since(since)) if moving.carries_professional else 0
    public = min(above.public, most - professional) if moving.carries_public else 0
    _move(found, (number, number + 1), source, target, public, professional, since=since)


def _move(
    found: dict[Between, Moved],
    between: Between,
    source: _Standing,
    target: _Standing,
    public: int,
    professional: int,
    *,
    since: int = 0,
) -> None:
    taken = source.public.take(public, since=since), source.professional.take(professional, since=since)
    for pool, parts in zip((target.public, target.professional), taken, strict=True):
        for origin, tenths in parts.items():
            pool.add(origin, tenths)
    moved = Moved(*(sum(parts.values()) for parts in taken))
    if moved.total:
        found[between] = moved
