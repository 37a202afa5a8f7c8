"""The row scope: what each kind of session reads, which statements are refused, which writes."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.orm import Session, aliased

from models import scope
from models.access import Actor
from models.base import Base, db
from models.errors import NotFound
from models.org.tables import Department, Organisation, OrganisationSetting
from models.people.tables import Account, Post, Professional, Role
from models.saved import FilterState
from tests.cast import Cast

Open = Callable[[Actor], Session]

VISIBLE_PEOPLE = {
    "professional": {"professional"},
    "city_officer": {"professional", "colleague", "branch_worker", "neighbour", "cousin", "civil_servant"},
    "county_officer": {"professional", "colleague", "branch_worker", "neighbour", "civil_servant"},
    "inner_officer": {"civil_servant"},
    "other_county_officer": {"cousin"},
    "department_clerk": {"professional", "colleague", "branch_worker", "neighbour"},
    "unit_clerk": {"professional", "colleague", "branch_worker"},
    "branch_clerk": {"branch_worker"},
    "foreign_officer": {"foreigner"},
    "support": {"professional", "colleague", "branch_worker", "neighbour", "cousin", "civil_servant", "foreigner"},
}
pytestmark = pytest.mark.both_databases


def seen_by(session: Session, cast: Cast) -> set[str]:
    ids = set(session.scalars(select(Professional.id)))
    session.rollback()  # gives the connection back
    return {name for name, person in cast.people.items() if person.id in ids}


@pytest.mark.parametrize("name", VISIBLE_PEOPLE)
def test_each_position_reads_its_own_rows(name: str, session_of: Open, cast: Cast) -> None:
    session = session_of(cast.actors[name])
    assert seen_by(session, cast) == VISIBLE_PEOPLE[name]
    assert session.scalar(select(func.count()).select_from(Professional)) == len(VISIBLE_PEOPLE[name])
    assert session.query(Professional).count() == len(VISIBLE_PEOPLE[name])
    assert len(session.execute(select(aliased(Professional))).all()) == len(VISIBLE_PEOPLE[name])


def test_the_order_of_kinds_does_not_matter(session_of: Open, cast: Cast) -> None:
    names = ["unit_clerk", "professional", "inner_officer", "support", "city_officer"]
    for order in itertools.permutations(names, 3):
        assert [seen_by(session_of(cast.actors[n]), cast) for n in order] == [VISIBLE_PEOPLE[n] for n in order]


def test_a_session_without_scope_is_refused(session_of: Open, cast: Cast) -> None:
    with scope.ScopedSession(db) as session, pytest.raises(scope.ScopeError):
        session.scalars(select(Professional)).all()


def test_a_visitor_reads_nothing(in_app: object, cast: Cast) -> None:
    with scope.ScopedSession(db) as session:
        scope.attach(session, scope.NOTHING)
        assert session.scalars(select(Professional)).all() == []
        assert session.scalars(select(Organisation)).all() == []
        assert session.scalars(select(Account)).all() == []


def test_a_scope_is_attached_once(session_of: Open, cast: Cast) -> None:
    session = session_of(cast.unit_clerk)
    with pytest.raises(scope.ScopeError):
        scope.attach(session, scope.SYSTEM)


def test_get_joins_subqueries_and_legacy_queries_are_filtered(session_of: Open, cast: Cast) -> None:
    session = session_of(cast.unit_clerk)
    cousin = cast.people["cousin"].id
    assert session.get(Professional, cousin) is None
    assert session.query(Professional).filter_by(id=cousin).first() is None
    joined = select(Organisation.name, Professional.id).join(Professional, Professional.organisation_id == Organisation.id)
    assert {row.id for row in session.execute(joined)} == {cast.people[n].id for n in VISIBLE_PEOPLE["unit_clerk"]}
    inner = select(Professional.organisation_id).where(Professional.id == cousin)
    assert session.scalars(select(Organisation).where(Organisation.id.in_(inner))).all() == []
    one = select(Professional.id)
    assert set(session.scalars(one.union(one))) == {cast.people[n].id for n in VISIBLE_PEOPLE["unit_clerk"]}
    cte = select(Professional.id).cte()
    assert set(session.scalars(select(cte.c.id))) == {cast.people[n].id for n in VISIBLE_PEOPLE["unit_clerk"]}


def test_accounts_are_read_by_no_position(session_of: Open, cast: Cast) -> None:
    for name in VISIBLE_PEOPLE:
        session = session_of(cast.actors[name])
        assert session.scalars(select(Account)).all() == []
        assert session.get(Account, cast.accounts["professional"].id) is None


def test_own_rows_of_an_account_are_its_positions_own(session_of: Open, cast: Cast) -> None:
    with scope.system_session() as system:
        for name in ("unit_clerk", "city_officer"):
            actor = cast.actors[name]
            system.add(
                FilterState(
                    key=name, account_id=actor.account_id, position_key=actor.position_key, view="people", values_json="{}"
                )
            )
        system.commit()
    assert [f.key for f in session_of(cast.unit_clerk).scalars(select(FilterState))] == ["unit_clerk"]
    assert session_of(cast.support).scalars(select(FilterState)).all() == []


def test_inherited_rows_are_read_below_and_written_in_the_subtree_only(session_of: Open, cast: Cast) -> None:
    county = cast.organisations["county"]
    with scope.system_session() as system:
        for owner in (county, cast.organisations["other_county"], cast.organisations["city"]):
            system.add(OrganisationSetting(organisation_id=owner.id, path=owner.path, key="k", value=owner.name))
        system.add(OrganisationSetting(path="/", key="k", value="national"))
        system.commit()

    def values(name: str) -> set[str]:
        return set(session_of(cast.actors[name]).scalars(select(OrganisationSetting.value)))

    city = cast.organisations["city"].name
    assert values("unit_clerk") == values("professional") == values("inner_officer") == {"national", city, county.name}
    assert values("city_officer") == {"national", city, county.name, cast.organisations["other_county"].name}
    assert values("foreign_officer") == {"national"}
    session = session_of(cast.unit_clerk)
    session.add(OrganisationSetting(organisation_id=county.id, path=county.path, key="x", value="1"))
    with pytest.raises(NotFound):
        session.flush()


REFUSED = {
    "core select": lambda: select(Professional.__table__),
    "core update": lambda: update(Professional.__table__).values(phone="1"),
    "core delete": lambda: delete(Professional.__table__),
    "core insert": lambda: insert(Department.__table__).values(
        organisation_id=1, path="/1/", name="x", phone="", is_enabled=True
    ),
    "text": lambda: text("select id from professionals"),
    "from_statement": lambda: text("select * from professionals where 1 = 1"),
    "orm insert": lambda: insert(Department).values(organisation_id=1, path="/1/", name="x"),
    "path in update": lambda: update(Professional).values(path="/1/"),
    "foreign key in update": lambda: update(Professional).values(organisation_id=1),
}


@pytest.mark.parametrize("name", REFUSED)
def test_statements_that_pass_the_scope_by_are_refused(name: str, session_of: Open, cast: Cast) -> None:
    session = session_of(cast.unit_clerk)
    with pytest.raises(scope.ScopeError):
        session.execute(REFUSED[name]())
    session.rollback()


def test_a_connection_of_ones_own_is_refused(in_app: object, cast: Cast) -> None:
    with db.engine.connect() as connection, pytest.raises(scope.ScopeError):
        connection.execute(select(Professional.__table__))


def test_set_based_update_and_delete_stay_inside(session_of: Open, cast: Cast, system: Session) -> None:
    session = session_of(cast.unit_clerk)
    assert session.execute(update(Professional).values(phone="changed")).rowcount == 3  # type: ignore[attr-defined]
    session.commit()
    changed = set(system.scalars(select(Professional.name).where(Professional.phone == "changed")))
    assert changed == {cast.people[n].name for n in VISIBLE_PEOPLE["unit_clerk"]}
    assert session.execute(delete(Post).where(Post.organisation_id == cast.organisations["sibling_unit"].id)).rowcount == 0  # type: ignore[attr-defined]


def test_a_new_row_outside_is_refused(session_of: Open, cast: Cast) -> None:
    for path_of, organisation_of in (("cousin_unit", "cousin_unit"), ("unit", "cousin_unit"), ("cousin_unit", "unit")):
        session = session_of(cast.unit_clerk)
        session.add(
            Department(organisation_id=cast.organisations[organisation_of].id, path=cast.organisations[path_of].path, name="x")
        )
        with pytest.raises(NotFound):
            session.flush()
        session.rollback()


def test_moving_a_row_out_is_refused(session_of: Open, cast: Cast) -> None:
    session = session_of(cast.unit_clerk)
    person = session.get_one(Professional, cast.people["professional"].id)
    person.path = cast.organisations["cousin_unit"].path
    person.organisation_id = cast.organisations["cousin_unit"].id
    with pytest.raises(NotFound):
        session.flush()


def test_a_forged_foreign_key_is_refused(session_of: Open, cast: Cast) -> None:
    with scope.system_session() as system:
        foreign = cast.organisations["cousin_unit"]
        role = Role(organisation_id=foreign.id, path=foreign.path, name="r", permissions=[])
        system.add(role)
        system.commit()
    session = session_of(cast.unit_clerk)
    post = session.get_one(Post, cast.posts["unit_clerk"].id)
    post.role_id = role.id
    with pytest.raises(NotFound):
        session.flush()


def test_a_professional_writes_own_rows_only(session_of: Open, cast: Cast) -> None:
    session = session_of(cast.professional)
    person = session.get_one(Professional, cast.people["professional"].id)
    person.phone = "1"
    session.flush()
    assert session.get(Professional, cast.people["colleague"].id) is None


def test_bulk_writes_check_every_row(session_of: Open, cast: Cast, system: Session) -> None:
    session = session_of(cast.unit_clerk)
    unit, foreign = cast.organisations["unit"], cast.organisations["cousin_unit"]
    rows = [{"organisation_id": o.id, "path": o.path, "name": "x", "phone": "", "is_enabled": True} for o in (unit, foreign)]
    with pytest.raises(NotFound):
        scope.bulk_insert(session, Department, rows)
    session.rollback()
    with pytest.raises(NotFound):
        scope.bulk_update(session, Professional, [{"id": cast.people[n].id, "phone": "bulk"} for n in ("professional", "cousin")])
    session.rollback()
    with pytest.raises(scope.ScopeError):
        scope.bulk_update(session, Professional, [{"id": cast.people["professional"].id, "path": "/1/"}])
    assert system.scalars(select(Department)).all() == []
    assert system.scalars(select(Professional.name).where(Professional.phone == "bulk")).all() == []


def test_an_acting_operation_reaches_only_what_it_names(session_of: Open, cast: Cast) -> None:
    session = session_of(cast.unit_clerk)
    with scope.acting(session, "build_chain"):
        assert len(session.scalars(select(Organisation)).all()) == len(cast.organisations)
        assert seen_by(session, cast) == VISIBLE_PEOPLE["unit_clerk"]
        session.get_one(Organisation, cast.organisations["city"].id).name = "forged"
        with pytest.raises(NotFound):
            session.flush()
        session.rollback()
    assert {o.id for o in session.scalars(select(Organisation))} == {cast.organisations[n].id for n in ("unit", "branch")}


def test_acting_writes_only_the_columns_it_names(session_of: Open, cast: Cast) -> None:
    session = session_of(cast.unit_clerk)
    with scope.acting(session, "read_accounts"):
        account = session.get_one(Account, cast.accounts["professional"].id)
    with scope.acting(session, "set_password"):
        account.must_change = True
        session.flush()
    with pytest.raises(NotFound), scope.acting(session, "set_password"):
        account.is_support = True


def test_an_operation_that_is_not_listed_does_not_exist(session_of: Open, cast: Cast) -> None:
    with pytest.raises(KeyError), scope.acting(session_of(cast.unit_clerk), "anything"):
        pass


def test_every_class_declares_its_scope_and_every_path_is_indexed(in_app: object) -> None:
    scope.check_declarations()
    for mapper in Base.registry.mappers:
        assert mapper.class_.__scope__ in {
            "in_subtree",
            "owned_by_person",
            "either_side",
            "owned_by_account",
            "inherited",
            "reference",
            "system_only",
        }
