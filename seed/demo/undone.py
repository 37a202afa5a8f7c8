"""A batch of the demo that was taken back: what waits for an employer waits again, and its course tells of it."""

from __future__ import annotations

from sqlalchemy import select

from models.reviews import engine, undo
from models.reviews.tables import Decision, Review, ReviewKind, ReviewState, Verdict
from seed.demo.stage import Stage, acting_as

MARK = "demo-undone"


def build_undone(stage: Stage) -> None:
    """Let the city's hospital pass what waits for it in one batch, and think better of it."""
    officer = stage.officer("people_hospital")
    with acting_as(officer) as session:
        waiting = session.scalars(
            select(Review.id)
            .where(
                Review.kind == ReviewKind.DECLARATION,
                Review.state == ReviewState.OPEN,
                Review.deciding_organisation_id == officer.organisation_id,
            )
            .order_by(Review.id)
            .limit(3)
        ).all()
        engine.decide_many(session, officer, waiting, verdict=Verdict.PASS, batch=MARK)
        undo.undo_many(session, officer, session.scalars(select(Decision.id).where(Decision.batch == MARK)).all())
