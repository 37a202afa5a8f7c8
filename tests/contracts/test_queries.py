"""The query budget: no page of the administration asks the database more than twelve times; what must not be walked is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint, select

from models.base import Base, db
from models.credits.tables import AuditState, Declaration
from tests.admin.conftest import Desk, acting_as, decide, declare, desk, lists, look, register, statements
from tests.cast import Cast
from tests.contracts.canaries import World
from tests.contracts.matrix import Run

__all__ = ["acting_as", "decide", "declare", "desk", "lists", "look", "register", "statements"]

MOST = 12
BUDGETED = (
    "/admin/",
    "/admin/registrations/",
    "/admin/registrations/?tab=reviewed",
    "/admin/hours/",
    "/admin/hours/?tab=reviewed",
    "/admin/people/",
    "/admin/people/details/?id={person}",
    "/admin/learning-record/?id={person}",
    "/admin/jobs/",
    "/admin/learning-records/",
    "/admin/certificates/",
    "/admin/unfinished/",
    "/admin/unfinished/?tab=2025",
    "/admin/unfinished/?f_hours=1&f_near=50",
    "/admin/transfers-in/",
    "/admin/transfer-out/?id={person}",
    "/admin/transfer-log/",
    "/admin/superior-changes/",
    "/admin/delegations/",
    "/admin/own-organisation/superior",
    "/admin/unit-plan-reviews/",
    "/admin/unit-plan-reviews/?tab=reviewed",
    "/admin/unit-hours-reviews/",
    "/admin/unit-hours-reviews/?tab=reviewed",
)
OF_ORGANISATIONS = ("/admin/organisations/?tab=employer", "/admin/organisations/details/?id={organisation}")
OF_A_BASE = (
    "/admin/base-data/",
    "/admin/subjects/",
    "/admin/training-plans/",
    "/admin/training-classes/",
    "/admin/grades/",
    "/admin/grade-entry/",
    "/admin/yearly-reports/",
)
OF_HR = (
    "/admin/learning-forms/",
    "/admin/learning-forms/versions/GWPX",
    "/admin/base-hours/",
    "/admin/year-requirements/",
    "/admin/year-requirements/needs?year=2026",
    "/admin/year-requirements/window?year=2026",
    "/admin/exemptions/",
    "/admin/hour-audits/",
    "/admin/yearly-plan-reviews/",
    "/admin/yearly-report-reviews/",
    "/admin/training-plan-reviews/",
    "/admin/public-subjects/",
    "/admin/settings/",
)
OFFICERS = ("unit_clerk", "department_clerk", "county_officer", "city_officer")
PAGES = [
    *((o, address) for o in OFFICERS for address in (*BUDGETED, *(OF_ORGANISATIONS if o != "unit_clerk" else ()))),
    *(("base_clerk", address) for address in OF_A_BASE),
    *((officer, address) for officer in ("county_officer", "city_officer") for address in OF_HR),
]


def n_reading(told: list[str]) -> int:
    """Count the statements without the beginnings and ends of transactions."""
    return len([s for s in told if not s.upper().startswith(("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA"))])


def test_no_page_asks_more_than_its_budget_and_none_asks_more_for_more_rows(
    app: Flask,
    cast: Cast,
    declare: Callable[..., int],
    decide: Callable[..., None],
    register: Callable[..., Any],
    statements: Callable[[], Any],
    clock: Callable[[str], None],
) -> None:
    clock("2026-12-15 10:00")
    ids = {"person": cast.people["professional"].id, "organisation": cast.organisations["unit"].id}
    run = Run(app, World(cast))

    def asked() -> dict[tuple[str, str], int]:
        found = {}
        for officer, address in PAGES:
            client = run.client(officer)
            with statements() as told:
                answer = client.get(address.format_map(ids))
            assert answer.status_code == 200, (officer, address)
            found[(officer, address)] = n_reading(told)
        return found

    def add_rows(month: int) -> None:
        for day in range(1, 4):
            date = f"2026-{month:02}-{day:02}"
            decide(declare("professional", start_date=date, end_date=date, hours="8"), *OFFICERS[: day - 1])
            register(month * 10 + day)

    add_rows(1)
    asked()  # code lists and the like are read once per process
    few = asked()
    add_rows(2)
    add_rows(3)
    many = asked()
    assert {page: n for page, n in many.items() if n > MOST} == {}
    assert {page: (few[page], n) for page, n in many.items() if n > few[page]} == {}


@pytest.mark.parametrize("officer", OFFICERS[:3])
def test_a_review_is_read_within_the_budget(
    officer: str,
    app: Flask,
    cast: Cast,
    declare: Callable[..., int],
    decide: Callable[..., None],
    statements: Callable[[], Any],
    clock: Callable[[str], None],
) -> None:
    clock("2026-12-15 10:00")
    review = declare("professional")
    decide(review, *OFFICERS[: OFFICERS.index(officer)])
    client = Run(app, World(cast)).client(officer)
    for _each in range(2):
        with statements() as told:
            assert client.get(f"/admin/hours/details/?id={review}").status_code == 200
    assert n_reading(told) <= MOST


SELDOM_REMOVED = {
    ("declarations", "rule_version_id"),  # with a learning form that nobody has used
    ("declarations", "recalculated_version_id"),
    ("audits", "by_organisation_id"),  # few rows
}


def test_whoever_is_removed_finds_what_refers_to_him() -> None:
    """The check of a foreign key reads the whole table, for each removed row, unless an index begins with the column."""
    of_persons = [m.local_table for m in Base.registry.mappers if m.class_.__scope__ == "owned_by_person"]
    missing = {
        (table.name, column.name)
        for table in of_persons
        for column in (key.parent for key in table.foreign_keys)
        if column.name not in _first_columns(table)
    }
    assert missing == SELDOM_REMOVED


def _first_columns(table: Any) -> set[str]:
    """Return the columns with which an index begins that leaves no row out but those without a value."""
    conditions = [(index, index.dialect_options["sqlite"]["where"]) for index in table.indexes]
    whole = [index for index, where in conditions if where is None or str(where).endswith("is not null")]
    keys = [k for k in table.constraints if isinstance(k, UniqueConstraint | PrimaryKeyConstraint)]
    return {next(iter(each.columns)).name for each in (*whole, *keys)}


def test_decisions_about_a_rare_name_are_counted_from_an_index_alone(
    desk: Callable[..., Desk], look: Any, statements: Any
) -> None:
    officer = desk("county_officer")
    with statements() as told:
        assert officer.search("hours", tab="reviewed", f_name="renyuan").status_code == 200
    (counting,) = [line for line in told if line.startswith("SELECT count(") and "FROM decisions" in line]
    with look() as session:
        driver: Any = session.connection().connection.driver_connection
        plan = [row[3] for row in driver.execute(f"explain query plan {counting}", [None] * counting.count("?"))]
    (line,) = [line for line in plan if line.startswith(("SEARCH decisions", "SCAN decisions"))]
    assert "COVERING INDEX ix_decisions_by_person" in line
    assert "person_id=?" in line


@pytest.mark.parametrize("verdict", ["passed", "failed"])
def test_the_audited_are_found_without_reading_the_others(verdict: str, app: Flask, look: Any) -> None:
    rows = select(Declaration.id).where(Declaration.audit_state == AuditState(verdict), Declaration.path.between("/1/", "/10"))
    with look() as session:
        asked = rows.order_by(Declaration.path, Declaration.id).compile(db.engine)
        driver: Any = session.connection().connection.driver_connection
        found = driver.execute(f"explain query plan {asked}", [asked.params[name] for name in asked.positiontup or ()])
        assert [row[3] for row in found] == [
            f"SEARCH declarations USING COVERING INDEX ix_declarations_{verdict} (path>? AND path<?)"
        ]
