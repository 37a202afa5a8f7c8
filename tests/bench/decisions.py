"""Decisions in batches: 1,000 at once and 10,000 as a job's chunks, with history, notices and recounted years.

The same rows are then taken back, decided once more, and audited.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from random import Random

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from admin_app.settings import Settings
from models.access import Actor
from models.base import today, utcnow
from models.credits import audits
from models.credits.tables import AuditState, Declaration, DeclarationState
from models.org.tables import Organisation, OrganisationKind
from models.people.tables import Professional, ProfessionalState
from models.reviews import engine, undo
from models.reviews.tables import Decision, Review, ReviewKind, ReviewLevel, Verdict
from models.scope import bulk_load, system_session
from models.transaction import unit_of_work
from models.workflow import CHUNK, Moved
from seed.scale import catalogue, reviews
from seed.scale.columns import COLUMNS
from seed.scale.people import Person
from seed.scale.reviews import Course, Matter
from seed.scale.rows import Rows
from seed.scale.tree import Unit
from tests.bench.figures import Figure
from tests.bench.ground import Ground, Officer

MARK = "bench"
Work = Callable[[Session, Actor, Sequence[int]], Moved]


def run(ground: Ground, _settings: Settings) -> Iterator[Figure]:
    """Let the county decide as the last level."""
    with ground.app.app_context():
        for n, target in ((1_000, 0.15), (10_000, 2.0)):
            ids = _waiting(ground, n)
            seconds, own = _decide(ground, ids)
            yield Figure(f"{n:,} decisions", seconds, "s", ground.database, n, target)
            yield Figure(f"{n:,} decisions: processor", own, "s", ground.database, n)
            yield Figure(f"{n:,} decisions undone", _undo(ground, ids), "s", ground.database, n)
            _decide(ground, ids)
            yield Figure(f"{n:,} records audited", _audit(ground, ids), "s", ground.database, n)


def _decide(ground: Ground, ids: list[int]) -> tuple[float, float]:
    officer = ground.officer("county")
    began, began_own = time.perf_counter(), time.process_time()
    with officer.session() as session:
        for start in range(0, len(ids), CHUNK):
            with unit_of_work(session):
                moved = engine.decide_many(session, officer.actor, ids[start : start + CHUNK], verdict=Verdict.PASS, batch=MARK)
            assert not moved.refused, moved
    return time.perf_counter() - began, time.process_time() - began_own


def _undo(ground: Ground, ids: list[int]) -> float:
    officer = ground.officer("county")
    with system_session() as session:
        stands = (Decision.review_id.between(ids[0], ids[-1]), Decision.batch == MARK, Decision.undone_at.is_(None))
        made = session.scalars(select(Decision.id).where(*stands, Decision.verdict == Verdict.PASS).order_by(Decision.id)).all()
    return _in_chunks(officer, made, undo.undo_many)


def _audit(ground: Ground, ids: list[int]) -> float:
    def fail(session: Session, actor: Actor, part: Sequence[int]) -> Moved:
        return audits.audit_many(session, actor, part, verdict=AuditState.FAILED, reason="样本不符")

    return _in_chunks(ground.officer("county"), ids, fail)


def _in_chunks(officer: Officer, ids: Sequence[int], work: Work) -> float:
    began = time.perf_counter()
    with officer.session() as session:
        for start in range(0, len(ids), CHUNK):
            with unit_of_work(session):
                moved = work(session, officer.actor, ids[start : start + CHUNK])
            assert not moved.refused, moved
    return time.perf_counter() - began


def _waiting(ground: Ground, n: int) -> list[int]:
    """Write *n* declarations of the county's people that wait for the county, and return their reviews."""
    officer = ground.officer("county")
    rng, rows = Random(n), Rows()
    with system_session() as session:
        units = _units(session)
        people = session.execute(
            select(Professional.id, Professional.account_id, Professional.name, Professional.organisation_id)
            .where(
                Professional.path.startswith(officer.actor.path),
                Professional.state == ProfessionalState.ACTIVE,
                Professional.organisation_id != officer.actor.organisation_id,
            )
            .order_by(Professional.id)
            .limit(n)
        ).all()
        last = max(session.scalar(select(func.max(cls.id))) or 0 for cls in (Declaration, Review))
        day = today()
        choice = catalogue.build(session, rng, [day.year], day)
        for number in range(n):
            row = people[number % len(people)]
            person = Person(row.id, row.account_id, row.name, units[row.organisation_id], ProfessionalState.ACTIVE, utcnow())
            model = choice.pick(rng, day.year, is_public=False)
            _declare(rows, rng, person, model, last + 1 + number)
        with unit_of_work(session):
            for cls in (Declaration, Review, ReviewLevel, Decision):
                bulk_load(session, cls, COLUMNS[cls], rows.to(cls))
    return [last + 1 + number for number in range(n)]


def _units(session: Session) -> dict[int, Unit]:
    found: dict[int, Unit] = {}
    for o in session.scalars(select(Organisation).order_by(Organisation.path)):
        parent = found.get(o.parent_id or 0)
        found[o.id] = Unit(o.id, parent, OrganisationKind(o.kind), o.name, o.region_code, "05", 1)
    return found


def _declare(rows: Rows, rng: Random, person: Person, model: catalogue.Model, number: int) -> None:
    chain, now = person.unit.chain(), utcnow()
    reviews.add(
        rows,
        rng,
        Matter(
            number,
            ReviewKind.DECLARATION,
            number,
            person,
            chain,
            now,
            now,
            {"granted_tenths": model.requested},
            None,
            "",
            (now.year, model.form_code, model.subject),
        ),
        [Course(len(chain) - 1)],
    )
    unit = person.unit
    rows.to(Declaration).append(
        (
            number,
            unit.path,
            person.id,
            unit.id,
            person.name,
            unit.name,
            now.year,
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
            None,
            0,
            0,
            0,
            DeclarationState.PENDING.value,
            "none",
            False,
            [],
            "person",
            now,
            None,
            now,
        )
    )
