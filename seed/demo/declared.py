"""Hours that a hospital and its department declare for people: one form for several, its records in every state."""

from __future__ import annotations

from sqlalchemy import select

from models.base import today
from models.credits import applicants, batches, declarations
from models.credits.declarations import Draft
from models.credits.tables import Declaration
from models.people.tables import Professional, ProfessionalState
from models.reviews import engine
from models.reviews.tables import Review, ReviewKind, ReviewState, Verdict
from models.uploads import Upload, check
from seed.demo.records import picture
from seed.demo.stage import Stage, acting_as, as_system

UNIT = "people_hospital"
REJECTED = "结业证书与培训班名称不一致"
N_PEOPLE = 6
SHADE = 4711


def build_declared(stage: Stage) -> None:
    """Declare for six people of a hospital; some pass, one is rejected, one is taken back; a second form stays a draft."""
    officer = stage.officer(UNIT)
    batch_id = _form(stage, "院感防控与急救技能岗位培训", "16")
    with acting_as(officer) as session:
        applicants.add_many(session, officer, batch_id, _people(stage))
    with acting_as(officer) as session:
        applicants.begin(session, officer, batch_id)
        while applicants.declare_next(session, officer, batch_id):
            pass
    with as_system() as session:
        made = list(session.scalars(select(Declaration.id).where(Declaration.batch_id == batch_id).order_by(Declaration.id)))
    for declaration_id in made[:2]:
        _decide(stage, declaration_id, times=9)
    _decide(stage, made[2], times=0)
    with acting_as(officer) as session:
        declarations.withdraw(session, officer, made[3])
    draft_id = _form(stage, "医疗质量管理岗位培训", "8")
    with acting_as(officer) as session:
        applicants.add_many(session, officer, draft_id, _people(stage)[:3])


def _form(stage: Stage, name: str, hours: str) -> int:
    officer = stage.officer(UNIT)
    day = min(today().replace(day=1), today()).isoformat()
    inputs = {"school_unit": "海州市卫生人才培训中心", "class_name": name, "score": "合格", "start_date": day, "end_date": day}
    upload = check(Upload("结业证书（集体）.png", picture(SHADE + len(name))))
    with acting_as(officer) as session:
        draft = Draft(stage.year, "professional", "GWPX", inputs, hours)
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
