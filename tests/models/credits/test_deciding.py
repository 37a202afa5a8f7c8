"""Levels set the hours, the last one's figure counts, and the year is right in the same transaction."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.access import Actor
from models.base import utcnow
from models.credits import declarations, queries, reviewing, rules
from models.credits.recompute import recompute_all
from models.credits.tables import Declaration, LearningForm, OrganisationYear, Requirement, RuleVersion, YearSummary
from models.errors import FieldErrors, Invalid, NotAllowed, WrongState
from models.history import HistoryEntry
from models.outbox import Notice
from models.people.tables import Membership
from models.reviews import engine
from models.reviews.tables import Decision, Review, Verdict
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.models.credits.conftest import TRAINING

Open = Callable[[Actor], Session]
Declare = Callable[..., int]
Decide = Callable[..., None]
Read = Callable[[int], Declaration]


def review_of(session: Session, declaration_id: int) -> Review:
    return session.scalars(select(Review).where(Review.subject_id == declaration_id)).one()


def summary(person_id: int | None, year: int = 2026) -> YearSummary | None:
    with system_session() as session:
        return queries.year_summary(session, person_id or 0, year)


def counters() -> dict[tuple[int, int], tuple[int, int]]:
    with system_session() as session:
        rows = session.scalars(select(OrganisationYear))
        return {(r.organisation_id, r.year): (r.n_learning, r.n_passed) for r in rows}


def is_clean() -> bool:
    with system_session() as session:
        return recompute_all(session, check_only=True).is_clean


def test_a_later_level_may_raise_what_an_earlier_one_lowered(
    cast: Cast, declare: Declare, decide: Decide, stored: Read, system: Session
) -> None:
    one = declare(cast.professional, submit=True)
    decide(cast.unit_clerk, [one], granted=200)
    decide(cast.department_clerk, [one])
    decide(cast.county_officer, [one], granted=360)
    assert stored(one).granted_tenths == 360
    figures = system.scalars(select(Decision.values).order_by(Decision.level)).all()
    assert figures == [{"granted_tenths": n, "requested_tenths": 400} for n in (200, 200, 360)]


def test_an_officer_who_leaves_the_figure_grants_that_of_the_level_before(
    cast: Cast, declare: Declare, decide: Decide, stored: Read
) -> None:
    one = declare(cast.professional, submit=True)
    decide(cast.unit_clerk, [one], granted=125)
    decide(cast.department_clerk, [one])
    decide(cast.county_officer, [one])
    assert stored(one).granted_tenths == 125


def test_the_figure_to_start_from_is_told(cast: Cast, declare: Declare, decide: Decide, session_of: Open) -> None:
    one, two = declare(cast.professional, submit=True), declare(cast.colleague, submit=True, hours="12.5")
    decide(cast.unit_clerk, [one], granted=80)
    session = session_of(cast.county_officer)
    reviews = [review_of(session, one), review_of(session, two)]
    assert reviewing.granted_so_far(session, reviews) == {reviews[0].id: 80, reviews[1].id: 125}


@pytest.mark.parametrize("granted", [0, -1, 401, "40", 40.5, 10**30])
def test_a_figure_outside_the_request_is_refused_and_nothing_changes(
    cast: Cast, declare: Declare, session_of: Open, granted: object
) -> None:
    one = declare(cast.professional, submit=True)
    session = session_of(cast.unit_clerk)
    review = review_of(session, one)
    before = [session.scalar(select(func.count()).select_from(cls)) for cls in (Decision, Review)]
    moved = engine.decide_many(
        session, cast.unit_clerk, [review.id], verdict=Verdict.PASS, values={review.id: {"granted_tenths": granted}}
    )
    assert isinstance(moved.refused[review.id], Invalid)
    assert [session.scalar(select(func.count()).select_from(cls)) for cls in (Decision, Review)] == before
    assert review.level == 1


def test_a_rejection_needs_a_reason_and_ends_the_round(
    cast: Cast, declare: Declare, decide: Decide, stored: Read, session_of: Open
) -> None:
    one = declare(cast.professional, submit=True)
    session = session_of(cast.unit_clerk)
    with pytest.raises(Invalid):
        engine.decide(session, cast.unit_clerk, review_of(session, one).id, verdict=Verdict.REJECT, reason="  ")
    decide(cast.unit_clerk, [one], verdict=Verdict.REJECT, reason="证明不清晰")
    assert stored(one).state == "rejected"
    assert summary(cast.professional.person_id) is None


def test_nobody_decides_out_of_turn(cast: Cast, declare: Declare, session_of: Open) -> None:
    one = declare(cast.professional, submit=True)
    for officer in (cast.county_officer, cast.department_clerk):
        session = session_of(officer)
        with pytest.raises(NotAllowed):
            engine.decide(session, officer, review_of(session, one).id, verdict=Verdict.PASS)


def test_a_withdrawn_declaration_cannot_be_decided(cast: Cast, declare: Declare, session_of: Open) -> None:
    one = declare(cast.professional, submit=True)
    own = session_of(cast.professional)
    with unit_of_work(own):
        declarations.withdraw(own, cast.professional, one)
    session = session_of(cast.unit_clerk)
    with pytest.raises(WrongState):
        engine.decide(session, cast.unit_clerk, review_of(session, one).id, verdict=Verdict.PASS)


def test_after_the_last_decision_nothing_can_be_withdrawn(
    cast: Cast, declare: Declare, approve: Decide, session_of: Open
) -> None:
    one = declare(cast.professional, submit=True)
    approve(one)
    session = session_of(cast.professional)
    with pytest.raises(WrongState):
        declarations.withdraw(session, cast.professional, one)


def test_a_member_of_an_hr_department_is_decided_there_alone(cast: Cast, declare: Declare, decide: Decide, stored: Read) -> None:
    one = declare(cast.civil_servant, submit=True)
    decide(cast.county_officer, [one])
    assert stored(one).state == "approved"


def test_the_person_is_told_and_the_history_names_the_hours(
    cast: Cast, declare: Declare, approve: Decide, system: Session
) -> None:
    one = declare(cast.professional, submit=True)
    approve(one, granted=355)
    notice = system.scalars(select(Notice).where(Notice.account_id == cast.professional.account_id)).one()
    assert (notice.message_id, notice.params["hours"], notice.params["title"]) == (
        "Your declaration “%(title)s” was approved with %(hours)s hours.",
        "35.5",
        "岗位培训班",
    )
    entry = system.scalars(
        select(HistoryEntry).where(HistoryEntry.subject_kind == "declaration", HistoryEntry.action == "approve")
    ).one()
    assert (entry.subject_id, entry.changes, entry.organisation_name) == (one, {"granted_tenths": [None, 355]}, "单位-county")


def test_a_decision_keeps_what_was_seen(cast: Cast, declare: Declare, decide: Decide, session_of: Open, system: Session) -> None:
    one = declare(cast.professional, submit=True)
    decide(cast.unit_clerk, [one], verdict=Verdict.REJECT, reason="学时有误")
    session = session_of(cast.professional)
    with unit_of_work(session):
        draft = declarations.Draft(2026, "professional", "GWPX", {**TRAINING, "class_name": "另一个班"}, "8")
        declarations.save_draft(session, cast.professional, draft, declaration_id=one)
    snapshot = system.scalars(select(Decision.snapshot)).one() or {}
    assert (snapshot["title"], snapshot["requested_tenths"], snapshot["evidence"][0][0]) == ("岗位培训班", 400, "证明.png")


# --- the year -------------------------------------------------------------------------------------------------------


def test_the_year_is_right_at_once(cast: Cast, declare: Declare, approve: Decide) -> None:
    unit = cast.organisations["unit"].id
    approve(declare(cast.professional, hours="60", submit=True))
    found = summary(cast.professional.person_id)
    assert found is not None
    assert (found.professional_tenths, found.public_tenths, found.total_tenths, found.is_passed) == (600, 0, 600, False)
    assert (found.required_total_tenths, found.required_public_tenths, found.required_professional_tenths) == (900, 300, 600)
    assert counters() == {(unit, 2026): (1, 0)}
    approve(declare(cast.professional, hours="30", subject="public", submit=True))
    found = summary(cast.professional.person_id)
    assert found is not None
    assert (found.total_tenths, found.is_passed) == (900, True)
    assert counters() == {(unit, 2026): (1, 1)}
    assert is_clean()


def test_what_is_missing_is_told(cast: Cast, declare: Declare, approve: Decide) -> None:
    approve(declare(cast.professional, hours="62", submit=True))
    found = summary(cast.professional.person_id)
    assert found is not None
    assert queries.year_needs(found) == [
        ("%(hours)s hours are missing in total.", {"hours": "28.0"}),
        ("%(hours)s hours of public subjects are missing.", {"hours": "30.0"}),
    ]


def test_a_cap_per_year_counts_across_records(cast: Cast, declare: Declare, approve: Decide, stored: Read) -> None:
    one = declare(cast.professional, form="GWPX", hours="80", submit=True)
    two = declare(cast.professional, form="GWPX", hours="40", start_date="2026-05-01", end_date="2026-05-05", submit=True)
    approve(one)
    approve(two)
    assert (stored(one).counted_tenths, stored(two).counted_tenths, stored(two).granted_tenths) == (800, 100, 400)
    assert is_clean()


def test_a_batch_of_two_people_counts_each_for_itself(cast: Cast, declare: Declare, approve: Decide) -> None:
    approve(*[declare(person, hours="45", submit=True) for person in (cast.professional, cast.colleague)])
    for person in (cast.professional, cast.colleague):
        found = summary(person.person_id)
        assert found is not None
        assert found.total_tenths == 450
    assert counters() == {(cast.organisations["unit"].id, 2026): (2, 0)}


def test_the_requirement_is_that_of_the_nearest_hr_department_above(
    cast: Cast, declare: Declare, approve: Decide, system: Session
) -> None:
    city, county = cast.organisations["city"], cast.organisations["county"]
    with unit_of_work(system):
        for organisation, year, total in ((city, 2026, 720), (county, 2020, 480), (county, 2027, 900)):
            system.add(
                Requirement(
                    organisation_id=organisation.id,
                    path=organisation.path,
                    year=year,
                    total_tenths=total,
                    public_tenths=total // 3,
                    professional_tenths=total // 3 * 2,
                )
            )
    approve(declare(cast.professional, hours="32", submit=True))
    found = summary(cast.professional.person_id)
    assert found is not None
    assert (found.required_total_tenths, found.required_public_tenths, found.is_passed) == (480, 160, False)


def test_a_closed_year_follows_the_organisation_of_its_last_day(
    cast: Cast, declare: Declare, approve: Decide, system: Session, clock: Callable[[str], None]
) -> None:
    branch, unit = cast.organisations["branch"], cast.organisations["unit"]
    clock("2027-02-01 09:00")
    with unit_of_work(system):
        person = cast.people["professional"]
        for organisation, first, last in ((branch, "2020-01-01", "2027-01-10"), (unit, "2027-01-11", None)):
            day = utcnow().date()
            system.add(
                Membership(
                    person_id=person.id,
                    path=person.path,
                    member_of_id=organisation.id,
                    from_on=day.fromisoformat(first),
                    to_on=day.fromisoformat(last) if last else None,
                )
            )
    approve(declare(cast.professional, hours="40", year=2026, submit=True))
    approve(declare(cast.professional, hours="40", year=2027, start_date="2027-01-04", end_date="2027-01-08", submit=True))
    assert counters() == {(branch.id, 2026): (1, 0), (unit.id, 2027): (1, 0)}
    assert is_clean()


def test_a_recomputation_finds_and_mends_what_is_wrong(
    cast: Cast, declare: Declare, approve: Decide, stored: Read, system: Session
) -> None:
    one = declare(cast.professional, hours="60", submit=True)
    approve(one)
    with unit_of_work(system):
        wrong = system.scalars(select(YearSummary)).one()
        wrong.total_tenths, wrong.is_passed = 999, True
        system.scalars(select(OrganisationYear)).one().n_passed = 7
        system.scalars(select(Declaration)).one().counted_tenths = 1
    with system_session() as session:
        found = recompute_all(session, check_only=True)
        assert (found.n_pairs, found.n_wrong_years, found.n_wrong_records, found.n_wrong_counters) == (1, 1, 1, 1)
        assert found.wrong == [(cast.professional.person_id, 2026)]
    with system_session() as session:
        recompute_all(session, check_only=False)
    assert is_clean()
    assert stored(one).counted_tenths == 600


@pytest.mark.both_databases
def test_the_whole_way_on_each_database(cast: Cast, declare: Declare, approve: Decide, stored: Read) -> None:
    one = declare(
        cast.professional,
        hours="90",
        subject="all",
        form="GZDL",
        host_unit="海东县人民医院",
        post="副院长",
        start_date="2026-01-05",
        end_date="2026-12-10",
        assessment="excellent",
        submit=True,
    )
    approve(one)
    assert (stored(one).counted_public_tenths, stored(one).counted_professional_tenths) == (300, 600)
    found = summary(cast.professional.person_id)
    assert found is not None
    assert found.is_passed
    assert is_clean()


def test_a_rule_of_the_county_goes_before_the_national_one(
    cast: Cast, declare: Declare, session_of: Open, forms: dict[str, int]
) -> None:
    county = cast.organisations["county"]
    with system_session() as session, unit_of_work(session):
        national = session.get_one(RuleVersion, forms["SK"])
        spec = {**national.spec, "formula": "min(1 * lesson_hours, 40)"}
        for version, from_year in ((1, 2020), (2, 2026), (3, 2027)):
            text = spec if version == 2 else {**spec, "formula": "0"}
            session.add(
                RuleVersion(
                    organisation_id=county.id, path=county.path, form_code="SK", version=version, from_year=from_year, spec=text
                )
            )
    inputs = {"class_name": "公需课", "host": "党校", "date": "2026-03-02", "lesson_hours": "7"}
    session = session_of(cast.professional)
    found = declarations.propose(session, cast.professional, declarations.Draft(2026, "professional", "SK", inputs))
    assert found.tenths == 70
    foreign = session_of(cast.foreigner)
    found = declarations.propose(foreign, cast.foreigner, declarations.Draft(2026, "professional", "SK", inputs))
    assert found.tenths == 140


def test_a_form_that_a_county_disabled_is_not_offered_there(cast: Cast, session_of: Open, forms: dict[str, int]) -> None:
    county = cast.organisations["county"]
    with system_session() as session, unit_of_work(session):
        session.add(
            LearningForm(
                organisation_id=county.id,
                path=county.path,
                code="SK",
                name="授课",
                name_en="Teaching",
                declaration_type="other",
                is_enabled=False,
            )
        )
    session = session_of(cast.professional)
    codes = [o.form.code for o in rules.offered(session, cast.professional.path, 2026)]
    assert len(codes) == 26
    assert "SK" not in codes
    assert "ZXXX" not in codes
    with pytest.raises(FieldErrors):
        declarations.save_draft(session, cast.professional, declarations.Draft(2026, "professional", "SK", {}))
