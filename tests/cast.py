"""The fixed cast of the tests: two roots, a county with its sibling, departments, employers, and who works there.

Rows are written directly in a system session: the operations under test are not used to build what they are tested on.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from models import crypto
from models.access import GRANTABLE, NOT_FOR_INNER, PERSONAL_PERMISSIONS, SUPPORT_PERMISSIONS, Actor, PositionKind
from models.org.tables import Organisation, OrganisationKind, OrganisationState, Region
from models.people.tables import Account, Post, PostState, Professional, ProfessionalState, Role
from models.scope import reserve_ids

PASSWORD = "Demo-2026!"

TREE = {
    # by name: parent and kind
    "city": (None, OrganisationKind.HR_DEPARTMENT),
    "county": ("city", OrganisationKind.HR_DEPARTMENT),
    "other_county": ("city", OrganisationKind.HR_DEPARTMENT),
    "department": ("county", OrganisationKind.COMPETENT_DEPARTMENT),
    "unit": ("department", OrganisationKind.EMPLOYER),
    "branch": ("unit", OrganisationKind.EMPLOYER),
    "sibling_unit": ("department", OrganisationKind.EMPLOYER),
    "cousin_unit": ("other_county", OrganisationKind.EMPLOYER),
    "foreign_city": (None, OrganisationKind.HR_DEPARTMENT),
    "foreign_unit": ("foreign_city", OrganisationKind.EMPLOYER),
    "base": ("county", OrganisationKind.TRAINING_BASE),
}
PEOPLE = {
    # by name: where the person belongs
    "professional": "unit",
    "colleague": "unit",
    "branch_worker": "branch",
    "neighbour": "sibling_unit",
    "cousin": "cousin_unit",
    "foreigner": "foreign_unit",
    "civil_servant": "county",
}
POSTS = {
    # by actor: organisation, and whether the account is an inner one
    "city_officer": ("city", False),
    "county_officer": ("county", False),
    "inner_officer": ("county", True),
    "other_county_officer": ("other_county", False),
    "department_clerk": ("department", False),
    "unit_clerk": ("unit", False),
    "branch_clerk": ("branch", False),
    "sibling_clerk": ("sibling_unit", False),
    "cousin_clerk": ("cousin_unit", False),
    "foreign_officer": ("foreign_city", False),
    "base_clerk": ("base", False),
}


@dataclass
class Cast:
    """Ids and actors by name."""

    organisations: dict[str, Organisation] = field(default_factory=dict)
    people: dict[str, Professional] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)

    def __getattr__(self, name: str) -> Actor:
        try:
            return self.__dict__["actors"][name]
        except KeyError:
            raise AttributeError(name) from None


def made_up_number(n: int) -> str:
    """Return the *n*-th made-up identity number: an existing district, serial 996 to 999, a valid check digit."""
    day = dt.date(1980, 1, 1) + dt.timedelta(days=n // 4)
    body = f"371102{day:%Y%m%d}{996 + n % 4}"
    total = sum(int(d) * (2 ** (17 - i) % 11) for i, d in enumerate(body))
    return body + "10X98765432"[total % 11]


def build(session: Session, *, password_hash: str | None = None) -> Cast:
    """Write the cast in a system session and return it; the caller commits."""
    cast = Cast()
    session.add(Region(code="371100", name="测试市", level="prefecture", kind="division", status="current"))
    session.flush()
    ids = reserve_ids(session, Organisation, len(TREE))
    for n, (name, (parent, kind)) in zip(ids, TREE.items(), strict=True):
        above = cast.organisations[parent] if parent else None
        organisation = Organisation(
            id=n,
            parent_id=above.id if above else None,
            path=f"{above.path if above else '/'}{n}/",
            kind=kind,
            state=OrganisationState.ACTIVE,
            name=f"单位-{name}",
            code=f"T{n:013d}",
            code_kind="temporary_code",
            region_code="371100",
            phone=f"0599-{n:07d}",
        )
        session.add(organisation)
        session.flush()
        cast.organisations[name] = organisation
    for n, name in enumerate([*PEOPLE, *POSTS, "support", "city_second", "unit_second"]):
        cast.accounts[name] = _account(session, n, name, password_hash)
    for name, unit in PEOPLE.items():
        _person(session, cast, name, cast.organisations[unit])
    for name, (unit, is_inner) in POSTS.items():
        _post(session, cast, name, cast.organisations[unit], is_inner=is_inner, is_super=not is_inner)
    support = cast.accounts["support"]
    support.is_support = True
    cast.actors["support"] = Actor(
        support.id, support.name, PositionKind.SUPPORT, f"support:{support.id}", permissions=SUPPORT_PERMISSIONS
    )
    session.flush()
    return cast


def _account(session: Session, n: int, name: str, password_hash: str | None) -> Account:
    number = made_up_number(n)
    account = Account(
        document_type="111",
        number=number,
        number_hash=crypto.keyed_hash(number),
        number_masked=f"{number[:6]}********{number[-4:]}",
        name=f"人员-{name}",
        password_hash=password_hash,
        fs_uniquifier=f"cast-{name}",
        email=f"{name}@example.invalid",
    )
    session.add(account)
    session.flush()
    return account


def _person(session: Session, cast: Cast, name: str, organisation: Organisation) -> None:
    account = cast.accounts[name]
    person = Professional(
        account_id=account.id,
        organisation_id=organisation.id,
        path=organisation.path,
        organisation_name=organisation.name,
        state=ProfessionalState.ACTIVE,
        document_type="111",
        number_hash=account.number_hash,
        number_masked=account.number_masked,
        name=account.name,
        sex="female",
        birth_on=dt.date(1980, 1, 1),
    )
    session.add(person)
    session.flush()
    cast.people[name] = person
    cast.actors[name] = Actor(
        account.id,
        account.name,
        PositionKind.PROFESSIONAL,
        f"person:{person.id}",
        path=organisation.path,
        organisation_id=organisation.id,
        organisation_name=organisation.name,
        person_id=person.id,
        permissions=PERSONAL_PERMISSIONS,
    )


def _post(session: Session, cast: Cast, name: str, organisation: Organisation, *, is_inner: bool, is_super: bool) -> None:
    account = cast.accounts[name]
    role_id = None
    kind = PositionKind(organisation.kind)
    permissions = GRANTABLE[kind] - (NOT_FOR_INNER if is_inner else frozenset())
    if not is_super:
        role_id = _role(session, organisation, sorted(p.value for p in permissions))
    post = Post(
        account_id=account.id,
        organisation_id=organisation.id,
        path=organisation.path,
        role_id=role_id,
        name=account.name,
        number_masked=account.number_masked,
        is_super=is_super,
        is_inner=is_inner,
        state=PostState.ACTIVE,
    )
    session.add(post)
    session.flush()
    cast.posts[name] = post
    cast.actors[name] = Actor(
        account.id,
        account.name,
        kind,
        f"post:{post.id}",
        path=organisation.path,
        organisation_id=organisation.id,
        organisation_name=organisation.name,
        post_id=post.id,
        is_inner=is_inner,
        is_super=is_super,
        permissions=permissions,
    )


def _role(session: Session, organisation: Organisation, permissions: list[str]) -> int:
    role = Role(organisation_id=organisation.id, path=organisation.path, name="内部管理", permissions=permissions)
    session.add(role)
    session.flush()
    return role.id


def rejected_registration(person: Professional) -> Professional:
    """Return another registration of a person with her number, which was rejected."""
    same = {column.key: getattr(person, column.key) for column in Professional.__table__.columns if column.key != "id"}
    return Professional(**{**same, "state": ProfessionalState.REJECTED})
