"""Creating organisations in the tree: who may, below whom, with which code; the path ends in the own id."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.access import Actor
from models.errors import DomainError, FieldErrors, NotAllowed, NotFound
from models.history import HistoryEntry
from models.org.operations import NewOrganisation, create_organisation, create_organisations
from models.org.tables import Organisation, OrganisationKind
from models.transaction import unit_of_work
from tests.cast import Cast

Open = Callable[[Actor], Session]
pytestmark = pytest.mark.both_databases
CODE = "91371102MA3T0X9Y4U"


def new(cast: Cast, parent: str = "county", **values: object) -> NewOrganisation:
    asked = NewOrganisation(
        parent_id=cast.organisations[parent].id, kind=OrganisationKind.EMPLOYER, name="新单位", code=CODE, region_code="371100"
    )
    return replace(asked, **values)  # type: ignore[arg-type]


def create(session_of: Open, actor: Actor, asked: NewOrganisation) -> Organisation:
    session = session_of(actor)
    with unit_of_work(session):
        return create_organisation(session, actor, asked)


def refusal(session_of: Open, actor: Actor, asked: NewOrganisation, system: Session) -> DomainError:
    counted = select(func.count()).select_from(Organisation), select(func.count()).select_from(HistoryEntry)
    before = [system.scalar(c) for c in counted]
    system.rollback()
    with pytest.raises(DomainError) as refused:
        create(session_of, actor, asked)
    assert [system.scalar(c) for c in counted] == before
    return refused.value


def test_an_hr_department_creates_anywhere_in_its_subtree(session_of: Open, cast: Cast, system: Session) -> None:
    created = create(session_of, cast.city_officer, new(cast, "department"))
    assert created.path == f"{cast.organisations['department'].path}{created.id}/"
    assert (created.state, created.code, created.code_kind) == ("active", CODE, "credit_code")
    entry = system.scalars(select(HistoryEntry).where(HistoryEntry.subject_kind == "organisation")).one()
    assert (entry.action, entry.subject_id, entry.actor_name) == ("create", created.id, cast.city_officer.name)


def test_a_parent_outside_the_scope_answers_as_if_it_were_absent(session_of: Open, cast: Cast, system: Session) -> None:
    outside = refusal(session_of, cast.county_officer, new(cast, "other_county"), system)
    absent = refusal(session_of, cast.county_officer, replace(new(cast), parent_id=99999), system)
    assert isinstance(outside, NotFound)
    assert (type(outside), outside.message_id) == (type(absent), absent.message_id)


def test_an_employer_may_not_create(session_of: Open, cast: Cast, system: Session) -> None:
    assert isinstance(refusal(session_of, cast.unit_clerk, new(cast, "unit"), system), NotAllowed)
    assert isinstance(refusal(session_of, cast.inner_officer, new(cast), system), NotAllowed)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"code": "91371102MA3T0X9Y40"}, "code"),
        ({"region_code": "999999"}, "region_code"),
        ({"kind": OrganisationKind.HR_DEPARTMENT, "parent": "department"}, "parent_id"),
        ({"kind": OrganisationKind.TRAINING_BASE, "parent": "unit"}, "parent_id"),
    ],
)
def test_wrong_values_are_named_at_their_field(
    session_of: Open, cast: Cast, system: Session, values: dict[str, object], field: str
) -> None:
    asked = new(cast, **{"parent": "county", **values})  # type: ignore[arg-type]
    refused = refusal(session_of, cast.city_officer, asked, system)
    assert isinstance(refused, FieldErrors)
    assert set(refused.errors) == {field}


def test_a_code_in_use_anywhere_is_refused_without_a_name(session_of: Open, cast: Cast, system: Session) -> None:
    create(session_of, cast.foreign_officer, new(cast, "foreign_city"))
    refused = refusal(session_of, cast.city_officer, new(cast), system)
    assert isinstance(refused, FieldErrors)
    assert refused.errors["code"].message_id == "This code is already in use."


def test_the_same_code_twice_in_one_call_is_refused(session_of: Open, cast: Cast, system: Session) -> None:
    session = session_of(cast.city_officer)
    with pytest.raises(FieldErrors), unit_of_work(session):
        create_organisations(session, cast.city_officer, [new(cast), new(cast)])
    assert system.scalar(select(func.count()).select_from(Organisation)) == len(cast.organisations)
