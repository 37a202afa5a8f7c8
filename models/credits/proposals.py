"""Proves that every submitted record's proposal is what its stored inputs give on its stored version of the rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import to_hours, to_tenths
from models.credits import rules
from models.credits.form_inputs import from_stored
from models.credits.forms import FormSpec, propose
from models.credits.tables import Declaration, DeclarationState, RuleVersion
from models.errors import Invalid

AT_ONCE = 2000


@dataclass
class Checked:
    """What the proof found; ``wrong`` names at most 100 of the records that differ."""

    n_records: int = 0
    n_wrong: int = 0
    wrong: list[int] = field(default_factory=list)


def check_proposals(session: Session) -> Checked:
    """Recompute every submitted record in a system session and compare hours and arithmetic; writes nothing."""
    found = Checked()
    specs: dict[int, FormSpec] = {}
    for rows in _chunks(session):
        for version in session.scalars(
            select(RuleVersion).where(RuleVersion.id.in_({r.rule_version_id for r in rows} - set(specs)))
        ):
            specs[version.id] = rules.spec_of(version)
        for row in rows:
            found.n_records += 1
            if not agrees(specs[row.rule_version_id], row):
                found.n_wrong += 1
                found.wrong = [*found.wrong, row.id][:100]
        session.rollback()
    return found


_COLUMNS = (
    Declaration.id,
    Declaration.rule_version_id,
    Declaration.inputs,
    Declaration.requested_tenths,
    Declaration.proposed_tenths,
    Declaration.arithmetic,
)


def _chunks(session: Session) -> Iterator[Any]:
    last = 0
    while True:
        statement = select(*_COLUMNS).where(Declaration.id > last, Declaration.state != DeclarationState.DRAFT)
        rows = session.execute(statement.order_by(Declaration.id).limit(AT_ONCE)).all()
        if not rows:
            return
        last = rows[-1].id
        yield rows


def agrees(spec: FormSpec, row: Any) -> bool:
    """Say whether a record's proposal follows from its inputs; what its cap left that day stands in its arithmetic."""
    try:
        by_rule = propose(spec, from_stored(spec, row.inputs), to_hours(row.requested_tenths))
    except Invalid:
        return False
    lines = [line for line in row.arithmetic or () if isinstance(line, str)]
    left = [to_tenths(line["params"]["left"]) for line in row.arithmetic or () if isinstance(line, Mapping)]
    tenths = None if by_rule.hours is None else min([to_tenths(by_rule.hours), *left])
    return tenths == row.proposed_tenths and list(by_rule.arithmetic) == lines
