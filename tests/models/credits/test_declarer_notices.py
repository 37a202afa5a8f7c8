"""Whoever declared for others is told what was decided: in sum, once for each form, and nobody else is."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from models.access import post_key
from models.credits.declarer_notices import NAMED, PASSED, REJECTED, TAKEN_BACK
from models.outbox import Notice
from models.people.tables import Account, Post, PostState
from models.reviews import engine, undo
from models.reviews.tables import Decision, Review, Verdict
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.models.credits.for_many import Make, make, records, submit

__all__ = ["make", "submit"]
pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("forms")]
TITLE = "岗位培训班"
THREE = ("professional", "colleague", "branch_worker")


def told(*message_ids: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Return position, link and what is filled in of the notices to declarers, the first one first."""
    with system_session() as session:
        found = select(Notice).where(Notice.message_id.in_(message_ids or (PASSED, REJECTED, TAKEN_BACK))).order_by(Notice.id)
        return [(row.position_key, row.link, row.params) for row in session.scalars(found)]


def said(of: str, n: int, names: str, reason: str = "") -> dict[str, Any]:
    return {"organisation": f"单位-{of}", "title": TITLE, "reason": reason, "n": n, "names": names}


def ids_of(batch: int) -> list[int]:
    return [row.id for row in records(batch)]


def names_of(cast: Cast, *keys: str) -> str:
    return "、".join(p.name for p in sorted((cast.people[k] for k in keys), key=lambda p: p.id))


def test_passes_are_told_in_sum_when_the_last_level_has_decided(cast: Cast, make: Make, submit: Any, decide: Any) -> None:
    batch = make(cast.unit_clerk, *THREE)
    submit(cast.unit_clerk, batch)
    decide(cast.department_clerk, ids_of(batch))
    assert told() == []
    decide(cast.county_officer, ids_of(batch))
    key, link, params = told()[0]
    assert (key, link) == (cast.unit_clerk.position_key, "/admin/declared-for/?tab=approved")
    assert params == said("county", 3, names_of(cast, *THREE))
    assert len(told()) == 1


def test_a_rejection_says_why_and_each_reason_and_form_stands_for_itself(
    cast: Cast, make: Make, submit: Any, decide: Any
) -> None:
    one, other = make(cast.unit_clerk, *THREE), make(cast.unit_clerk, "professional", class_name="另一期")
    for batch in (one, other):
        submit(cast.unit_clerk, batch)
    first, *rest = records(one)
    decide(cast.department_clerk, [first.id], verdict=Verdict.REJECT, reason="证书模糊")
    decide(cast.department_clerk, [r.id for r in rest] + ids_of(other), verdict=Verdict.REJECT, reason="班名不符")
    found = told(REJECTED)
    assert {key for key, _, _ in found} == {cast.unit_clerk.position_key}
    assert {link for _, link, _ in found} == {"/admin/declared-for/?tab=rejected"}
    assert sorted((p["title"], p["n"], p["reason"]) for _, _, p in found) == sorted(
        [(TITLE, 1, "证书模糊"), (TITLE, 2, "班名不符"), ("另一期", 1, "班名不符")]
    )


def test_a_run_in_several_parts_is_one_notice_until_it_is_read_or_mailed(
    cast: Cast, make: Make, submit: Any, decide: Any
) -> None:
    batch = make(cast.unit_clerk, *THREE)
    submit(cast.unit_clerk, batch)
    decide(cast.department_clerk, ids_of(batch))
    first, second, third = records(batch)
    decide(cast.county_officer, [first.id])
    decide(cast.county_officer, [second.id])
    assert [p["n"] for _, _, p in told()] == [2]
    assert told()[0][2]["names"] == f"{first.person_name}、{second.person_name}"
    with system_session() as session, unit_of_work(session):
        session.scalars(select(Notice).where(Notice.message_id == PASSED)).one().is_mail_due = False
    decide(cast.county_officer, [third.id])
    assert [p["n"] for _, _, p in told()] == [2, 1]


def test_only_some_names_are_said(cast: Cast, make: Make, submit: Any, decide: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert NAMED == 5
    monkeypatch.setattr("models.credits.declarer_notices.NAMED", 1)
    batch = make(cast.unit_clerk, *THREE)
    submit(cast.unit_clerk, batch)
    decide(cast.department_clerk, ids_of(batch), verdict=Verdict.REJECT, reason="证书模糊")
    assert told()[0][2]["names"] == f"{records(batch)[0].person_name}…"


def test_an_undone_decision_is_told_as_well(cast: Cast, make: Make, submit: Any, run: Any, decide: Any, session_of: Any) -> None:
    batch = make(cast.unit_clerk, "professional", "colleague")
    submit(cast.unit_clerk, batch)
    decide(cast.department_clerk, ids_of(batch))
    session = session_of(cast.county_officer)
    with unit_of_work(session):
        reviews = session.scalars(select(Review.id).where(Review.subject_id.in_(ids_of(batch)))).all()
        engine.decide_many(session, cast.county_officer, reviews, verdict=Verdict.PASS, batch="mark")
    with system_session() as looking:
        mine = Decision.by_organisation_id == cast.county_officer.organisation_id
        decisions = looking.scalars(select(Decision.id).where(Decision.subject_id.in_(ids_of(batch)), mine)).all()
    assert run(undo.undo_many, cast.county_officer, decisions).refused == {}
    assert [(link, p["n"]) for _, link, p in told(TAKEN_BACK)] == [("/admin/declared-for/?tab=pending", 2)]


def test_the_super_administrator_stands_for_whoever_left(cast: Cast, make: Make, submit: Any, decide: Any) -> None:
    batch = make(cast.unit_clerk, "professional")
    submit(cast.unit_clerk, batch)
    with system_session() as session, unit_of_work(session):
        post = session.get_one(Post, cast.unit_clerk.post_id)
        post.is_super, post.state = False, PostState.ENDED
        account = session.get_one(Account, cast.accounts["cousin"].id)
        new = Post(account_id=account.id, organisation_id=post.organisation_id, path=post.path, name="新管理员", is_super=True)
        session.add(new)
        session.flush()
        key = post_key(new.id)
    decide(cast.department_clerk, ids_of(batch), verdict=Verdict.REJECT, reason="证书模糊")
    assert [key for key, _, _ in told()] == [key]


def test_what_a_person_declared_herself_is_told_to_her_alone(cast: Cast, declare: Any, decide: Any) -> None:
    made = declare(cast.professional, submit=True)
    decide(cast.unit_clerk, [made], verdict=Verdict.REJECT, reason="证书模糊")
    assert told() == []
    with system_session() as session:
        assert session.scalars(select(Notice.position_key).where(Notice.link == f"/portal/declarations/{made}")).all() == [
            cast.professional.position_key
        ]
