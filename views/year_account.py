"""The account of a person's year in words: its postings, what stands in another year, and by whose figures it is judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext
from sqlalchemy.orm import Session

from models.credits import postings
from models.credits.carrying import Moving
from models.credits.counting import Needs
from models.credits.moving_years import moves_of_year
from models.credits.postings import PostingKind, YearPosting
from models.credits.requirements import Demanded, demanded_of_years
from models.credits.tables import Declaration, YearMove, YearSummary
from models.errors import N_
from models.people.tables import Professional
from models.people.title_levels import TitleLevel
from views.words import plain_hours

LEVELS = {
    TitleLevel.JUNIOR: N_("Junior"),
    TitleLevel.INTERMEDIATE: N_("Intermediate"),
    TitleLevel.SENIOR: N_("Senior"),
    TitleLevel.NONE: N_("No title"),
}
KINDS = {
    PostingKind.EARNED: N_("Earned"),
    PostingKind.CAPPED: N_("Limited by the cap"),
    PostingKind.WITHDRAWN: N_("No longer counts"),
    PostingKind.MOVED_OUT: N_("Moved to another year"),
    PostingKind.MOVED_IN: N_("Moved from another year"),
    PostingKind.MADE_UP: N_("Made up for this year"),
    PostingKind.RECALCULATED: N_("Recalculated"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the account in words."""

    posting: YearPosting
    word: str
    what: str
    why: str


def account_lines(session: Session, person_id: int, year: int) -> list[Line]:
    """Return the account of a person's year; its sum is the total that is shown."""
    return [_line(posting, record) for posting, record in postings.account(session, person_id, year)]


def _line(posting: YearPosting, record: Declaration | None) -> Line:
    what = (record.title or record.form_name) if record is not None else ""
    other = (posting.details or {}).get("year")
    if other is not None:
        what = gettext("Year %(year)s", year=other)
    why = gettext(posting.reason) if posting.reason else ""
    return Line(posting, gettext(KINDS[posting.kind]), what, why)


def demanded_by_year(session: Session, person: Professional, summaries: Sequence[YearSummary]) -> dict[int, Demanded]:
    """Return by year what is demanded of a person, no exemption considered."""
    years = [summary.year for summary in summaries]
    found = demanded_of_years(session, {person.id: years}, {person.id: person.organisation_id})
    return {year: found[person.id, year] for year in years}


def figures_of(level: TitleLevel, needs: Needs) -> dict[str, str]:
    """Return a title level and what it demands, as sentences name them."""
    return {
        "level": gettext(LEVELS[level]),
        "total": plain_hours(needs.total_tenths),
        "public": plain_hours(needs.public_tenths),
        "professional": plain_hours(needs.professional_tenths),
    }


def level_words(demanded: Demanded, *, is_own: bool) -> str:
    """Return by which title level a year is judged; empty where the level has no figures of its own."""
    if demanded.level is None:
        return ""
    figures = figures_of(demanded.level, demanded.needs)
    if is_own:
        return gettext(
            "Your title level: %(level)s; required: %(total)s hours, %(public)s public and %(professional)s professional.",
            **figures,
        )
    return gettext(
        "Title level: %(level)s; required: %(total)s hours, %(public)s public and %(professional)s professional.", **figures
    )


def move_words(session: Session, person_id: int, year: int) -> list[str]:
    """Return what of other years stands in this one, and what of this one in others."""
    return [_move(move, year) for move in moves_of_year(session, person_id, year)]


def _move(move: YearMove, year: int) -> str:
    is_forward = move.to_year > move.from_year
    if move.from_year == year:
        told = (
            N_("%(hours)s hours above the requirement are carried over to %(year)s.")
            if is_forward
            else N_("%(hours)s hours above the requirement make up for %(year)s.")
        )
        return gettext(told, hours=plain_hours(move.total_tenths), year=move.to_year)
    told = (
        N_("%(hours)s hours of it are carried over from %(year)s.")
        if is_forward
        else N_("%(hours)s hours of it are made up with hours of %(year)s.")
    )
    return gettext(told, hours=plain_hours(move.total_tenths), year=move.from_year)


def rule_words(demanded: Demanded, summary: YearSummary) -> list[str]:
    """Return what else can complete a year, and where what it has above its requirement goes."""
    moving, said = demanded.moving, []
    if moving.make_up_years and not summary.is_passed:
        last = summary.year + moving.make_up_years
        told = N_("Make-up: hours above the requirement of a later year, until %(year)s, count for what is missing here.")
        said.append(gettext(told, year=last))
    if moving.carry_years:
        told = N_("Carry-over: %(kinds)s above the requirement count in the next year.")
        said.append(gettext(told, kinds=carried_kinds(moving)))
    return said


def carried_kinds(moving: Moving) -> str:
    """Return which hours are carried over."""
    kinds = [(moving.carries_professional, N_("professional hours")), (moving.carries_public, N_("public hours"))]
    return gettext(N_(", ")).join(gettext(word) for is_carried, word in kinds if is_carried)
