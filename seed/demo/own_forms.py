"""Learning forms that departments of the demo added: one in use, one out of use with a record, one that is a draft."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from models.access import Actor
from models.credits import own_forms, rule_versions, rules
from models.credits.rule_editing import MadeOf
from models.credits.rule_versions import as_edit
from models.credits.tables import LearningForm
from seed.demo.stage import Stage, acting_as

SEMINAR, READING = "继续教育网络研讨", "专题读书班"


def build_own_forms(stage: Stage) -> dict[str, str]:
    """Add two forms of the city and one of a county; return the codes of the city's by their names."""
    city, county = stage.officer("city"), stage.officer("wanghai")
    seminar = _add(
        stage,
        city,
        SEMINAR,
        note="市人社局新增：网络研讨按天计学时",
        formula="min(calendar_days * 4, 20)",
        cap_kind="per_year",
        cap_value="20",
        source="海州市人社局年度继续教育工作通知",
        rule_text="参加网络研讨，每天按 4 学时计算，每次最多 20 学时，每年累计不超过 20 学时。",
    )
    reading = _add(stage, city, READING, note="市人社局新增：专题读书班", cap_kind="per_year", cap_value="10")
    _add(
        stage,
        county,
        "乡村振兴技术服务",
        is_published=False,
        note="望海区拟新增，征求意见中",
        formula="min(calendar_days * 2, 16)",
        made_of=MadeOf("start_date", "", "school_unit"),
    )
    return {SEMINAR: seminar, READING: reading}


def retire(stage: Stage, form_code: str) -> None:
    """Put a form of the city out of use; what was declared by it stays."""
    city = stage.officer("city")
    with acting_as(city) as session:
        form_id = session.scalars(select(LearningForm.id).where(LearningForm.code == form_code)).one()
        own_forms.retire(session, city, form_id, reason="该项活动不再开展")


def _add(stage: Stage, officer: Actor, name: str, *, is_published: bool = True, **changed: Any) -> str:
    with acting_as(officer) as session:
        base = rules.offer(session, officer.path, "GWPX", stage.year).version
        edit = replace(
            as_edit(base.spec), name=name, name_en=name, evidence="签到记录或结业证明", demands_evidence=False, **changed
        )
        made = own_forms.add(session, officer, base.id, edit, declaration_type="training", from_year=stage.year)
        if is_published:
            rule_versions.publish(session, officer, made.id)
        return made.form_code
