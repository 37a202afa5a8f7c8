"""What period and title of a record are made of: chosen on a learning form of one's own, kept on every other."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from models.credits import rule_versions
from models.credits.declarations import Draft, save_draft, submit
from models.credits.rule_editing import FieldEdit, MadeOf
from models.credits.rule_versions import as_edit, made_of
from models.credits.tables import RuleVersion
from models.errors import Invalid, NotAllowed
from models.scope import system_session
from tests.cast import Cast
from tests.models.credits.test_own_forms import INPUTS, add, edit_of, refused

__all__ = ["add"]
pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("forms")]
DAYS = (FieldEdit("from_day", "首日", "From", "date", required=True), FieldEdit("to_day", "末日", "To", "date", required=True))
DECLARED = {**INPUTS, "from_day": "2026-05-04", "to_day": "2026-05-08"}


def with_days() -> list[FieldEdit]:
    """The fields of the lecture without its date, and two days instead."""
    kept = [replace(row, is_removed=row.name == "date") for row in edit_of().fields]
    return [*kept, *DAYS]


@pytest.fixture
def declared(cast: Cast, run: Any, stored: Any) -> Callable[[str], tuple[Any, ...]]:
    """Declare by a form; return what became the period and the title, and what the rule proposed."""

    def declare_by(code: str) -> tuple[Any, ...]:
        made = run(save_draft, cast.professional, Draft(2026, "professional", code, DECLARED, "3")).id
        run(submit, cast.professional, made)
        row = stored(made)
        return row.starts_on, row.ends_on, row.title, row.proposed_tenths

    return declare_by


def test_period_and_title_are_the_fields_that_were_chosen(cast: Cast, add: Any, declared: Any) -> None:
    how = {"formula": "calendar_days * 2", "cap_kind": "none", "cap_value": "", "sample": {}}
    form = add(cast.county_officer, fields=with_days(), made_of=MadeOf("from_day", "to_day", "lecturer"), **how)
    assert declared(form.form_code) == (dt.date(2026, 5, 4), dt.date(2026, 5, 8), "示例教授", 100)
    assert made_of(form.spec) == MadeOf("from_day", "to_day", "lecturer")


def test_one_day_may_be_the_whole_period(cast: Cast, add: Any, declared: Any) -> None:
    form = add(cast.county_officer, fields=with_days(), made_of=MadeOf("to_day", "", "topic"))
    assert declared(form.form_code) == (dt.date(2026, 5, 8), dt.date(2026, 5, 8), "护理新进展", 30)


def test_neither_has_to_be_asked_for(cast: Cast, add: Any, declared: Any) -> None:
    form = add(cast.county_officer, fields=with_days()[:-2], made_of=MadeOf())
    assert declared(form.form_code) == (None, None, "", 30)
    assert made_of(form.spec) == MadeOf()
    nothing_to_count = edit_of(fields=with_days(), made_of=MadeOf(), formula="calendar_days * 2", sample={})
    assert refused(lambda: add(cast.county_officer, name="又一种", name_en="", **_parts(nothing_to_count))) == {
        "formula": Invalid
    }


def _parts(edit: Any) -> dict[str, Any]:
    return {name: getattr(edit, name) for name in ("fields", "made_of", "formula", "sample")}


@pytest.mark.parametrize(
    ("chosen", "places"),
    [
        (MadeOf("topic", "to_day", "topic"), {"first_day"}),
        (MadeOf("from_day", "nothing", "topic"), {"last_day"}),
        (MadeOf("", "to_day", "topic"), {"first_day"}),
        (MadeOf("date", "", "topic"), {"first_day", "last_day"}),  # it is taken out of the form
        (MadeOf("from_day", "to_day", "half_days"), {"title_field"}),
        (MadeOf("from_day", "to_day", "from_day"), {"title_field"}),
        (MadeOf("from_day", "to_day", "forged"), {"title_field"}),
    ],
)
def test_what_cannot_be_a_period_or_a_title_is_told_at_its_place(cast: Cast, add: Any, chosen: MadeOf, places: set[str]) -> None:
    assert refused(lambda: add(cast.county_officer, fields=with_days(), made_of=chosen)) == dict.fromkeys(places, Invalid)


def test_a_new_version_may_choose_anew_and_the_change_is_told(cast: Cast, add: Any, run: Any) -> None:
    own = add(cast.county_officer)
    edit = edit_of(fields=with_days(), made_of=MadeOf("from_day", "to_day", ""))
    again = run(rule_versions.write, cast.county_officer, own.id, edit, from_year=2026)
    told = {label: (old, new) for label, old, new in rule_versions.differences(own.spec, again.spec)}
    assert (told["Period"], told["Title of a record"]) == (("讲座日期", "首日 – 末日"), ("讲座题目", ""))


def test_a_form_from_above_keeps_its_own(cast: Cast, run: Any, forms: dict[str, int]) -> None:
    with system_session() as session:
        base = session.scalars(select(RuleVersion).where(RuleVersion.form_code == "GWPX")).one()
        edit = replace(as_edit(base.spec), note="换标题", made_of=MadeOf("start_date", "end_date", "school_unit"))
    with pytest.raises(NotAllowed):
        run(rule_versions.write, cast.county_officer, base.id, edit, from_year=2026)
    kept = run(rule_versions.write, cast.county_officer, base.id, replace(edit, made_of=None), from_year=2026)
    assert made_of(kept.spec) == MadeOf("start_date", "end_date", "class_name")
