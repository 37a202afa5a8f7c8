"""参训人员 that come in by a sheet: people of the own unit and those below, by number and name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import Actor, Permission
from models.errors import N_, Invalid
from models.import_batches import GONE, TOUCHED, Undone, note_chunk, undone_by
from models.import_rows import ImportRow
from models.people.number_rows import check_number, fits_name, people_of
from models.people.tables import Professional, ProfessionalState
from models.training import filings, participants, unit_hours
from models.training.filings import EDITABLE
from models.training.participants import UNKNOWN_NUMBER, Participant
from models.training.unit_hours import MOST_PEOPLE, UnitTraining
from models.workflow import CHUNK

PARTICIPANTS = "participants"


class ParticipantsImport:
    """One import into the list of one training of the actor's own unit."""

    chunk_size = CHUNK
    carried = ""  # nothing

    def __init__(self, actor: Actor, training_id: int, *, job_id: int | None = None) -> None:
        unit_hours.require_unit(actor)
        self.actor = actor
        self.training_id = training_id
        self.job_id = job_id  # with one, what was done is kept so that it can be undone
        self._first_rows: dict[str, int] = {}
        self._named: set[int] = set()  # people of this file

    def check(self, rows: Sequence[ImportRow]) -> None:
        """Check each row's number, and that nobody stands in the file twice."""
        for row in rows:
            check_number(row, self._first_rows)

    def judge(self, session: Session, rows: Sequence[ImportRow]) -> None:
        """Find each person in the actor's scope; raises NotFound and WrongState for the training itself."""
        filings.editable(session, self.actor, UnitTraining, self.training_id)
        people = people_of(session, rows)
        there = {row.person_id for row in participants.of(session, self.training_id)}
        for row in rows:
            row.is_unchanged = False
            if row.errors or "hash" not in row.found:
                continue
            person = people.get(row.found["hash"])
            if person is None or person.state != ProfessionalState.ACTIVE:
                row.refuse("number", Invalid(UNKNOWN_NUMBER))
            elif fits_name(row, person.name):
                self._take(row, person, there)

    def _take(self, row: ImportRow, person: Professional, there: set[int | None]) -> None:
        if person.id in there:
            row.is_unchanged = True
        elif len(there | self._named | {person.id}) > MOST_PEOPLE:
            row.refuse("", Invalid(N_("One training takes at most %(n)s participants; enter several."), n=MOST_PEOPLE))
        else:
            self._named.add(person.id)
            row.found["person_id"] = person.id

    def create(self, session: Session, rows: Sequence[ImportRow]) -> None:
        """Put the people of good rows on the list."""
        ids = [row.found["person_id"] for row in rows]
        participants.add_many(session, self.actor, self.training_id, ids).or_raise()
        made = select(Participant.id).where(Participant.training_id == self.training_id, Participant.person_id.in_(ids))
        note_chunk(session, self.actor, self.job_id, PARTICIPANTS, [(i,) for i in session.scalars(made)])


def _remove(session: Session, actor: Actor, created: Sequence[Sequence[Any]], done: Undone) -> None:
    """Take imported people off the list again; what was handed in since stays."""
    ids = [one[0] for one in created]
    statement = (
        select(Participant.id, Participant.name, UnitTraining.state)
        .join(UnitTraining, UnitTraining.id == Participant.training_id)
        .where(Participant.id.in_(ids), UnitTraining.organisation_id == actor.organisation_id)
    )
    rows = {row.id: row for row in session.execute(statement)}
    gone = [i for i in ids if i in rows and rows[i].state in EDITABLE]
    done.kept += [("", GONE) for i in ids if i not in rows]
    done.kept += [(rows[i].name, TOUCHED) for i in rows if i not in set(gone)]
    done.n_removed += len(participants.remove_many(session, actor, gone).done)


undone_by(PARTICIPANTS, Permission.TRAINING_MANAGE, _remove)
