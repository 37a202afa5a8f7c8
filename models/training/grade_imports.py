"""批量导入成绩: grades of one class that come in by a sheet; people are looked up by the exact number, anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission
from models.base import to_hours, today
from models.errors import N_, Conflict, Invalid
from models.import_batches import GONE, TOUCHED, Undone, note_chunk, undone_by
from models.import_rows import ImportRow
from models.people.number_rows import check_number, fits_name, hashes_of
from models.text import decimal_of
from models.training import classes, grades
from models.training.classes import TrainingClass
from models.training.grades import Grade, GradeState
from models.workflow import CHUNK

GRADES = "grades"


class GradesImport:
    """One import of grades into one class of the actor's own base."""

    chunk_size = CHUNK
    carried = ""  # nothing

    def __init__(self, actor: Actor, class_id: int, *, job_id: int | None = None) -> None:
        classes.require_base(actor)
        self.actor = actor
        self.class_id = class_id
        self.job_id = job_id  # with one, what was done is kept so that it can be undone
        self._first_rows: dict[str, int] = {}

    def check(self, rows: Sequence[ImportRow]) -> None:
        """Check number and score of each row, and that nobody stands in the file twice."""
        for row in rows:
            check_number(row, self._first_rows)
            if row.values.get("score") and "score" not in row.errors:
                try:
                    row.found["score"] = grades.score_tenths(decimal_of(row.values["score"]))
                except Invalid as refusal:
                    row.refuse("score", refusal)

    def judge(self, session: Session, rows: Sequence[ImportRow]) -> None:
        """Find whom each number belongs to and who has a grade in the class; raises NotFound and Invalid for the class itself."""
        self._class(session)
        people = grades.look_up_many(session, hashes_of(rows))
        there = grades.scores_of(session, self.class_id, [person.person_id for person in people.values()])
        for row in rows:
            row.is_unchanged = False
            if row.errors or "hash" not in row.found:
                continue
            person = people.get(row.found["hash"])
            if person is None:
                row.refuse("number", Invalid(grades.UNKNOWN_NUMBER))
            elif fits_name(row, person.name):
                row.found["person"] = person
                if there.get(person.person_id) == row.found.get("score"):
                    row.is_unchanged = True
                elif person.person_id in there:
                    has = f"{to_hours(there[person.person_id]).normalize():f}"
                    message_id = N_("This person has a grade in this class already: %(score)s. Delete it first to enter another.")
                    row.refuse("score", Conflict(message_id, score=has))

    def create(self, session: Session, rows: Sequence[ImportRow]) -> None:
        """Write the grades of good rows."""
        of = self._class(session)
        made = grades.write_many(session, self.actor, of, [(row.found["person"], row.found["score"], of.year) for row in rows])
        note_chunk(session, self.actor, self.job_id, GRADES, [(i,) for i in made])

    def _class(self, session: Session) -> TrainingClass:
        # Locked: two imports into the same class come one after the other.
        of = classes.own(session, self.actor, self.class_id, is_locked=True)
        if of.starts_on > today():
            raise Invalid(N_("This class has not begun yet."))
        return of


def _remove(session: Session, actor: Actor, created: Sequence[Sequence[Any]], done: Undone) -> None:
    """Remove imported grades; what was filed, or changed otherwise, since stays."""
    ids = [one[0] for one in created]
    mine = select(TrainingClass.id).where(TrainingClass.organisation_id == actor.organisation_id)
    statement = select(Grade.id, Grade.name, Grade.state).where(Grade.id.in_(ids), Grade.class_id.in_(mine))
    rows = {row.id: row for row in session.execute(statement.order_by(Grade.id).with_for_update())}
    touched = set(history.subjects_with_more_than(session, "grade", ids, 1))
    gone = [i for i in ids if i in rows and rows[i].state == GradeState.WAITING and i not in touched]
    done.kept += [("", GONE) for i in ids if i not in rows]
    done.kept += [(row.name, TOUCHED) for i, row in rows.items() if i not in set(gone)]
    done.n_removed += len(gone)
    if gone:
        history.record(session, actor, "grade", gone, "undo_import")
        session.execute(delete(Grade).where(Grade.id.in_(gone)), execution_options={"synchronize_session": False})


undone_by(GRADES, Permission.TRAINING_MANAGE, _remove)
