"""What the people of the scale data declare: a few hundred declarations per year, computed by the forms' real rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.base import to_hours, to_tenths
from models.credits.counting import Cap
from models.credits.form_inputs import clean_inputs, stored
from models.credits.forms import FormSpec, propose
from models.credits.rules import cap_of, spec_of
from models.credits.tables import LearningForm, RuleVersion, SubjectKind
from models.errors import N_

VARIANTS = 24
OVER_THE_RULE = 0.05
PUBLIC, PROFESSIONAL, ALL = SubjectKind.PUBLIC.value, SubjectKind.PROFESSIONAL.value, SubjectKind.ALL.value


@dataclass(frozen=True, slots=True)
class Mix:
    """How often a form is declared, with what it is declared by; the first entry of ``inputs`` names a field's choices."""

    code: str
    subject: str
    weight: int
    hours: tuple[int, ...] = ()  # declared where they stand on paper
    inputs: tuple[tuple[str, tuple[str, ...]], ...] = ()
    n_days: int = 5
    is_learning: bool = False  # written by the learning platform: approved at once, without a review


MIXES = (
    Mix(
        "ZXXX",
        PUBLIC,
        70,
        inputs=(("class_hours", ("30", "30", "30", "20")), ("class_name", ("公需科目在线学习", "数字经济与人工智能"))),
        n_days=20,
        is_learning=True,
    ),
    Mix("GXKPX", PUBLIC, 20, inputs=(("class_hours", ("30", "30", "24")), ("exam_score", ("72", "86", "91")))),
    Mix("JZMS", PUBLIC, 10, inputs=(("days", ("3", "4", "4.5")),)),
    Mix(
        "GWPX",
        PROFESSIONAL,
        26,
        hours=(60, 64, 72, 40),
        inputs=(("class_name", ("岗位培训班", "专业能力提升班", "安全生产岗位培训班")),),
    ),
    Mix("HYPX", PROFESSIONAL, 24, hours=(60, 60, 66, 48), inputs=(("class_name", ("行业专业科目培训", "新标准新规范培训")),)),
    Mix(
        "ZXXX",
        PROFESSIONAL,
        18,
        inputs=(("class_hours", ("60", "60", "40")), ("class_name", ("专业科目在线学习", "专业课网络班"))),
        n_days=40,
        is_learning=True,
    ),
    Mix("JX", PROFESSIONAL, 8, inputs=(("courses_passed", ("2", "4")),), n_days=60),
    Mix("XSHY", PROFESSIONAL, 6, inputs=(("level", ("national", "provincial", "municipal")),), n_days=3),
    Mix(
        "FBLW",
        PROFESSIONAL,
        6,
        inputs=(("journal_level", ("core", "national", "provincial")), ("char_count", ("4200", "6800", "8000"))),
    ),
    Mix("KTXM", PROFESSIONAL, 4, inputs=(("level", ("provincial", "municipal", "unit")),), n_days=120),
    Mix("SK", PROFESSIONAL, 4, inputs=(("lesson_hours", ("4", "8", "12")),)),
    Mix("HJ", PROFESSIONAL, 2, inputs=(("award_level", ("provincial", "municipal")), ("rank", ("1", "2", "3")))),
    Mix("ZJZN", ALL, 2, n_days=100),
)


@dataclass(frozen=True, slots=True)
class Model:
    """One declaration as its form holds it, before anybody has it."""

    form_code: str
    form_name: str
    version_id: int
    cap: Cap
    subject: str
    title: str
    inputs: Mapping[str, Any]
    starts_on: dt.date
    ends_on: dt.date
    requested: int
    proposed: int | None
    arithmetic: Sequence[Any]
    key_reasons: Sequence[Any]
    is_learning: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The declarations to choose from: by year and by whether they count as public."""

    models: Mapping[tuple[int, bool], tuple[Sequence[Model], Sequence[int]]]  # with the running sum of their weights

    def pick(self, rng: Random, year: int, *, is_public: bool) -> Model:
        """Return one by the weights of the mix."""
        models, weights = self.models[year, is_public]
        return rng.choices(models, cum_weights=weights)[0]


def build(session: Session, rng: Random, years: Sequence[int], today: dt.date) -> Catalogue:
    """Compute the catalogue by the rules that *session* holds."""
    forms = {f.code: f for f in session.scalars(select(LearningForm))}
    versions = {v.form_code: v for v in session.scalars(select(RuleVersion).order_by(RuleVersion.version))}
    found: dict[tuple[int, bool], list[tuple[Model, int]]] = {}
    for year in years:
        for mix in MIXES:
            spec = spec_of(versions[mix.code])
            for _ in range(VARIANTS):
                model = _model(rng, mix, forms[mix.code], versions[mix.code].id, spec, year, today)
                found.setdefault((year, mix.subject == PUBLIC), []).append((model, mix.weight))
    return Catalogue({key: ([m for m, _ in rows], list(accumulate(weight for _, weight in rows))) for key, rows in found.items()})


def _model(rng: Random, mix: Mix, form: LearningForm, version_id: int, spec: FormSpec, year: int, today: dt.date) -> Model:
    starts_on, ends_on = _period(rng, mix, spec, year, today)
    raw = {**spec.example.inputs, **{name: rng.choice(values) for name, values in mix.inputs}}
    raw |= {spec.period[0]: starts_on.isoformat(), spec.period[1]: ends_on.isoformat()}
    inputs = clean_inputs(spec, raw, today=today)
    asked = Decimal(rng.choice(mix.hours)) if mix.hours else None
    proposal = propose(spec, inputs, asked)
    proposed = to_tenths(proposal.hours) if proposal.hours is not None else None
    requested = to_tenths(asked) if asked is not None else proposed or to_tenths(spec.example.requested)
    if proposed is not None and not mix.is_learning and rng.random() < OVER_THE_RULE:
        requested = proposed + 40
    return Model(
        form.code,
        form.name,
        version_id,
        cap_of(spec),
        mix.subject,
        str(inputs.get(spec.title_field or "") or "")[:200],
        stored(inputs),
        starts_on,
        ends_on,
        requested,
        proposed,
        list(proposal.arithmetic),
        _reasons(requested, proposed),
        mix.is_learning,
    )


def _period(rng: Random, mix: Mix, spec: FormSpec, year: int, today: dt.date) -> tuple[dt.date, dt.date]:
    """Return a period within the year and not after today; a form with one date has it twice."""
    first, last = dt.date(year, 1, 1), min(dt.date(year, 12, 20), today)
    n_days = 1 if spec.period[0] == spec.period[1] else min(mix.n_days, (last - first).days + 1)
    starts_on = first + dt.timedelta(days=rng.randrange((last - first).days - n_days + 2))
    return starts_on, starts_on + dt.timedelta(days=n_days - 1)


def _reasons(requested: int, proposed: int | None) -> list[Any]:
    """Return why such a declaration is marked for key review, as ``models.credits.key_review`` says it."""
    if proposed is None or requested <= proposed:
        return []
    message_id = N_("%(requested)s hours are declared, the rule gives %(proposed)s.")
    return [{"message_id": message_id, "params": {"requested": str(to_hours(requested)), "proposed": str(to_hours(proposed))}}]
