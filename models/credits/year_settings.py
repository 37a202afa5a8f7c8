"""What an HR department sets for a year: what it demands and when hours may be declared. Holds for all below it.

A demand is set as a whole: hours, those of title levels, what is carried over and made up. It holds from its year on until
another year has one; a row of a department below holds there instead.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from typing import Any

from sqlalchemy import Integer, and_, case, cast, func, or_, select
from sqlalchemy.orm import Session

from models import history, jobs
from models.access import Actor, PositionKind
from models.base import today
from models.credits import windows
from models.credits.carrying import MOST_YEARS
from models.credits.counted_years import counted
from models.credits.counting import Needs
from models.credits.recount import recount_years
from models.credits.requirements import Demand, Tried, demand_of, requirement_of, requirements_of
from models.credits.tables import DeclarationWindow, OrganisationYear, Requirement, YearSummary
from models.errors import N_, Conflict, Invalid, NotAllowed, NotFound
from models.org import queries
from models.org.tables import Organisation, OrganisationKind
from models.people import title_levels
from models.people.tables import Professional
from models.scope import acting, path_range
from models.workflow import CHUNK

JOB_KIND = "credits.recount"
MOST_TENTHS = 10_000
MOST_TRIED = 2_000
FIRST_YEAR = 2000
YEARS_AHEAD = 2
MOST_GRACE = 90
OUTDATED = N_("Meanwhile another requirement holds than the one this was compared with. This is what would change now.")
REQUIREMENT_SET = N_("The requirement was set anew.")
MOVING_SET = N_("What may be carried over or made up was set anew.")
BOTH_SET = N_("The requirement, and what may be carried over or made up, were set anew.")
FORBIDDEN = N_("Requirements and windows are those of an HR department; its super administrator changes them.")


@dataclass(frozen=True, slots=True)
class YearSettings:
    """What holds for a year at an HR department, and which of it is set there."""

    year: int
    demand: Demand
    set_in: int | None  # the year whose own row holds, an earlier one too; None: inherited from above
    window: windows.Window
    has_own_window: bool

    @property
    def has_own_demand(self) -> bool:
        """Say whether the year has a row of its own that can be taken away."""
        return self.set_in == self.year


class Outdated(Conflict):
    """Another demand holds than the one that the change was compared with when it was confirmed."""

    def __init__(self) -> None:
        super().__init__(OUTDATED)

    def __reduce__(self) -> tuple[object, ...]:
        return Outdated, ()


@dataclass(frozen=True, slots=True)
class Turning:
    """How many people's years a changed requirement concerns."""

    n_years: int
    n_to_passed: int
    n_to_failed: int
    is_without_moves: bool = False  # too many to count what would stand in another year


def settings_of_years(session: Session, path: str) -> list[YearSettings]:
    """Return the running year, those around it and every year that is set at *path*, the newest first."""
    running = today().year
    return _settings(session, path, set(range(running - 2, running + 2)))


def _settings(session: Session, path: str, asked: set[int]) -> list[YearSettings]:
    own_demands = set(session.scalars(select(Requirement.year).where(Requirement.path == path)))
    own_windows = set(session.scalars(select(DeclarationWindow.year).where(DeclarationWindow.path == path)))
    years = asked | {y for y in own_demands | own_windows if y}
    demands = requirements_of(session, {(path, y) for y in years})
    known = windows.windows(session, path)
    return [
        YearSettings(
            y,
            demands[path, y],
            max((own for own in own_demands if own <= y), default=None),
            known.get(y) or windows.default_window(y),
            y in own_windows,
        )
        for y in sorted(years, reverse=True)
    ]


def settings_of(session: Session, path: str, year: int) -> YearSettings:
    """Return what holds for one year; raises NotFound for a year that nobody sets anything for."""
    _check_year(year)
    return next(s for s in _settings(session, path, {year}) if s.year == year)


def _check_year(year: int) -> None:
    if not FIRST_YEAR <= year <= today().year + YEARS_AHEAD:
        raise NotFound


def _department(session: Session, actor: Actor) -> Organisation:
    if actor.kind is not PositionKind.HR_DEPARTMENT or not actor.is_super:
        raise NotAllowed(FORBIDDEN)
    found = queries.own(session, actor, is_locked=True)
    if found.kind != OrganisationKind.HR_DEPARTMENT:
        raise NotAllowed(FORBIDDEN)
    return found


# --- requirement ----------------------------------------------------------------------------------------------------


def check_demand(demand: Demand) -> None:
    """Raise Invalid for figures that nobody can mean: negative, absurd, or parts that exceed the total."""
    for needs in (demand.base, *demand.levels.values()):
        figures = (needs.total_tenths, needs.public_tenths, needs.professional_tenths)
        if any(not 0 <= tenths <= MOST_TENTHS for tenths in figures):
            raise Invalid(N_("Hours lie between 0 and 1000."))
        if needs.public_tenths + needs.professional_tenths > needs.total_tenths:
            raise Invalid(N_("Public and professional hours together exceed the total."))
    moving = demand.moving
    if not 0 <= moving.carry_most_tenths <= MOST_TENTHS:
        raise Invalid(N_("Hours lie between 0 and 1000."))
    if not (0 <= moving.carry_years <= MOST_YEARS and 0 <= moving.make_up_years <= MOST_YEARS):
        raise Invalid(N_("Hours stand in another year for at most %(n)s years."), n=MOST_YEARS)
    if (moving.carry_years > 0) != (moving.carries_public or moving.carries_professional):
        raise Invalid(N_("Choose which hours are carried over, or that none are."))
    if moving.carry_most_tenths and not moving.carry_years:
        raise Invalid(N_("Hours are not carried over: leave their limit empty, or choose for how many years they are."))


def set_demand(session: Session, actor: Actor, year: int, demand: Demand | None, *, stood: str | None = None) -> jobs.Job | None:
    """Set what *year* demands at the own HR department and below; None lets it be inherited again.

    Every year that is concerned is counted anew: up to 500 people's years at once, more by the job that is returned.
    *stood* is what held, as ``written``, when the change was confirmed. Raises NotAllowed, NotFound for a year out of reach,
    Invalid for the figures, Conflict when nothing would change, and Outdated when another demand holds than *stood*.
    """
    _check_year(year)
    if demand is not None:
        check_demand(demand)
    organisation = _department(session, actor)
    row = session.scalars(select(Requirement).where(Requirement.path == organisation.path, Requirement.year == year)).first()
    stored = demand_of(row) if row is not None else None
    if stored == demand:
        raise Conflict(N_("This is what holds already."))
    holding = requirement_of(session, organisation.path, year)
    if stood is not None and written(holding) != stood:
        raise Outdated
    if demand is None:
        session.delete(row)
    else:
        if row is None:
            row = Requirement(organisation_id=organisation.id, path=organisation.path, year=year)
            session.add(row)
        _write(row, demand)
    session.flush()
    changes = {str(year): [written(stored) if stored else None, written(demand) if demand else None]}
    history.record(session, actor, "organisation", [organisation.id], "set_requirement", changes=changes)
    first, last = _years_from(session, organisation.path, year)
    after = requirement_of(session, organisation.path, year)
    if holding.moving.is_on or after.moving.is_on:
        last += MOST_YEARS  # later years, which may have another demand, give to these or take from them
    return _recount(session, actor, organisation.path, (first, last), _set_anew(holding, after))


def _set_anew(before: Demand, after: Demand) -> str:
    """Say what was set otherwise, as the account of a year tells it."""
    if before.moving == after.moving:
        return REQUIREMENT_SET
    return MOVING_SET if (before.base, before.levels) == (after.base, after.levels) else BOTH_SET


def _write(row: Requirement, demand: Demand) -> None:
    row.total_tenths, row.public_tenths, row.professional_tenths = astuple(demand.base)
    row.levels = {level.value: list(astuple(needs)) for level, needs in demand.levels.items()}
    for name, value in asdict(demand.moving).items():
        setattr(row, name, value)


def written(demand: Demand) -> str:
    """Return a demand as the history keeps it: hours in total, public and professional, then what differs from the usual."""
    said = [_hours(demand.base), *(f"{level} {_hours(needs)}" for level, needs in demand.levels.items())]
    said += [f"{name} {value}" for name, value in asdict(demand.moving).items() if value]
    return "; ".join(said)


def _hours(needs: Needs) -> str:
    return "/".join(f"{tenths / 10:g}" for tenths in (needs.total_tenths, needs.public_tenths, needs.professional_tenths))


def _years_from(session: Session, path: str, year: int) -> tuple[int, int]:
    """Return the first and the last year that a row of *year* decides at *path*."""
    later = select(func.min(Requirement.year)).where(Requirement.path == path, Requirement.year > year)
    following = session.scalar(later)
    return year, (following or 9999) - 1


def demand_without(session: Session, path: str, year: int) -> Demand:
    """Return what *year* would demand at *path* without a row of its own."""
    return requirements_of(session, {(path, year)}, tried=Tried(path, year, None))[path, year]


def turning(session: Session, path: str, year: int, demand: Demand | None) -> Turning:
    """Say how many people's years would turn if *year* demanded *demand* at *path*, None if it inherited; writes nothing.

    Within the scope of the session; where a department below has its own demand it stays. Up to 2,000 years are counted as
    after saving. Of more it is said by the hours that count today, so without what would be carried over or made up.
    """
    first, last = _years_from(session, path, year)
    tried = Tried(path, year, demand)
    after = requirements_of(session, {(path, year)}, tried=tried)[path, year]
    is_moving = after.moving.is_on or requirement_of(session, path, year).moving.is_on
    low, high = path_range(path)
    years = YearSummary.year.between(first, last + MOST_YEARS if is_moving else last)
    inside = [YearSummary.path >= low, YearSummary.path < high, years, YearSummary.has_account]
    for below in _set_below(session, path, year):
        low, high = path_range(below)
        inside.append((YearSummary.path < low) | (YearSummary.path >= high))
    rows = session.execute(select(YearSummary.person_id, YearSummary.year).where(*inside).limit(MOST_TRIED + 1)).all()
    if len(rows) > MOST_TRIED:
        return _turning_of_many(session, tried, inside, is_moving=is_moving)
    turned: dict[tuple[int, int], bool] = {}  # whether the year passes afterwards
    for start in range(0, len(rows), CHUNK):
        pairs = [(row.person_id, row.year) for row in rows[start : start + CHUNK]]
        for counting in counted(session, pairs, lock=False, tried=tried):
            if counting.is_passed != bool(counting.stored and counting.stored.is_passed):
                turned[counting.person_id, counting.year] = counting.is_passed
    n_passed = sum(turned.values())
    return Turning(len(rows), n_passed, len(turned) - n_passed)


def _turning_of_many(session: Session, tried: Tried, inside: Sequence[Any], *, is_moving: bool) -> Turning:
    years = session.scalars(select(YearSummary.year).where(*inside).distinct()).all()
    # Each year by its own demand: what is inherited may differ from one to the next.
    demands = requirements_of(session, {(tried.path, year) for year in years}, tried=tried)
    statement, codes = select(), {}
    if any(demand.levels for demand in demands.values()):
        codes = title_levels.codes(session)
        statement = statement.join_from(YearSummary, Professional, Professional.id == YearSummary.person_id)
    passes: Any = case(*((YearSummary.year == year, _passes_demand(demand, codes)) for (_, year), demand in demands.items()))
    n, to_passed, to_failed = session.execute(
        statement.add_columns(
            func.count(YearSummary.id),
            func.sum(cast(and_(passes, ~YearSummary.is_passed), Integer)),
            func.sum(cast(and_(~passes, YearSummary.is_passed, ~YearSummary.is_exempt), Integer)),
        ).where(*inside)
    ).one()
    return Turning(n, int(to_passed or 0), int(to_failed or 0), is_without_moves=is_moving)


def _passes_demand(demand: Demand, codes: Mapping[str, title_levels.TitleLevel]) -> Any:
    if not demand.levels:
        return _passes(demand.base)
    level = title_levels.code_of_year(YearSummary.year)
    by_level = [(level.in_([c for c, of in codes.items() if of is each]), _passes(n)) for each, n in demand.levels.items()]
    return case(*by_level, else_=_passes(demand.base))


def _passes(needs: Needs) -> Any:
    return and_(
        YearSummary.total_tenths >= needs.total_tenths,
        YearSummary.public_tenths >= needs.public_tenths,
        YearSummary.professional_tenths >= needs.professional_tenths,
        YearSummary.total_tenths > 0,
    )


def _set_below(session: Session, path: str, year: int) -> Sequence[str]:
    low, high = path_range(path)
    below = (Requirement.path > path, Requirement.path >= low, Requirement.path < high, Requirement.year <= year)
    return session.scalars(select(Requirement.path).where(*below).distinct()).all()


# --- counting anew --------------------------------------------------------------------------------------------------


def _concerned(path: str, years: tuple[int, int]) -> Any:
    """Return the summaries of the years that follow an organisation which stands, or stood then, at *path* or below."""
    low, high = path_range(path)
    now = select(Organisation.id).where(Organisation.path >= low, Organisation.path < high)
    then = select(OrganisationYear.organisation_id).where(
        OrganisationYear.path >= low, OrganisationYear.path < high, OrganisationYear.year == YearSummary.year
    )
    inside = or_(YearSummary.year_organisation_id.in_(now), YearSummary.year_organisation_id.in_(then))
    columns = select(YearSummary.id, YearSummary.person_id, YearSummary.year)
    return columns.where(YearSummary.year.between(*years), inside).order_by(YearSummary.id)


def _recount(session: Session, actor: Actor, path: str, years: tuple[int, int], set_anew: str) -> jobs.Job | None:
    with acting(session, "recount_year"):
        rows = session.execute(_concerned(path, years).limit(CHUNK + 1)).all()
        n = len(rows)
        if n > CHUNK:
            n = session.scalar(select(func.count()).select_from(_concerned(path, years).order_by(None).subquery())) or 0
    if n > CHUNK:
        params = {"path": path, "years": list(years), "set_anew": set_anew}
        return jobs.enqueue(session, actor, JOB_KIND, params, n_total=n)
    recount_years(session, actor, [(row.person_id, row.year) for row in rows], set_anew=set_anew)
    return None


@jobs.handler(JOB_KIND)
def run_recount(run: jobs.Run) -> dict[str, int]:
    """Count the years below an HR department anew, 500 a commit; raises NotAllowed when the post is not its any more."""
    path, years = str(run.job.params["path"]), (int(run.job.params["years"][0]), int(run.job.params["years"][1]))
    if run.actor.kind is not PositionKind.HR_DEPARTMENT or not path.startswith(run.actor.path or "-"):
        raise NotAllowed(FORBIDDEN)
    set_anew = str(run.job.params.get("set_anew", ""))
    n = int(run.job.cursor.get("n", 0))
    while True:
        with acting(run.session, "recount_year"):
            last = int(run.job.cursor.get("last", 0))
            rows = run.session.execute(_concerned(path, years).where(YearSummary.id > last).limit(CHUNK)).all()
        if not rows:
            return {"n": n}
        recount_years(run.session, run.actor, [(row.person_id, row.year) for row in rows], set_anew=set_anew)
        n += len(rows)
        run.commit(cursor={"last": rows[-1].id, "n": n}, n_done=n)


# --- window ---------------------------------------------------------------------------------------------------------


def set_window(
    session: Session, actor: Actor, year: int, *, opens_on: dt.date | None, closes_on: dt.date | None, grace_days: int
) -> None:
    """Set when hours of *year* may be declared at the own HR department and below.

    Raises NotAllowed, NotFound for a year out of reach, Invalid for days that do not belong to the year.
    """
    _check_year(year)
    if opens_on is None or closes_on is None:
        raise Invalid(N_("Please enter the first and the last day."))
    if closes_on < opens_on:
        raise Invalid(N_("The last day lies before the first one."))
    if not dt.date(year, 1, 1) <= opens_on <= dt.date(year + 1, 12, 31) or closes_on > dt.date(year + 2, 12, 31):
        raise Invalid(N_("The window opens in its year or the next, and closes two years later at the latest."))
    if not 0 <= grace_days <= MOST_GRACE:
        raise Invalid(N_("At most %(n)s days of grace."), n=MOST_GRACE)
    organisation = _department(session, actor)
    row = _own_window(session, organisation.path, year)
    before = _days(row) if row is not None else None
    if row is None:
        row = DeclarationWindow(organisation_id=organisation.id, path=organisation.path, year=year)
        session.add(row)
    row.opens_on, row.closes_on, row.grace_days = opens_on, closes_on, grace_days
    session.flush()
    history.record(session, actor, "organisation", [organisation.id], "set_window", changes={str(year): [before, _days(row)]})


def clear_window(session: Session, actor: Actor, year: int) -> None:
    """Let the window of *year* be inherited again; raises NotAllowed, and Conflict when it is already."""
    organisation = _department(session, actor)
    row = _own_window(session, organisation.path, year)
    if row is None:
        raise Conflict(N_("This is what holds already."))
    before = _days(row)
    session.delete(row)
    session.flush()
    history.record(session, actor, "organisation", [organisation.id], "set_window", changes={str(year): [before, None]})


def _own_window(session: Session, path: str, year: int) -> DeclarationWindow | None:
    own = (DeclarationWindow.path == path, DeclarationWindow.year == year)
    return session.scalars(select(DeclarationWindow).where(*own)).first()


def _days(row: DeclarationWindow) -> str:
    return f"{row.opens_on} – {row.closes_on} + {row.grace_days}"
