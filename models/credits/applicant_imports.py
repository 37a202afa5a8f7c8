"""批量导入 of applicants: people of the subtree that a form declares for, by number and name, with what differs for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import Actor, Permission
from models.among import among
from models.base import to_tenths, today
from models.credits import applicants, batches
from models.credits.applicants import CHUNK, MOST, TOO_MANY, Own, score_field
from models.credits.batches import BatchApplicant, DeclarationBatch
from models.credits.declarers import obstacle, unit_states
from models.credits.form_inputs import clean_inputs, stored
from models.credits.forms import FormSpec
from models.credits.saving import declared_hours, offer_of
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid, NotFound, first_of
from models.import_batches import GONE, TOUCHED, Undone, note_chunk, undone_by
from models.import_rows import ImportRow
from models.people.number_rows import check_number, fits_name, people_of
from models.people.tables import Professional

APPLICANTS = "applicants"
DIFFERS = N_("This person is an applicant already with other hours or another score; take her off the list to enter these.")


class ApplicantsImport:
    """One import into the list of one form of the actor's own organisation that is not submitted."""

    chunk_size = 10 * CHUNK
    carried = ""  # nothing

    def __init__(self, actor: Actor, batch_id: int, *, job_id: int | None = None) -> None:
        actor.require(Permission.HOURS_DECLARE)
        self.actor = actor
        self.batch_id = batch_id
        self.job_id = job_id  # with one, what was done is kept so that it can be undone
        self._first_rows: dict[str, int] = {}
        self._named: set[int] = set()  # people of this file

    def check(self, rows: Sequence[ImportRow]) -> None:
        """Check number and hours of each row, and that nobody stands in the file twice."""
        for row in rows:
            check_number(row, self._first_rows)
            try:
                hours = declared_hours(row.values.get("requested_hours"))
            except Invalid as refusal:
                row.refuse("requested_hours", refusal)
            else:
                row.found["tenths"] = None if hours is None else to_tenths(hours)

    def judge(self, session: Session, rows: Sequence[ImportRow]) -> None:
        """Find each person in the actor's scope; raises NotFound and WrongState for the form itself."""
        batch = batches.own_open(session, self.actor, self.batch_id)
        spec = self._spec(session, batch)
        people = people_of(session, rows)
        states = unit_states(session, people.values())
        there = {
            a.person_id: Own(a.requested_tenths, a.score)
            for a in session.scalars(select(BatchApplicant).where(BatchApplicant.batch_id == batch.id))
        }
        for row in rows:
            row.is_unchanged = False
            self._check_score(row, spec)
            if row.errors or "hash" not in row.found:
                continue
            person = people.get(row.found["hash"])
            refusal = NotFound() if person is None else obstacle(person, states)
            if refusal is not None:
                row.refuse("number", refusal)
            elif person is not None and fits_name(row, person.name):
                self._take(row, person, there)

    def _spec(self, session: Session, batch: DeclarationBatch) -> FormSpec | DomainError:
        """Return the chosen learning form, or why there is none: none is chosen, or it cannot be used any more."""
        if not batch.form_code:
            return Invalid(N_("Choose the learning form of the declaration first; it says what a score is."))
        try:
            return offer_of(session, self.actor.path, batch.form_code, batch.year).spec
        except FieldErrors as refusal:
            return first_of(refusal)

    def _check_score(self, row: ImportRow, spec: FormSpec | DomainError) -> None:
        row.found["score"], text = "", str(row.values.get("score") or "")
        if not text:
            return
        if isinstance(spec, DomainError):
            row.refuse("score", spec)
            return
        field = score_field(spec)
        if field is None:
            row.refuse("score", Invalid(N_("The learning form %(name)s has no score; leave this empty."), name=spec.label.zh))
        else:
            try:
                found = stored(clean_inputs(spec, {field.name: text}, today=today(), draft=True))
                row.found["score"] = found.get(field.name, "")
            except FieldErrors as wrong:
                row.refuse("score", wrong.errors[field.name])

    def _take(self, row: ImportRow, person: Professional, there: dict[int, Own]) -> None:
        own = Own(row.found["tenths"], row.found["score"])
        if person.id in there:
            row.is_unchanged = there[person.id] == own
            if not row.is_unchanged:
                row.refuse("", Conflict(DIFFERS))
        elif len(there.keys() | self._named | {person.id}) > MOST:
            row.refuse("", Invalid(TOO_MANY, n=MOST))
        else:
            self._named.add(person.id)
            row.found["person"] = (person.id, own)

    def create(self, session: Session, rows: Sequence[ImportRow]) -> None:
        """Put the people of good rows on the list."""
        own = dict(row.found["person"] for row in rows)
        applicants.add_many(session, self.actor, self.batch_id, own, own=own).or_raise()
        made = select(BatchApplicant.id).where(BatchApplicant.batch_id == self.batch_id, among(BatchApplicant.person_id, own))
        note_chunk(session, self.actor, self.job_id, APPLICANTS, [(i,) for i in session.scalars(made)])


def _remove(session: Session, actor: Actor, created: Sequence[Sequence[Any]], done: Undone) -> None:
    """Take imported people off the form again; what was submitted since stays."""
    ids = [one[0] for one in created]
    statement = (
        select(BatchApplicant, Professional.name, DeclarationBatch.submitted_at)
        .join(DeclarationBatch, DeclarationBatch.id == BatchApplicant.batch_id)
        .join(Professional, Professional.id == BatchApplicant.person_id)
        .where(among(BatchApplicant.id, ids), DeclarationBatch.organisation_id == actor.organisation_id)
    )
    rows = session.execute(statement.with_for_update(of=DeclarationBatch)).all()
    done.kept += [("", GONE)] * (len(ids) - len(rows))
    for applicant, name, submitted_at in rows:
        if submitted_at is not None:
            done.kept.append((name, TOUCHED))
        else:
            session.delete(applicant)
            done.n_removed += 1
    session.flush()


undone_by(APPLICANTS, Permission.HOURS_DECLARE, _remove)
