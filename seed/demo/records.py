"""What the people of the demo did: declarations in every state, registrations, certificates, support's work."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw
from sqlalchemy import select

from models import history
from models.access import SUPPORT_PERMISSIONS, SYSTEM, Actor, PositionKind
from models.base import today
from models.certificates import operations as certificates
from models.certificates.tables import Certificate, CertificateState
from models.credits import declarations
from models.credits.recount import recount_years
from models.credits.saving import Draft, save_draft
from models.credits.tables import Declaration, DeclarationWindow, Requirement, RuleVersion, YearSummary
from models.errors import FieldErrors
from models.people import accounts, numbers
from models.people.numbers import DocumentType
from models.people.registration import Registration
from models.people.tables import Account, Professional
from models.reviews import engine
from models.reviews.registrations import submit_registration
from models.reviews.tables import Review, ReviewKind, ReviewState, Verdict
from models.uploads import Upload
from seed import made_up
from seed.demo.stage import PASSWORD, Stage, acting_as, actor_of, as_system

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
    _decide(stage, fates)
    _registrations(stage)
    _certificates(stage)
    _raise_requirement(stage)
    _support(stage)
    _list_people(stage)


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
        person = _person_actor(person_id)
        fates[_declare(stage, person, "GXKPX", stage.year - 1, "public", "30", n)] = Fate()
        hours = "40" if n % 12 == 0 else "60"
        fates[_declare(stage, person, "HYPX", stage.year - 1, "professional", hours, n)] = Fate()
    return fates


def _this_year(stage: Stage) -> dict[int, Fate]:
    fates: dict[int, Fate] = {}
    forms = (*TRAINING, *ACHIEVEMENT)
    for n, person_id in enumerate(_active(stage)):
        person = _person_actor(person_id)
        for k in range(1 + (n % 4 == 1)):
            form = TRAINING[(n + k) % len(TRAINING)] if n % 4 else forms[(n // 4 + k) % len(forms)]
            fate = FATES[(n * 3 + k * 5) % len(FATES)]
            fates[_declare(stage, person, form, stage.year, "", None, n, ends=fate.end)] = fate
    return {i: f for i, f in fates.items() if f.end not in {"draft", "withdrawn"}}


def _active(stage: Stage) -> list[int]:
    closed = set(stage.people["wh_clinic"])
    return [i for people in stage.people.values() for i in people if i % 9 and i not in closed]


def _person_actor(person_id: int) -> Actor:
    with as_system() as session:
        account_id = session.get_one(Professional, person_id).account_id
    return actor_of(account_id, f"person:{person_id}")


_examples: dict[str, dict[str, Any]] = {}


def _example(form: str) -> dict[str, Any]:
    """Return the computed example of a form: inputs that its rule accepts."""
    if not _examples:
        with as_system() as session:
            for version in session.scalars(select(RuleVersion).where(RuleVersion.path == "/")):
                _examples[version.form_code] = version.spec
    return _examples[form]


def _declare(
    stage: Stage, person: Actor, form: str, year: int, subject: str, hours: str | None, n: int, *, ends: str = "approved"
) -> int:
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
            declarations.add_evidence(session, person, declaration.id, Upload(f"证明材料{n}.png", _picture(declaration.id)))
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


def _picture(seed: int) -> bytes:
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


def _decide(stage: Stage, fates: dict[int, Fate]) -> None:
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


# --- registrations, certificates, support ----------------------------------------------------------------------------


def _registrations(stage: Stage) -> None:
    """Twelve people register themselves: most wait, two are rejected, two are accepted."""
    for n in range(12):
        key = ("wh_middle", "wh_hospital", "people_hospital")[n % 3]
        number = stage.next_number()
        with as_system() as session:
            person = submit_registration(session, _registration(stage, stage.organisations[key].id, number)).person
        officer = stage.officer(key)
        if n in {3, 4, 5, 6}:
            verdict, reason = (Verdict.PASS, "") if n % 2 else (Verdict.REJECT, "姓名与证件不符，请核对后重新注册")
            with acting_as(officer) as session:
                review = session.scalars(
                    select(Review).where(Review.kind == ReviewKind.REGISTRATION, Review.subject_id == person.id)
                ).one()
                engine.decide(session, officer, review.id, verdict=verdict, reason=reason)
        if n in {0, 4}:
            stage.list_account("待审核的注册" if n == 0 else "被驳回的注册", number.value, "专业技术人员")


def _registration(stage: Stage, organisation_id: int, number: made_up.MadeUpNumber) -> Registration:
    return Registration(
        document_type=DocumentType.ID_CARD,
        number=number.value,
        organisation_id=organisation_id,
        name=made_up.person_name(stage.rng, number.sex),
        sex=number.sex.value,
        phone=made_up.mobile(stage.n_used),
        email=made_up.email(stage.n_used),
        ethnic_group="01",
        education_level="21",
        school="海州学院",
        field_of_study="04",
        graduated_on=dt.date(2015, 7, 1),
        degree="4",
        is_postdoc=False,
        title_series="05",
        title_level="434",
        title_qualification="0504",
        vocational_qualification="VQ00",
        vocational_level="",
        password=PASSWORD,
        again=PASSWORD,
    )


def _certificates(stage: Stage) -> None:
    """Print certificates of last year: most are valid, one was replaced after a correction."""
    with as_system() as session:
        passed = session.scalars(
            select(YearSummary.person_id)
            .where(YearSummary.year == stage.year - 1, YearSummary.is_passed)
            .order_by(YearSummary.person_id)
            .limit(24)
        ).all()
    for n, person_id in enumerate(passed):
        person = _person_actor(person_id)
        with acting_as(person) as session:
            certificate = certificates.issue(session, person, person_id, stage.year - 1)
        if n == 3:
            city = stage.officer("city")
            with acting_as(city) as session:
                certificates.replace(session, city, certificate.id, reason="姓名更正后重新签发")


def _raise_requirement(stage: Stage) -> None:
    """Let one county ask for more hours of last year: its certificate of that year no longer holds and is revoked."""
    year = stage.year - 1
    with as_system() as session:
        holders = session.scalars(select(Certificate.person_id).where(Certificate.state == CertificateState.VALID)).all()
        paths = {p.id: p.path for p in session.scalars(select(Professional).where(Professional.id.in_(holders)))}
    key = next(
        key
        for key in ("qingze", "linsha", "yunfeng", "zone", "wanghai")
        if any(path.startswith(stage.organisations[key].path) for path in paths.values())
    )
    officer = stage.officer(key)
    with acting_as(officer) as session:
        session.add(
            Requirement(
                organisation_id=officer.organisation_id,
                path=officer.path,
                year=year,
                total_tenths=1200,
                public_tenths=300,
                professional_tenths=900,
            )
        )
        session.flush()
        history.record(
            session, officer, "organisation", [officer.organisation_id or 0], "set_requirement", changes={"year": [None, year]}
        )
        # A requirement holds until a later one replaces it: every year of the county from then on is counted anew.
        rows = session.execute(select(YearSummary.person_id, YearSummary.year).where(YearSummary.year >= year))
        recount_years(session, officer, [(row.person_id, row.year) for row in rows])


def _support(stage: Stage) -> None:
    """Create the support staff of the demo."""
    number = stage.next_number()
    with as_system() as session:
        checked = numbers.check(DocumentType.ID_CARD, number.value, today=today())
        account = accounts.create_account(
            session,
            SYSTEM,
            accounts.NewAccount(
                DocumentType.ID_CARD,
                checked,
                made_up.person_name(stage.rng, number.sex),
                made_up.mobile(stage.n_used),
                made_up.email(stage.n_used),
                PASSWORD,
            ),
        )
        session.get_one(Account, account.id).is_support = True
        actor = Actor(account.id, account.name, PositionKind.SUPPORT, f"support:{account.id}", permissions=SUPPORT_PERMISSIONS)
        history.record(session, actor, "account", [account.id], "create_support")
    stage.list_account("客服（/support/login）", number.value, "客服")


def _list_people(stage: Stage) -> None:
    """Name one professional of the school, and one who still has her first password."""
    with as_system() as session:
        first_time = next(i for people in stage.people.values() for i in people if i % 9 == 0)
        usual = next(i for i in stage.people["wh_middle"] if i % 9)
        for title, person_id in (("专业技术人员：望海区实验中学教师", usual), ("首次登录（密码为证件号后六位）", first_time)):
            account = session.get_one(Account, session.get_one(Professional, person_id).account_id)
            stage.list_account(title, account.number, "专业技术人员")
