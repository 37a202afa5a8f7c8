"""The rules of hours that the demo's city made for itself: one that holds, one that waits as a draft, one that was given up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from models.credits import rule_versions, rules
from models.credits.rule_versions import as_edit
from models.credits.tables import RuleVersion
from seed.demo.stage import Stage, acting_as


def build_rules(stage: Stage) -> None:
    """Publish a yearly cap of the city for 岗位培训, draft one for 行业专业科目培训 and discard a draft of 其他."""
    published = _write(
        stage,
        "GWPX",
        note="按市人社局年度通知，岗位培训每年最多计 80 学时",
        cap_value="80",
        rule_text="岗位培训按培训证书所载学时登记，每年累计不超过 80 学时。",
    )
    with acting_as(stage.officer("city")) as session:
        rule_versions.publish(session, stage.officer("city"), published)
    _write(stage, "HYPX", note="拟对行业专业科目培训设每年 50 学时上限，先行试算", cap_kind="per_year", cap_value="50")
    given_up = _write(stage, "QT", note="拟停用，经研究不再调整", is_enabled=False)
    with acting_as(stage.officer("city")) as session:
        rule_versions.discard(session, stage.officer("city"), given_up)


def _write(stage: Stage, code: str, **changed: Any) -> int:
    officer = stage.officer("city")
    with acting_as(officer) as session:
        base = session.get_one(RuleVersion, rules.offer(session, officer.path, code, stage.year).version.id)
        edit = replace(as_edit(base.spec), **changed)
        return rule_versions.write(session, officer, base.id, edit, from_year=stage.year).id
