"""Registration of a professional (专业技术人员注册): submitted by the person, decided by the organisation she chose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import history, scope
from models.access import PERSONAL_PERMISSIONS, Actor, Permission, PositionKind, person_key
from models.base import today, utcnow
from models.errors import N_, Conflict, FieldErrors
from models.org.tables import Department
from models.outbox import add_notices
from models.people import names, numbers
from models.people.accounts import NUMBER_REGISTERED, NewAccount, account_row, find_account, number_hash
from models.people.free_again import begin_anew, is_free_again
from models.people.profile import plain
from models.people.registration import NO_QUALIFICATION, Checked, Registration, check
from models.people.tables import (
    Account,
    EducationRecord,
    Membership,
    NameToken,
    Professional,
    ProfessionalState,
    Qualification,
)
from models.people.workflow import PROFESSIONALS
from models.pinyin import name_tokens
from models.reviews import chain, engine, submission
from models.reviews.engine import Handler, Outcome
from models.reviews.tables import Review, ReviewKind

HAS_PROFILE = N_("Your account has a professional's profile already; log in with it.")


@dataclass(frozen=True, slots=True)
class Submitted:
    """A registration that waits: whose, and who decides it."""

    person: Professional
    decider_name: str
    decider_phone: str


def check_registration(data: Registration, *, with_password: bool) -> None:
    """Raise FieldErrors for what does not fit; tells nothing of who is registered."""
    with scope.system_session() as session:
        check(session, data, with_password=with_password)


def submit_registration(session: Session, data: Registration, *, proved_account_id: int | None = None) -> Submitted:
    """Write account, profile and review of a person who registers; the profile waits for her organisation.

    *proved_account_id* is the account whose password the person has just proved (已是本系统用户); the profile is added to
    it. Raises FieldErrors for the fields of Registration, and Conflict when the number has an account.
    """
    checked = check(session, data, with_password=proved_account_id is None)
    with scope.acting(session, "register"):
        account = (
            _account(session, data, checked) if proved_account_id is None else _proved(session, data, checked, proved_account_id)
        )
        person = _person(session, account, data, checked)
        actor = Actor(
            account.id,
            account.name,
            PositionKind.PROFESSIONAL,
            person_key(person.id),
            path=person.path,
            organisation_id=person.organisation_id,
            organisation_name=person.organisation_name,
            person_id=person.id,
            permissions=PERSONAL_PERMISSIONS,
        )
        history.record(session, actor, "professional", [person.id], "register")
        review = submission.submit(
            session,
            actor,
            ReviewKind.REGISTRATION,
            person.id,
            path=person.path,
            person_id=person.id,
            subject_account_id=account.id,
            operation="register",
        )
    decider = submission.decider_of(session, review)
    return Submitted(person, decider.name, decider.phone)


def _account(session: Session, data: Registration, checked: Checked) -> Account:
    """Return a new account, or the one of a number that is free again after a rejection."""
    new = NewAccount(
        data.document_type,
        checked.number,
        checked.values["name"],
        checked.values["phone"],
        checked.values["email"],
        data.password,
    )
    found = find_account(session, data.document_type, checked.number.value)
    if found is None:
        account = Account(**account_row(new))
        session.add(account)
        session.flush()
        return account
    if not is_free_again(session, found):
        raise FieldErrors({"number": Conflict(NUMBER_REGISTERED)})
    begin_anew(session, found, new)
    return found


def _proved(session: Session, data: Registration, checked: Checked, account_id: int) -> Account:
    account = session.scalars(select(Account).where(Account.id == account_id)).one()
    if account.document_type != data.document_type or account.number_hash != number_hash(checked.number.value):
        raise FieldErrors({"number": Conflict(NUMBER_REGISTERED)})
    if not names.same(account.name, checked.values["name"]):
        raise FieldErrors({"name": Conflict(N_("The name differs from that of your account; support corrects names."))})
    live = select(Professional.id).where(Professional.account_id == account.id, Professional.state != ProfessionalState.REJECTED)
    if session.scalar(live) is not None:
        raise FieldErrors({"number": Conflict(HAS_PROFILE)})
    return account


def _person(session: Session, account: Account, data: Registration, checked: Checked) -> Professional:
    place, values = checked.organisation, checked.values
    person = Professional(
        account_id=account.id,
        organisation_id=place.id,
        path=place.path,
        organisation_name=place.name,
        state=ProfessionalState.PENDING,
        document_type=data.document_type,
        number_hash=account.number_hash,
        number_masked=numbers.masked(checked.number.value),
        created_at=utcnow(),
        warnings=[
            {"message_id": w.message_id, "params": {k: str(v) for k, v in w.params.items()}} for w in checked.number.warnings
        ],
        **values,
    )
    session.add(person)
    session.flush()
    session.add(
        EducationRecord(
            path=place.path,
            person_id=person.id,
            education_level=values["education_level"],
            degree=values["degree"],
            school=values["school"],
            field_of_study=values["field_of_study"],
            graduated_on=values["graduated_on"],
        )
    )
    if values["vocational_qualification"] != NO_QUALIFICATION:
        session.add(
            Qualification(
                path=place.path,
                person_id=person.id,
                qualification=values["vocational_qualification"],
                level=values["vocational_level"],
            )
        )
    session.flush()
    scope.bulk_insert(
        session,
        NameToken,
        [{"token": t, "path": place.path, "person_id": person.id} for t in sorted(name_tokens(values["name"]))],
    )
    return person


# --- what follows from the decision ----------------------------------------------------------------------------------


def _passed(session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    ids = [o.review.subject_id for o in outcomes]
    PROFESSIONALS.move_many(session, actor, ids, step="activate").or_raise()
    people = session.scalars(select(Professional).where(Professional.id.in_(ids))).all()
    scope.bulk_insert(
        session,
        Membership,
        [
            {"person_id": p.id, "path": p.path, "member_of_id": p.organisation_id, "from_on": today(), "to_on": None}
            for p in people
        ],
    )
    add_notices(
        session,
        [
            {
                "account_id": p.account_id,
                "position_key": person_key(p.id),
                "message_id": N_("%(unit)s has passed your registration."),
                "params": {"unit": p.organisation_name},
            }
            for p in people
        ],
    )


def _rejected(session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    ids = [o.review.subject_id for o in outcomes]
    reasons = {o.review.subject_id: {"rejection_reason": o.reason} for o in outcomes}
    moved = PROFESSIONALS.move_many(session, actor, ids, step="reject", reason=outcomes[0].reason, each=reasons)
    moved.or_raise()
    session.execute(delete(NameToken).where(NameToken.person_id.in_(ids)), execution_options={"synchronize_session": False})


_SHOWN = (
    "name",
    "document_type",
    "number_masked",
    "sex",
    "birth_on",
    "ethnic_group",
    "phone",
    "email",
    "landline",
    "organisation_name",
    "admin_post",
    "admin_rank",
    "is_postdoc",
    "education_level",
    "school",
    "field_of_study",
    "graduated_on",
    "degree",
    "title_series",
    "title_level",
    "title_qualification",
    "title_effective_on",
    "title_certificate_number",
    "vocational_qualification",
    "vocational_level",
)


def _snapshot(session: Session, reviews: Sequence[Review]) -> dict[int, dict[str, Any]]:
    """Return what the reviewer saw: 已审核 shows it also after the person has changed it."""
    rows = session.execute(
        select(Professional, Department.name)
        .outerjoin(Department, Department.id == Professional.department_id)
        .where(Professional.id.in_([r.subject_id for r in reviews]))
    )
    by_person = {
        person.id: {name: plain(getattr(person, name)) for name in _SHOWN} | {"department": department}
        for person, department in rows
    }
    return {r.id: by_person[r.subject_id] for r in reviews if r.subject_id in by_person}


engine.register(
    Handler(
        kind=ReviewKind.REGISTRATION,
        permission=Permission.REGISTRATIONS_REVIEW,
        links=chain.own_only,
        on_passed=_passed,
        on_rejected=_rejected,
        snapshot=_snapshot,
    )
)
