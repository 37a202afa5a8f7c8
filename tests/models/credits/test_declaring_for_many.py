"""代申报: one form, one record for each person, who decides it, what its declarer alone may do, and that nothing doubles."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import files
from models.access import Actor
from models.credits import applicants, batches, declarations
from models.credits.applicants import Tally
from models.credits.batches import BatchApplicant, BatchFile
from models.credits.declarations import Draft
from models.credits.tables import Declaration, DeclarationState, DeclarationWindow, Source, YearSummary
from models.errors import NotAllowed, NotFound, WrongState
from models.files import Attachment
from models.org.tables import CodeEntry, Organisation, OrganisationState
from models.people.tables import Post, PostState, Professional, ProfessionalState, Role
from models.reviews import engine, undo
from models.reviews.tables import Decision, Review, ReviewLevel, Verdict
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.models.credits.conftest import TRAINING
from tests.models.credits.for_many import Make, make, records, submit

__all__ = ["make", "submit"]
pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("forms")]
Read = Callable[[int], Declaration]


def levels(declaration_id: int) -> list[tuple[str, str]]:
    with system_session() as session:
        rows = session.execute(
            select(ReviewLevel.organisation_name, ReviewLevel.state)
            .join(Review, (Review.id == ReviewLevel.review_id) & (Review.round == ReviewLevel.round))
            .where(Review.subject_id == declaration_id)
            .order_by(ReviewLevel.level)
        )
        return [(name.removeprefix("单位-"), str(state)) for name, state in rows]


def decider(declaration_id: int) -> str:
    with system_session() as session:
        name = session.scalar(
            select(Organisation.name)
            .join(Review, Review.deciding_organisation_id == Organisation.id)
            .where(Review.subject_id == declaration_id)
        )
        return str(name).removeprefix("单位-")


def reasons_of(batch_id: int) -> list[str]:
    with system_session() as session:
        rows = session.scalars(
            select(BatchApplicant).where(BatchApplicant.batch_id == batch_id, BatchApplicant.refusal.is_not(None))
        )
        return [r.refusal["message_id"] for r in rows if r.refusal]


# --- one record for each ----------------------------------------------------------------------------------------------


def test_one_record_for_each_person_with_one_mark_and_shared_evidence(cast: Cast, make: Make, submit: Any) -> None:
    batch = make(cast.unit_clerk, "professional", "colleague", "branch_worker")
    assert submit(cast.unit_clerk, batch) == Tally(3, 0, 0)
    made = records(batch)
    assert [d.person_id for d in made] == sorted(cast.people[p].id for p in ("professional", "colleague", "branch_worker"))
    unit = cast.organisations["unit"]
    assert {(d.source, d.declared_by_id, d.declared_by_name, d.requested_tenths, d.state) for d in made} == {
        (Source.ORGANISATION, unit.id, unit.name, 400, DeclarationState.PENDING)
    }
    with system_session() as session:
        (kept,) = session.scalars(select(BatchFile)).all()
        shared = session.scalars(select(Attachment).where(Attachment.subject_id.in_([d.id for d in made]))).all()
        assert {a.stored_as for a in shared} == {kept.key}
        assert len({a.key for a in shared}) == 3
        assert [files.read(a) == files.read(kept) for a in shared] == [True] * 3


def test_the_same_evidence_within_one_form_is_no_reason_for_a_closer_look(cast: Cast, make: Make, submit: Any) -> None:
    first = make(cast.unit_clerk, "professional", "colleague", form="KSZG", **EXAM)
    submit(cast.unit_clerk, first)
    assert [d.key_reasons for d in records(first)] == [[], []]
    second = make(cast.department_clerk, "neighbour", form="KSZG", **EXAM)
    submit(cast.department_clerk, second)
    assert [r["message_id"] for r in records(second)[0].key_reasons] == [
        "The certificate number has been used in another record.",
        "The evidence file %(name)s has been used in another record.",
    ]


EXAM = {"qualification": "VQ01", "level": "中级", "certificate_no": "NO-7", "pass_date": "2026-05-01", "issuer": "考试中心"}


@pytest.fixture(autouse=True)
def _qualification(in_app: Any) -> None:
    with system_session() as session, unit_of_work(session):
        if session.scalar(select(CodeEntry.id).where(CodeEntry.code == "VQ01")) is None:
            session.add(CodeEntry(list_name="vocational_qualification", code="VQ01", name="资格", position=1))


def test_hours_and_score_of_ones_own_stand_before_those_of_the_form(cast: Cast, make: Make, submit: Any, system: Session) -> None:
    batch = make(cast.unit_clerk, "professional", "colleague")
    with unit_of_work(system):
        row = system.scalars(select(BatchApplicant).where(BatchApplicant.person_id == cast.people["colleague"].id)).one()
        row.requested_tenths, row.score = 245, "优秀"
    submit(cast.unit_clerk, batch)
    found = {d.person_id: (d.requested_tenths, d.inputs["score"]) for d in records(batch)}
    assert found == {cast.people["professional"].id: (400, "合格"), cast.people["colleague"].id: (245, "优秀")}


# --- who decides ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declarer", "person", "expected", "next_one"),
    [
        ("unit_clerk", "professional", [("unit", "passed"), ("department", "open"), ("county", "waiting")], "department"),
        (
            "unit_clerk",
            "branch_worker",
            [("branch", "passed"), ("unit", "passed"), ("department", "open"), ("county", "waiting")],
            "department",
        ),
        ("department_clerk", "professional", [("unit", "passed"), ("department", "passed"), ("county", "open")], "county"),
    ],
)
def test_levels_up_to_the_declarer_are_passed_and_the_next_one_decides(
    declarer: str, person: str, expected: Any, next_one: str, cast: Cast, make: Make, submit: Any
) -> None:
    actor = cast.actors[declarer]
    batch = make(actor, person)
    submit(actor, batch)
    (made,) = records(batch)
    assert levels(made.id) == expected
    assert decider(made.id) == next_one


def test_the_last_level_leaves_it_to_another_of_its_administrators(
    cast: Cast, make: Make, submit: Any, decide: Any, second_of_county: Actor, session_of: Any
) -> None:
    batch = make(cast.county_officer, "professional")
    submit(cast.county_officer, batch)
    (made,) = records(batch)
    assert levels(made.id) == [("unit", "passed"), ("department", "passed"), ("county", "open")]
    assert decider(made.id) == "county"
    session = session_of(cast.county_officer)
    with unit_of_work(session):
        review = session.scalars(select(Review.id).where(Review.subject_id == made.id)).one()
        moved = engine.decide_many(session, cast.county_officer, [review], verdict=Verdict.PASS)
    assert [type(e) for e in moved.refused.values()] == [NotAllowed]
    decide(second_of_county, [made.id])
    assert records(batch)[0].granted_tenths == 400


def test_with_nobody_else_at_the_last_level_the_one_above_decides(cast: Cast, make: Make, submit: Any) -> None:
    batch = make(cast.county_officer, "professional")
    submit(cast.county_officer, batch)
    assert decider(records(batch)[0].id) == "city"


def test_one_above_the_last_level_becomes_the_last_level(
    cast: Cast, make: Make, submit: Any, decide: Any, second_of_city: Actor
) -> None:
    batch = make(cast.city_officer, "professional")
    submit(cast.city_officer, batch)
    (made,) = records(batch)
    assert levels(made.id) == [("unit", "passed"), ("department", "passed"), ("county", "passed"), ("city", "open")]
    decide(second_of_city, [made.id])
    assert records(batch)[0].state == DeclarationState.APPROVED


def _second(cast: Cast, of: str, account: str) -> Actor:
    """Return another administrator of an organisation, whose role holds every right."""
    officer = cast.actors[of]
    with system_session() as session, unit_of_work(session):
        rights = sorted(p.value for p in officer.permissions)
        whose = {"organisation_id": officer.organisation_id, "path": officer.path}
        role = Role(name="全部权限", permissions=rights, **whose)
        session.add(role)
        session.flush()
        post = Post(account_id=cast.accounts[account].id, role_id=role.id, name=account, state=PostState.ACTIVE, **whose)
        session.add(post)
        session.flush()
        return replace(
            officer, account_id=cast.accounts[account].id, name=account, post_id=post.id, position_key=f"post:{post.id}"
        )


@pytest.fixture
def second_of_county(cast: Cast) -> Actor:
    """Another administrator of the county, who holds its rights."""
    return _second(cast, "county_officer", "city_second")


@pytest.fixture
def second_of_city(cast: Cast) -> Actor:
    """Another administrator of the city, who holds its rights."""
    return _second(cast, "city_officer", "unit_second")


def test_what_passes_counts_for_the_person(cast: Cast, make: Make, submit: Any, decide: Any) -> None:
    batch = make(cast.unit_clerk, "professional")
    submit(cast.unit_clerk, batch)
    (made,) = records(batch)
    decide(cast.department_clerk, [made.id], granted=320)
    decide(cast.county_officer, [made.id])
    with system_session() as session:
        year = session.scalars(select(YearSummary).where(YearSummary.person_id == made.person_id)).one()
        assert (records(batch)[0].granted_tenths, year.professional_tenths) == (320, 320)


# --- the declarer's own steps -------------------------------------------------------------------------------------------


def test_withdrawal_edit_and_resubmission_belong_to_the_declarer(
    cast: Cast, make: Make, submit: Any, run: Any, decide: Any
) -> None:
    batch = make(cast.unit_clerk, "professional")
    submit(cast.unit_clerk, batch)
    (made,) = records(batch)
    steps: tuple[Callable[..., Any], ...] = (declarations.submit, declarations.withdraw, declarations.delete_draft)
    for step in steps:
        with pytest.raises(NotAllowed):
            run(step, cast.professional, made.id)
    for other in (cast.department_clerk, cast.county_officer, cast.sibling_clerk, cast.branch_clerk):
        for step in steps:
            with pytest.raises(NotFound):
                run(step, other, made.id)
    decide(cast.department_clerk, [made.id], verdict=Verdict.REJECT, reason="证书模糊")
    assert declarations.what_can(records(batch)[0]) == frozenset()
    assert declarations.what_can(records(batch)[0], Source.ORGANISATION) == {"edit", "resubmit"}
    draft = Draft(2026, "professional", "GWPX", TRAINING, "36")
    with pytest.raises(NotAllowed):
        run(declarations.save_draft, cast.professional, draft, declaration_id=made.id)
    run(declarations.save_draft, cast.unit_clerk, draft, declaration_id=made.id)
    run(declarations.submit, cast.unit_clerk, made.id)
    assert records(batch)[0].requested_tenths == 360
    assert levels(made.id) == [("unit", "passed"), ("department", "open"), ("county", "waiting")]
    run(declarations.withdraw, cast.unit_clerk, made.id)
    assert records(batch)[0].state == DeclarationState.DRAFT
    with pytest.raises(WrongState):
        run(declarations.withdraw, cast.unit_clerk, made.id)
    run(declarations.delete_draft, cast.unit_clerk, made.id)
    assert records(batch) == []
    with system_session() as session:
        (kept,) = session.scalars(select(BatchFile)).all()
        assert files.read(kept)  # what others share stays


@pytest.mark.parametrize("n_passed", [0, 1, 2])
def test_withdrawal_ends_with_the_last_decision(
    n_passed: int, cast: Cast, make: Make, submit: Any, run: Any, decide: Any
) -> None:
    batch = make(cast.unit_clerk, "professional")
    submit(cast.unit_clerk, batch)
    (made,) = records(batch)
    for officer in (cast.department_clerk, cast.county_officer)[:n_passed]:
        decide(officer, [made.id])
    if n_passed < 2:
        run(declarations.withdraw, cast.unit_clerk, made.id)
    else:
        with pytest.raises(WrongState):
            run(declarations.withdraw, cast.unit_clerk, made.id)


def test_an_undone_decision_opens_the_level_after_the_declarer_again(
    cast: Cast, make: Make, submit: Any, run: Any, session_of: Any
) -> None:
    batch = make(cast.unit_clerk, "professional")
    submit(cast.unit_clerk, batch)
    (made,) = records(batch)
    session = session_of(cast.department_clerk)
    with unit_of_work(session):
        review = session.scalars(select(Review.id).where(Review.subject_id == made.id)).one()
        engine.decide_many(session, cast.department_clerk, [review], verdict=Verdict.PASS, batch="mark")
    with system_session() as session:
        decision = session.scalars(select(Decision.id).where(Decision.subject_id == made.id)).one()
    moved = run(undo.undo_many, cast.department_clerk, [decision])
    assert moved.refused == {}
    assert levels(made.id) == [("unit", "passed"), ("department", "open"), ("county", "waiting")]


# --- nothing doubles, nothing is lost -----------------------------------------------------------------------------------


def test_submitting_twice_makes_nothing_twice(cast: Cast, make: Make, submit: Any, run: Any) -> None:
    batch = make(cast.unit_clerk, "professional", "colleague")
    submit(cast.unit_clerk, batch)
    with pytest.raises(WrongState):
        run(applicants.begin, cast.unit_clerk, batch)
    assert run(applicants.declare_next, cast.unit_clerk, batch) == 0
    assert len(records(batch)) == 2


def test_the_same_page_sent_twice_makes_one_form(cast: Cast, make: Make, run: Any, session_of: Any) -> None:
    first = make(cast.unit_clerk, key="k" * 43)
    assert batches.of_form(session_of(cast.unit_clerk), cast.unit_clerk, "k" * 43).id == first
    with pytest.raises(WrongState):
        make(cast.unit_clerk, key="k" * 43)


def test_whoever_cannot_be_declared_for_is_named_and_the_others_go_on(
    cast: Cast, make: Make, submit: Any, run: Any, system: Session
) -> None:
    batch = make(cast.department_clerk, "professional", "colleague", "neighbour")
    with unit_of_work(system):
        system.get_one(Professional, cast.people["colleague"].id).state = ProfessionalState.DISABLED
        system.get_one(Organisation, cast.organisations["sibling_unit"].id).state = OrganisationState.DISABLED
    assert submit(cast.department_clerk, batch) == Tally(1, 2, 0)
    assert sorted(reasons_of(batch)) == [
        "The unit of this person is disabled; nothing can be submitted to it.",
        "This person is not registered any more, or is disabled.",
    ]
    with unit_of_work(system):
        system.get_one(Organisation, cast.organisations["sibling_unit"].id).state = OrganisationState.ACTIVE
    run(applicants.begin_again, cast.department_clerk, batch)
    while run(applicants.declare_next, cast.department_clerk, batch):
        pass
    assert run(applicants.finish, cast.department_clerk, batch) == Tally(2, 1, 0)
    assert len(records(batch)) == 2


def test_a_window_that_a_county_closed_refuses_its_people_and_opens_the_form_again(
    cast: Cast, make: Make, submit: Any, system: Session, run: Any
) -> None:
    batch = make(cast.city_officer, "professional")
    with unit_of_work(system):
        system.add(
            DeclarationWindow(
                path=cast.organisations["county"].path,
                organisation_id=cast.organisations["county"].id,
                year=2026,
                opens_on=dt.date(2026, 1, 1),
                closes_on=dt.date(2026, 2, 1),
            )
        )
    assert submit(cast.city_officer, batch) == Tally(0, 1, 0)
    assert reasons_of(batch) == ["Hours of %(year)s cannot be declared now; open: %(years)s."]
    assert records(batch) == []
    with system_session() as session:
        assert session.get_one(batches.DeclarationBatch, batch).submitted_at is None
