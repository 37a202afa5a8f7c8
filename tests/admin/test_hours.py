"""S080, S081, S132: deciding declarations of hours: lists, filters, one by one, in batches, two at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select, update

from models.credits import declarations
from models.credits.tables import Declaration
from models.history import HistoryEntry
from models.outbox import Notice
from models.people.tables import Post
from models.reviews import engine
from models.reviews.tables import Decision, Review, ReviewState
from tests.admin.conftest import Desk
from tests.cast import Cast

Make = Callable[..., int]
COLUMNS = [
    "Name",
    "Year",
    "Hours declared",
    "Hours granted",
    "Learning form",
    "Employer (unit)",
    "Subject type",
    "Compulsory / elective",
    "Time of declaration",
]


def headings(page: str) -> list[str]:
    return [
        re.sub("<[^>]+>", "", h).strip()
        for h in re.findall(r"<th scope=\"col\"[^>]*>(.*?)</th>", page.split("<thead>")[1].split("</thead>", maxsplit=1)[0])
    ]


def counts(look: Any) -> tuple[int, int, int]:
    """Return how many decisions, history rows and notices there are."""
    with look() as session:
        return tuple(session.scalar(select(func.count()).select_from(t)) or 0 for t in (Decision, HistoryEntry, Notice))  # type: ignore[return-value]


def state_of(look: Any, review_id: int) -> tuple[str, int, str]:
    """Return state and level of a review with the state of its declaration."""
    with look() as session:
        review = session.get_one(Review, review_id)
        declaration = session.get_one(Declaration, review.subject_id)
        return str(review.state), review.level, str(declaration.state)


def flashes(page: str) -> str:
    return re.sub("<[^>]+>", "", " ".join(re.findall(r'<div class="flash.*?</div>', page, re.DOTALL)))


def version_of(look: Any, review_id: int) -> str:
    with look() as session:
        return engine.version(session.get_one(Review, review_id))


# --- the lists ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("unit_clerk", "Approve hours"),
        ("department_clerk", "Approve hours"),
        ("county_officer", "Review hours (credits)"),
    ],
)
def test_each_role_has_the_screen_under_its_own_word(desk: Callable[..., Desk], name: str, word: str) -> None:
    assert f"<h1>{word}</h1>" in desk(name).get("hours/").text


def test_the_waiting_list_shows_what_the_organisation_decides_now(desk: Callable[..., Desk], declare: Make, decide: Any) -> None:
    first, _second = declare("professional"), declare("colleague", start_date="2026-04-01", end_date="2026-04-03")
    declare("neighbour")
    unit, department = desk("unit_clerk"), desk("department_clerk")
    assert all(name in unit.get("hours/").text for name in ("人员-professional", "人员-colleague"))
    decide(first, "unit_clerk")
    assert "人员-professional" not in unit.get("hours/").text
    assert "人员-professional" in department.get("hours/").text
    assert "人员-colleague" not in department.get("hours/").text


def test_the_columns_are_those_of_the_screens_list(desk: Callable[..., Desk], declare: Make) -> None:
    declare("professional")
    shown = headings(desk("unit_clerk").get("hours/").text)
    assert [h for h in shown if h in COLUMNS] == COLUMNS
    assert shown[-1] == "Operation"


def test_the_hours_of_the_level_before_are_shown(desk: Callable[..., Desk], declare: Make, decide: Any) -> None:
    review_id = declare("professional")
    decide(review_id, "unit_clerk", granted=305)
    assert '<td data-label="Hours granted" class="num">30.5</td>' in desk("department_clerk").get("hours/").text


@pytest.mark.parametrize(
    ("field", "fits", "fits_not"),
    [
        ("f_year", "2026", "2025"),
        ("f_subject", "professional", "public"),
        ("f_form", "GWPX", "FBLW"),
        ("f_key", "0", "1"),
    ],
)
def test_each_filter_narrows_the_list(desk: Callable[..., Desk], declare: Make, field: str, fits: str, fits_not: str) -> None:
    declare("professional")
    clerk = desk("unit_clerk")
    assert "人员-professional" in clerk.search("hours", **{field: fits}).text
    assert "人员-professional" not in clerk.search("hours", **{field: fits_not}).text


@pytest.mark.parametrize(
    ("text", "is_found"), [("renyuan", True), ("ryp", True), ("人员", True), ("员人", False), ("123", False)]
)
def test_a_name_is_found_and_never_stands_in_the_address(
    desk: Callable[..., Desk], declare: Make, text: str, is_found: bool
) -> None:
    declare("professional")
    clerk = desk("unit_clerk")
    answer = clerk.post("hours/search", f_name=text)
    assert text not in answer.headers["Location"]
    assert ("人员-professional" in clerk.follow(answer).text) is is_found


def test_the_unit_filter_takes_only_units_of_the_subtree(
    desk: Callable[..., Desk], declare: Make, decide: Any, cast: Cast
) -> None:
    decide(declare("professional"), "unit_clerk")
    clerk = desk("department_clerk")
    assert "人员-professional" in clerk.search("hours", f_organisation=cast.organisations["unit"].id).text
    assert "人员-professional" not in clerk.search("hours", f_organisation=cast.organisations["sibling_unit"].id).text
    assert "单位-foreign_unit" not in clerk.search("hours", f_organisation=cast.organisations["foreign_unit"].id).text


# --- one by one -----------------------------------------------------------------------------------------------------


def test_the_page_shows_evidence_fields_and_the_rules_arithmetic(desk: Callable[..., Desk], declare: Make) -> None:
    page = desk("unit_clerk").get(f"hours/details/?id={declare('professional')}").text
    for words in ("证明.png", "岗位培训班", "海州职业技术学院", "From 0.1 to 40.0; so far 40.0.", "Pass and next"):
        assert words in page
    assert "0599-" in page


@pytest.mark.both_databases
def test_passing_sets_the_hours_and_goes_on_to_the_next(desk: Callable[..., Desk], declare: Make, look: Any) -> None:
    first, second = declare("professional"), declare("colleague")
    clerk = desk("unit_clerk")
    answer = clerk.post(
        "hours/decide",
        id=first,
        step="pass_next",
        granted="30.5",
        version=version_of(look, first),
        url="/admin/hours/",
        list="tab=pending",
    )
    assert f"id={second}" in answer.headers["Location"]
    with look() as session:
        values = session.scalars(select(Decision)).one().values
        assert values is not None
        assert values["granted_tenths"] == 305
    assert state_of(look, first) == (ReviewState.OPEN, 2, "pending")


def test_a_later_level_may_raise_the_hours_again(desk: Callable[..., Desk], declare: Make, decide: Any, look: Any) -> None:
    review_id = declare("professional")
    decide(review_id, "unit_clerk", granted=100)
    page = desk("department_clerk").get(f"hours/details/?id={review_id}").text
    assert "From 0.1 to 40.0; so far 10.0." in page
    desk("department_clerk").post("hours/decide", id=review_id, step="pass", granted="40", version=version_of(look, review_id))
    decide(review_id, "county_officer")
    with look() as session:
        assert session.scalars(select(Declaration)).one().granted_tenths == 400


@pytest.mark.parametrize("granted", ["0", "40.1", "-1", "NaN", "1e3", "0.05", "12.34", "many"])
def test_hours_beyond_the_declared_ones_are_refused_at_the_field(
    desk: Callable[..., Desk], declare: Make, look: Any, granted: str
) -> None:
    review_id = declare("professional")
    before = counts(look)
    answer = desk("unit_clerk").post(
        "hours/decide", id=review_id, step="pass", granted=granted, version=version_of(look, review_id)
    )
    assert answer.status_code == 200
    assert 'id="granted-error"' in answer.text
    assert counts(look) == before
    assert state_of(look, review_id) == (ReviewState.OPEN, 1, "pending")


def test_a_rejection_needs_a_reason(desk: Callable[..., Desk], declare: Make, look: Any) -> None:
    review_id = declare("professional")
    clerk = desk("unit_clerk")
    before = counts(look)
    answer = clerk.post("hours/decide", id=review_id, step="reject", version=version_of(look, review_id), reason=" ")
    assert 'id="reason-error"' in answer.text
    assert counts(look) == before
    clerk.post("hours/decide", id=review_id, step="reject", version=version_of(look, review_id), reason="看不清")
    assert state_of(look, review_id) == (ReviewState.REJECTED, 1, "rejected")


def test_the_second_of_two_officers_is_told_who_was_first(
    desk: Callable[..., Desk], declare: Make, look: Any, cast: Cast
) -> None:
    review_id = declare("professional")
    clerk = desk("unit_clerk")
    form = {"id": review_id, "step": "pass", "granted": "40", "version": version_of(look, review_id)}
    clerk.post("hours/decide", **form)
    before = counts(look)
    answer = clerk.post("hours/decide", **form)
    assert "Already handled by 人员-unit_clerk at 2026-12-15 10:00." in answer.text
    assert counts(look) == before


def test_an_item_that_has_left_the_list_has_no_place_in_it(desk: Callable[..., Desk], declare: Make, look: Any) -> None:
    first, last = declare("professional"), declare("professional", hours="8")
    clerk = desk("unit_clerk")
    assert "<strong>2</strong> / 2" in clerk.get(f"hours/details/?id={last}&tab=pending").text
    clerk.post("hours/decide", id=last, step="pass", granted="8", version=version_of(look, last))
    page = clerk.get(f"hours/details/?id={last}&tab=pending").text
    assert "</strong> / " not in page
    assert f"id={first}" in page  # the way to what still waits


def test_an_officer_never_decides_an_own_matter(
    desk: Callable[..., Desk], declare: Make, look: Any, cast: Cast, acting_as: Any
) -> None:
    with look() as session:
        review_id = declare("professional")
        row = session.get_one(Review, review_id)
        row.subject_account_id = cast.unit_clerk.account_id
        session.commit()
    clerk = desk("unit_clerk")
    assert "This is your own matter" in clerk.get(f"hours/details/?id={review_id}").text
    answer = clerk.post("hours/action/", action="approve", ids=[review_id], list="tab=pending", url="/admin/hours/")
    assert "0 of 1 can be passed." in answer.text
    assert "1 are your own matters" in answer.text
    clerk.post("hours/action/run", action="approve", ids=[review_id], list="tab=pending", url="/admin/hours/")
    assert state_of(look, review_id) == (ReviewState.OPEN, 1, "pending")


@pytest.mark.parametrize("name", ["department_clerk", "county_officer", "branch_clerk", "sibling_clerk", "foreign_officer"])
@pytest.mark.parametrize("step", ["pass", "reject"])
def test_nobody_else_decides_by_a_forged_id(desk: Callable[..., Desk], declare: Make, look: Any, name: str, step: str) -> None:
    review_id = declare("professional")
    before = counts(look)
    answer = desk(name).post(
        "hours/decide", id=review_id, step=step, granted="1", reason="x", version=version_of(look, review_id)
    )
    assert answer.status_code in {200, 404}
    assert counts(look) == before
    if name in {"branch_clerk", "sibling_clerk", "foreign_officer"}:
        absent = desk(name).post("hours/decide", id=999_999, step=step, granted="1", reason="x", version="1.1.0")
        assert (answer.status_code, flashes(answer.text)) == (absent.status_code, flashes(absent.text))


# --- batches --------------------------------------------------------------------------------------------------------


def test_a_batch_tells_before_what_it_will_do_and_after_what_it_did(desk: Callable[..., Desk], declare: Make, look: Any) -> None:
    ids = [declare("professional"), declare("colleague")]
    clerk = desk("unit_clerk")
    asked = clerk.post("hours/action/", action="approve", ids=ids, list="tab=pending", url="/admin/hours/").text
    assert "2 of 2 can be passed." in asked
    answer = clerk.post("hours/action/run", action="approve", ids=ids, list="tab=pending", url="/admin/hours/")
    assert "Pass: 2 rows done." in clerk.follow(answer).text
    assert [state_of(look, i) for i in ids] == [(ReviewState.OPEN, 2, "pending")] * 2


@pytest.mark.both_databases
def test_all_of_the_filter_are_rejected_with_one_reason(desk: Callable[..., Desk], declare: Make, look: Any) -> None:
    ids = [declare("professional"), declare("colleague", year=2026)]
    clerk = desk("unit_clerk")
    asked = clerk.post("hours/action/", action="reject", all="1", list="tab=pending", url="/admin/hours/")
    (selection,) = set(re.findall(r'name="sel" value="([^"]+)"', asked.text))
    form = {"action": "reject", "sel": selection, "list": "tab=pending", "url": "/admin/hours/"}
    assert "Please give a reason." in clerk.post("hours/action/run", **form).text
    clerk.post("hours/action/run", reason="材料不全", **form)
    assert [state_of(look, i) for i in ids] == [(ReviewState.REJECTED, 1, "rejected")] * 2


def test_the_same_batch_pressed_twice_decides_once(desk: Callable[..., Desk], declare: Make, look: Any) -> None:
    review_id = declare("professional")
    clerk = desk("unit_clerk")
    for _ in range(2):
        answer = clerk.post("hours/action/run", action="approve", row=review_id, list="tab=pending", url="/admin/hours/")
    assert "Already handled by 人员-unit_clerk" in flashes(clerk.follow(answer).text)
    assert counts(look)[0] == 1


# --- 已审核 -----------------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_the_reviewed_list_shows_the_snapshot_and_hides_what_is_deleted(
    desk: Callable[..., Desk], declare: Make, decide: Any, look: Any
) -> None:
    review_id = declare("professional")
    decide(review_id, "unit_clerk", granted=200)
    clerk = desk("unit_clerk")
    page = clerk.get("hours/?tab=reviewed").text
    assert "人员-professional" in page
    assert '<td data-label="Hours granted" class="num">20.0</td>' in page
    with look() as session:
        decision_id = session.scalars(select(Decision.id)).one()
    clerk.post("hours/action/run", action="hide", row=decision_id, list="tab=reviewed", url="/admin/hours/?tab=reviewed")
    assert "人员-professional" not in clerk.get("hours/?tab=reviewed").text
    assert "人员-professional" in clerk.get("hours/?tab=reviewed&f_hidden=1").text
    clerk.post(
        "hours/action/run", action="show", row=decision_id, list="tab=reviewed&f_hidden=1", url="/admin/hours/?tab=reviewed"
    )
    assert "人员-professional" in clerk.get("hours/?tab=reviewed").text


def test_nobody_hides_the_decision_of_another_organisation(
    desk: Callable[..., Desk], declare: Make, decide: Any, look: Any
) -> None:
    decide(declare("professional"), "unit_clerk")
    with look() as session:
        decision_id = session.scalars(select(Decision.id)).one()
    before = counts(look)
    for name in ("department_clerk", "county_officer", "sibling_clerk"):
        desk(name).post("hours/action/run", action="hide", row=decision_id, list="tab=reviewed", url="/admin/hours/")
    assert counts(look) == before
    with look() as session:
        assert session.scalars(select(Decision.is_hidden)).all() == [False]


def test_a_list_page_takes_few_statements(desk: Callable[..., Desk], declare: Make, statements: Any) -> None:
    declare("professional")
    clerk = desk("unit_clerk")
    clerk.get("hours/")
    with statements() as told:
        clerk.get("hours/")
    assert len(told) <= 12, told


def test_a_deleted_declaration_still_shows_what_was_decided(
    desk: Callable[..., Desk], declare: Make, decide: Any, cast: Cast, acting_as: Any, look: Any
) -> None:
    decide(declare("professional"), "unit_clerk")
    with acting_as(cast.professional) as session:
        declaration_id = session.scalars(select(Declaration.id)).one()
        declarations.withdraw(session, cast.professional, declaration_id)
        declarations.delete_draft(session, cast.professional, declaration_id)
    with look() as session:
        decision_id = session.scalars(select(Decision.id)).one()
    clerk = desk("unit_clerk")
    assert "人员-professional" in clerk.get("hours/?tab=reviewed").text
    page = clerk.get(f"hours/details/?id={decision_id}&tab=reviewed").text
    assert "The declaration was withdrawn and deleted after this decision." in page
    assert "岗位培训班" in page


def test_a_dialog_sent_twice_decides_one_level_only(
    desk: Callable[..., Desk], declare: Make, decide: Any, look: Any, clock: Callable[[str], None]
) -> None:
    """Where nobody is left in the department, the county decides two levels running: the second press is not the second level."""
    review_id = declare("professional")
    with look() as session:
        session.execute(update(Post).where(Post.name == "人员-department_clerk").values(state="disabled"))
        session.commit()
    decide(review_id, "unit_clerk")
    officer = desk("county_officer")
    assert "人员-professional" in officer.get("hours/").text
    asked = officer.post("hours/action/", action="approve", row=review_id, list="tab=pending", url="/admin/hours/").text
    (asked_at,) = re.findall(r'name="asked_at"[^>]*value="([^"]+)"', asked)
    form = {"action": "approve", "row": review_id, "list": "tab=pending", "url": "/admin/hours/", "asked_at": asked_at}
    clock("2026-12-15 10:01")
    answers = [officer.post("hours/action/run", **form) for _ in range(2)]
    assert "Already handled by 人员-county_officer" in flashes(officer.follow(answers[1]).text)
    assert state_of(look, review_id) == (ReviewState.OPEN, 3, "pending")


def test_many_rows_are_decided_by_a_task_in_chunks(
    desk: Callable[..., Desk], declare: Make, look: Any, run_jobs: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("views.admin.batch.CHUNK", 2)
    ids = [declare("professional"), declare("colleague"), declare("professional", start_date="2026-05-04", end_date="2026-05-08")]
    clerk = desk("unit_clerk")
    asked = clerk.post("hours/action/", action="approve", all="1", list="tab=pending", url="/admin/hours/").text
    (selection,) = set(re.findall(r'name="sel" value="([^"]+)"', asked))
    answer = clerk.post("hours/action/run", action="approve", sel=selection, list="tab=pending", url="/admin/hours/")
    assert "/admin/jobs/details/" in answer.headers["Location"]
    assert run_jobs() == 1
    assert [state_of(look, i) for i in ids] == [(ReviewState.OPEN, 2, "pending")] * 3
    page = clerk.follow(answer).text
    assert "Finished" in page
    assert ">3<" in page
