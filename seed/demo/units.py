"""Organisations that register: one of each kind waits, one passed and one was rejected."""

from __future__ import annotations

from sqlalchemy import select

from models.access import post_key
from models.org import queries
from models.org.tables import OrganisationKind
from models.people.numbers import DocumentType
from models.people.organisation_registration import Applicant, OrganisationRegistration
from models.people.tables import Post
from models.reviews import engine, organisation_changes
from models.reviews.organisation_registrations import first_step, keep_first_step, submit_organisation
from models.reviews.tables import Review, ReviewKind, Verdict
from seed import made_up
from seed.demo.stage import PASSWORD, Stage, acting_as, actor_of, as_system

EMPLOYER, DEPARTMENT = OrganisationKind.EMPLOYER, OrganisationKind.COMPETENT_DEPARTMENT
BASE, HR = OrganisationKind.TRAINING_BASE, OrganisationKind.HR_DEPARTMENT
UNITS = (
    # kind, name, key of the superior, what became of it
    (EMPLOYER, "望海区第三小学", "wh_education", ""),
    (EMPLOYER, "望海区晨光幼儿园", "wh_education", "pass"),
    (EMPLOYER, "望海区远航培训学校", "wh_education", "单位名称与代码和证书不一致。"),
    (EMPLOYER, "望海区实验中学北校区", "wh_middle", ""),
    (DEPARTMENT, "望海区农业农村局", "wanghai", ""),
    (BASE, "望海区职业教育中心", "wanghai", ""),
    (HR, "海州市高新区人力资源和社会保障局", "city", ""),
)


def build_units(stage: Stage) -> None:
    """Let the units register, as their first administrators would, and decide two of them."""
    for n, (kind, name, above, decision) in enumerate(UNITS):
        number = stage.next_number()
        superior = stage.organisations[above]
        data = OrganisationRegistration(
            kind,
            name,
            made_up.credit_code(700 + n, superior.region_code, begins="12"),
            superior.id,
            "10" if kind is BASE else "20",
            "109",
            "P" if kind is EMPLOYER else "S",
            made_up.landline(700 + n),
            f"{name}（演示地址）",
        )
        applicant = Applicant(
            DocumentType.ID_CARD,
            number.value,
            made_up.person_name(stage.rng, number.sex),
            made_up.mobile(stage.n_used),
            made_up.email(stage.n_used),
            "",
            PASSWORD,
            PASSWORD,
        )
        with as_system() as session:
            key = keep_first_step(session, data, None)
        with as_system() as session:
            made = submit_organisation(session, first_step(key), applicant, proved_account_id=None).organisation
        if decision:
            _decide(stage, above, made.id, decision)
        if decision == "pass":
            _change_a_name(made.id, _account_of(made.id), "望海区晨光实验幼儿园")
        if name == UNITS[0][1]:
            stage.list_account("待审核的单位注册", number.value, "用人单位")


def _account_of(organisation_id: int) -> int:
    with as_system() as session:
        return session.scalars(select(Post.account_id).where(Post.organisation_id == organisation_id)).one()


def _change_a_name(organisation_id: int, account_id: int, name: str) -> None:
    """Let a unit ask for another name; its superior has not looked yet."""
    with as_system() as session:
        post = session.scalars(select(Post).where(Post.organisation_id == organisation_id, Post.account_id == account_id)).one()
    clerk = actor_of(account_id, post_key(post.id))
    with acting_as(clerk) as session:
        unit = queries.own(session, clerk)
        organisation_changes.ask(session, clerk, name=name, code=unit.code)


def _decide(stage: Stage, above: str, organisation_id: int, decision: str) -> None:
    officer = stage.officer(above)
    with acting_as(officer) as session:
        wanted = select(Review.id).where(Review.kind == ReviewKind.ORGANISATION, Review.subject_id == organisation_id)
        verdict = Verdict.PASS if decision == "pass" else Verdict.REJECT
        reason = "" if verdict is Verdict.PASS else decision
        engine.decide(session, officer, session.scalars(wanted).one(), verdict=verdict, reason=reason)
