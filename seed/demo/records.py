"""What the people of the demo declared: records in every state, decided by those above."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw
from sqlalchemy import select

from models import history
from models.access import Actor, person_key
from models.base import today
from models.credits import declarations
from models.credits.saving import Draft, save_draft
from models.credits.tables import Declaration, DeclarationWindow, RuleVersion
from models.errors import FieldErrors
from models.people.tables import Professional
from models.reviews import engine
from models.reviews.tables import Review, ReviewKind, ReviewState, Verdict
from models.uploads import Upload, check
from seed.demo.stage import Stage, acting_as, actor_of, as_system

REASONS = ("证明材料不清晰，请重新上传", "培训时间与申报年度不符", "请补充单位出具的培训证明", "该培训不属于继续教育范围")
TRAINING = ("GXKPX", "JZMS", "GWPX", "XSJZ", "ZZXX", "XSHY", "HYPX")
ACHIEVEMENT = (
    "FBLW",
    "KTXM",
    "FMZL",
    "HJ",
    "BZZD",
    "SK",
    "FWJC",
    "SJHD",
    "QT",
    "KSZG",
    "CBZZ",
    "DYBG",
    "GZDL",
    "ZJZN",
    "YPYJ",
    "XLJY",
    "XWJY",
    "JX",
    "XSFW",
    "JDPX",
)


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a declaration: how many levels pass it, and what the next one does."""

    n_pass: int = 9
    end: str = "approved"  # approved, pending, rejected, draft, withdrawn


FATES = (
    Fate(),
    Fate(),
    Fate(),
    Fate(),
    Fate(0, "pending"),
    Fate(0, "pending"),
    Fate(1, "pending"),
    Fate(1, "pending"),
    Fate(2, "pending"),
    Fate(0, "rejected"),
    Fate(1, "rejected"),
    Fate(2, "rejected"),
    Fate(0, "draft"),
    Fate(0, "withdrawn"),
)


def build_records(stage: Stage) -> None:
    """Let everybody do a year's work."""
    _open_last_year(stage)
    fates = _last_year(stage) | _this_year(stage)
    decide(stage, fates)


# --- declarations ---------------------------------------------------------------------------------------------------


def _open_last_year(stage: Stage) -> None:
    """Keep last year's window open to the end of this one: the city's HR department has extended it."""
    city = stage.officer("city")
    with acting_as(city) as session:
        year = stage.year - 1
        session.add(
            DeclarationWindow(
                organisation_id=city.organisation_id,
                path=city.path,
                year=year,
                opens_on=dt.date(year, 1, 1),
                closes_on=dt.date(year + 1, 12, 31),
            )
        )
        session.flush()
        history.record(session, city, "organisation", [city.organisation_id or 0], "open_window", changes={"year": [None, year]})


def _last_year(stage: Stage) -> dict[int, Fate]:
    """Give every fourth person of last year what the requirement asks, and every twelfth too little."""
    fates: dict[int, Fate] = {}
    for n, person_id in enumerate(_active(stage)):
        if n % 4:
            continue
        person = person_actor(person_id)
        fates[declare(stage, person, "GXKPX", stage.year - 1, "public", "30", n)] = Fate()
        hours = "40" if n % 12 == 0 else "60"
        fates[declare(stage, person, "HYPX", stage.year - 1, "professional", hours, n)] = Fate()
    return fates


def _this_year(stage: Stage) -> dict[int, Fate]:
    fates: dict[int, Fate] = {}
    forms = (*TRAINING, *ACHIEVEMENT)
    for n, person_id in enumerate(_active(stage)):
        person = person_actor(person_id)
        for k in range(1 + (n % 4 == 1)):
            form = TRAINING[(n + k) % len(TRAINING)] if n % 4 else forms[(n // 4 + k) % len(forms)]
            fate = FATES[(n * 3 + k * 5) % len(FATES)]
            fates[declare(stage, person, form, stage.year, "", None, n, ends=fate.end)] = fate
    return {i: f for i, f in fates.items() if f.end not in {"draft", "withdrawn"}}


def _active(stage: Stage) -> list[int]:
    closed = set(stage.people["wh_clinic"])
    return [i for people in stage.people.values() for i in people if i % 9 and i not in closed]


def person_actor(person_id: int) -> Actor:
    """Return a professional as the actor of her own profile."""
    with as_system() as session:
        account_id = session.get_one(Professional, person_id).account_id
    return actor_of(account_id, person_key(person_id))


_examples: dict[str, dict[str, Any]] = {}


def _example(form: str) -> dict[str, Any]:
    """Return the computed example of a form: inputs that its rule accepts."""
    if not _examples:
        with as_system() as session:
            for version in session.scalars(select(RuleVersion).where(RuleVersion.path == "/")):
                _examples[version.form_code] = version.spec
    return _examples[form]


def declare(
    stage: Stage, person: Actor, form: str, year: int, subject: str, hours: str | None, n: int, *, ends: str = "approved"
) -> int:
    """Let a person declare hours by the example of a form, and do with it what *ends* says; return its id."""
    spec = _example(form)
    example = spec["example"]
    inputs = {k: _dated(str(v), year, n) for k, v in example["inputs"].items()}
    if "base" in inputs:
        inputs["base"] = str(stage.organisations["university_base"].id)
    if form == "GXKPX":
        inputs |= {"class_name": f"{year}年公需科目培训班", "class_hours": hours or "30"}
    draft = Draft(
        year, subject or spec["subject_kinds"][n % len(spec["subject_kinds"])], form, inputs, hours or _hours(example, n)
    )
    with acting_as(person) as session:
        try:
            declaration = save_draft(session, person, draft)
        except FieldErrors as refusal:
            raise ValueError(f"{draft}: {refusal.errors}") from refusal
        if spec.get("evidence", {}).get("required", True) or n % 2:
            declarations.add_evidence(session, person, declaration.id, check(Upload(f"证明材料{n}.png", picture(declaration.id))))
        if ends != "draft":
            declarations.submit(session, person, declaration.id)
        if ends == "withdrawn":
            declarations.withdraw(session, person, declaration.id)
    return declaration.id


def _hours(example: dict[str, Any], n: int) -> str:
    asked = str(example["hours"] or example["requested"])
    return str(float(asked) + 8) if n % 23 == 0 else asked  # over the rule: a key review


def _dated(text: str, year: int, n: int) -> str:
    """Move a date of the example into *year*, a few days apart for each person; other values stay."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return text
    return min(
        day.replace(year=year, day=min(day.day, 28)) + dt.timedelta(days=n % 3), dt.date(year, 12, 31), today()
    ).isoformat()


def picture(seed: int) -> bytes:
    """Return a small picture that looks like a scanned proof; now and then the same one twice."""
    shade = 235 + seed % 20
    image = Image.new("RGB", (480, 340), (shade, shade, 240))
    draw = ImageDraw.Draw(image)
    draw.rectangle((14, 14, 466, 326), outline=(120, 130, 150), width=2)
    draw.text((30, 40), f"CERTIFICATE OF ATTENDANCE  No. {seed if seed % 40 else 40:06d}", fill=(40, 50, 70))
    for line in range(6):
        draw.line((30, 90 + line * 30, 200 + (seed * 37 + line * 53) % 230, 90 + line * 30), fill=(150, 160, 180), width=3)
    draw.ellipse((360, 230, 440, 310), outline=(180, 40, 40), width=4)
    data = io.BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def decide(stage: Stage, fates: dict[int, Fate]) -> None:
    """Let each organisation decide what waits for it, batch by batch, until every declaration met its fate."""
    passed: dict[int, int] = {}
    while True:
        waiting = _waiting(fates, passed)
        if not waiting:
            return
        for organisation_id, (to_pass, to_reject) in sorted(waiting.items()):
            officer = stage.officers[organisation_id]
            with acting_as(officer) as session:
                if to_pass:
                    values = {i: {"granted_tenths": g} for i, g in _lowered(session, list(to_pass)).items()}
                    engine.decide_many(session, officer, list(to_pass), verdict=Verdict.PASS, values=values)
                for i in to_reject:
                    engine.decide_many(session, officer, [i], verdict=Verdict.REJECT, reason=REASONS[i % len(REASONS)])
            for subject_id in to_pass.values():
                passed[subject_id] = passed.get(subject_id, 0) + 1
            for subject_id in to_reject.values():
                fates.pop(subject_id)


def _waiting(fates: dict[int, Fate], passed: dict[int, int]) -> dict[int, tuple[dict[int, int], dict[int, int]]]:
    """Return, by deciding organisation, the reviews to pass and to reject now, each with its declaration."""
    found: dict[int, tuple[dict[int, int], dict[int, int]]] = {}
    with as_system() as session:
        rows = session.scalars(
            select(Review).where(Review.state == ReviewState.OPEN, Review.kind == ReviewKind.DECLARATION).order_by(Review.id)
        ).all()
    for row in rows:
        fate = fates.get(row.subject_id)
        if fate is None or row.deciding_organisation_id is None:
            continue
        n = passed.get(row.subject_id, 0)
        place = found.setdefault(row.deciding_organisation_id, ({}, {}))
        if n < fate.n_pass:
            place[0][row.id] = row.subject_id
        elif fate.end == "rejected":
            place[1][row.id] = row.subject_id
    return {k: v for k, v in found.items() if v[0] or v[1]}


def _lowered(session: Any, review_ids: Sequence[int]) -> dict[int, int]:
    """Lower the granted hours of every seventeenth by two hours."""
    found = {}
    for review in session.scalars(select(Review).where(Review.id.in_(review_ids))):
        if review.id % 17 == 0:
            requested = session.get_one(Declaration, review.subject_id).requested_tenths
            found[review.id] = max(10, requested - 20)
    return found
