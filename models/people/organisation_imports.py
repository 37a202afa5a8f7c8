"""Organisations that come in by a sheet, each with its first administrator.

It stands with the people because an administrator is one. A superior may be an organisation of an earlier row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid, NotFound
from models.import_batches import GONE, TOUCHED, Undone, note_chunk, undone_by
from models.import_rows import ImportRow
from models.org import codes
from models.org.operations import CODE_TAKEN, LIVE, NewOrganisation, check_new, taken_codes
from models.org.tables import Organisation, OrganisationKind, OrganisationState
from models.people.administrator_rows import AdministratorRows, OneTimePasswords, account_of, remove_post, used_accounts
from models.people.appointments import Appointed, FirstAdministrator, create_with_administrator
from models.transaction import hold_tree

IMPORTABLE = (OrganisationKind.COMPETENT_DEPARTMENT, OrganisationKind.EMPLOYER)
ORGANISATIONS = "organisations"
_COLUMN_OF = {"parent_id": "superior_code"}


class OrganisationsImport(OneTimePasswords):
    """One import of organisations by one actor."""

    chunk_size = 20  # each new administrator costs a password hash of 20 ms

    def __init__(self, actor: Actor, *, job_id: int | None = None) -> None:
        actor.require(Permission.ORGANISATIONS_CREATE)
        self.actor = actor
        self.job_id = job_id  # with one, what was done is kept so that it can be undone
        self._planned: dict[str, ImportRow] = {}  # code -> row of this file
        self._administrators = AdministratorRows()

    def check(self, rows: Sequence[ImportRow]) -> None:
        """Check each row by itself and against the rows before it."""
        for row in rows:
            self._check_code(row)
            self._administrators.check(row)

    def _check_code(self, row: ImportRow) -> None:
        try:
            code = codes.check(row.values["code"]).value if row.values.get("code") else ""
        except Invalid as refusal:
            row.refuse("code", refusal)
            return
        row.found["code"] = code
        first = self._planned.setdefault(code, row) if code else row
        if first is not row:
            row.refuse(
                "code", Conflict(N_("The same code stands in row %(row)s already; delete one of the two rows."), row=first.number)
            )

    # --- against the database ----------------------------------------------------------------------------------------

    def judge(self, session: Session, rows: Sequence[ImportRow]) -> None:
        """Check each row against the tree, the codes in use and the accounts."""
        wanted = {row.found.get("code") for row in rows} | {_superior(row) for row in rows}
        statement = select(Organisation).where(Organisation.code.in_(wanted - {None, ""}), Organisation.state.in_(LIVE))
        visible = {o.code: o for o in session.scalars(statement)}
        taken = taken_codes(sorted({row.found["code"] for row in rows if row.found.get("code")}))
        for row in rows:
            row.is_unchanged = False
            self._judge_place(session, row, visible, taken)
            if "number" in row.found and not row.is_unchanged:
                self._administrators.judge(session, row, account_of(session, row))

    def _judge_place(self, session: Session, row: ImportRow, visible: Mapping[str, Organisation], taken: set[str]) -> None:
        code = row.found.get("code")
        there = visible.get(code) if code and "code" not in row.errors else None
        if there is not None and _is_same(row, there, visible):
            row.is_unchanged = not row.errors
            return
        try:
            parent = self._parent(row, visible)
            if parent is not None and not {"kind", "name", "region_code", "code"} & row.errors.keys():
                check_new(session, new_organisation(row, parent.id), parent, taken)
            elif code in taken:
                row.refuse("code", Conflict(CODE_TAKEN))
        except FieldErrors as refusal:
            for key, error in refusal.errors.items():
                row.refuse(_COLUMN_OF.get(key, key), error)
        except DomainError as refusal:
            row.refuse("superior_code", refusal)

    def _parent(self, row: ImportRow, visible: Mapping[str, Organisation]) -> Organisation | None:
        code = _superior(row)
        if not code or "superior_code" in row.errors:
            return None
        if code in visible:
            return visible[code]
        above = self._planned.get(code)
        if above is None or above is row or above.number > row.number:
            raise NotFound
        if above.errors:
            raise Invalid(N_("Its superior stands in row %(row)s, which cannot be taken in."), row=above.number)
        # Not in the session: it stands for the superior that the earlier row makes.
        return Organisation(kind=above.values["kind"], state=OrganisationState.ACTIVE, code=code)

    # --- writing -------------------------------------------------------------------------------------------------------

    def create(self, session: Session, rows: Sequence[ImportRow]) -> None:
        """Create the organisations of good rows one after the other; one that is refused now is left out whole."""
        made: list[tuple[int, int, int, bool]] = []
        shown: list[list[str]] = []
        for row in rows:
            try:
                with session.begin_nested():
                    appointed = self._create(session, row)
                    session.flush()
            except DomainError as refusal:
                for key, error in (refusal.errors if isinstance(refusal, FieldErrors) else {"": refusal}).items():
                    row.refuse(_COLUMN_OF.get(key, key), error)
                continue
            post = appointed.post
            made.append((appointed.organisation.id, post.id, post.account_id, appointed.one_time is not None))
            if appointed.one_time:
                who: FirstAdministrator = row.found["administrator"]
                shown.append([row.values["name"], row.found["code"], who.name, row.found["number"], appointed.one_time])
        self.keep(shown)
        note_chunk(session, self.actor, self.job_id, ORGANISATIONS, made)

    def _create(self, session: Session, row: ImportRow) -> Appointed:
        parent = session.scalars(
            select(Organisation.id).where(Organisation.code == _superior(row), Organisation.state.in_(LIVE))
        ).first()
        return create_with_administrator(session, self.actor, new_organisation(row, parent), row.found["administrator"])


def _superior(row: ImportRow) -> str:
    return codes.normalise(row.values.get("superior_code") or "")


def _is_same(row: ImportRow, there: Organisation, visible: Mapping[str, Organisation]) -> bool:
    """Say whether an organisation of the subtree is the one that the row describes: same kind, same superior."""
    above = visible.get(_superior(row))
    return above is not None and there.parent_id == above.id and there.kind == row.values.get("kind")


def new_organisation(row: ImportRow, parent_id: int | None) -> NewOrganisation:
    """Return what a row asks for."""
    values: Mapping[str, Any] = row.values
    return NewOrganisation(
        parent_id=parent_id,
        kind=OrganisationKind(values["kind"]),
        name=values["name"],
        code=values["code"],
        region_code=values["region_code"],
        nature=values.get("nature"),
        unit_level=values.get("unit_level"),
        industry=values.get("industry"),
        phone=values.get("phone") or "",
        address=values.get("address") or "",
    )


# --- the way back -----------------------------------------------------------------------------------------------------


def _remove(session: Session, actor: Actor, created: Sequence[Sequence[Any]], done: Undone) -> None:
    """Remove imported organisations with their first administrators, the lower before the higher.

    One stays when somebody has used its account, accepted its post or changed it, and when anything stands below it.
    """
    hold_tree(session)
    found = {o.id: o for o in session.scalars(select(Organisation).where(Organisation.id.in_([one[0] for one in created])))}
    posts = [one[1] for one in created]
    used = used_accounts(session, [one[2] for one in created if one[3]])
    changed = set(history.subjects_with_more_than(session, "organisation", list(found), 2))  # made, and its post given
    answered = set(history.subjects_with_more_than(session, "post", posts, 0))
    for organisation_id, post_id, account_id, is_new in reversed(created):
        organisation = found.get(organisation_id)
        if organisation is None:
            done.kept.append(("", GONE))
            continue
        name = organisation.name
        is_touched = organisation_id in changed or post_id in answered or (is_new and account_id in used)
        own = delete(Organisation).where(Organisation.id == organisation_id)
        if is_touched or not remove_post(session, post_id, account_id, own, is_new_account=is_new):
            done.kept.append((name, TOUCHED))
            continue
        done.n_removed += 1
        history.record(session, actor, "organisation", [organisation_id], "undo_import", changes={"name": [name, None]})


undone_by(ORGANISATIONS, Permission.ORGANISATIONS_CREATE, _remove)
