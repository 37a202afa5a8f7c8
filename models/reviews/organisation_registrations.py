"""Registration of an organisation (单位注册): submitted by its first administrator, decided by the superior that was chosen."""

from __future__ import annotations

import datetime as dt
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import files, history, scope
from models.access import EVERY_POSITION, Actor, Permission, PositionKind, post_key
from models.base import utcnow
from models.errors import N_, Conflict, FieldErrors, NotFound
from models.org.tables import (
    Organisation,
    OrganisationDraft,
    OrganisationKind,
    OrganisationScan,
    OrganisationState,
)
from models.org.temporary_codes import check_issued
from models.org.workflow import ORGANISATIONS
from models.outbox import add_notices
from models.people.accounts import NUMBER_REGISTERED, NewAccount, account_row, find_account, number_hash
from models.people.free_again import begin_anew, is_free_again
from models.people.organisation_registration import (
    Applicant,
    CheckedApplicant,
    CheckedOrganisation,
    OrganisationRegistration,
    check_applicant,
    check_code_is_free,
    check_organisation,
)
from models.people.posts import POSTS
from models.people.tables import Account, Post, PostState
from models.reviews import chain, engine, submission
from models.reviews.engine import Handler, Outcome
from models.reviews.tables import Review, ReviewKind
from models.uploads import Checked

DRAFTS_STAY = dt.timedelta(days=1)
SENT = N_("This registration was sent in already, or is too old; please begin again.")


@dataclass(frozen=True, slots=True)
class Submitted:
    """An organisation that waits, and who decides it."""

    organisation: Organisation
    decider_name: str
    decider_phone: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A kept first step."""

    key: str
    data: OrganisationRegistration
    scan: Mapping[str, Any] | None


# --- the first step ---------------------------------------------------------------------------------------------------


def keep_first_step(session: Session, data: OrganisationRegistration, scan: Checked | None) -> str:
    """Keep a first step that was found right, and return its random key; raises FieldErrors for a code in use."""
    with scope.system_session() as reading:
        checked = check_organisation(reading, data)
    check_issued(checked.code)
    check_code_is_free(checked.code)
    key = secrets.token_urlsafe(32)
    kept: dict[str, Any] = {name: getattr(data, name) for name in OrganisationRegistration.__slots__}
    with scope.acting(session, "register_organisation"):
        scan_key = files.keep_content(session, scan.content) if scan is not None else None
        if scan is not None:
            kept["scan"] = {
                "original_name": scan.original_name,
                "media_type": scan.media_type,
                "n_bytes": len(scan.content),
            }
        session.add(OrganisationDraft(key=key, values_json=json.dumps(kept), scan_key=scan_key))
        session.flush()
    return key


def first_step(key: str) -> Draft:
    """Return a kept first step; raises NotFound for one that is gone."""
    with scope.system_session() as session:
        row = session.get(OrganisationDraft, key) if files.is_key(key) else None
    if row is None or row.created_at < utcnow() - DRAFTS_STAY:
        raise NotFound(SENT)
    kept = json.loads(row.values_json)
    scan = {**kept.pop("scan"), "key": row.scan_key} if row.scan_key else None
    return Draft(row.key, OrganisationRegistration(**{**kept, "kind": OrganisationKind(kept["kind"])}), scan)


def sweep(session: Session) -> int:
    """Delete first steps that nobody went on with, and their scans, in a system session; return how many."""
    old = session.scalars(select(OrganisationDraft).where(OrganisationDraft.created_at < utcnow() - DRAFTS_STAY).limit(500)).all()
    for row in old:
        if row.scan_key:
            files.forget(session, row.scan_key)
        session.delete(row)
    session.flush()
    return len(old)


# --- the second step --------------------------------------------------------------------------------------------------


def submit_organisation(session: Session, draft: Draft, applicant: Applicant, *, proved_account_id: int | None) -> Submitted:
    """Write organisation, super administrator and review; both wait for the superior.

    *proved_account_id* is the account whose password was just proved (已是本系统用户). Raises FieldErrors.
    """
    with scope.system_session() as reading:
        checked = check_organisation(reading, draft.data)
    check_code_is_free(checked.code)
    who = check_applicant(applicant, is_existing=proved_account_id is not None)
    with scope.acting(session, "register_organisation"):
        row = session.get(OrganisationDraft, draft.key, with_for_update=True)
        if row is None:
            raise Conflict(SENT)
        session.delete(row)
        account = (
            _new_account(session, applicant, who)
            if proved_account_id is None
            else _proved(session, applicant, who, proved_account_id)
        )
        organisation = _organisation(session, draft, checked)
        post = _post(session, organisation, account, who)
        actor = Actor(
            account.id,
            account.name,
            PositionKind(organisation.kind),
            post_key(post.id),
            path=organisation.path,
            organisation_id=organisation.id,
            organisation_name=organisation.name,
            post_id=post.id,
            is_super=True,
            permissions=EVERY_POSITION,
        )
        history.record(session, actor, "organisation", [organisation.id], "register", changes={"name": [None, organisation.name]})
        review = submission.submit(
            session,
            actor,
            ReviewKind.ORGANISATION,
            organisation.id,
            path=organisation.path,
            person_id=None,
            subject_account_id=account.id,
            operation="register_organisation",
        )
    decider = submission.decider_of(session, review)
    return Submitted(organisation, decider.name, decider.phone)


def _organisation(session: Session, draft: Draft, checked: CheckedOrganisation) -> Organisation:
    (key,) = scope.reserve_ids(session, Organisation, 1)
    made = Organisation(
        id=key,
        parent_id=checked.superior.id,
        path=f"{checked.superior.path}{key}/",
        kind=draft.data.kind,
        state=OrganisationState.PENDING,
        code=checked.code.value,
        code_kind=checked.code.kind,
        **checked.values,
    )
    session.add(made)
    session.flush()
    if draft.scan is not None:
        session.add(OrganisationScan(organisation_id=made.id, path=made.path, **draft.scan))
        session.flush()
    return made


def _post(session: Session, organisation: Organisation, account: Account, who: CheckedApplicant) -> Post:
    post = Post(
        account_id=account.id,
        organisation_id=organisation.id,
        path=organisation.path,
        name=account.name,
        number_masked=account.number_masked,
        phone=who.values.get("phone") or account.phone,
        email=who.values.get("email") or account.email,
        landline=who.values.get("landline", ""),
        is_super=True,
        state=PostState.ACTIVE,  # usable once the organisation is
    )
    session.add(post)
    session.flush()
    return post


def _new_account(session: Session, applicant: Applicant, who: CheckedApplicant) -> Account:
    """Return a new account, or the one of a number that is free again: all it ever was were rejected registrations."""
    values = who.values
    new = NewAccount(applicant.document_type, who.number, values["name"], values["phone"], values["email"], applicant.password)
    found = find_account(session, applicant.document_type, who.number.value)
    if found is None:
        account = Account(**account_row(new))
        session.add(account)
        session.flush()
        return account
    if not is_free_again(session, found):
        raise FieldErrors({"number": Conflict(NUMBER_REGISTERED)})
    begin_anew(session, found, new)
    return found


def _proved(session: Session, applicant: Applicant, who: CheckedApplicant, account_id: int) -> Account:
    account = session.scalars(select(Account).where(Account.id == account_id)).one()
    if account.document_type != applicant.document_type or account.number_hash != number_hash(who.number.value):
        raise FieldErrors({"number": Conflict(NUMBER_REGISTERED)})
    return account


# --- what follows from the decision -----------------------------------------------------------------------------------


def _passed(session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    ids = [o.review.subject_id for o in outcomes]
    ORGANISATIONS.move_many(session, actor, ids, step="activate").or_raise()
    posts = session.execute(
        select(Post.account_id, Post.id, Organisation.name)
        .join(Organisation, Organisation.id == Post.organisation_id)
        .where(Post.organisation_id.in_(ids), Post.is_super, Post.state != PostState.ENDED)
    ).all()
    add_notices(
        session,
        [
            {
                "account_id": row.account_id,
                "position_key": post_key(row.id),
                "message_id": N_("The registration of %(unit)s has passed."),
                "params": {"unit": row.name},
            }
            for row in posts
        ],
    )


def _rejected(session: Session, actor: Actor, outcomes: Sequence[Outcome]) -> None:
    ids = [o.review.subject_id for o in outcomes]
    reasons = {o.review.subject_id: {"rejection_reason": o.reason} for o in outcomes}
    ORGANISATIONS.move_many(session, actor, ids, step="reject", reason=outcomes[0].reason, each=reasons).or_raise()
    posts = session.scalars(select(Post.id).where(Post.organisation_id.in_(ids), Post.state != PostState.ENDED)).all()
    POSTS.move_many(session, actor, posts, step="end", reason=outcomes[0].reason).or_raise()


SHOWN = ("name", "code", "region_code", "nature", "unit_level", "industry", "phone", "address")


def _snapshot(session: Session, reviews: Sequence[Review]) -> dict[int, dict[str, Any]]:
    """Return what the reviewer saw: 已审核 shows it also after the organisation has changed it."""
    ids = {r.subject_id for r in reviews}
    rows = {o.id: o for o in session.scalars(select(Organisation).where(Organisation.id.in_(ids)))}
    held = {p.organisation_id: p for p in session.scalars(select(Post).where(Post.organisation_id.in_(ids), Post.is_super))}
    return {
        r.id: {name: getattr(rows[r.subject_id], name) for name in SHOWN} | _about(held.get(r.subject_id))
        for r in reviews
        if r.subject_id in rows
    }


def _about(post: Post | None) -> dict[str, str]:
    if post is None:
        return {}
    return {"administrator": post.name, "administrator_phone": post.phone, "administrator_number": post.number_masked}


def scans_of(session: Session, organisation_id: int) -> Sequence[OrganisationScan]:
    """Return the scans of an organisation of the scope."""
    statement = select(OrganisationScan).where(OrganisationScan.organisation_id == organisation_id)
    return session.scalars(statement.order_by(OrganisationScan.id)).all()


def scan(session: Session, key: str) -> OrganisationScan:
    """Return a scan of the scope by its random key; raises NotFound."""
    found = session.scalars(select(OrganisationScan).where(OrganisationScan.key == key)).first() if files.is_key(key) else None
    if found is None:
        raise NotFound
    return found


engine.register(
    Handler(
        kind=ReviewKind.ORGANISATION,
        permission=Permission.ORGANISATIONS_REVIEW,
        links=chain.superior_only,
        on_passed=_passed,
        on_rejected=_rejected,
        snapshot=_snapshot,
    )
)
