"""The post-audit of the demo: verdicts of both kinds, a random sample, and a record that was declared anew."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.credits import anew, audit_samples
from models.credits.audit_samples import Size
from models.credits.audits import audit_many
from models.credits.tables import AuditState, Declaration, DeclarationState
from seed.demo.records import person_actor
from seed.demo.stage import Stage, acting_as

REASON = "证明材料与申报内容不一致"
SEED = "a7c1e2"


def build_audits(stage: Stage) -> None:
    """Let a county and the city look a second time at some of what was granted last year."""
    county, city = stage.officer("wanghai"), stage.officer("city")
    with acting_as(county) as session:
        ids = _granted(session, county.path, stage.year - 1)
        sample = audit_samples.draw(session, county, ids, size=Size(20, is_percent=True), seed=SEED)
        drawn = audit_samples.drawn(ids, seed=SEED, n=sample.n_drawn)
        audit_many(session, county, drawn[2:], verdict=AuditState.PASSED)
        audit_many(session, county, drawn[:2], verdict=AuditState.FAILED, reason=REASON)
    with acting_as(city) as session:
        audit_many(session, city, drawn[2:3], verdict=AuditState.PASSED)
        failed = session.get_one(Declaration, drawn[0]).person_id
    person = person_actor(failed)
    with acting_as(person) as session:
        anew.declare_anew(session, person, drawn[0])


def _granted(session: Session, path: str, year: int) -> list[int]:
    statement = select(Declaration.id).where(
        Declaration.state == DeclarationState.APPROVED, Declaration.year == year, Declaration.path.startswith(path)
    )
    return list(session.scalars(statement.order_by(Declaration.id)))
