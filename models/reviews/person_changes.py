"""Changes of a person that the own organisation reviews: title, vocational qualifications, titles of honour (审核人员信息修改)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission, person_key
from models.errors import N_, Conflict, FieldErrors, Invalid, NotFound, WrongState
from models.org.settings import SettingKey, setting
from models.org.tables import ChangeState
from models.outbox import add_notices
from models.people import title_levels
from models.people.person_data import (
    MOST_ROWS,
    TITLE_COLUMNS,
    check_honour,
    check_new_title,
    check_qualification,
    title_of,
)
from models.people.profile import own_profile, plain
from models.people.registration import NO_QUALIFICATION
from models.people.tables import AcademicTitle, PersonChange, Professional, Qualification
from models.people.workflow import PERSON_CHANGES
from models.reviews import chain, engine, submission
from models.reviews.engine import Handler, Outcome
from models.reviews.tables import Review, ReviewKind
from models.scope import acting

KIND = ReviewKind.PERSON_CHANGE
TITLE, QUALIFICATIONS, HONOURS = "title", "qualifications", "honours"
QUALIFICATION_COLUMNS = ("qualification", "level", "certificate_number", "obtained_on")
HONOUR_COLUMNS = ("title", "awarded_by", "awarded_on")
_LISTS: dict[str, tuple[Any, tuple[str, ...]]] = {
    QUALIFICATIONS: (Qualification, QUALIFICATION_COLUMNS),
    HONOURS: (AcademicTitle, HONOUR_COLUMNS),
}


def rows_of(session: Session, person: Professional, section: str) -> list[dict[str, Any]]:
    """Return the present rows of a section as JSON holds them.

    An import writes the one qualification of its sheet on the profile alone: it is the first row.
    """
    cls, columns = _LISTS[section]
    found = [
        {name: plain(getattr(row, name)) for name in columns}
        for row in session.scalars(select(cls).where(cls.person_id == person.id).order_by(cls.id))
    ]
    imported = person.vocational_qualification if section == QUALIFICATIONS else None
    if not found and imported and imported != NO_QUALIFICATION:
        found = [{"qualification": imported, "level": person.vocational_level, "certificate_number": "", "obtained_on": None}]
    return found


def open_change(session: Session, person_id: int, section: str) -> PersonChange | None:
    """Return the change of a section that waits."""
    return session.scalars(
        select(PersonChange).where(
            PersonChange.person_id == person_id, PersonChange.section == section, PersonChange.state == ChangeState.OPEN
        )
    ).first()


def changes_of(session: Session, person_id: int) -> Sequence[PersonChange]:
    """Return the changes of a person of the scope, the newest first."""
    statement = select(PersonChange).where(PersonChange.person_id == person_id)
    return session.scalars(statement.order_by(PersonChange.id.desc()).limit(200)).all()


# --- what the person asks for -----------------------------------------------------------------------------------------


def ask_title(session: Session, actor: Actor, typed: Mapping[str, Any]) -> PersonChange:
    """Ask for another title; raises FieldErrors, and Conflict while one waits."""
    actor.require(Permission.PORTAL)
    person = own_profile(session, actor)
    after, before = check_new_title(session, typed), title_of(person)
    if after == before:
        raise FieldErrors({"title_series": Invalid(N_("Nothing differs from what is stored."))})
    return _ask(session, actor, person, TITLE, before, after)


def ask_row(session: Session, actor: Actor, section: str, typed: Mapping[str, Any]) -> PersonChange:
    """Ask for one more qualification or title of honour; raises FieldErrors, and Conflict while a change of the section waits."""
    actor.require(Permission.PORTAL)
    person = own_profile(session, actor)
    row = (check_qualification if section == QUALIFICATIONS else check_honour)(session, typed)
    before = rows_of(session, person, section)
    first = QUALIFICATION_COLUMNS[0] if section == QUALIFICATIONS else HONOUR_COLUMNS[0]
    if row in before:
        raise FieldErrors({first: Conflict(N_("This row is there already."))})
    if len(before) >= MOST_ROWS:
        raise Invalid(N_("At most %(n)s rows can be kept here."), n=MOST_ROWS)
    return _ask(session, actor, person, section, {"rows": before}, {"rows": [*before, row]})


def ask_removal(session: Session, actor: Actor, section: str, number: int) -> PersonChange:
    """Ask to take the row at place *number* away; raises NotFound, and Conflict while a change of the section waits."""
    actor.require(Permission.PORTAL)
    person = own_profile(session, actor)
    before = rows_of(session, person, section)
    if not 0 <= number < len(before):
        raise NotFound
    after = [row for n, row in enumerate(before) if n != number]
    return _ask(session, actor, person, section, {"rows": before}, {"rows": after})


def withdraw(session: Session, actor: Actor, section: str) -> None:
    """Take the waiting change of a section back; raises WrongState."""
    actor.require(Permission.PORTAL)
    person = own_profile(session, actor)
    change = open_change(session, person.id, section)
    if change is None:
        raise WrongState(submission.NOTHING_WAITS)
    submission.withdraw(session, actor, KIND, change.id)
    PERSON_CHANGES.move(session, actor, change.id, step="withdraw")
    if change.was_applied:
        former = _apply(session, actor, person, section, change.before)
        title_levels.changed(session, actor, former, is_taken_back=True)


def _ask(
    session: Session, actor: Actor, person: Professional, section: str, before: dict[str, Any], after: dict[str, Any]
) -> PersonChange:
    if open_change(session, person.id, section) is not None:
        raise Conflict(N_("A change waits for its review already; withdraw it first."))
    at_once = setting(session, person.path, SettingKey.TITLE_CHANGE) == "effective_at_once"
    change = PersonChange(person_id=person.id, path=person.path, section=section, before=before, after=after, was_applied=at_once)
    session.add(change)
    session.flush()
    history.record(session, actor, "person_change", [change.id], "create", changes={section: [before, after]})
    submission.submit(
        session, actor, KIND, change.id, path=person.path, person_id=person.id, subject_account_id=person.account_id
    )
    if at_once:
        title_levels.changed(session, actor, _apply(session, actor, person, section, after))
    return change


# --- what follows -----------------------------------------------------------------------------------------------------


def _apply(
    session: Session, actor: Actor, person: Professional, section: str, values: Mapping[str, Any]
) -> dict[int, str | None]:
    """Write the values of a change where the profile has them; return the title level until now where it is another one."""
    former = person.title_level
    with acting(session, "apply_title"):
        if section == TITLE:
            for name in TITLE_COLUMNS:
                value = values.get(name)
                setattr(person, name, _date(value) if name.endswith("_on") else value)
        else:
            cls, columns = _LISTS[section]
            for row in session.scalars(select(cls).where(cls.person_id == person.id)):
                session.delete(row)
            session.flush()
            for kept in values["rows"]:
                made = {name: _date(kept[name]) if name.endswith("_on") else kept[name] for name in columns}
                session.add(cls(person_id=person.id, path=person.path, **made))
            if section == QUALIFICATIONS:
                first = values["rows"][0] if values["rows"] else {"qualification": NO_QUALIFICATION, "level": ""}
                person.vocational_qualification, person.vocational_level = first["qualification"], first["level"]
        session.flush()
    history.record(session, actor, "professional", [person.id], f"set_{section}")
    return {person.id: former} if person.title_level != former else {}


def _date(value: str | None) -> dt.date | None:
    return dt.date.fromisoformat(value) if value else None


def _subjects(session: Session, outcomes: Sequence[Outcome]) -> list[tuple[Outcome, PersonChange, Professional]]:
    rows = session.execute(
        select(PersonChange, Professional)
        .join(Professional, Professional.id == PersonChange.person_id)
        .where(PersonChange.id.in_([o.review.subject_id for o in outcomes]))
    )
    found = {change.id: (change, person) for change, person in rows}
    return [(o, *found[o.review.subject_id]) for o in outcomes]


def _passed(session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    former: dict[int, str | None] = {}
    for _outcome, change, person in _subjects(session, outcomes):
        PERSON_CHANGES.move(session, actor, change.id, step="pass", values={"decided_by": actor.name})
        if not change.was_applied:
            former |= _apply(session, actor, person, change.section, change.after)
        _tell(session, person, N_("Your change of data has passed."), {})
    title_levels.changed(session, actor, former)


def _rejected(session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    former: dict[int, str | None] = {}
    for outcome, change, person in _subjects(session, outcomes):
        values = {"reason": outcome.reason, "decided_by": actor.name}
        PERSON_CHANGES.move(session, actor, change.id, step="reject", reason=outcome.reason, values=values)
        if change.was_applied:
            former |= _apply(session, actor, person, change.section, change.before)
        _tell(session, person, N_("Your change of data was rejected: %(reason)s"), {"reason": outcome.reason})
    title_levels.changed(session, actor, former, is_taken_back=True)


def _tell(session: Session, person: Professional, message_id: str, params: dict[str, Any]) -> None:
    notice = {"account_id": person.account_id, "position_key": person_key(person.id), "message_id": message_id, "params": params}
    add_notices(session, [notice])


def _snapshot(session: Session, reviews: Sequence[Review]) -> dict[int, dict[str, Any]]:
    ids = {r.subject_id: r.id for r in reviews}
    rows = session.execute(
        select(PersonChange, Professional)
        .join(Professional, Professional.id == PersonChange.person_id)
        .where(PersonChange.id.in_(ids))
    )
    return {
        ids[c.id]: {"name": p.name, "number_masked": p.number_masked, "organisation_name": p.organisation_name} for c, p in rows
    }


engine.register(
    Handler(
        kind=KIND,
        permission=Permission.CHANGES_REVIEW,
        links=chain.own_only,
        on_passed=_passed,
        on_rejected=_rejected,
        snapshot=_snapshot,
    )
)
