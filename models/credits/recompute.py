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
"""Of one commit: their rows are locked meanwhile."""
PEOPLE_READ_AT_ONCE = 2_000
"""Where nothing is locked, fewer and larger statements are faster."""


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

    def add(self, other: Recomputed) -> None:
        """Take in what was found of other people."""
        self.n_pairs += other.n_pairs
        self.n_wrong_years += other.n_wrong_years
        self.n_wrong_records += other.n_wrong_records
        self.n_wrong_counters += other.n_wrong_counters
        self.n_wrong_accounts += other.n_wrong_accounts
        self.first_wrong_account = self.first_wrong_account or other.first_wrong_account
        self.wrong.extend(other.wrong[: 100 - len(self.wrong)])


def recompute_all(session: Session, *, check_only: bool) -> Recomputed:
    """Recompute every year in a system session; unless *check_only* write what is wrong, 500 people a commit."""
    if check_only:
        found = check_people(session, 1, last_person(session))
        found.n_wrong_counters = n_wrong_counters(session)
        return found
    found = Recomputed()
    for first, last in _ranges(session, 1, last_person(session), PEOPLE_AT_ONCE):
        with unit_of_work(session):
            _recompute(session, found, first, last, check_only=False)
    wrong = wrong_counters(session)
    found.n_wrong_counters = len(wrong)
    session.rollback()
    if wrong:
        with unit_of_work(session):
            set_counters(session, wrong)
    return found


def check_people(session: Session, first: int, last: int) -> Recomputed:
    """Compare the years of the people from id *first* to id *last*, both among them; the counters of organisations are not."""
    found = Recomputed()
    for start, end in _ranges(session, first, last, PEOPLE_READ_AT_ONCE):
        with intending(Intent.READ):
            _recompute(session, found, start, end, check_only=True)
            session.rollback()
    return found


def last_person(session: Session) -> int:
    """Return the highest id of a person, 0 where there is none."""
    last = session.scalar(select(func.max(Professional.id))) or 0
    session.rollback()
    return last


def n_wrong_counters(session: Session) -> int:
    """Return how many counters of organisations differ from the years of their people; changes nothing."""
    n_wrong = len(wrong_counters(session))
    session.rollback()
    return n_wrong


def _ranges(session: Session, first: int, last: int, size: int) -> Iterator[tuple[int, int]]:
    while first <= last:
        ids = select(Professional.id).where(Professional.id.between(first, last)).order_by(Professional.id).limit(size).subquery()
        end = session.scalar(select(func.max(ids.c.id)))
        session.rollback()
        if end is None:
            return
        yield first, end
        first = end + 1


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
