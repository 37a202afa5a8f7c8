"""Counts every year of everybody anew, to prove that the stored figures are right, or to put them right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import func, select, union
from sqlalchemy.orm import Session

from models.access import SYSTEM
from models.credits.counted_years import Counting, Pair, counted
from models.credits.events import year_changed
from models.credits.organisation_years import set_counters, wrong_counters
from models.credits.postings import NOTHING, PUT_RIGHT, Figures, Line, Posted, PostingKind, YearPosting, minus, post, sums
from models.credits.recount import store
from models.credits.tables import Declaration, DeclarationState, YearSummary
from models.people.tables import Professional
from models.transaction import Intent, intending, unit_of_work

PEOPLE_AT_ONCE = 500


@dataclass
class Recomputed:
    """What a recomputation found; ``wrong`` names at most 100 of the wrong years."""

    n_pairs: int = 0
    n_wrong_years: int = 0
    n_wrong_records: int = 0
    n_wrong_counters: int = 0
    n_wrong_accounts: int = 0
    first_wrong_account: tuple[int, int, int, int] | None = None  # person, year, sum of the postings, total; tenths
    wrong: list[Pair] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Say whether every stored figure was right."""
        return not (self.n_wrong_years or self.n_wrong_records or self.n_wrong_counters or self.n_wrong_accounts)


def recompute_all(session: Session, *, check_only: bool) -> Recomputed:
    """Recompute every year in a system session; unless *check_only* write what is wrong, 500 people a commit."""
    found = Recomputed()
    for first, last in _ranges(session):
        if check_only:
            with intending(Intent.READ):
                _recompute(session, found, first, last, check_only=True)
                session.rollback()
        else:
            with unit_of_work(session):
                _recompute(session, found, first, last, check_only=False)
    wrong = wrong_counters(session)
    found.n_wrong_counters = len(wrong)
    session.rollback()
    if wrong and not check_only:
        with unit_of_work(session):
            set_counters(session, wrong)
    return found


def _ranges(session: Session) -> Iterator[tuple[int, int]]:
    last = 0
    while True:
        ids = select(Professional.id).where(Professional.id > last).order_by(Professional.id).limit(PEOPLE_AT_ONCE).subquery()
        end = session.scalar(select(func.max(ids.c.id)))
        session.rollback()
        if end is None:
            return
        yield last + 1, end
        last = end


def _recompute(session: Session, found: Recomputed, first: int, last: int, *, check_only: bool) -> None:
    declared = select(Declaration.person_id, Declaration.year).where(
        Declaration.person_id.between(first, last),
        (Declaration.state == DeclarationState.APPROVED) | (Declaration.counted_tenths != 0),
    )
    others = [select(c.person_id, c.year).where(c.person_id.between(first, last)) for c in (YearSummary, YearPosting)]
    pairs = [(person, year) for person, year in session.execute(union(declared, *others))]
    countings = counted(session, pairs, lock=not check_only)
    wrong = [c for c in countings if c.is_summary_wrong()]
    found.n_pairs += len(countings)
    found.n_wrong_years += len(wrong)
    found.n_wrong_records += sum(len(c.wrong_records) + len(c.wrong_moves) for c in countings)
    found.wrong.extend((c.person_id, c.year) for c in wrong[: 100 - len(found.wrong)])
    accounts = _wrong_accounts(countings, sums(session, first, last))
    found.n_wrong_accounts += len(accounts)
    if accounts and found.first_wrong_account is None:
        counting, posted = accounts[0]
        found.first_wrong_account = (counting.person_id, counting.year, posted[0], counting.figures[0])
    if not check_only:
        year_changed.happen(session, SYSTEM, store(session, countings))
        post(session, SYSTEM, [_correction(counting, posted) for counting, posted in accounts])


def _wrong_accounts(countings: list[Counting], posted: dict[Pair, Figures]) -> list[tuple[Counting, Figures]]:
    """Return the years whose postings do not add up to what counts, with what they add up to."""
    return [(c, total) for c in countings for total in [posted.get((c.person_id, c.year), NOTHING)] if total != c.figures]


def _correction(counting: Counting, posted: Figures) -> Posted:
    line = Line(PostingKind.RECALCULATED, minus(counting.figures, posted), PUT_RIGHT)
    return Posted(counting.person_id, counting.year, counting.path, None, line)
