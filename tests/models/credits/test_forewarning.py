"""Before a form for many is submitted it tells what reviewers will be asked: the very reasons that the records then have."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from models.credits import applicants, batches
from models.credits.applicants import Own
from models.credits.forewarning import forewarned, forewarned_again
from models.credits.tables import Declaration
from models.people.tables import Professional, ProfessionalState
from models.reviews.tables import Verdict
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.models.credits.conftest import picture
from tests.models.credits.for_many import Make, make, records, submit

__all__ = ["make", "submit"]
pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("forms")]
LECTURE = {"form": "XSJZ", "topic": "护理新进展", "lecturer": "示例教授", "host": "学会", "date": "2026-03-02", "half_days": "1"}


def told(run: Any, actor: Any, batch: int) -> dict[str, list[str]]:
    found = run(lambda session, who: forewarned(session, who, batches.own(session, who, batch)), actor)
    return {each.name: [r["message_id"] % r["params"] for r in each.reasons] for each in found}


def noted(batch: int) -> dict[str, list[str]]:
    return {r.person_name: [k["message_id"] % k["params"] for k in r.key_reasons] for r in records(batch) if r.key_reasons}


def test_nothing_to_look_at_is_nothing_to_tell(cast: Cast, make: Make, run: Any) -> None:
    assert told(run, cast.unit_clerk, make(cast.unit_clerk, "professional", "colleague")) == {}


def test_what_is_told_is_what_the_records_have_afterwards(
    cast: Cast, make: Make, submit: Any, run: Any, declare: Any, decide: Any
) -> None:
    declare(cast.professional, submit=True, class_name="另一个班")  # overlaps with the form's days
    own_file = picture(7)
    declare(cast.colleague, submit=True, content=own_file, start_date="2026-05-04", end_date="2026-05-05")  # the form's own file
    batch = make(cast.unit_clerk, "professional", "colleague", "branch_worker", start_date="2025-12-30")
    before = told(run, cast.unit_clerk, batch)
    names = {key: cast.people[key].name for key in ("professional", "colleague", "branch_worker")}
    assert {name: len(why) for name, why in before.items()} == {
        names["professional"]: 3,
        names["colleague"]: 2,
        names["branch_worker"]: 2,
    }
    assert any("overlaps" in why for why in before[names["professional"]])
    assert not any("overlaps" in why for why in before[names["colleague"]])
    submit(cast.unit_clerk, batch)
    assert noted(batch) == before
    decide(cast.department_clerk, [r.id for r in records(batch)], verdict=Verdict.REJECT, reason="证书模糊")


def test_more_hours_than_the_rule_gives_are_told_for_whom_they_are(cast: Cast, make: Make, submit: Any, run: Any) -> None:
    batch = make(cast.unit_clerk, "professional", hours="4", **LECTURE)
    own = {cast.people["colleague"].id: Own(requested_tenths=90)}
    run(applicants.add_many, cast.unit_clerk, batch, list(own), own=own)
    before = told(run, cast.unit_clerk, batch)
    assert before == {cast.people["colleague"].name: ["9.0 hours are declared, the rule gives 4.0."]}
    submit(cast.unit_clerk, batch)
    assert noted(batch) == before


def test_a_file_of_ones_own_rejected_record_is_no_reason_but_for_others_it_is(
    cast: Cast, make: Make, submit: Any, run: Any, declare: Any, decide: Any
) -> None:
    earlier = declare(
        cast.professional, submit=True, content=picture(7), start_date="2026-06-01", end_date="2026-06-02", class_name="班"
    )
    decide(cast.unit_clerk, [earlier], verdict=Verdict.REJECT, reason="重新申报")
    batch = make(cast.unit_clerk, "professional", "colleague")
    before = told(run, cast.unit_clerk, batch)
    assert before == {cast.people["colleague"].name: ["The evidence file 结业证书.png has been used in another record."]}
    submit(cast.unit_clerk, batch)
    assert noted(batch) == before


def test_nothing_is_written_and_whoever_cannot_be_declared_for_is_left_out(cast: Cast, make: Make, run: Any) -> None:
    batch = make(cast.unit_clerk, "professional", "colleague", start_date="2025-12-30")
    with system_session() as session, unit_of_work(session):
        session.get_one(Professional, cast.people["colleague"].id).state = ProfessionalState.DISABLED
    told(run, cast.unit_clerk, batch)
    with system_session() as session:
        assert session.scalar(select(func.count()).select_from(Declaration)) == 0


def test_what_is_told_before_records_are_submitted_again_is_what_they_have_afterwards(
    cast: Cast, make: Make, submit: Any, run: Any, decide: Any, declare: Any
) -> None:
    clerk, names = cast.unit_clerk, ("professional", "colleague", "branch_worker")
    first = make(clerk, *names, key="a" * 43)
    second = make(
        clerk, "professional", key="b" * 43, form="XSJZ", hours="9", **{k: v for k, v in LECTURE.items() if k != "form"}
    )
    for batch in (first, second):
        submit(clerk, batch)
    made = [*records(first), *records(second)]
    decide(cast.department_clerk, [r.id for r in made], verdict=Verdict.REJECT, reason="证书模糊")
    declare(cast.colleague, submit=True, class_name="另一个班")  # overlaps since then
    found = run(lambda session, who: forewarned_again(session, who, [r.id for r in made]), clerk)
    told_again = sorted((each.name, [r["message_id"] % r["params"] for r in each.reasons]) for each in found)
    assert [(name, sum("overlaps" in why for why in whole)) for name, whole in told_again] == [
        (cast.people["branch_worker"].name, 0),
        (cast.people["colleague"].name, 1),
        (cast.people["professional"].name, 1),  # with the record before it
    ]
    assert run(applicants.submit_many, clerk, [r.id for r in made]).refused == {}
    now = [r for batch in (first, second) for r in records(batch) if r.key_reasons]
    assert sorted((r.person_name, [k["message_id"] % k["params"] for k in r.key_reasons]) for r in now) == told_again
    assert run(lambda session, who: forewarned_again(session, who, [r.id for r in made]), clerk) == []  # they wait again
    assert run(lambda session, who: forewarned_again(session, who, [r.id for r in made]), cast.sibling_clerk) == []
