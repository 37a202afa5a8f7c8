"""People who come in by a sheet: checked without the database, judged against it, then created in bulk.

An imported person needs no registration: the account has no password hash, the last six characters of the number are the
first password, and the profile is active at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history, scope
from models.access import Actor, Permission
from models.base import today, utcnow
from models.errors import N_, Conflict, DomainError, Invalid, NotFound, WrongState
from models.import_batches import note_chunk
from models.import_rows import CLEAR, ImportRow
from models.org import codes
from models.org.code_lists import CodeList
from models.org.operations import LIVE
from models.org.tables import HAVE_MEMBERS, CodeEntry, Department, Organisation, OrganisationKind, OrganisationState
from models.people import contacts, names, numbers
from models.people.accounts import LAST_SIX_DAYS, NewAccount, account_row, number_hash
from models.people.import_standing import judge_standing, standing_of
from models.people.import_undo import PEOPLE
from models.people.import_updates import COPIED, Mode, judge_updates, write_updates
from models.people.numbers import DocumentType, Number
from models.people.sessions import end_sessions
from models.people.tables import (
    Account,
    FirstPassword,
    Membership,
    NameToken,
    Professional,
    ProfessionalState,
)
from models.pinyin import name_tokens
from models.workflow import CHUNK


@dataclass(frozen=True, slots=True)
class Place:
    """An organisation that people may be put into, with its internal departments by name."""

    organisation_id: int
    path: str
    name: str
    departments: Mapping[str, int]


class PeopleImport:
    """One import of people by one actor; remembers what the file had already."""

    chunk_size = CHUNK
    carried = ""  # nothing

    def __init__(self, actor: Actor, mode: Mode = Mode.NEW, *, job_id: int | None = None) -> None:
        actor.require(Permission.PEOPLE_IMPORT)
        self.actor = actor
        self.mode = mode
        self.job_id = job_id  # with one, what was done is kept so that it can be undone
        self.today = today()
        self._rows_of: dict[bytes, int] = {}
        self._titles: dict[str, tuple[str | None, str | None]] = {}  # qualification -> series and level it belongs to

    # --- without the database --------------------------------------------------------------------------------------

    def check(self, rows: Iterable[ImportRow]) -> None:
        """Check each row by itself and against the rows before it; what is wrong is noted on the row."""
        for row in rows:
            row.values["document_type"] = row.values.get("document_type") or DocumentType.ID_CARD.value
            for key, check in _CHECKS.items():
                if row.values.get(key) and row.values[key] is not CLEAR:
                    _try(row, key, check)
            self._check_number(row)

    def _check_number(self, row: ImportRow) -> None:
        text = row.values.get("number")
        if not text or "number" in row.errors or "document_type" in row.errors:
            return
        try:
            number = numbers.check(row.values["document_type"], text, today=self.today)
        except Invalid as refusal:
            row.refuse("number", refusal)
            return
        hashed = number_hash(number.value)
        row.found |= {"number": number, "hash": hashed}
        _check_against_number(row, number)
        first = self._rows_of.setdefault(bytes.fromhex(hashed)[:16] + row.values["document_type"].encode(), row.number)
        if first != row.number:
            row.refuse(
                "number", Conflict(N_("The same number stands in row %(row)s already; delete one of the two rows."), row=first)
            )

    # --- against the database, reading -----------------------------------------------------------------------------

    def judge(self, session: Session, rows: Sequence[ImportRow]) -> None:
        """Find each row's organisation, department and standing; what is wrong, or there already, is noted on the row."""
        places = self._places(session, {_code_of(row) for row in rows})
        hashes = [row.found["hash"] for row in rows if "hash" in row.found]
        standing = standing_of(session, {row.values["document_type"] for row in rows if "hash" in row.found}, hashes)
        self._titles = self._titles or _titles(session)
        for row in rows:
            row.is_unchanged = False
            row.found.pop("account_id", None)
            row.found.pop("is_free_again", None)
            _find_place(row, places[_code_of(row)])
            _check_title(row, self._titles)
            if "hash" in row.found:
                place: Place | None = row.found.get("place")
                there = standing.get((row.values["document_type"], row.found["hash"]))
                judge_standing(row, there, place.organisation_id if place else None)
        judge_updates(session, rows, self.mode)

    def _places(self, session: Session, wanted: set[str]) -> dict[str, Place | DomainError]:
        # Read anew for each chunk: an organisation may be moved or disabled while the job runs.
        statement = select(Organisation).where(Organisation.state.in_(LIVE))
        found = {o.code: o for o in session.scalars(statement.where(Organisation.code.in_(wanted - {""})))}
        if "" in wanted:
            found[""] = session.scalars(statement.where(Organisation.id == self.actor.organisation_id)).one()
        departments: dict[int, dict[str, int]] = {}
        in_places = select(Department).where(
            Department.organisation_id.in_([o.id for o in found.values()]), Department.is_enabled
        )
        for each in session.scalars(in_places):
            departments.setdefault(each.organisation_id, {})[each.name] = each.id
        return {code: _place(found.get(code), departments) for code in wanted}

    # --- writing ---------------------------------------------------------------------------------------------------

    def create(self, session: Session, rows: Sequence[ImportRow]) -> None:
        """Update or create the people of good, judged rows: account, profile, membership, search tokens, history. Flushes only."""
        updates = [row for row in rows if row.is_update]
        write_updates(session, self.actor, updates)
        created = self._create(session, [row for row in rows if not row.is_update])
        changes = {str(row.found["person_id"]): row.found["changes"] for row in updates}
        note_chunk(session, self.actor, self.job_id, PEOPLE, created, changes)

    def _create(self, session: Session, rows: Sequence[ImportRow]) -> list[tuple[int, int, bool]]:
        """Return person, account and whether the account is new of each row that was created."""
        if not rows:
            return []
        had_account = {id(row) for row in rows if "account_id" in row.found}
        self.actor.require(Permission.PEOPLE_IMPORT)
        for row in rows:
            row.values = {key: None if value is CLEAR else value for key, value in row.values.items()}
        now = utcnow()
        accounts = _add_accounts(session, rows, now)
        ids = scope.reserve_ids(session, Professional, len(rows))
        people = [_professional(i, account, row, now) for i, account, row in zip(ids, accounts, rows, strict=True)]
        _load(session, Professional, people)
        scope.bulk_load(
            session,
            Membership,
            ("person_id", "path", "member_of_id", "from_on", "to_on"),
            [(p["id"], p["path"], p["organisation_id"], self.today, None) for p in people],
        )
        # In the order of their index: each of its pages is looked for once.
        tokens = sorted((token, p["path"], p["id"]) for p in people for token in name_tokens(p["name"]))
        scope.bulk_load(session, NameToken, ("token", "path", "person_id"), tokens)
        entered = {name: {"organisation": [None, name]} for name in {p["organisation_name"] for p in people}}
        history.record(
            session, self.actor, "professional", ids, "import", each={p["id"]: entered[p["organisation_name"]] for p in people}
        )
        return [(i, account, id(row) not in had_account) for i, account, row in zip(ids, accounts, rows, strict=True)]


def _code_of(row: ImportRow) -> str:
    text = row.values.get("organisation_code")
    return codes.normalise(text) if text else ""


def _place(organisation: Organisation | None, departments: Mapping[int, Mapping[str, int]]) -> Place | DomainError:
    if organisation is None:
        return NotFound()
    if OrganisationKind(organisation.kind) not in HAVE_MEMBERS:
        return Invalid(N_("A training base has no members; enter the code of the person's own organisation."))
    if organisation.state != OrganisationState.ACTIVE:
        return WrongState(N_("This organisation is not active."))
    return Place(organisation.id, organisation.path, organisation.name, departments.get(organisation.id, {}))


def _find_place(row: ImportRow, place: Place | DomainError) -> None:
    if isinstance(place, DomainError):
        row.refuse("organisation_code", place)
        return
    row.found["place"] = place
    department = row.values.get("department")
    if department and department is not CLEAR and department not in place.departments:
        row.refuse(
            "department",
            Invalid(N_("%(unit)s has no department of this name; add it first, or leave the cell empty."), unit=place.name),
        )


# --- the checks of single values -------------------------------------------------------------------------------------


def _try(row: ImportRow, key: str, check: Callable[[Any], Any]) -> None:
    try:
        row.values[key] = check(row.values[key])
    except Invalid as refusal:
        row.refuse(key, refusal)


def _birth(value: dt.date) -> dt.date:
    if not dt.date(1900, 1, 1) <= value <= today():
        raise Invalid(N_("The date of birth lies in the future, or is too long ago."))
    return value


_CHECKS: dict[str, Callable[[Any], Any]] = {
    "name": names.check,
    "phone": contacts.check_mobile,
    "email": contacts.check_email,
    "birth_on": _birth,
}


_OTHER_SEX = N_("The sex does not fit the ID number; correct one of the two, or leave the sex empty.")
_OTHER_BIRTH = N_("The date of birth does not fit the ID number; correct one of the two, or leave the date empty.")


def _check_against_number(row: ImportRow, number: Number) -> None:
    """Take sex and birth date from the number, where it tells them, and compare them with what the row says."""
    for key, told, wrong in (
        ("sex", number.sex.value if number.sex else None, _OTHER_SEX),
        ("birth_on", number.birth_on, _OTHER_BIRTH),
    ):
        if told is None:
            continue
        if row.values.get(key) and row.values[key] != told:
            row.refuse(key, Invalid(wrong))
        row.values[key] = told
    if not row.values.get("sex"):
        row.refuse("sex", Invalid(N_("This type of document does not tell the sex; fill it in.")))


def _titles(session: Session) -> dict[str, tuple[str | None, str | None]]:
    statement = select(CodeEntry).where(CodeEntry.list_name == CodeList.TITLE_QUALIFICATION)
    return {entry.code: (entry.parent_code, (entry.extra or {}).get("level")) for entry in session.scalars(statement)}


_OTHER_TITLE = (
    N_("This qualification belongs to another title series; choose again."),
    N_("This qualification belongs to another title level; choose again."),
)


def _check_title(row: ImportRow, titles: Mapping[str, tuple[str | None, str | None]]) -> None:
    """Let the qualification give series and level where the row leaves them empty, and compare them where it does not."""
    qualification = row.values.get("title_qualification")
    qualification = None if qualification is CLEAR else qualification
    for key, told, wrong in zip(("title_series", "title_level"), titles.get(qualification or "", ()), _OTHER_TITLE, strict=False):
        if told and row.values.get(key) and row.values[key] != told:
            row.refuse("title_qualification", Invalid(wrong))
        elif told:
            row.values[key] = told


# --- the rows that are written ---------------------------------------------------------------------------------------


def _add_accounts(session: Session, rows: Sequence[ImportRow], now: dt.datetime) -> list[int]:
    """Return each row's account; those that have none get one, whose first password is the number's last six."""
    new = [row for row in rows if "account_id" not in row.found]
    moments = {"created_at": now, "first_password_until": now + dt.timedelta(days=LAST_SIX_DAYS)}
    with scope.acting(session, "import_people"):
        for row, account_id in zip(new, scope.reserve_ids(session, Account, len(new)), strict=True):
            row.found["account_id"] = account_id
        accounts = [{"id": row.found["account_id"], **account_row(_account(row)), **moments} for row in new]
        _load(session, Account, accounts)
        for row in rows:
            if row.found.get("is_free_again"):
                _begin_anew(session, row, moments["first_password_until"])
    return [row.found["account_id"] for row in rows]


def _load(session: Session, cls: type, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same keys in the same order."""
    if rows:
        scope.bulk_load(session, cls, tuple(rows[0]), [tuple(row.values()) for row in rows])


def _begin_anew(session: Session, row: ImportRow, until: dt.datetime) -> None:
    """Take the account of a number that is free again from whoever registered with it: nobody has verified that person."""
    account = session.get_one(Account, row.found["account_id"])
    new = account_row(_account(row))
    for name in ("name", "phone", "email", "password_hash", "first_password", "must_change", "fs_uniquifier"):
        setattr(account, name, new[name])
    account.first_password_until, account.active = until, True
    session.flush()
    end_sessions(session, account.id)


def _account(row: ImportRow) -> NewAccount:
    values = row.values
    return NewAccount(
        values["document_type"],
        row.found["number"],
        values["name"],
        values.get("phone") or "",
        values.get("email") or "",
        first=FirstPassword.LAST_SIX,
        hashed=row.found["hash"],
    )


_EMPTY = {"phone": "", "email": "", "field_of_work": "", "admin_post": ""}
_ALWAYS: dict[str, Any] = {
    "landline": "",
    "admin_rank": None,
    "is_postdoc": False,
    "school": "",
    "field_of_study": None,
    "graduated_on": None,
    "title_effective_on": None,
    "title_certificate_number": "",
    "title_appointed_on": None,
    "vocational_qualification": None,
    "vocational_level": "",
    "certificate_control_number": None,
    "state": ProfessionalState.ACTIVE.value,
}


_NO_WARNINGS: list[Any] = []  # one and the same, so that it is made into JSON once


def _plain_warning(warning: Invalid) -> dict[str, Any]:
    return {"message_id": warning.message_id, "params": {name: str(value) for name, value in warning.params.items()}}


def _professional(person_id: int, account_id: int, row: ImportRow, now: dt.datetime) -> dict[str, Any]:
    place: Place = row.found["place"]
    number: Number = row.found["number"]
    return {
        **_ALWAYS,
        **{key: row.values.get(key) or _EMPTY.get(key) for key in COPIED},
        "id": person_id,
        "account_id": account_id,
        "path": place.path,
        "organisation_id": place.organisation_id,
        "organisation_name": place.name,
        "department_id": place.departments.get(row.values.get("department") or ""),
        "number_hash": row.found["hash"],
        "number_masked": numbers.masked(number.value),
        "warnings": [_plain_warning(w) for w in number.warnings] if number.warnings else _NO_WARNINGS,
        "created_at": now,
    }
