"""Versions of rules: written as a copy, checked at their place, published in one step, held by those below."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.access import Actor
from models.base import db
from models.credits import declarations, rule_editing, rule_versions, rules
from models.credits.forms import parse_form
from models.credits.rule_editing import FieldEdit, RuleEdit
from models.credits.tables import Declaration, RuleState, RuleVersion
from models.errors import Conflict, DomainError, FieldErrors, Invalid, NotAllowed, NotFound, WrongState
from models.history import HistoryEntry
from models.scope import ScopedSession, attach, scope_of, system_session
from models.transaction import unit_of_work
from tests.cast import Cast


@pytest.fixture
def write(session_of: Callable[[Actor], Session], forms: dict[str, int]) -> Callable[..., int]:
    """Write a draft from the version that holds: `write(cast.city_officer, "GWPX", formula="calendar_days * 8")`."""

    def write_as(actor: Actor, code: str = "GWPX", *, from_year: int = 2026, base: int | None = None, **changed: Any) -> int:
        session = session_of(actor)
        with unit_of_work(session):
            base_id = base or rules.offer(session, actor.path, code, 2026).version.id
            spec = session.get_one(RuleVersion, base_id).spec
            edit = replace(rule_versions.as_edit(spec), note="市局文件调整", sample={}, sample_requested="", **changed)
            return rule_versions.write(session, actor, base_id, edit, from_year=from_year).id

    return write_as


def counted(model: Any) -> int:
    with system_session() as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def act(session: Session, operation: Callable[..., Any], *args: Any) -> None:
    with unit_of_work(session):
        operation(session, *args)


def holding(actor: Actor, session_of: Callable[[Actor], Session], code: str = "GWPX", year: int = 2026) -> int:
    return rules.offer(session_of(actor), actor.path, code, year).version.id


def test_a_draft_holds_for_nobody_and_a_published_one_for_everybody_below(
    cast: Cast, session_of: Any, write: Callable[..., int], forms: dict[str, int]
) -> None:
    city, county, person = cast.actors["city_officer"], cast.actors["county_officer"], cast.actors["professional"]
    made = write(city, formula="calendar_days * 8")
    assert holding(person, session_of) == forms["GWPX"]
    act(session_of(city), rule_versions.publish, city, made)
    assert [holding(a, session_of) for a in (city, county, person)] == [made, made, made]
    with system_session() as session:
        found = session.get_one(RuleVersion, made)
        assert (found.state, found.version, found.published_by, found.based_on_id) == ("published", 1, city.name, forms["GWPX"])
        steps = session.scalars(select(HistoryEntry.action).where(HistoryEntry.subject_kind == "rule_version")).all()
    assert list(steps) == ["create", "publish"]


def test_the_county_s_own_rule_goes_before_the_city_s_and_holds_from_its_year(
    cast: Cast, session_of: Any, write: Callable[..., int]
) -> None:
    city, county, person = cast.actors["city_officer"], cast.actors["county_officer"], cast.actors["professional"]
    of_city = write(city, formula="calendar_days * 8")
    act(session_of(city), rule_versions.publish, city, of_city)
    of_county = write(county, formula="calendar_days * 6", from_year=2027)
    act(session_of(county), rule_versions.publish, county, of_county)
    assert holding(person, session_of) == of_city
    assert holding(person, session_of, year=2027) == of_county
    assert holding(city, session_of, year=2027) == of_city


def test_a_department_drops_its_own_rule_and_inherits_again(
    cast: Cast, session_of: Any, write: Callable[..., int], declare: Callable[..., int]
) -> None:
    city, county, person = cast.actors["city_officer"], cast.actors["county_officer"], cast.actors["professional"]
    drop = partial(rule_versions.inherit, form_code="GWPX", reason="执行市局规则")
    above = write(city, formula="calendar_days * 8")
    act(session_of(city), rule_versions.publish, city, above)
    with pytest.raises(Conflict):
        act(session_of(county), drop, county)
    for formula in ("calendar_days * 4", "calendar_days * 5"):
        own = write(county, formula=formula)
        act(session_of(county), rule_versions.publish, county, own)
    record = declare(person, form="GWPX", submit=True)
    with pytest.raises(Invalid):
        act(session_of(county), partial(rule_versions.inherit, form_code="GWPX", reason=" "), county)
    with pytest.raises(NotAllowed):
        act(session_of(cast.actors["unit_clerk"]), drop, cast.actors["unit_clerk"])
    assert holding(person, session_of) == own
    act(session_of(county), drop, county)
    assert [holding(actor, session_of) for actor in (city, county, person)] == [above, above, above]
    with system_session() as session:
        assert session.get_one(Declaration, record).rule_version_id == own  # what was declared before keeps its rule
        told = session.scalars(select(HistoryEntry.reason).where(HistoryEntry.action == "inherit")).all()
    assert told == ["执行市局规则"] * 2
    with pytest.raises(Conflict):
        act(session_of(county), drop, county)
    again = write(county, formula="calendar_days * 6")
    act(session_of(county), rule_versions.publish, county, again)
    assert holding(person, session_of) == again


def test_the_county_can_neither_publish_nor_discard_the_city_s_draft(
    cast: Cast, session_of: Any, write: Callable[..., int]
) -> None:
    made = write(cast.actors["city_officer"])
    before = counted(HistoryEntry)
    for name, refusal in (("county_officer", NotFound), ("department_clerk", NotAllowed), ("unit_clerk", NotAllowed)):
        actor = cast.actors[name]
        for operation in (rule_versions.publish, rule_versions.discard, rule_versions.version):
            with pytest.raises(refusal):
                act(session_of(actor), operation, actor, made)
    with system_session() as session:
        assert session.get_one(RuleVersion, made).state == RuleState.DRAFT
    assert counted(HistoryEntry) == before


def test_a_county_s_rule_is_not_the_city_s_to_change_nor_a_sibling_s_to_see(
    cast: Cast, session_of: Any, write: Callable[..., int]
) -> None:
    made = write(cast.actors["county_officer"])
    for name in ("city_officer", "foreign_officer"):
        with pytest.raises(NotFound):
            act(session_of(cast.actors[name]), rule_versions.publish, cast.actors[name], made)


def test_the_rule_above_cannot_be_written_at_all(cast: Cast, session_of: Any, forms: dict[str, int]) -> None:
    county = cast.actors["county_officer"]
    session = session_of(county)
    session.get_one(RuleVersion, forms["GWPX"]).from_year = 2020
    with pytest.raises(NotFound):
        session.flush()
    with system_session() as looking:
        assert looking.get_one(RuleVersion, forms["GWPX"]).from_year == 0


@pytest.mark.parametrize("state", ["published", "discarded"])
def test_what_is_no_draft_any_more_takes_no_step(cast: Cast, session_of: Any, write: Callable[..., int], state: str) -> None:
    city = cast.actors["city_officer"]
    made = write(city)
    first = rule_versions.publish if state == "published" else rule_versions.discard
    act(session_of(city), first, city, made)
    before = counted(HistoryEntry)
    for operation in (rule_versions.publish, rule_versions.discard):
        with pytest.raises(WrongState):
            act(session_of(city), operation, city, made)
    assert counted(HistoryEntry) == before
    with system_session() as session:
        assert session.get_one(RuleVersion, made).state == state


def test_of_two_drafts_the_older_one_cannot_be_published_after_the_newer(
    cast: Cast, session_of: Any, write: Callable[..., int]
) -> None:
    city = cast.actors["city_officer"]
    older, newer = write(city, formula="8"), write(city, formula="16")
    act(session_of(city), rule_versions.publish, city, newer)
    with pytest.raises(Conflict):
        act(session_of(city), rule_versions.publish, city, older)
    assert holding(city, session_of) == newer


def test_a_version_s_number_is_there_once(cast: Cast, session_of: Any, write: Callable[..., int]) -> None:
    city = cast.actors["city_officer"]
    with system_session() as session:
        made = session.get_one(RuleVersion, write(city))
        values = {"organisation_id": made.organisation_id, "path": made.path, "form_code": made.form_code, "spec": made.spec}
        session.add(RuleVersion(version=made.version, **values))
        with pytest.raises(IntegrityError):
            session.flush()


@pytest.mark.parametrize("year", [0, 1999, 2024, 2028, 9999])
def test_a_forged_first_year_is_refused(cast: Cast, write: Callable[..., int], year: int) -> None:
    before = counted(RuleVersion)
    with pytest.raises(FieldErrors) as refused:
        write(cast.actors["city_officer"], from_year=year)
    assert refused.value.errors["from_year"].params == {"first": "2025", "last": "2027"}
    assert counted(RuleVersion) == before


@pytest.mark.parametrize(
    ("formula", "sentence"),
    [
        ("9**9**9", "is not part of the formula language"),
        ("(9).__class__", "cannot stand"),
        ("secret * 2", "At character 1: “secret” is not an input"),
        ("calendar_days / 0", "nothing can be divided by 0"),
        ("1" * 10_000, "At most 2000 characters."),
        ("calendar_days *", "the formula breaks off"),
        ("8 + __import__('os')", "there is no function “__import__”"),
        ("", "Enter a formula."),
    ],
)
def test_a_hostile_or_wrong_formula_is_told_its_place_and_nothing_is_written(
    cast: Cast, write: Callable[..., int], formula: str, sentence: str
) -> None:
    before = counted(RuleVersion), counted(HistoryEntry)
    with pytest.raises(FieldErrors) as refused:
        write(cast.actors["city_officer"], formula=formula)
    assert set(refused.value.errors) == {"formula"}
    assert sentence in str(refused.value.errors["formula"])
    assert (counted(RuleVersion), counted(HistoryEntry)) == before


def standing(code: str) -> tuple[dict[str, Any], RuleEdit]:
    with system_session() as session:
        spec = session.scalars(select(RuleVersion).where(RuleVersion.form_code == code)).one().spec
    return spec, rule_versions.as_edit(spec)


def test_every_form_survives_an_edit_that_changes_nothing(forms: dict[str, int]) -> None:
    for code in forms:
        spec, edit = standing(code)
        made, _result = rule_editing.tried(rule_editing.edited(spec, edit), edit)
        assert rule_versions.differences(spec, made) == []
        told = spec["example"]["hours"]
        assert made["example"]["hours"] == (told and f"{Decimal(told):.1f}"), code
        assert parse_form(made).formula == parse_form(spec).formula


def test_an_added_field_can_be_used_by_the_formula(forms: dict[str, int]) -> None:
    spec, edit = standing("GWPX")
    added = FieldEdit("rank_of", "名次", "Rank", "enum", "first = 第一\nother＝其他", required=True)
    edit = replace(edit, fields=[*edit.fields, added], formula='{"first": 30, "other": 10}[rank_of]', sample={"rank_of": "first"})
    made, result = rule_editing.tried(rule_editing.edited(spec, edit), edit)
    assert made["fields"][-1]["choices"][1] == {"code": "other", "zh": "其他", "en": "其他"}
    assert result is not None
    assert (result.hours, made["example"]["hours"]) == (30, "30.0")


@pytest.mark.parametrize(
    ("field", "part"),
    [
        (FieldEdit("__class__", "甲"), "cannot name a field"),
        (FieldEdit("requested", "甲"), "cannot name a field"),
        (FieldEdit("lambda", "甲"), "cannot name a field"),
        (FieldEdit("min", "甲"), "cannot name a field"),
        (FieldEdit("x", ""), "needs a label"),
        (FieldEdit("x", "甲" * 61), "needs a label"),
        (FieldEdit("x", "甲", type="ref"), "Choose the kind"),
        (FieldEdit("x", "甲", type="pickle"), "Choose the kind"),
        (FieldEdit("x", "甲", type="enum"), "from 1 to 60 choices"),
        (FieldEdit("x", "甲", type="enum", choices="a = 一\na = 二"), "each code once"),
        (FieldEdit("x", "甲", type="enum", choices="A-b = 一"), "write each choice"),
        (FieldEdit("score", "甲"), "there twice"),
    ],
)
def test_a_field_that_does_not_fit_is_told(forms: dict[str, int], field: FieldEdit, part: str) -> None:
    spec, edit = standing("GWPX")
    with pytest.raises(FieldErrors) as refused:
        rule_editing.edited(spec, replace(edit, fields=[*edit.fields, field]))
    assert part in str(refused.value.errors["fields"])


def test_a_field_that_the_period_is_made_of_stays(forms: dict[str, int]) -> None:
    spec, edit = standing("GWPX")
    fields = [replace(row, is_removed=row.name == "end_date") for row in edit.fields]
    with pytest.raises(FieldErrors) as refused:
        rule_editing.edited(spec, replace(edit, fields=fields))
    assert refused.value.errors["fields"].params == {"name": "结束日期"}


@pytest.mark.parametrize(
    ("changed", "name"),
    [
        ({"cap_kind": "weekly"}, "cap_value"),
        ({"cap_kind": "per_year", "cap_value": ""}, "cap_value"),
        ({"cap_kind": "per_year", "cap_value": "-1"}, "cap_value"),
        ({"cap_kind": "per_year", "cap_value": "NaN"}, "cap_value"),
        ({"cap_kind": "per_year", "cap_value": "1e9"}, "cap_value"),
        ({"cap_kind": "count_per_year", "cap_value": "1.5"}, "cap_value"),
        ({"subject_kinds": ()}, "subject_kinds"),
        ({"subject_kinds": ("forged",)}, "subject_kinds"),
        ({"name": " "}, "name"),
        ({"rule_text": "\0"}, "rule_text"),
        ({"note": ""}, "note"),
    ],
)
def test_each_part_that_does_not_fit_is_told_at_its_place(
    cast: Cast, write: Callable[..., int], session_of: Any, forms: dict[str, int], changed: dict[str, Any], name: str
) -> None:
    city = cast.actors["city_officer"]
    _spec, edit = standing("GWPX")
    edit = replace(edit, **{"note": "理由", **changed})
    session = session_of(city)
    with pytest.raises(FieldErrors) as refused, unit_of_work(session):
        rule_versions.write(session, city, forms["GWPX"], edit, from_year=2026)
    assert set(refused.value.errors) == {name}
    assert counted(RuleVersion) == len(forms)


def test_a_new_version_changes_what_is_submitted_afterwards_only(
    cast: Cast, session_of: Any, write: Callable[..., int], declare: Callable[..., int], forms: dict[str, int]
) -> None:
    city, person = cast.actors["city_officer"], cast.actors["professional"]
    submitted, kept = declare(person, submit=True), declare(person, start_date="2026-05-04", end_date="2026-05-04")
    made = write(city, formula="calendar_days * 6")
    act(session_of(city), rule_versions.publish, city, made)

    def versions() -> list[tuple[int, int | None]]:
        with system_session() as session:
            rows = session.execute(
                select(Declaration.rule_version_id, Declaration.proposed_tenths)
                .where(Declaration.id.in_([submitted, kept]))
                .order_by(Declaration.id)
            )
            return [tuple(row) for row in rows]

    assert versions() == [(forms["GWPX"], None), (forms["GWPX"], None)]
    act(session_of(person), declarations.submit, person, kept)
    assert versions() == [(forms["GWPX"], None), (made, 60)]


def test_a_form_that_was_switched_off_is_offered_to_nobody_below(
    cast: Cast, session_of: Any, write: Callable[..., int], declare: Callable[..., int]
) -> None:
    county, person = cast.actors["county_officer"], cast.actors["professional"]
    made = write(county, is_enabled=False)
    act(session_of(county), rule_versions.publish, county, made)
    assert "GWPX" not in {o.form.code for o in rules.offered(session_of(person), person.path, 2026)}
    foreign = cast.actors["foreigner"]
    assert "GWPX" in {o.form.code for o in rules.offered(session_of(foreign), foreign.path, 2026)}
    with pytest.raises(DomainError):
        declare(person)


@pytest.mark.both_databases
def test_officers_who_save_and_publish_at_once_do_so_one_after_the_other(
    app: Flask, cast: Cast, session_of: Any, write: Callable[..., int], forms: dict[str, int]
) -> None:
    city = cast.actors["city_officer"]
    drafts = [write(city, formula=str(n)) for n in (1, 2)]
    with system_session() as session:
        spec = session.get_one(RuleVersion, forms["GWPX"]).spec
    edit = replace(rule_versions.as_edit(spec), note="同时", sample={}, sample_requested="")
    told: list[object] = []
    start = threading.Barrier(6)

    def officer(step: Callable[[Session], RuleVersion]) -> None:
        with app.app_context(), ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
            attach(session, scope_of(city))
            start.wait()
            try:
                with unit_of_work(session):
                    told.append(step(session).version)
            except DomainError as refusal:
                told.append(type(refusal))

    steps: list[Callable[[Session], RuleVersion]] = [
        *(partial(rule_versions.publish, actor=city, version_id=i) for i in (*drafts, *drafts)),
        *(partial(rule_versions.write, actor=city, base_id=forms["GWPX"], edit=edit, from_year=2026) for _ in range(2)),
    ]
    threads = [threading.Thread(target=officer, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with system_session() as session:
        rows = session.execute(select(RuleVersion.version, RuleVersion.state).where(RuleVersion.path == city.path)).all()
    states = {row.version: row.state for row in rows}
    assert sorted(states) == [1, 2, 3, 4]  # nobody's version was lost, none has another's number
    assert (states[2], states[3], states[4]) == ("published", "draft", "draft")
    assert len(told) == 6
    assert sorted(n for n in told if isinstance(n, int) and n > 2) == [3, 4]
    assert told.count(2) == 1  # of two clicks one publishes
    assert states[1] == ("published" if told.count(1) else "draft")
    assert holding(city, session_of) == drafts[1]
