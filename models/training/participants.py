"""参训人员: who took part in a training of a unit: its own people, chosen from the list, by number or by a sheet."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import ForeignKey, Index, String, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import history
from models.access import Actor
from models.base import Base, BigId, today
from models.errors import N_, Conflict, DomainError, Invalid, NotFound, WrongState
from models.people import accounts, numbers
from models.people.numbers import DocumentType
from models.people.tables import Professional, ProfessionalState
from models.reviews import doubles
from models.scope import EitherSide, acting, bulk_insert_returning
from models.training import filings, unit_hours
from models.training.unit_hours import MOST_PEOPLE, UNIT_TRAININGS, UnitTraining
from models.workflow import CHUNK, Moved

NOT_ACTIVE = N_("%(name)s is not an active member of your unit; take this person off the list.")
UNKNOWN_NUMBER = N_("Nobody active with this number belongs to your unit or to one below it.")
THERE_ALREADY = N_("This person is in the list already.")


class Participant(EitherSide, Base):
    """One participant: the unit that named her sees it, and wherever she stands now."""

    __tablename__ = "unit_participants"
    __may_move__ = frozenset({"declaration_id", "rule_version_id"})  # to her own record, and the rule it was submitted on
    __table_args__ = (
        Index("ix_unit_participants_training", "training_id", "person_id"),
        Index("ix_unit_participants_from", "from_path", "id"),
        Index("ix_unit_participants_path", "path", "id"),
        Index("ix_unit_participants_declaration", "declaration_id", unique=True),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    training_id: Mapped[int] = mapped_column(BigId, ForeignKey("unit_trainings.id", ondelete="RESTRICT"))
    name: Mapped[str] = mapped_column(String(100), info={"label": N_("Name")})
    number_masked: Mapped[str] = mapped_column(String(40), info={"label": N_("ID document number")})
    unit_name: Mapped[str] = mapped_column(String(200), info={"label": N_("Unit of the person")})  # of the day
    rule_version_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("rule_versions.id", ondelete="RESTRICT"))
    key_reasons: Mapped[list[Any]] = mapped_column(default=list)  # as it was submitted: message ids with parameters
    declaration_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("declarations.id", ondelete="RESTRICT"))


def of(session: Session, training_id: int) -> Sequence[Participant]:
    """Return the participants of a training of the scope, in the order they were named."""
    return session.scalars(select(Participant).where(Participant.training_id == training_id).order_by(Participant.id)).all()


def add_many(session: Session, actor: Actor, training_id: int, person_ids: Sequence[int]) -> Moved:
    """Put active people of the actor's scope on the list of an own training that may still change.

    Each other is refused with its own sentence: who is there already, is not active, or lies beyond the scope.
    Raises NotFound, NotAllowed and WrongState for the training, and Invalid where the list would grow too long.
    """
    training = _editable(session, actor, training_id)
    done: list[int] = []
    refused: dict[int, DomainError] = {}
    wanted = sorted(set(person_ids))
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        rows = session.scalars(select(Professional).where(Professional.id.in_(chunk)).order_by(Professional.id)).all()
        taken = set(_present(session, training.id, chunk))
        refused |= {i: NotFound() for i in set(chunk) - {person.id for person in rows}}
        refused |= {i: Conflict(THERE_ALREADY) for i in taken & {person.id for person in rows}}
        fits = [person for person in rows if person.id not in taken]
        for person in fits:
            if person.state != ProfessionalState.ACTIVE:
                refused[person.id] = Invalid(NOT_ACTIVE, name=person.name)
        done += name_people(session, training, [person for person in fits if person.id not in refused])
    if done:
        _changed(session, actor, training, {"added": [None, len(done)]})
    return Moved(tuple(done), refused)


def add_by_number(session: Session, actor: Actor, training_id: int, number: str) -> str:
    """Put whom an ID card's number belongs to on the list, and return the name; raises Invalid and Conflict as ``add_many``."""
    person = look_up(session, number)
    refused = add_many(session, actor, training_id, [person.id]).refused
    if refused:
        raise refused[person.id]
    return person.name


def look_up(session: Session, text: str) -> Professional:
    """Return the active person of the scope whose ID card's number it is; raises Invalid."""
    value = numbers.check(DocumentType.ID_CARD, text, today=today()).value
    person = session.scalars(
        select(Professional).where(
            Professional.document_type == DocumentType.ID_CARD,
            Professional.number_hash == accounts.number_hash(value),
            Professional.state == ProfessionalState.ACTIVE,
        )
    ).first()
    if person is None:
        raise Invalid(UNKNOWN_NUMBER)
    return person


def remove_many(session: Session, actor: Actor, ids: Sequence[int]) -> Moved:
    """Take participants off the lists of own trainings that may still change; each other is refused."""
    unit_hours.require_unit(actor)
    rows: dict[int, int] = {}
    for start in range(0, len(ids), CHUNK):
        of_training = select(Participant.id, Participant.training_id).where(Participant.id.in_(ids[start : start + CHUNK]))
        rows |= {row.id: row.training_id for row in session.execute(of_training)}
    refused: dict[int, DomainError] = {i: NotFound() for i in ids if i not in rows}
    done: list[int] = []
    for training_id in sorted(set(rows.values())):
        mine = [i for i, t in rows.items() if t == training_id]
        try:
            training = _editable(session, actor, training_id)
        except (NotFound, WrongState) as refusal:
            refused |= dict.fromkeys(mine, refusal)
            continue
        take_off(session, mine)
        _changed(session, actor, training, {"removed": [len(mine), None]})
        done += mine
    return Moved(tuple(sorted(done)), refused)


# --- shared with the sheet ----------------------------------------------------------------------------------------------


def name_people(session: Session, training: UnitTraining, people: Sequence[Professional]) -> list[int]:
    """Write rows for people who are not on the list, and return their ids as people; raises Invalid for too many."""
    if training.n_people + len(people) > MOST_PEOPLE:
        raise Invalid(
            N_(
                "One training takes at most %(n)s participants; enter several.",
            ),
            n=MOST_PEOPLE,
        )
    rows = [
        {
            "path": person.path,
            "from_path": training.path,
            "to_path": person.path,
            "person_id": person.id,
            "training_id": training.id,
            "name": person.name,
            "number_masked": person.number_masked,
            "unit_name": person.organisation_name,
            "key_reasons": [],
        }
        for person in people
    ]
    with acting(session, "name_participants"):
        bulk_insert_returning(session, Participant, rows)
    training.n_people += len(rows)
    session.flush()
    return [person.id for person in people]


def take_off(session: Session, ids: Collection[int]) -> None:
    """Delete rows of lists that may still change."""
    session.flush()
    with acting(session, "name_participants"):
        for start in range(0, len(ids), CHUNK):
            gone = delete(Participant).where(Participant.id.in_(list(ids)[start : start + CHUNK]))
            session.execute(gone, execution_options={"synchronize_session": False})


def recount(session: Session, training: UnitTraining) -> None:
    """Bring the number of participants up to date and note that the list is another one."""
    n = session.scalar(select(func.count()).select_from(Participant).where(Participant.training_id == training.id))
    training.n_people, training.edition = n or 0, training.edition + 1
    session.flush()


def _changed(session: Session, actor: Actor, training: UnitTraining, changes: dict[str, Any]) -> None:
    recount(session, training)
    history.record(session, actor, UNIT_TRAININGS.subject_kind, [training.id], "participants", changes=changes)


def _editable(session: Session, actor: Actor, training_id: int) -> UnitTraining:
    unit_hours.require_unit(actor)
    return filings.editable(session, actor, UnitTraining, training_id)


def _present(session: Session, training_id: int, person_ids: Sequence[int]) -> Sequence[int]:
    there = (Participant.training_id == training_id, Participant.person_id.in_(person_ids))
    return [i for i in session.scalars(select(Participant.person_id).where(*there)) if i is not None]


doubles.GOING_ALONG.append(Participant)
