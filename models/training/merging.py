"""What a unit or a base has filed goes along when the unit is merged into another, and back when the merger is undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import Session

from models.access import Actor
from models.org.tables import Organisation
from models.reviews import merging, rerouting
from models.reviews.merging import Carried
from models.reviews.tables import Decision, Review, ReviewKind, ReviewLevel, ReviewState
from models.scope import acting
from models.training.attachments import TrainingFile
from models.training.base_data import BaseData
from models.training.classes import TrainingClass
from models.training.grades import Grade
from models.training.participants import Participant
from models.training.plans import TrainingPlan
from models.training.reports import YearlyReport
from models.training.subjects import LONGEST_NAME, ProfessionalSubject
from models.training.unit_hours import UnitTraining
from models.workflow import CHUNK

WITHOUT_SYNC = {"synchronize_session": False}
OF_UNITS: tuple[Any, ...] = (TrainingPlan, YearlyReport, UnitTraining, TrainingClass, TrainingFile, ProfessionalSubject, BaseData)
BELOW: tuple[tuple[Any, str, Any], ...] = ((Grade, "class_id", TrainingClass), (Participant, "training_id", UnitTraining))
"""What people are named in: the side that named them follows its unit."""
REVIEWED: tuple[tuple[Any, tuple[ReviewKind, ...]], ...] = (
    (TrainingPlan, (ReviewKind.TRAINING_PLAN, ReviewKind.YEARLY_PLAN, ReviewKind.UNIT_PLAN)),
    (YearlyReport, (ReviewKind.YEARLY_REPORT,)),
    (UnitTraining, (ReviewKind.UNIT_HOURS,)),
)


def _take(session: Session, actor: Actor, source: Organisation, target: Organisation) -> dict[str, Any]:
    """Let everything that *source* filed belong to *target*; what waits for a decision follows with the open matters."""
    kept: dict[str, Any] = {cls.__tablename__: _ids(session, cls, source.id) for cls in OF_UNITS}
    if session.scalar(select(BaseData.id).where(BaseData.organisation_id == target.id)) is not None:
        kept[BaseData.__tablename__] = []  # a unit has one such sheet
    kept["renamed"] = _rename(session, source, target)
    _move(session, kept, target)
    _move_reviews(session, actor, kept, target.path, open_too=False)
    return kept


def _give_back(session: Session, actor: Actor, source: Organisation, target: Organisation, kept: Mapping[str, Any]) -> None:
    """Let what went along, and is still at *target*, belong to *source* again."""
    there = {cls.__tablename__: set(_ids(session, cls, target.id)) for cls in OF_UNITS}
    back = {name: [i for i in kept[name] if i in ids] for name, ids in there.items()}
    _move(session, back, source)
    with acting(session, "merge_organisations"):
        for subject_id, (old, new) in kept["renamed"].items():
            still = ProfessionalSubject.name == new
            renamed = _of(ProfessionalSubject, [int(subject_id)]).where(still, ProfessionalSubject.organisation_id == source.id)
            session.execute(renamed.values(name=old), execution_options=WITHOUT_SYNC)
    _move_reviews(session, actor, back, source.path, open_too=True)


def _ids(session: Session, cls: Any, organisation_id: int) -> list[int]:
    return list(session.scalars(select(cls.id).where(cls.organisation_id == organisation_id).order_by(cls.id)))


def _of(cls: Any, ids: Sequence[int], column: str = "id") -> Any:
    return update(cls).where(getattr(cls, column).in_(ids))


def _rename(session: Session, source: Organisation, target: Organisation) -> dict[str, list[str]]:
    """Let a subject whose name is taken at the target carry the source's name, too; return old and new name by id."""
    taken = set(session.scalars(select(ProfessionalSubject.name).where(ProfessionalSubject.organisation_id == target.id)))
    own = select(ProfessionalSubject.id, ProfessionalSubject.name).where(ProfessionalSubject.organisation_id == source.id)
    suffix = f"（{source.name[:30]}{source.id}）"
    shortened = LONGEST_NAME - len(suffix)
    renamed = {str(row.id): [row.name, f"{row.name[:shortened]}{suffix}"] for row in session.execute(own) if row.name in taken}
    with acting(session, "merge_organisations"):
        for subject_id, (_old, new) in renamed.items():
            session.execute(_of(ProfessionalSubject, [int(subject_id)]).values(name=new), execution_options=WITHOUT_SYNC)
    return renamed


def _move(session: Session, ids: Mapping[str, Any], to: Organisation) -> None:
    session.flush()
    to_id, path = to.id, to.path
    with acting(session, "merge_organisations"):
        for cls in OF_UNITS:
            for chunk in _chunks(ids[cls.__tablename__]):
                session.execute(_of(cls, chunk).values(organisation_id=to_id, path=path), execution_options=WITHOUT_SYNC)
        for cls, column, parent in BELOW:
            for chunk in _chunks(ids[parent.__tablename__]):
                session.execute(_of(cls, chunk, column).values(from_path=path), execution_options=WITHOUT_SYNC)
    session.expire_all()


def _move_reviews(session: Session, actor: Actor, ids: Mapping[str, Any], path: str, *, open_too: bool) -> None:
    """Let the reviews of filings, their levels and decisions stand where the filings stand; open ones go on from there."""
    for cls, kinds in REVIEWED:
        for chunk in _chunks(ids[cls.__tablename__]):
            of_filings = (tuple_(Review.kind, Review.subject_id).in_([(kind.value, i) for kind in kinds for i in chunk]),)
            closed = () if open_too else (Review.state != ReviewState.OPEN,)
            found = list(session.scalars(select(Review.id).where(*of_filings, *closed)))
            with acting(session, "merge_organisations"):
                for table, column in ((Review, "id"), (ReviewLevel, "review_id"), (Decision, "review_id")):
                    session.execute(_of(table, found, column).values(path=path), execution_options=WITHOUT_SYNC)
            session.expire_all()
            if open_too:
                rerouting.follow_reviews(session, actor, found)


def _chunks(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]


merging.carry_with("training", Carried(_take, _give_back))
