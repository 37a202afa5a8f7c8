"""The credit records of the scale data in every state, counted as the product counts them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from models.credits.counting import Counted, Granted, Needs, count_year, split
from models.credits.postings import NOTHING as NO_FIGURES
from models.credits.postings import YearPosting, lines
from models.credits.tables import AuditState, Declaration, DeclarationState, OrganisationYear, YearSummary
from models.people.tables import ProfessionalState
from models.reviews.tables import ReviewKind
from seed.scale import reviews
from seed.scale.catalogue import Model
from seed.scale.people import REJECTION, Person, add_person
from seed.scale.reviews import Course, Matter
from seed.scale.rows import Rows
from seed.scale.tree import Unit
from seed.scale.world import YEARS_BACK, World, random_of

DRAFT, PENDING, APPROVED, REJECTED = (s.value for s in DeclarationState)
REASONS = ("证明材料不清晰，请重新上传", "证明材料与申报学时不符", "与已申报的学习内容重复")
NOTHING = Counted(0, 0, 0)


@dataclass(slots=True)
class Record:
    """One declaration on its way into the tables."""

    id: int
    year: int
    model: Model
    state: str = DRAFT
    audit: str = AuditState.NONE.value
    granted: int | None = None
    submitted_at: dt.datetime | None = None
    granted_at: dt.datetime | None = None
    created_at: dt.datetime | None = None


@dataclass(slots=True)
class Counters:
    """How many of an organisation's people learn and how many passed, by year."""

    of: dict[int, list[int]] = field(default_factory=dict)

    def add(self, year: int, *, is_learning: bool, is_passed: bool) -> None:
        """Count one person."""
        found = self.of.setdefault(year, [0, 0])
        found[0] += is_learning
        found[1] += is_passed


def chunk_rows(world: World, number: int, units: Iterable[Unit]) -> tuple[Rows, list[str]]:
    """Return everything about the people of some organisations, and their names in the order of their ids."""
    rng = random_of(number)
    rows, names = Rows(), []
    for unit in units:
        counters = Counters()
        people = [add_person(rows, world, rng, unit, unit.first_person + n) for n in range(unit.n_people)]
        names += [person.name for person in people]
        first = world.n_credits_before(unit.first_person)
        n_records = world.n_credits_before(unit.first_person + unit.n_people) - first
        for person, ids in _shares(rng, people, range(first + 1, first + n_records + 1)):
            _add_records(rows, world, rng, person, ids, counters)
        for person in people:
            _add_registration(rows, world, rng, person)
        rows.to(OrganisationYear).extend((unit.path, unit.id, year, *n) for year, n in sorted(counters.of.items()) if any(n))
    return rows, names


def _shares(rng: Random, people: list[Person], ids: range) -> Iterable[tuple[Person, range]]:
    """Divide record ids among those people who may have records, some get many and some none."""
    able = [p for p in people if p.state in {ProfessionalState.ACTIVE, ProfessionalState.DISABLED}] or people
    shares = [0] * len(able)
    for place in rng.choices(range(len(able)), k=len(ids)):
        shares[place] += 1
    first = 0
    for person, n in zip(able, shares, strict=True):
        yield person, ids[first : first + n]
        first += n


def _add_records(rows: Rows, world: World, rng: Random, person: Person, ids: range, counters: Counters) -> None:
    newest = rng.random() < 0.6
    by_year: dict[int, list[Record]] = {}
    for place, record_id in enumerate(ids):
        back = min(place // 2 + (0 if newest else 1), YEARS_BACK)
        year = world.year - back
        is_public = place % 2 == 1 if len(ids) > 1 else rng.random() < 0.5
        record = Record(record_id, year, world.catalogue.pick(rng, year, is_public=is_public))
        _live(rows, world, rng, person, record)
        by_year.setdefault(year, []).append(record)
    for year, records in by_year.items():
        _count(rows, world, person, year, records, counters)


# --- one record's life ---------------------------------------------------------------------------------------------


def _live(rows: Rows, world: World, rng: Random, person: Person, record: Record) -> None:
    """Let the record be declared, decided and audited."""
    model = record.model
    end = dt.datetime.combine(model.ends_on, dt.time(4), tzinfo=dt.UTC)
    record.created_at = min(end + dt.timedelta(minutes=rng.randrange(20 * 24 * 60)), world.now)
    if model.is_learning:
        record.state, record.granted = APPROVED, model.requested
        record.submitted_at = record.granted_at = record.created_at
    else:
        rounds = _fate(rng, len(person.unit.chain()), is_running=record.year == world.year)
        if not rounds:
            return
        record.submitted_at = record.created_at
        granted = max(10, model.requested - 20) if rng.random() < 0.06 else model.requested
        _review(rows, world, rng, person, record, granted, rounds)
    if record.state == APPROVED and record.year < world.year and rng.random() < 0.06:
        record.audit = (AuditState.FAILED if rng.random() < 0.1 else AuditState.PASSED).value


def _fate(rng: Random, n_levels: int, *, is_running: bool) -> list[Course]:
    """Return the rounds of a declaration, none for a draft."""
    place = rng.random()
    done = Course(n_levels)
    rejected = Course(rng.randrange(n_levels), is_rejected=True)
    if not is_running:
        return [] if place < 0.01 else [rejected] if place < 0.09 else [rejected, done] if place < 0.12 else [done]
    pending = Course(rng.randrange(n_levels))
    if place < 0.03:
        return []
    if place < 0.17:
        return [rejected, pending] if place < 0.05 else [pending]
    return [rejected] if place < 0.22 else [rejected, done] if place < 0.24 else [done]


def _review(rows: Rows, world: World, rng: Random, person: Person, record: Record, granted: int, rounds: list[Course]) -> None:
    assert record.submitted_at is not None
    matter = Matter(
        record.id,
        ReviewKind.DECLARATION,
        record.id,
        person,
        person.unit.chain(),
        record.submitted_at,
        world.now,
        {"granted_tenths": granted},
        _snapshot(person, record),
        REASONS[record.id % len(REASONS)],
        (record.year, record.model.form_code, record.model.subject),
    )
    decided_at = reviews.add(rows, rng, matter, rounds)
    record.submitted_at = matter.submitted_at
    if rounds[-1].is_rejected:
        record.state = REJECTED
    elif decided_at is None:
        record.state = PENDING
    else:
        record.state, record.granted, record.granted_at = APPROVED, granted, decided_at


def _snapshot(person: Person, record: Record) -> dict[str, Any]:
    """Return what the officers saw, as ``models.credits.reviewing`` keeps it."""
    model = record.model
    return {
        "year": record.year,
        "subject": model.subject,
        "form_code": model.form_code,
        "form_name": model.form_name,
        "title": model.title,
        "elective": "required",
        "requested_tenths": model.requested,
        "proposed_tenths": model.proposed,
        "inputs": model.inputs,
        "person_name": person.name,
        "organisation_name": person.unit.name,
        "key_reasons": model.key_reasons,
        "evidence": [],
    }


def _add_registration(rows: Rows, world: World, rng: Random, person: Person) -> None:
    """Add the review of a registration that waits or was rejected; the others came by import."""
    if person.state not in {ProfessionalState.PENDING, ProfessionalState.REJECTED}:
        return
    is_rejected = person.state is ProfessionalState.REJECTED
    matter = Matter(
        world.n_credits + person.id,
        ReviewKind.REGISTRATION,
        person.id,
        person,
        person.unit.chain()[:1],
        person.registered_at,
        world.now,
        None,
        None,
        REJECTION,
    )
    reviews.add(rows, rng, matter, [Course(0, is_rejected=is_rejected)])


# --- counting -------------------------------------------------------------------------------------------------------


def _count(rows: Rows, world: World, person: Person, year: int, records: list[Record], counters: Counters) -> None:
    """Write a year's records with what each counts, and the year's summary where something was approved."""
    needs = world.needs[year]
    granted = [
        Granted(r.id, r.model.form_code, r.model.subject, r.granted, r.granted_at, r.model.cap)
        for r in records
        if r.granted is not None and r.granted_at is not None and r.audit != AuditState.FAILED.value
    ]
    count = count_year(granted, needs)
    rows.to(Declaration).extend(_declaration(person, r, count.records.get(r.id, NOTHING)) for r in records)
    if not any(r.state == APPROVED for r in records):
        return
    for record in granted:
        rows.to(YearPosting).extend(_postings(person, year, record, count.records[record.id], needs))
    is_passed = bool(granted) and count.is_met
    unit = person.unit
    rows.to(YearSummary).append(
        (
            unit.path,
            person.id,
            year,
            unit.id,
            count.public,
            count.professional,
            count.total,
            needs.public_tenths,
            needs.professional_tenths,
            needs.total_tenths,
            is_passed,
        )
    )
    counters.add(year, is_learning=count.total > 0, is_passed=is_passed)


def _postings(person: Person, year: int, record: Granted, counted: Counted, needs: Needs) -> Iterable[tuple[Any, ...]]:
    """Return the lines of the account that the record's approval wrote."""
    figures = (counted.total, counted.public, counted.professional)
    for line in lines(NO_FIGURES, figures, split(record.granted_tenths, record.subject, needs)):
        place = (person.unit.path, person.id, year)
        yield (*place, line.kind.value, *line.figures, record.id, line.reason, "", record.granted_at)


def _declaration(person: Person, record: Record, counted: Counted) -> tuple[Any, ...]:
    model, unit = record.model, person.unit
    return (
        record.id,
        unit.path,
        person.id,
        unit.id,
        person.name,
        unit.name,
        record.year,
        model.subject,
        model.form_code,
        model.form_name,
        model.version_id,
        model.title,
        model.inputs,
        model.starts_on,
        model.ends_on,
        model.requested,
        model.proposed,
        model.arithmetic,
        record.granted,
        counted.total,
        counted.public,
        counted.professional,
        record.state,
        record.audit,
        bool(model.key_reasons),
        model.key_reasons,
        "learning" if model.is_learning else "person",
        record.submitted_at,
        record.granted_at,
        record.created_at,
    )
