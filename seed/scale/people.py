"""The people of the scale data with their accounts and memberships, and each organisation's administrator."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from models.base import LOCAL_ZONE
from models.org.tables import Department, Organisation, OrganisationKind, OrganisationState
from models.people import numbers
from models.people.accounts import LAST_SIX_DAYS, number_hash
from models.people.numbers import DocumentType
from models.people.tables import Account, FirstPassword, Membership, Post, PostState, Professional, ProfessionalState
from seed import made_up
from seed.made_up import MadeUpNumber
from seed.scale.rows import Rows
from seed.scale.tree import CITY, Unit
from seed.scale.world import World

CARD = DocumentType.ID_CARD.value
DEPARTMENTS = ("办公室", "人事科", "业务一科", "业务二科", "技术部", "质量部", "财务科", "后勤科")
EDUCATION = (("21", "4"), ("21", "4"), ("21", "4"), ("31", None), ("14", "3"), ("11", "2"))
SCHOOLS = ("海州学院", "海州职业技术学院", "滨海大学", "省立师范大学", "东部理工大学", "海州医学高等专科学校")
QUALIFICATIONS = ("VQ01", "VQ04", "VQ51")
REJECTION = "姓名与证件不符，请核对后重新注册"
NATURES: Mapping[OrganisationKind, str] = {
    OrganisationKind.HR_DEPARTMENT: "30",
    OrganisationKind.COMPETENT_DEPARTMENT: "30",
    OrganisationKind.TRAINING_BASE: "21",
}


@dataclass(frozen=True, slots=True)
class Person:
    """What the records of a person need to know of her."""

    id: int
    account_id: int
    name: str
    unit: Unit
    state: ProfessionalState
    registered_at: dt.datetime


def admin_name(unit: Unit) -> str:
    """Return the name of an organisation's administrator."""
    return f"{'王李张刘陈'[unit.id % 5]}{'伟强敏静丽'[unit.id // 5 % 5]}{'华明芳平军'[unit.id // 25 % 5]}"


def add_organisation(rows: Rows, world: World, unit: Unit) -> None:
    """Add an organisation with its internal departments, and its administrator with account and post."""
    is_office = unit.kind in NATURES
    begins = {"30": "11", "21": "12"}.get(NATURES.get(unit.kind, ""), "91")
    rows.to(Organisation).append(
        (
            unit.id,
            unit.parent.id if unit.parent else None,
            unit.path,
            unit.kind.value,
            OrganisationState.ACTIVE.value,
            unit.name,
            made_up.credit_code(unit.id, unit.region, begins=begins),
            "credit_code",
            unit.region,
            NATURES.get(unit.kind) or ("21" if unit.series in {"22", "04", "06"} else "10"),
            "105" if unit.region == CITY else "109",
            None if is_office else "I",
            unit.phone,
            f"{unit.name}（演示地址）",
            world.now,
        )
    )
    rows.to(Department).extend(
        (number, unit.path, unit.id, DEPARTMENTS[n % len(DEPARTMENTS)], unit.phone) for n, number in enumerate(unit.departments)
    )
    number = world.numbers.number(unit.id - 1)
    name = admin_name(unit)
    add_account(rows, world, unit.id, number, name, has_password=True, created_at=world.now)
    rows.to(Post).append(
        (
            unit.id,
            unit.id,
            unit.id,
            unit.path,
            name,
            numbers.masked(number.value),
            made_up.mobile(unit.id),
            True,
            PostState.ACTIVE.value,
        )
    )


def add_account(
    rows: Rows, world: World, account_id: int, number: MadeUpNumber, name: str, *, has_password: bool, created_at: dt.datetime
) -> str:
    """Add an account and return the keyed hash of its number; without a password it has its first one."""
    hashed = number_hash(number.value)
    first = (
        (None, None, False)
        if has_password
        else (FirstPassword.LAST_SIX.value, created_at + dt.timedelta(days=LAST_SIX_DAYS), True)
    )
    rows.to(Account).append(
        (
            account_id,
            CARD,
            number.value,
            hashed,
            numbers.masked(number.value),
            name,
            made_up.mobile(account_id),
            made_up.email(account_id),
            world.password_hash if has_password else None,
            *first,
            hashed[::-1],
            created_at,
        )
    )
    return hashed


def add_person(rows: Rows, world: World, rng: Random, unit: Unit, person_id: int) -> Person:
    """Add a person with account and membership and return what her records need."""
    number = world.numbers.number(len(world.units) + person_id - 1)
    name = made_up.person_name(rng, number.sex)
    state = _state(rng)
    registered_at = world.now - dt.timedelta(minutes=rng.randrange(30, 3 * 365 * 24 * 60))
    if state is ProfessionalState.PENDING:
        registered_at = world.now - dt.timedelta(minutes=rng.randrange(30, 30 * 24 * 60))
    account_id = world.account_of_person(person_id)
    has_password = person_id == unit.first_person  # the first of each organisation has the demo password
    hashed = add_account(rows, world, account_id, number, name, has_password=has_password, created_at=registered_at)
    person = Person(person_id, account_id, name, unit, state, registered_at)
    rows.to(Professional).append(_profile(world, rng, person, number, hashed))
    rows.to(Membership).append((unit.path, person_id, unit.id, registered_at.astimezone(LOCAL_ZONE).date(), None))
    return person


def _state(rng: Random) -> ProfessionalState:
    place = rng.random()
    if place < 0.985:
        return ProfessionalState.ACTIVE
    if place < 0.990:
        return ProfessionalState.PENDING
    return ProfessionalState.REJECTED if place < 0.994 else ProfessionalState.DISABLED


def _profile(world: World, rng: Random, person: Person, number: MadeUpNumber, hashed: str) -> tuple[Any, ...]:
    unit = person.unit
    choices, weights = world.titles[unit.series if rng.random() < 0.8 else "05"]
    title = rng.choices(choices, cum_weights=weights)[0]
    education, degree = rng.choice(EDUCATION)
    graduated_on = dt.date(min(number.birth_on.year + 22, world.year - 1), 7, 1)
    department = unit.departments[person.id % len(unit.departments)] if unit.departments else None
    return (
        person.id,
        unit.path,
        person.account_id,
        unit.id,
        department,
        unit.name,
        person.state.value,
        CARD,
        hashed,
        numbers.masked(number.value),
        person.name,
        number.sex.value,
        number.birth_on,
        "01" if rng.random() < 0.96 else "02",
        made_up.mobile(person.account_id),
        made_up.email(person.account_id),
        "",
        "",
        education,
        rng.choice(SCHOOLS),
        "08",
        graduated_on,
        degree,
        title.series,
        title.level,
        title.qualification,
        graduated_on.replace(year=min(graduated_on.year + 5, world.year - 1)),
        rng.choice(QUALIFICATIONS) if rng.random() < 0.1 else "VQ00",
        f"{unit.region}{person.id:010d}" if rng.random() < 0.2 else None,
        REJECTION if person.state is ProfessionalState.REJECTED else "",
        person.registered_at,
    )
