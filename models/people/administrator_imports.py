"""Administrators that come in by a sheet: of the own organisation and of those below, by role or as the super administrator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid, NotAllowed, NotFound, WrongState
from models.import_batches import GONE, TOUCHED, Undone, note_chunk, undone_by
from models.import_rows import ImportRow
from models.org import codes
from models.org.operations import LIVE
from models.org.tables import Department, Organisation, OrganisationKind, OrganisationState
from models.people import names
from models.people.administrator_rows import AdministratorRows, OneTimePasswords, account_of, remove_post, used_accounts
from models.people.appointments import Appointed, FirstAdministrator, Seat, appoint_first, appoint_with_role
from models.people.candidates import HAS_POST
from models.people.posts import tell
from models.people.roles import exceeds
from models.people.tables import Post, PostState, Role

ADMINISTRATORS = "administrators"
SUPER, BY_ROLE = "super", "role"
INNER = "inner"
_OWN_SUPER = N_("The super administrator of the own unit is appointed by handing over, or by the unit above.")


@dataclass(slots=True)
class Unit:
    """An organisation that administrators may be put into, with what the rows can name."""

    organisation: Organisation
    departments: dict[str, int] = field(default_factory=dict)  # enabled ones, by name
    roles: dict[str, Role] = field(default_factory=dict)  # by name
    posts: dict[int, Post] = field(default_factory=dict)  # live ones, by account


class AdministratorsImport(OneTimePasswords):
    """One import of administrators by one actor."""

    chunk_size = 20  # each new account costs a password hash of 20 ms

    def __init__(self, actor: Actor, *, job_id: int | None = None) -> None:
        actor.require(Permission.ADMINISTRATORS_MANAGE)
        self.actor = actor
        self.job_id = job_id  # with one, what was done is kept so that it can be undone
        self._administrators = AdministratorRows()
        self._seats: dict[tuple[str, str, str], ImportRow] = {}  # unit, document type and number -> row
        self._supers: dict[str, ImportRow] = {}  # unit -> row that names its super administrator

    def check(self, rows: Sequence[ImportRow]) -> None:
        """Check each row by itself and against the rows before it."""
        for row in rows:
            self._administrators.check(row)
            self._check_seat(row)

    def _check_seat(self, row: ImportRow) -> None:
        is_super = row.values.get("post_kind") == SUPER
        if not is_super and not row.values.get("role") and "role" not in row.errors:
            row.refuse("role", Invalid(N_("Choose the role.")))
        elif is_super and row.values.get("role"):
            row.refuse("role", Invalid(N_("The super administrator has no role; leave the cell empty.")))
        if is_super and row.values.get("account_kind") == INNER:
            row.refuse("account_kind", Invalid(N_("The super administrator is never an internal account.")))
        if "number" not in row.found:
            return
        who: FirstAdministrator = row.found["administrator"]
        unit = _code_of(row)
        first = self._seats.setdefault((unit, who.document_type, row.found["number"]), row)
        if first.number != row.number:
            row.refuse(
                "administrator_number",
                Conflict(N_("The same number stands in row %(row)s already; delete one of the two rows."), row=first.number),
            )
        if is_super and not row.errors and self._supers.setdefault(unit, row).number != row.number:
            words = N_("Row %(row)s names a super administrator of this unit already.")
            row.refuse("post_kind", Conflict(words, row=self._supers[unit].number))

    # --- against the database ----------------------------------------------------------------------------------------

    def judge(self, session: Session, rows: Sequence[ImportRow]) -> None:
        """Check each row against the units, their roles and departments, and the accounts."""
        units = self._units(session, {_code_of(row) for row in rows})
        for row in rows:
            row.is_unchanged = False
            unit = units.get(_code_of(row))
            refusal = self._unit_refusal(row, unit)
            if unit is None or refusal is not None:
                row.refuse("organisation_code", refusal or NotFound())
                continue
            row.found["unit"] = unit
            self._judge_seat(row, unit)
            if "number" in row.found:
                self._judge_person(session, row, unit)

    def _unit_refusal(self, row: ImportRow, unit: Unit | None) -> DomainError | None:
        if unit is None:
            return NotFound()
        if unit.organisation.state != OrganisationState.ACTIVE:
            return WrongState(N_("This organisation is not active."))
        if unit.organisation.id == self.actor.organisation_id:
            return Conflict(_OWN_SUPER) if row.values.get("post_kind") == SUPER else None
        try:
            self.actor.require(Permission.ORGANISATIONS_MANAGE)
        except NotAllowed as refusal:
            return refusal
        return None

    def _judge_seat(self, row: ImportRow, unit: Unit) -> None:
        department, role_name = row.values.get("department"), row.values.get("role")
        if department and department not in unit.departments:
            row.refuse(
                "department",
                Invalid(
                    N_("%(unit)s has no department of this name; add it first, or leave the cell empty."),
                    unit=unit.organisation.name,
                ),
            )
        is_inner = row.values.get("account_kind") == INNER
        if is_inner and unit.organisation.kind != OrganisationKind.HR_DEPARTMENT:
            row.refuse("account_kind", Invalid(N_("Only an HR department has internal accounts.")))
        elif self.actor.is_inner and not is_inner:
            row.refuse("account_kind", NotAllowed(N_("An internal account can only add internal accounts.")))
        if row.values.get("post_kind") == SUPER or not role_name:
            return
        role = unit.roles.get(role_name)
        if role is None:
            words = N_("%(unit)s has no role of this name; its administrators add it under “Manage roles”.")
            row.refuse("role", Invalid(words, unit=unit.organisation.name))
        elif exceeds(self.actor, role):
            row.refuse("role", NotAllowed(N_("You can only grant what your own role holds.")))

    def _judge_person(self, session: Session, row: ImportRow, unit: Unit) -> None:
        account = account_of(session, row)
        post = unit.posts.get(account.id) if account else None
        is_super = row.values.get("post_kind") == SUPER
        if post is None:
            self._administrators.judge(session, row, account)
            if is_super and any(p.is_super for p in unit.posts.values()):
                row.refuse("post_kind", Conflict(N_("This organisation has a super administrator already.")))
        elif names.same(post.name, row.found["administrator"].name) and _is_same(row, post, unit):
            row.is_unchanged = not row.errors
        else:
            row.refuse("administrator_number", Conflict(HAS_POST))

    def _units(self, session: Session, wanted: set[str]) -> dict[str, Unit]:
        # Read anew for each chunk: a unit may be moved, a role changed while the job runs.
        fresh = {"populate_existing": True}
        statement = select(Organisation).where(Organisation.state.in_(LIVE))
        found = {
            o.code: Unit(o)
            for o in session.scalars(statement.where(Organisation.code.in_(wanted - {""})), execution_options=fresh)
        }
        if "" in wanted:
            own = statement.where(Organisation.id == self.actor.organisation_id)
            found[""] = Unit(session.scalars(own, execution_options=fresh).one())
        by_id: dict[int, list[Unit]] = {}
        for unit in found.values():
            by_id.setdefault(unit.organisation.id, []).append(unit)
        departments = select(Department).where(Department.organisation_id.in_(by_id), Department.is_enabled)
        roles = select(Role).where(Role.organisation_id.in_(by_id))
        posts = select(Post).where(Post.organisation_id.in_(by_id), Post.state != PostState.ENDED)
        for department in session.scalars(departments, execution_options=fresh):
            for unit in by_id[department.organisation_id]:
                unit.departments[department.name] = department.id
        for role in session.scalars(roles, execution_options=fresh):
            for unit in by_id[role.organisation_id]:
                unit.roles[role.name] = role
        for post in session.scalars(posts, execution_options=fresh):
            for unit in by_id[post.organisation_id]:
                unit.posts[post.account_id] = post
        return found

    # --- writing -------------------------------------------------------------------------------------------------------

    def create(self, session: Session, rows: Sequence[ImportRow]) -> None:
        """Appoint the administrators of good rows one after the other; one that is refused now is left out whole."""
        made: list[tuple[int, int, bool]] = []
        shown: list[list[str]] = []
        for row in rows:
            unit: Unit = row.found["unit"]
            try:
                with session.begin_nested():
                    appointed = self._create(session, row, unit)
                    session.flush()
            except DomainError as refusal:
                for key, error in (refusal.errors if isinstance(refusal, FieldErrors) else {"": refusal}).items():
                    row.refuse(key, error)
                continue
            made.append((appointed.post.id, appointed.post.account_id, appointed.one_time is not None))
            if appointed.one_time:
                who: FirstAdministrator = row.found["administrator"]
                organisation = unit.organisation
                shown.append([organisation.name, organisation.code, who.name, row.found["number"], appointed.one_time])
        self.keep(shown)
        note_chunk(session, self.actor, self.job_id, ADMINISTRATORS, made)

    def _create(self, session: Session, row: ImportRow, unit: Unit) -> Appointed:
        who: FirstAdministrator = row.found["administrator"]
        if row.values.get("post_kind") == SUPER:
            appointed = appoint_first(session, self.actor, unit.organisation, who)
            appointed.post.department_id = unit.departments.get(row.values.get("department") or "")
            return appointed
        seat = Seat(
            unit.roles[row.values["role"]],
            unit.departments.get(row.values.get("department") or ""),
            is_inner=row.values.get("account_kind") == INNER,
        )
        return appoint_with_role(session, self.actor, unit.organisation, who, seat)


def _code_of(row: ImportRow) -> str:
    """Return the code of a row's unit; the words of the drop-down list are the code and, after a blank, the name."""
    text = (row.values.get("organisation_code") or "").split(" ")[0]
    return codes.normalise(text) if text else ""


def _is_same(row: ImportRow, post: Post, unit: Unit) -> bool:
    if row.values.get("post_kind") == SUPER or post.is_super:
        return post.is_super and row.values.get("post_kind") == SUPER
    role = unit.roles.get(row.values.get("role") or "")
    return role is not None and post.role_id == role.id and post.is_inner == (row.values.get("account_kind") == INNER)


# --- the way back -----------------------------------------------------------------------------------------------------


def _remove(session: Session, actor: Actor, created: Sequence[Sequence[Any]], done: Undone) -> None:
    """Remove imported administrators: not one who has answered, logged in, or was changed since."""
    ids = [one[0] for one in created]
    statement = select(Post).where(Post.id.in_(ids)).order_by(Post.id).with_for_update()
    posts: Mapping[int, Post] = {p.id: p for p in session.scalars(statement, execution_options={"populate_existing": True})}
    touched = set(history.subjects_with_more_than(session, "post", ids, 0))
    used = used_accounts(session, [one[1] for one in created if one[2]])
    gone: list[int] = []
    for post_id, account_id, is_new in reversed(created):
        post = posts.get(post_id)
        if post is None:
            done.kept.append(("", GONE))
            continue
        name, unit_id = post.name, post.organisation_id
        is_touched = post_id in touched or (is_new and account_id in used)
        if is_touched or not remove_post(session, post_id, account_id, is_new_account=is_new):
            done.kept.append((name, TOUCHED))
            continue
        done.n_removed += 1
        gone.append(unit_id)
        history.record(session, actor, "organisation", [unit_id], "undo_import", changes={"administrator": [name, None]})
    if gone:
        tell(session, actor, sorted(set(gone)))


undone_by(ADMINISTRATORS, Permission.ADMINISTRATORS_MANAGE, _remove)
