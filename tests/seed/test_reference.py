"""The reference data: complete, consistent among themselves, and written once."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from models.base import db
from models.credits.forms import parse_form
from models.credits.tables import LearningForm, Requirement, RuleVersion
from models.org.code_lists import NONE_TITLE_LEVEL, NONE_TITLE_SERIES, CodeList
from models.org.tables import CodeEntry, Region
from models.people.numbers import DocumentType
from models.scope import system_session
from models.transaction import unit_of_work
from seed.reference import Seeded, code_rows, form_specs, region_rows, seed_reference
from views import codes

SIZES = {
    "document_type": 15,
    "nationality": 58,
    "education_level": 40,
    "degree": 57,
    "field_of_study": 82,
    "title_series": 28,
    "title_level": 6,
    "title_qualification": 273,
    "vocational_qualification": 73,
    "academic_title": 38,
    "admin_rank": 14,
    "unit_nature": 15,
    "unit_level": 9,
    "industry": 117,
}
N_ROWS = 836 + sum(SIZES.values()) + 2 * 29 + 1


@pytest.mark.both_databases
def test_a_second_run_changes_nothing(empty_app: Flask) -> None:
    with empty_app.app_context(), system_session() as session:
        assert seed_reference(session) == Seeded(n_added=N_ROWS)
        session.expire_all()
        assert seed_reference(session) == Seeded()
        assert session.scalar(select(func.count()).select_from(Region)) == 836
        counts = session.execute(select(CodeEntry.list_name, func.count()).group_by(CodeEntry.list_name))
        assert dict(counts.all()) == SIZES
        assert session.scalar(select(func.count()).select_from(LearningForm)) == 29


def test_a_changed_row_is_brought_up_to_date_and_a_changed_rule_gets_a_new_version(empty_app: Flask) -> None:
    with empty_app.app_context(), system_session() as session:
        seed_reference(session)
        session.get_one(Region, "371102").name = "x"
        rule = session.scalars(select(RuleVersion).where(RuleVersion.form_code == "QT")).one()
        rule.spec = {**rule.spec, "formula": "8"}
        session.flush()
        session.expire_all()
        assert seed_reference(session) == Seeded(n_added=1, n_changed=1)
        assert session.get_one(Region, "371102").name == "东港区"
        versions = session.scalars(select(RuleVersion).where(RuleVersion.form_code == "QT").order_by(RuleVersion.version))
        assert [(v.version, v.spec["formula"]) for v in versions] == [(1, "8"), (2, "on_paper")]


def test_all_code_lists_are_read_with_one_statement(empty_app: Flask) -> None:
    told: list[str] = []
    with empty_app.app_context():
        with system_session() as session, unit_of_work(session):
            seed_reference(session)
        event.listen(db.engine, "before_cursor_execute", lambda _c, _cursor, statement, *_more: told.append(statement))
        found = {name: len(codes.names(name)) for name in SIZES}
        assert codes.headings("education_level")
    assert found == SIZES
    assert len([line for line in told if "FROM code_entries" in line]) == 1


def test_national_requirement_is_90_30_60(empty_app: Flask) -> None:
    with empty_app.app_context(), system_session() as session:
        seed_reference(session)
        row = session.scalars(select(Requirement)).one()
        assert (row.path, row.year, row.total_tenths, row.public_tenths, row.professional_tenths) == ("/", 0, 900, 300, 600)


def test_stored_rules_are_the_forms_of_the_file(empty_app: Flask) -> None:
    with empty_app.app_context(), system_session() as session:
        seed_reference(session)
        session.expire_all()
        rules = session.scalars(select(RuleVersion).order_by(RuleVersion.id)).all()
        assert [rule.spec for rule in rules] == form_specs()
        assert [parse_form(rule.spec).code for rule in rules] == [rule.form_code for rule in rules]


def test_every_region_has_its_parent_before_it() -> None:
    seen: set[str] = set()
    for row in region_rows():
        assert row["parent_code"] is None or row["parent_code"] in seen, row
        assert row["code"] not in seen
        assert len(row["code"]) == 6
        seen.add(row["code"])


def test_regions_hold_the_zones_the_city_rows_and_the_made_up_city() -> None:
    rows = {row["code"]: row for row in region_rows()}
    made_up = {code: (row["name"], row["level"], row["parent_code"]) for code, row in rows.items() if code[:4] == "3799"}
    assert made_up["379900"] == ("海州市", "prefecture", "370000")
    assert made_up["379971"] == ("海州经济技术开发区", "zone", "379900")
    assert made_up["379999"] == ("市直", "county", "379900")
    assert sorted(made_up) == ["379900", *[f"37990{n}" for n in range(1, 7)], "379971", "379999"]
    assert Counter(row["kind"] for row in rows.values()) == {"division": 716, "pseudo": 34, "zone": 42, "local": 44}
    assert (rows["370811"]["status"], rows["370811"]["name"]) == ("current", "任城区")
    assert (rows["370181"]["status"], rows["370181"]["to_year"]) == ("abolished", 2016)


@pytest.mark.parametrize("name", CodeList)
def test_codes_are_unique_and_parents_exist(name: CodeList) -> None:
    rows = list(code_rows(name))
    codes = [row["code"] for row in rows]
    assert len(set(codes)) == len(codes) == SIZES[name]
    assert all(row["name"].strip() == row["name"] != "" for row in rows)
    parents = {row["parent_code"] for row in rows} - {None}
    among = codes if name is not CodeList.TITLE_QUALIFICATION else [r["code"] for r in code_rows(CodeList.TITLE_SERIES)]
    assert parents <= set(among)


def test_titles_cascade_from_series_over_level_to_qualification() -> None:
    levels = {row["code"]: row for row in code_rows(CodeList.TITLE_LEVEL)}
    rows = list(code_rows(CodeList.TITLE_QUALIFICATION))
    assert {row["extra"]["level"] for row in rows} == set(levels)
    engineers = [(row["extra"]["level"], row["name"]) for row in rows if row["parent_code"] == "05"]
    assert engineers == [
        ("411", "正高级工程师"),
        ("412", "高级工程师"),
        ("420", "工程师"),
        ("434", "助理工程师"),
        ("435", "技术员"),
    ]
    assert [level["extra"]["group"] for level in levels.values()] == [
        "senior",
        "senior",
        "intermediate",
        "junior",
        "junior",
        "none",
    ]
    none = [(row["parent_code"], row["extra"]["level"]) for row in rows if row["name"] == "无"]
    assert none == [(NONE_TITLE_SERIES, NONE_TITLE_LEVEL)]


def test_names_of_older_platforms_lead_to_one_series() -> None:
    aliases = [alias for row in code_rows(CodeList.TITLE_SERIES) for alias in (row["extra"] or {}).get("aliases", [])]
    assert len(aliases) == len(set(aliases))
    assert {"高校教师", "卫生专业", "体育教练员"} <= set(aliases)


def test_extra_columns_have_their_types() -> None:
    vocational = {row["code"]: row for row in code_rows(CodeList.VOCATIONAL_QUALIFICATION)}
    assert vocational["VQ51"]["extra"] == {"class": "水平评价类", "levels": ["初级", "中级", "高级"]}
    education = {row["code"]: row for row in code_rows(CodeList.EDUCATION_LEVEL)}
    assert education["20"]["extra"] == {"group": "本科", "is_group": True}
    assert education["21"]["extra"] == {"group": "本科", "short": "本科"}


def test_document_types_are_those_that_are_checked() -> None:
    assert {row["code"] for row in code_rows(CodeList.DOCUMENT_TYPE)} == set(DocumentType)


def test_references_of_learning_forms_are_lists() -> None:
    lists = {field.list_name for data in form_specs() for field in parse_form(data).fields if field.list_name}
    assert lists - {"training_base"} <= set(CodeList)
    examples = {data["code"]: data["example"]["inputs"] for data in form_specs()}
    assert examples["XLJY"]["edu_level"] in {row["code"] for row in code_rows(CodeList.EDUCATION_LEVEL)}
    assert examples["XWJY"]["degree"] in {row["code"] for row in code_rows(CodeList.DEGREE)}
    assert examples["KSZG"]["qualification"] in {row["code"] for row in code_rows(CodeList.VOCATIONAL_QUALIFICATION)}


def test_examples_are_dated_before_the_day_the_tests_take() -> None:
    dates = [value for data in form_specs() for name, value in data["example"]["inputs"].items() if name.endswith("date")]
    assert max(date.fromisoformat(value) for value in dates) <= date(2026, 12, 31)
    assert json.dumps(form_specs(), ensure_ascii=False)
