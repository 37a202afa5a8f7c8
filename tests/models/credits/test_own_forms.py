"""Learning forms that a department adds: they hold below it and nowhere else, are declared by, put out of use, and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.access import Actor
from models.credits import own_forms, rule_versions, rules
from models.credits.declarations import Draft, save_draft, submit
from models.credits.rule_editing import FieldEdit, RuleEdit
from models.credits.rule_versions import as_edit
from models.credits.tables import Declaration, LearningForm, RuleState, RuleVersion, YearSummary
from models.errors import Conflict, FieldErrors, Invalid, NotAllowed, NotFound, WrongState
from models.history import HistoryEntry
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("forms")]
NAME = "网络研讨"
INPUTS = {"topic": "护理新进展", "lecturer": "示例教授", "host": "学会", "date": "2026-03-02", "half_days": "1", "level": "b"}


def edit_of(base: str = "XSJZ", **changed: Any) -> RuleEdit:
    """Return the lecture's rule as it would be typed for the new form: a field more, another formula, a cap."""
    with system_session() as session:
        edit = as_edit(session.scalars(select(RuleVersion).where(RuleVersion.form_code == base)).one().spec)
    level = FieldEdit("level", "级别", "Level", "enum", "a = 市级\nb = 县级", required=True)
    new = {
        "name": NAME,
        "name_en": "Online seminar",
        "fields": [*edit.fields, level],
        "formula": '{"a": 6, "b": 3}[level]',
        "cap_kind": "per_year",
        "cap_value": "5",
        "demands_evidence": False,
        "note": "本市新增",
        "sample": {"level": "a"},
        "sample_requested": "",
    }
    return replace(edit, **{**new, **changed})


@pytest.fixture
def add(run: Any, forms: dict[str, int]) -> Callable[..., RuleVersion]:
    """Add the form for a department; with `publish` its rule holds."""

    def added(actor: Actor, *, publish: bool = True, kind: str = "other", from_year: int = 2026, **changed: Any) -> RuleVersion:
        how = {"declaration_type": kind, "from_year": from_year}
        made: RuleVersion = run(own_forms.add, actor, forms["XSJZ"], edit_of(**changed), **how)
        if publish:
            run(rule_versions.publish, actor, made.id)
        return made

    return added


def count(table: Any) -> int:
    with system_session() as session:
        return int(session.scalar(select(func.count()).select_from(table)) or 0)


def seen(session_of: Any, actor: Actor, year: int = 2026) -> list[str]:
    session: Session = session_of(actor)
    return [o.spec.label.zh for o in rules.offered(session, actor.path, year) if o.spec.label.zh == NAME]


def refused(call: Callable[[], Any]) -> dict[str, type]:
    with pytest.raises(FieldErrors) as caught:
        call()
    return {name: type(error) for name, error in caught.value.errors.items()}


def test_a_form_is_data_with_a_code_of_its_own_and_an_example_that_was_computed(cast: Cast, add: Any) -> None:
    first = add(cast.county_officer)
    with system_session() as session:
        form = session.scalars(select(LearningForm).where(LearningForm.path != "/")).one()
        version = session.get_one(RuleVersion, first.id)
        assert (form.name, form.name_en, form.declaration_type) == (NAME, "Online seminar", "other")
        assert form.path == cast.organisations["county"].path
        assert (version.form_code, version.spec["code"], version.based_on_id) == (form.code, form.code, None)
        assert version.spec["example"] == {"inputs": {"level": "a"}, "requested": "0", "hours": "6.0"}
        assert form.code == f"{cast.organisations['county'].id:X}N1"
    assert add(cast.county_officer, name="另一种", name_en="Another").form_code == f"{cast.organisations['county'].id:X}N2"


def test_it_holds_for_the_subtree_from_its_first_year_on_and_nowhere_else(cast: Cast, add: Any, session_of: Any) -> None:
    add(cast.county_officer, publish=False)
    assert seen(session_of, cast.professional) == []
    with system_session() as session, unit_of_work(session):
        made = session.scalars(select(RuleVersion).where(RuleVersion.path != "/")).one()
        made.state, made.from_year = RuleState.PUBLISHED, 2027
    assert seen(session_of, cast.professional) == []
    assert seen(session_of, cast.professional, 2027) == [NAME]
    for actor in (cast.unit_clerk, cast.department_clerk, cast.county_officer, cast.branch_clerk):
        assert seen(session_of, actor, 2027) == [NAME], actor.name
    for actor in (cast.city_officer, cast.cousin_clerk, cast.foreign_officer):
        assert seen(session_of, actor, 2027) == [], actor.name


def test_hours_are_declared_by_it_and_counted_up_to_its_cap(cast: Cast, add: Any, run: Any, approve: Any, stored: Any) -> None:
    code = add(cast.county_officer).form_code
    made = []
    for day in ("2026-03-02", "2026-04-02"):
        draft = Draft(2026, "professional", code, {**INPUTS, "date": day}, "3")
        made.append(run(save_draft, cast.professional, draft).id)
        run(submit, cast.professional, made[-1])
    assert (stored(made[0]).form_name, stored(made[0]).proposed_tenths) == (NAME, 30)
    approve(*made)
    assert [stored(i).counted_tenths for i in made] == [30, 20]
    with system_session() as session:
        assert session.scalars(select(YearSummary.total_tenths).where(YearSummary.year == 2026)).one() == 50


def test_nobody_else_can_declare_by_it(cast: Cast, add: Any, run: Any) -> None:
    code = add(cast.county_officer).form_code
    draft = Draft(2026, "professional", code, INPUTS, "3")
    assert refused(lambda: run(save_draft, cast.foreigner, draft)) == {"form_code": NotFound}
    assert count(Declaration) == 0


def test_what_does_not_fit_is_named_and_nothing_is_added(cast: Cast, add: Any) -> None:
    n = count(HistoryEntry)
    assert refused(lambda: add(cast.county_officer, kind="none", name=" 学术讲座 ", formula="level * 2", note="")) == {
        "declaration_type": Invalid,
        "name": Conflict,
        "formula": Invalid,
        "note": Invalid,
    }
    assert refused(lambda: add(cast.county_officer, from_year=2019)) == {"from_year": Invalid}
    assert refused(lambda: add(cast.county_officer, name="")) == {"name": Invalid}
    assert (count(LearningForm), count(RuleVersion), count(HistoryEntry)) == (29, 29, n)


def test_a_name_is_taken_for_those_below_and_free_elsewhere(cast: Cast, add: Any) -> None:
    add(cast.city_officer)
    assert refused(lambda: add(cast.county_officer)) == {"name": Conflict, "name_en": Conflict}
    assert add(cast.foreign_officer).form_code != ""


def test_only_an_hr_department_with_the_right_adds_one(cast: Cast, add: Any) -> None:
    for actor in (cast.unit_clerk, cast.department_clerk, cast.professional, cast.base_clerk):
        with pytest.raises(NotAllowed):
            add(actor)
    assert count(LearningForm) == 29


def test_it_is_put_out_of_use_with_a_reason_and_brought_back(
    cast: Cast, add: Any, run: Any, session_of: Any, approve: Any, stored: Any
) -> None:
    version = add(cast.county_officer)
    with system_session() as session:
        form_id = session.scalars(select(LearningForm.id).where(LearningForm.code == version.form_code)).one()
    draft = Draft(2026, "professional", version.form_code, INPUTS, "3")
    pending, kept = run(save_draft, cast.professional, draft).id, run(save_draft, cast.professional, draft).id
    run(submit, cast.professional, pending)
    with pytest.raises(Invalid):
        run(own_forms.retire, cast.county_officer, form_id, reason=" ")
    for other in (cast.city_officer, cast.foreign_officer):
        with pytest.raises(NotFound):
            run(own_forms.retire, other, form_id, reason="无关")
    run(own_forms.retire, cast.county_officer, form_id, reason="不再开展")
    with pytest.raises(WrongState):
        run(own_forms.retire, cast.county_officer, form_id, reason="不再开展")
    assert seen(session_of, cast.professional) == []
    assert refused(lambda: run(submit, cast.professional, kept)) == {"form_code": NotAllowed}
    approve(pending)
    assert stored(pending).counted_tenths == 30
    with pytest.raises(WrongState):
        run(own_forms.delete, cast.county_officer, form_id)
    run(own_forms.bring_back, cast.county_officer, form_id, reason="恢复")
    run(submit, cast.professional, kept)
    with system_session() as session:
        rows = session.scalars(select(HistoryEntry.action).where(HistoryEntry.subject_kind == own_forms.SUBJECT_KIND))
        assert list(rows) == ["create", "disable", "enable"]


def test_one_that_was_never_published_is_deleted_with_its_drafts(cast: Cast, add: Any, run: Any, session_of: Any) -> None:
    version = add(cast.county_officer, publish=False)
    again = run(rule_versions.write, cast.county_officer, version.id, edit_of(name="改名"), from_year=2026)
    run(rule_versions.discard, cast.county_officer, again.id)
    session = session_of(cast.county_officer)
    (form,) = own_forms.unpublished(session, cast.county_officer)
    session.rollback()
    for other in (cast.city_officer, cast.foreign_officer):
        with pytest.raises(NotFound):
            run(own_forms.delete, other, form.id)
    run(own_forms.delete, cast.county_officer, form.id)
    assert (count(LearningForm), count(RuleVersion)) == (29, 29)


def test_lists_call_it_as_the_rule_that_was_published_last(cast: Cast, add: Any, run: Any) -> None:
    first = add(cast.county_officer)
    second = run(rule_versions.write, cast.county_officer, first.id, edit_of(name="线上研讨"), from_year=2026)
    run(rule_versions.publish, cast.county_officer, second.id)
    with system_session() as session:
        assert session.scalars(select(LearningForm.name).where(LearningForm.path != "/")).all() == ["线上研讨"]


@pytest.mark.parametrize("name", ["学术\u200b讲座", "学术 讲座", "\u202e学术讲座"])
def test_a_name_that_reads_like_another_is_taken(cast: Cast, add: Any, run: Any, name: str) -> None:
    assert refused(lambda: add(cast.county_officer, name=name)) == {"name": Conflict}
    own = add(cast.county_officer, publish=False)
    renamed = edit_of(name=name)
    assert refused(lambda: run(rule_versions.write, cast.county_officer, own.id, renamed, from_year=2026)) == {"name": Conflict}


@pytest.mark.parametrize("name", ["Academic lecture", "ACADEMIC\u200b LECTURE", "Ａｃａｄｅｍｉｃ lecture ", "academiclecture"])
def test_an_english_name_that_reads_like_another_is_taken(cast: Cast, add: Any, run: Any, name: str) -> None:
    assert refused(lambda: add(cast.county_officer, name_en=name)) == {"name_en": Conflict}
    own = add(cast.county_officer, publish=False)
    renamed = edit_of(name_en=name)
    assert refused(lambda: run(rule_versions.write, cast.county_officer, own.id, renamed, from_year=2026)) == {
        "name_en": Conflict
    }
    without = run(rule_versions.write, cast.county_officer, own.id, edit_of(name_en=""), from_year=2026)
    assert without.spec["en"] == NAME


def test_what_reads_alike_within_a_form_and_a_limit_of_nothing_are_refused(cast: Cast, add: Any) -> None:
    fields = edit_of().fields
    twice = [*fields[:-1], FieldEdit("level", "级别", "Level", "enum", "a = 市级\nb = 市\u200b级")]
    assert refused(lambda: add(cast.county_officer, fields=twice)) == {"fields": Invalid}
    same = [*fields, FieldEdit("other", "级 别", "", "text")]
    assert refused(lambda: add(cast.county_officer, fields=same)) == {"fields": Invalid}
    assert refused(lambda: add(cast.county_officer, cap_kind="none", cap_value="5")) == {"cap_value": Invalid}
    assert count(LearningForm) == 29


def test_invisible_characters_are_left_out_of_a_name(cast: Cast, add: Any) -> None:
    made = add(cast.county_officer, name="\u202e网络\u200b研讨")
    assert made.spec["zh"] == NAME
