"""学员成绩: what a person reached in a class; the base submits what passed, and it becomes a declaration of the person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import history
from models.access import Actor
from models.base import Base, BigId, to_hours, to_tenths, today, utcnow
from models.credits import by_base
from models.credits.by_base import Posted
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid, NotFound, WrongState
from models.people import accounts, numbers
from models.people.numbers import DocumentType
from models.people.tables import Professional, ProfessionalState
from models.people.typed import attempt
from models.reviews import doubles
from models.scope import EitherSide, acting, bulk_insert_returning, system_session
from models.training import classes
from models.training.classes import TrainingClass
from models.workflow import CHUNK, Moved, Step, Workflow, one_by_one

UNKNOWN_NUMBER = N_("Nobody with this number is registered and active; compare the number with the document.")


class GradeState(StrEnum):
    """The life of a grade: what was submitted follows its declaration."""

    WAITING = "waiting"  # 待申报
    PENDING = "pending"  # 待审核
    APPROVED = "approved"  # 审核通过
    REJECTED = "rejected"  # 审核不通过


WAITING, PENDING, APPROVED, REJECTED = GradeState.WAITING, GradeState.PENDING, GradeState.APPROVED, GradeState.REJECTED


class Grade(EitherSide, Base):
    """One person's result: the base that gave it sees it, and wherever the person stands now."""

    __tablename__ = "grades"
    __may_move__ = frozenset({"declaration_id"})  # set here alone, to the declaration that was made for it
    __table_args__ = (
        CheckConstraint("state in ('waiting','pending','approved','rejected')", name="known_state"),
        CheckConstraint("(state = 'waiting') = (declaration_id is null)", name="submitted_has_declaration"),
        CheckConstraint("state = 'waiting' or is_passed", name="only_passed_is_submitted"),
        CheckConstraint("score_tenths between 0 and 1000", name="score_of_hundred"),
        Index("ix_grades_class", "class_id", "person_id"),
        Index("ix_grades_from", "from_path", "id"),
        Index("ix_grades_path", "path", "id"),
        Index("ix_grades_declaration", "declaration_id", unique=True),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    class_id: Mapped[int] = mapped_column(BigId, ForeignKey("training_classes.id", ondelete="RESTRICT"))
    base_name: Mapped[str] = mapped_column(String(200), info={"label": N_("Base that declares")})
    class_name: Mapped[str] = mapped_column(String(100), info={"label": N_("Training class name")})
    class_year: Mapped[int] = mapped_column(info={"label": N_("Training year")})
    name: Mapped[str] = mapped_column(String(100), info={"label": N_("Name")})
    number_masked: Mapped[str] = mapped_column(String(40), info={"label": N_("ID document number")})
    unit_name: Mapped[str] = mapped_column(String(200), info={"label": N_("Unit of the person")})
    year: Mapped[int] = mapped_column(info={"label": N_("CE year")})
    score_tenths: Mapped[int] = mapped_column(info={"label": N_("Score")})  # of 100 marks
    is_passed: Mapped[bool] = mapped_column(info={"label": N_("Passed (yes/no)")})
    hours_tenths: Mapped[int] = mapped_column(info={"label": N_("Hours")})
    state: Mapped[GradeState] = mapped_column(String(12), default=WAITING, info={"label": N_("Status of the declaration")})
    declaration_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("declarations.id", ondelete="RESTRICT"))
    reason: Mapped[str] = mapped_column(String(500), default="", info={"label": N_("Review opinion")})
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info={"label": N_("Created at")})


GRADES = Workflow(
    Grade,
    "grade",
    GradeState,
    [
        Step("submit", frozenset({WAITING, REJECTED}), PENDING, N_("Submit")),
        Step("withdraw", frozenset({PENDING}), WAITING, N_("Withdraw")),
        Step("approve", frozenset({PENDING}), APPROVED, N_("Pass")),
        Step("reject", frozenset({PENDING}), REJECTED, N_("Reject")),
        Step("reopen", frozenset({APPROVED, REJECTED}), PENDING, N_("Undo")),
    ],
)
"""submit and withdraw are the base's own; the others follow what becomes of the declaration."""


@dataclass(frozen=True, slots=True)
class GradeData:
    """What is typed of a grade."""

    class_id: int | None
    number: str
    score: Decimal | None
    year: int | None = None  # that of the class when left out


@dataclass(frozen=True, slots=True)
class Found:
    """Who has a number: what a base may read of a person of any unit."""

    person_id: int
    name: str
    unit_name: str
    path: str
    number_masked: str


def look_up(text: str) -> Found:
    """Return whom an ID card's number belongs to, anywhere; raises Invalid for a wrong one or one of nobody active."""
    value = numbers.check(DocumentType.ID_CARD, text, today=today()).value
    hashed = accounts.number_hash(value)
    with system_session() as session:
        found = look_up_many(session, [hashed])
    if not found:
        raise Invalid(UNKNOWN_NUMBER)
    return found[hashed]


def look_up_many(session: Session, hashes: Collection[str]) -> dict[str, Found]:
    """Return whom ID cards' numbers belong to, anywhere, by the hash of the number; who is not active is left out."""
    found: dict[str, Found] = {}
    wanted = sorted(set(hashes))
    columns = (
        Professional.number_hash,
        Professional.id,
        Professional.name,
        Professional.organisation_name,
        Professional.path,
        Professional.number_masked,
    )
    with acting(session, "add_grade"):
        for start in range(0, len(wanted), CHUNK):
            of_numbers = (
                Professional.document_type == DocumentType.ID_CARD,
                Professional.number_hash.in_(wanted[start : start + CHUNK]),
                Professional.state == ProfessionalState.ACTIVE,
            )
            found |= {row[0]: Found(*row[1:]) for row in session.execute(select(*columns).where(*of_numbers))}
    return found


def scores_of(session: Session, class_id: int, person_ids: Collection[int]) -> dict[int, int]:
    """Return the scores of those people who have a grade in a class already, in tenths."""
    found: dict[int, int] = {}
    wanted = sorted(set(person_ids))
    with acting(session, "add_grade"):
        for start in range(0, len(wanted), CHUNK):
            there = (Grade.class_id == class_id, Grade.person_id.in_(wanted[start : start + CHUNK]))
            rows = session.execute(select(Grade.person_id, Grade.score_tenths).where(*there))
            found |= {person_id: score for person_id, score in rows if person_id is not None}
    return found


def add(session: Session, actor: Actor, data: GradeData, found: Found | None) -> Grade:
    """Write the grade of *found*, whom ``look_up`` gave before the transaction, in a class of the actor's own base.

    Raises NotAllowed, NotFound, FieldErrors, and Conflict for a second grade of the same person in the class.
    """
    of = classes.own(session, actor, data.class_id, is_locked=True)
    errors: dict[str, DomainError] = {}
    if of.starts_on > today():
        errors["class_id"] = Invalid(N_("This class has not begun yet."))
    if found is None:
        errors["number"] = Invalid(UNKNOWN_NUMBER)
    score = attempt(errors, "score", lambda: score_tenths(data.score))
    year = attempt(errors, "year", lambda: _year(of, data.year))
    if errors or found is None or score is None or year is None:
        raise FieldErrors(errors)
    if found.person_id in scores_of(session, of.id, [found.person_id]):
        raise FieldErrors({"number": Conflict(N_("This person has a grade in this class already."))})
    (made,) = write_many(session, actor, of, [(found, score, year)])
    return session.get_one(Grade, made)


def write_many(session: Session, actor: Actor, of: TrainingClass, entered: Sequence[tuple[Found, int, int]]) -> list[int]:
    """Write grades of a locked class: who, score in tenths, year; nobody of them has one there. Return their ids in order."""
    if not entered:
        return []
    rows = [
        {
            "path": found.path,
            "from_path": of.path,
            "to_path": found.path,
            "person_id": found.person_id,
            "class_id": of.id,
            "base_name": of.organisation_name,
            "class_name": of.name,
            "class_year": of.year,
            "name": found.name,
            "number_masked": found.number_masked,
            "unit_name": found.unit_name,
            "year": year,
            "score_tenths": score,
            "is_passed": score >= of.pass_mark * 10,
            "hours_tenths": of.hours_tenths,
            "state": WAITING,
            "reason": "",
            "created_at": utcnow(),
        }
        for found, score, year in entered
    ]
    with acting(session, "add_grade"):
        ids = bulk_insert_returning(session, Grade, rows)
    scores = {i: {"score_tenths": [None, score]} for i, (_found, score, _year) in zip(ids, entered, strict=True)}
    history.record(session, actor, "grade", ids, "create", each=scores)
    return ids


def remove(session: Session, actor: Actor, grade_id: int) -> None:
    """Delete a grade that is not submitted; raises NotFound and WrongState."""
    grade = _own(session, actor, grade_id)
    if grade.state != WAITING:
        raise WrongState(N_("Only a grade that is not submitted can be deleted."))
    history.record(session, actor, "grade", [grade.id], "delete", changes={"score_tenths": [grade.score_tenths, None]})
    session.delete(grade)
    session.flush()


def remove_class(session: Session, actor: Actor, class_id: int) -> None:
    """Delete a class without grades; raises NotFound and WrongState."""
    found = classes.own(session, actor, class_id, is_locked=True)
    n_grades = session.scalar(select(func.count()).select_from(Grade).where(Grade.class_id == found.id)) or 0
    classes.delete(session, actor, found, n_grades=n_grades)


def submit_many(session: Session, actor: Actor, ids: Sequence[int]) -> Moved:
    """Let passed grades become declarations of their persons (批量申报); each other is refused with its own sentence.

    What is submitted already is refused, so that a second click, or a job that begins anew, makes nothing twice.
    """
    classes.require_base(actor)
    wanted = sorted(set(ids))
    done: list[int] = []
    refused: dict[int, DomainError] = {}
    for start in range(0, len(wanted), CHUNK):
        fits, not_fit, of = _fitting(session, actor, wanted[start : start + CHUNK])
        refused |= not_fit
        new = [grade for grade in fits if grade.state == WAITING]
        again = _each(session, actor, [grade.id for grade in fits if grade.state == REJECTED], _submit_again)
        with acting(session, by_base.OPERATION):
            posted = {f"grade:{grade.id}": grade for grade in new}
            made, not_made = by_base.post_new(session, actor, [_posted(grade, of[grade.class_id]) for grade in new])
            declared = {posted[key].id: {"declaration_id": declaration_id} for key, declaration_id in made.items()}
            GRADES.move_many(session, actor, list(declared), step="submit", values={"reason": ""}, each=declared).or_raise()
        refused |= {posted[key].id: refusal for key, refusal in not_made.items()} | dict(again.refused)
        done += [*declared, *again.done]
    return Moved(tuple(sorted(done)), refused)


def withdraw_many(session: Session, actor: Actor, ids: Sequence[int]) -> Moved:
    """Take submitted grades back before the last decision (撤销); each other is refused with its own sentence."""
    return _each(session, actor, ids, _withdraw)


# --- inside -----------------------------------------------------------------------------------------------------------


def score_tenths(value: Decimal | None) -> int:
    """Return a score of 100 marks in tenths; raises Invalid."""
    if value is None or not value.is_finite() or not 0 <= value <= classes.FULL_MARK:
        raise Invalid(N_("A score lies between 0 and 100."))
    if value != value.quantize(Decimal("0.1")):
        raise Invalid(N_("A score has at most one decimal place."))
    return to_tenths(value)


def _year(of: TrainingClass, year: int | None) -> int:
    if year is not None and year not in {of.year, of.year + 1}:
        raise Invalid(N_("Hours count in the year of the class or the next one."))
    return of.year if year is None else year


def _own(session: Session, actor: Actor, grade_id: int) -> Grade:
    """Return a grade of the actor's own base, locked: whoever only sees the person's side may not touch it."""
    classes.require_base(actor)
    mine = select(TrainingClass.id).where(TrainingClass.organisation_id == actor.organisation_id)
    statement = select(Grade).where(Grade.id == grade_id, Grade.class_id.in_(mine)).with_for_update()
    found = session.scalars(statement, execution_options={"populate_existing": True}).first()
    if found is None:
        raise NotFound
    return found


def _each(session: Session, actor: Actor, ids: Sequence[int], step: Callable[[Session, Actor, Grade], None]) -> Moved:
    classes.require_base(actor)
    return one_by_one(session, ids, lambda grade_id: step(session, actor, _own(session, actor, grade_id)))


def _fitting(
    session: Session, actor: Actor, ids: Sequence[int]
) -> tuple[list[Grade], dict[int, DomainError], dict[int, TrainingClass]]:
    """Return those own grades that may be submitted, locked, why the others may not, and their classes."""
    mine = select(TrainingClass.id).where(TrainingClass.organisation_id == actor.organisation_id)
    statement = select(Grade).where(Grade.id.in_(ids), Grade.class_id.in_(mine)).order_by(Grade.id).with_for_update()
    rows = session.scalars(statement, execution_options={"populate_existing": True}).all()
    refused: dict[int, DomainError] = {i: NotFound() for i in set(ids) - {grade.id for grade in rows}}
    of_classes = select(TrainingClass).where(TrainingClass.id.in_({grade.class_id for grade in rows}))
    of = {each.id: each for each in session.scalars(of_classes)}
    live = (Grade.class_id.in_(of), Grade.person_id.in_({g.person_id for g in rows}), Grade.state.in_([PENDING, APPROVED]))
    taken = {(row.class_id, row.person_id) for row in session.execute(select(Grade.class_id, Grade.person_id).where(*live))}
    fits: list[Grade] = []
    for grade in rows:
        if grade.state not in {WAITING, REJECTED}:
            refused[grade.id] = Conflict(N_("This grade has been submitted already."))
        elif not grade.is_passed:
            refused[grade.id] = Invalid(N_("This grade is below the pass mark; only passed grades are submitted."))
        elif (grade.class_id, grade.person_id) in taken:
            refused[grade.id] = Conflict(N_("Another grade of this person in this class was submitted already."))
        else:
            taken.add((grade.class_id, grade.person_id))
            fits.append(grade)
    return fits, refused, of


def _submit_again(session: Session, actor: Actor, grade: Grade) -> None:
    of = session.get_one(TrainingClass, grade.class_id)
    with acting(session, by_base.OPERATION):
        by_base.post_again(session, actor, _posted(grade, of), grade.declaration_id or 0)
        GRADES.move(session, actor, grade.id, step="submit", values={"reason": ""})


def _posted(grade: Grade, of: TrainingClass) -> Posted:
    score = f"{to_hours(grade.score_tenths).normalize():f}"
    inputs = {
        "school_unit": of.organisation_name[:100],
        "class_name": of.name,
        "content": of.plan_name,
        "start_date": of.starts_on.isoformat(),
        "end_date": of.ends_on.isoformat(),
        "score": score,
        "base": str(of.organisation_id),
        "class_no": str(of.id),
    }
    person_id = grade.person_id or 0
    return Posted(person_id, grade.year, of.subject, of.elective, grade.hours_tenths, inputs, f"grade:{grade.id}")


def _withdraw(session: Session, actor: Actor, grade: Grade) -> None:
    declaration_id = grade.declaration_id
    if grade.state != PENDING or declaration_id is None:
        raise WrongState(N_("Only what waits for the review can be withdrawn."))
    with acting(session, by_base.OPERATION):
        by_base.take_back(session, actor, declaration_id)
        GRADES.move(session, actor, grade.id, step="withdraw", values={"declaration_id": None})
        by_base.discard(session, actor, declaration_id)


doubles.GOING_ALONG.append(Grade)
