"""Hours that a hospital declares for people: one form for several, its records in every state; people picked and imported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from models.base import today
from models.credits import applicants, batches, declarations
from models.credits.applicant_imports import ApplicantsImport
from models.credits.declarations import Draft
from models.credits.tables import Declaration
from models.import_rows import ImportRow
from models.people.tables import Account, Professional, ProfessionalState
from models.reviews import engine
from models.reviews.tables import Review, ReviewKind, ReviewState, Verdict
from models.uploads import Upload, check
from seed.demo.records import picture
from seed.demo.stage import Stage, acting_as, as_system, take_in

UNIT = "people_hospital"
REJECTED = "结业证书与培训班名称不一致"
N_PEOPLE = 6
SHADE = 4711


def build_declared(stage: Stage, own_forms: Mapping[str, str]) -> None:
    """Declare for six people of a hospital; some pass, one is rejected, one is taken back; two more forms stay drafts.

    By each learning form of the city (*own_forms*: name and code) two people are declared for, and one of them passes.
    """
    officer = stage.officer(UNIT)
    made = _declare(stage, _form(stage, "院感防控与急救技能岗位培训", "16"), _people(stage))
    for declaration_id in made[:2]:
        _decide(stage, declaration_id, times=9)
    _decide(stage, made[2], times=0)
    with acting_as(officer) as session:
        declarations.withdraw(session, officer, made[3])
    # On the same days: submitted again, the record that was taken back would be looked at closely.
    _declare(stage, _form(stage, "消毒隔离技术岗位培训", "8"), _people(stage)[3:4])
    for name, code in own_forms.items():
        passes, _waits = _declare(stage, _form(stage, f"{name}（第一期）", "4", code), _people(stage)[:2])
        _decide(stage, passes, times=9)
    draft_id = _form(stage, "医疗质量管理岗位培训", "8")
    with acting_as(officer) as session:
        applicants.add_many(session, officer, draft_id, _people(stage)[:3])
    _import(stage, _form(stage, "跨年度病案质控岗位培训", "24", first_day=f"{stage.year - 1}-12-28"))


def _declare(stage: Stage, batch_id: int, people: Sequence[int]) -> list[int]:
    """Submit a form for people and return its records."""
    officer = stage.officer(UNIT)
    with acting_as(officer) as session:
        applicants.add_many(session, officer, batch_id, people)
    with acting_as(officer) as session:
        applicants.begin(session, officer, batch_id)
        while applicants.declare_next(session, officer, batch_id):
            pass
    with as_system() as session:
        return list(session.scalars(select(Declaration.id).where(Declaration.batch_id == batch_id).order_by(Declaration.id)))


def _import(stage: Stage, batch_id: int) -> None:
    """Let people with hours and scores of their own come in, as a filled-in sheet would; reviewers would be asked to look closely."""
    officer = stage.officer(UNIT)
    with as_system() as session:
        wanted = Professional.id.in_(_people(stage)[3:])
        people = session.execute(select(Professional.name, Account.number).join(Account).where(wanted).order_by(Professional.id))
        own = zip(people, ("24", "16", None), ("优秀", None, None), strict=False)
        rows = [
            ImportRow(n, {"name": name, "number": number, "requested_hours": hours, "score": score})
            for n, ((name, number), hours, score) in enumerate(own, start=3)
        ]
    take_in(officer, ApplicantsImport(officer, batch_id), rows)


def _form(stage: Stage, name: str, hours: str, code: str = "GWPX", first_day: str = "") -> int:
    officer = stage.officer(UNIT)
    day = today().replace(day=1).isoformat()
    inputs = {
        "school_unit": "海州市卫生人才培训中心",
        "class_name": name,
        "score": "合格",
        "start_date": first_day or day,
        "end_date": day,
    }
    upload = check(Upload("结业证书（集体）.png", picture(SHADE + len(name))))
    with acting_as(officer) as session:
        draft = Draft(stage.year, "professional", code, inputs, hours)
        kept = batches.keep(session, officer, draft, batch_id=None, uploads=[upload])
        if kept.batch is None or kept.errors:
            raise ValueError(f"{draft}: {kept.errors}")
        return int(kept.batch.id)


def _people(stage: Stage) -> list[int]:
    with as_system() as session:
        wanted = (Professional.id.in_(stage.people[UNIT]), Professional.state == ProfessionalState.ACTIVE)
        return list(session.scalars(select(Professional.id).where(*wanted).order_by(Professional.id).limit(N_PEOPLE)))


def _decide(stage: Stage, declaration_id: int, *, times: int) -> None:
    """Let *times* levels pass a record, at most as many as there are, or the first one reject it."""
    for _level in range(times or 1):
        with as_system() as session:
            wanted = (Review.kind == ReviewKind.DECLARATION, Review.subject_id == declaration_id)
            statement = select(Review.id, Review.deciding_organisation_id).where(*wanted, Review.state == ReviewState.OPEN)
            row = session.execute(statement).first()
        if row is None:
            return
        officer = stage.officers[row.deciding_organisation_id]
        with acting_as(officer) as session:
            verdict = Verdict.PASS if times else Verdict.REJECT
            engine.decide(session, officer, row.id, verdict=verdict, reason="" if times else REJECTED)
