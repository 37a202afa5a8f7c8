"""S078 and S079 at the desk: the form for many, who is picked, what comes of it, and what a forged request does."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update

from models.credits.batches import BatchApplicant, BatchFile, DeclarationBatch
from models.credits.tables import Declaration, DeclarationState
from models.reviews.tables import Review
from tests.admin.conftest import TRAINING, Desk, names_in, picture
from tests.cast import Cast
from tests.sheets.files import filled
from views.admin import declared_for

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("lists")]
Sit = Callable[..., Desk]
Look = Callable[[], Any]
FORM = {
    "year": "2026",
    "declaration_type": "training",
    "form_code": "GWPX",
    "subject": "professional",
    "elective": "required",
    "requested_hours": "24",
    **{f"f_{name}": value for name, value in TRAINING.items()},
}
KEY = "k" * 43


def form(step: str, **changed: Any) -> dict[str, Any]:
    return {**FORM, "step": step, "form_key": KEY, **changed}


@pytest.fixture
def begun(desk: Sit, look: Look) -> Callable[..., int]:
    """A form of the unit with evidence, filled in but for its people."""

    def begin(clerk: Desk, key: str = KEY) -> int:
        answer = clerk.post("declare-for/", **form("attach", form_key=key, attachments=(io.BytesIO(picture(5)), "证书.png")))
        assert answer.status_code == 303, answer.text
        return int(re.search(r"id=(\d+)", answer.headers["Location"]).group(1))  # type: ignore[union-attr]

    return begin


def add(clerk: Desk, batch_id: int, *person_ids: int) -> Any:
    return clerk.post("declare-people/action/run", action="declare", ids=list(person_ids), batch_id=batch_id, list="")


def count(look: Look, table: Any) -> int:
    with look() as session:
        return int(session.scalar(select(func.count()).select_from(table)) or 0)


def test_the_way_from_the_form_to_the_records(desk: Sit, begun: Any, look: Look, cast: Cast) -> None:
    clerk = desk("unit_clerk")
    batch_id = begun(clerk)
    answer = clerk.post(f"declare-for/edit?id={batch_id}", **form("people"))
    assert answer.headers["Location"].endswith(f"/admin/declare-people/?target={batch_id}")
    people = clerk.follow(answer)
    assert {"人员-professional", "人员-colleague", "人员-branch_worker"} == set(
        re.findall(r"人员-(?:professional|colleague|branch_worker|neighbour)", people.text)
    )
    add(clerk, batch_id, cast.people["professional"].id, cast.people["branch_worker"].id)
    page = clerk.get(f"declare-for/edit?id={batch_id}")
    assert "人员-professional" in page.text
    assert "证书.png" in page.text
    done = clerk.post(f"declare-for/edit?id={batch_id}", **form("submit"))
    shown = clerk.follow(done)
    assert "Declared: 2." in shown.text
    assert count(look, Declaration) == 2
    listed = clerk.get("declared-for/")
    assert sorted(names_in(listed)) == ["人员-branch_worker", "人员-professional"]
    assert "单位-department" in listed.text
    with look() as session:
        one = session.scalars(select(Declaration.id)).first()
    details = clerk.get(f"declared-for/details/?id={one}")
    assert "证书.png" in details.text
    assert "单位-department" in details.text
    clerk.client.set_cookie("lang", "zh")
    assert "随申报通过：单位-unit" in clerk.get(f"declared-for/details/?id={one}").text
    clerk.client.set_cookie("lang", "en")
    again = clerk.post(f"declare-for/edit?id={batch_id}", **form("submit"))
    assert "nothing was changed" in clerk.follow(again).text
    assert count(look, Declaration) == 2


def test_a_form_sent_twice_makes_one(desk: Sit, begun: Any, look: Look) -> None:
    clerk = desk("unit_clerk")
    assert begun(clerk) == begun(clerk)
    assert (count(look, DeclarationBatch), count(look, BatchFile)) == (1, 1)


def test_people_are_added_to_the_form_from_which_they_are_picked(
    desk: Sit, begun: Any, cast: Cast, clock: Callable[[str], None]
) -> None:
    clerk = desk("unit_clerk")
    earlier, later = begun(clerk), begun(clerk, "l" * 43)
    clock("2026-12-15 10:01")
    people = clerk.follow(clerk.post(f"declare-for/edit?id={earlier}", **form("people")))
    assert f"/admin/declare-for/edit?id={earlier}" in people.text
    asked = clerk.post("declare-people/action/", action="declare", ids=[cast.people["colleague"].id], list="")
    assert re.findall(r'<option[^>]* value="(\d+)"', asked.text) == [str(earlier), str(later)]


def test_what_is_missing_is_said_at_once_and_nothing_is_declared(desk: Sit, look: Look) -> None:
    clerk = desk("unit_clerk")
    answer = clerk.post("declare-for/", **form("submit", f_class_name="", requested_hours="x"))
    assert answer.status_code == 200
    for sentence in (
        "Fill in this field.",
        "Enter hours from 0.1 to",
        "Attach at least one scan",
        "Add the people whom you declare for.",
    ):
        assert sentence in answer.text, sentence
    assert (count(look, DeclarationBatch), count(look, Declaration)) == (1, 0)


def test_a_closed_year_and_a_forged_form_are_refused(desk: Sit, look: Look) -> None:
    clerk = desk("unit_clerk")
    assert clerk.post("declare-for/", **form("submit", year="2019")).status_code == 200
    assert count(look, DeclarationBatch) == 0
    for code in ("ZXXX", "NONE"):
        answer = clerk.post("declare-for/", **form("submit", form_code=code, form_key=code * 10))
        assert answer.status_code == 200
    assert count(look, Declaration) == 0


def test_another_organisations_form_people_and_files_are_out_of_reach(desk: Sit, begun: Any, look: Look, cast: Cast) -> None:
    mine, theirs = desk("unit_clerk"), desk("sibling_clerk")
    batch_id = begun(mine)
    with look() as session:
        key = session.scalars(select(BatchFile.key)).one()
    for other in (theirs, desk("county_officer"), desk("department_clerk"), desk("branch_clerk")):
        assert other.get(f"declare-for/edit?id={batch_id}").status_code == 404
        assert other.post(f"declare-for/edit?id={batch_id}", **form("submit")).status_code == 404
        assert other.post(f"declare-for/delete?id={batch_id}").status_code == 404
        assert other.post(f"declare-for/again?id={batch_id}").status_code == 404
        add(other, batch_id, cast.people["neighbour"].id)
    assert theirs.client.get(f"/files/declared/{key}").status_code == 404
    own = begun(theirs, key="s" * 43)
    assert theirs.post(f"declare-for/edit?id={own}", **form("attach", remove=key)).status_code == 404
    add(mine, batch_id, cast.people["neighbour"].id, cast.people["foreigner"].id)
    assert (count(look, BatchApplicant), count(look, BatchFile)) == (0, 2)


def test_a_rejected_record_is_edited_and_submitted_again_by_its_declarer(
    desk: Sit, begun: Any, look: Look, cast: Cast, decide: Any, app: Any
) -> None:
    clerk = desk("unit_clerk")
    batch_id = begun(clerk)
    add(clerk, batch_id, cast.people["professional"].id)
    clerk.post(f"declare-for/edit?id={batch_id}", **form("submit"))
    with look() as session:
        review, made = session.execute(select(Review.id, Review.subject_id)).one()
    decide(review, "department_clerk", reason="证书模糊")
    assert "Edit and resubmit" in clerk.get("declared-for/?tab=rejected").text
    page = clerk.get(f"declare-for/record/edit?id={made}")
    assert "证书.png" in page.text
    answer = clerk.post(f"declare-for/record/edit?id={made}", **form("submit", requested_hours="16"))
    assert answer.status_code == 303, answer.text
    with look() as session:
        row = session.get_one(Declaration, made)
        assert (row.state, row.requested_tenths) == (DeclarationState.PENDING, 160)
    assert desk("department_clerk").get(f"declare-for/record/edit?id={made}").status_code == 404
    person: FlaskClient = app.test_client()
    person.set_cookie("lang", "en")
    data = {
        "document_type": "111",
        "number": cast.accounts["professional"].number,
        "password": "Demo-2026!",
        "kind": "professional",
    }
    person.post("/login", data=data)
    own = person.get(f"/portal/declarations/{made}").text
    assert "Declared by" in own
    assert "单位-unit" in own
    assert f"/portal/declarations/{made}/withdraw" not in own
    clerk.post("declared-for/action/run", action="withdraw", row=str(made), list="")
    with look() as session:
        assert session.get_one(Declaration, made).state == DeclarationState.DRAFT


def test_before_records_are_submitted_again_reviewers_questions_are_told(
    desk: Sit, begun: Any, look: Look, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = desk("unit_clerk")
    batch_id = begun(clerk)
    add(clerk, batch_id, cast.people["professional"].id)
    clerk.post(f"declare-for/edit?id={batch_id}", **form("submit"))
    with look() as session:
        made = session.scalars(select(Declaration.id)).one()
    clerk.post("declared-for/action/run", action="withdraw", row=str(made), list="")
    with look() as session:
        changed = update(Declaration).values(inputs={**TRAINING, "start_date": "2025-12-30"})
        session.execute(changed, execution_options={"synchronize_session": False})
        session.commit()
    page = clerk.post("declared-for/action/", action="submit", ids=[made], list="").text
    assert "Reviewers will be asked to look closely:" in page
    assert "The period 2025-12-30 to 2026-03-06 is not wholly within 2026. – 人员-professional" in page
    monkeypatch.setattr(declared_for, "LOOKED_AT", 0)
    assert "Only the first 0 records were looked at." in clerk.post("declared-for/action/", action="submit", ids=[made]).text


def test_applicants_come_in_from_a_sheet_and_go_again(
    desk: Sit, begun: Any, look: Look, cast: Cast, run_jobs: Callable[[], int]
) -> None:
    clerk, other = desk("unit_clerk"), desk("sibling_clerk")
    batch_id = begun(clerk)
    way = clerk.post(f"declare-for/edit?id={batch_id}", **form("import"))
    assert way.headers["Location"].endswith(f"/admin/applicants-import/?target={batch_id}")
    page = clerk.follow(way).text
    assert f'<option value="{batch_id}" selected>' in page
    assert f'href="/admin/declare-for/edit?id={batch_id}"' in page
    rows = [
        [cast.people["professional"].name, cast.accounts["professional"].number, "8", "优秀"],
        [cast.people["neighbour"].name, cast.accounts["neighbour"].number, "", ""],
    ]
    content = filled(clerk.get("applicants-import/template").data, rows)

    def upload(by: Desk) -> Any:
        return by.post("applicants-import/upload", target=str(batch_id), file=(io.BytesIO(content), "人员.xlsx"))

    assert "Please choose what the file belongs to." in other.follow(upload(other)).text
    checked = upload(clerk)
    assert run_jobs() == 1
    preview = clerk.follow(checked).text
    assert (count(look, BatchApplicant), "not within your jurisdiction" in preview, "Import 1 row" in preview) == (0, True, True)
    task = re.search(r"id=(\d+)", checked.headers["Location"]).group(1)  # type: ignore[union-attr]
    done = [clerk.post(f"applicants-import/run?id={task}") for _ in range(2)]
    assert run_jobs() == 1
    assert f'href="/admin/declare-for/edit?id={batch_id}"' in clerk.follow(done[0]).text
    listed = clerk.get(f"declare-for/edit?id={batch_id}").text
    assert ("人员-professional" in listed, "8.0" in listed, "优秀" in listed, "人员-neighbour" in listed) == (
        True,
        True,
        True,
        False,
    )
    again = clerk.client.get(done[0].headers["Location"])
    assert "Undo the import" in again.text
    job = re.search(r"id=(\d+)", done[0].headers["Location"]).group(1)  # type: ignore[union-attr]
    assert other.post(f"applicants-import/undo?id={job}").status_code == 404
    clerk.post(f"applicants-import/undo?id={job}")
    run_jobs()
    assert count(look, BatchApplicant) == 0


def test_what_reviewers_will_be_asked_is_said_before_it_is_submitted(
    desk: Sit, begun: Any, look: Look, cast: Cast, decide: Any
) -> None:
    clerk = desk("unit_clerk")
    batch_id = begun(clerk)
    add(clerk, batch_id, cast.people["professional"].id, cast.people["colleague"].id)
    early = {"f_start_date": "2025-12-30"}
    page = clerk.post(f"declare-for/edit?id={batch_id}", **form("submit", **early))
    assert "is not wholly within 2026" in page.text
    assert page.text.count("人员-professional、人员-colleague") == 1
    assert 'value="confirm"' in page.text
    assert count(look, Declaration) == 0
    assert "Declared: 2." in clerk.follow(clerk.post(f"declare-for/edit?id={batch_id}", **form("confirm", **early))).text
    assert count(look, Declaration) == 2
    with look() as session:
        made = session.scalars(select(Declaration).order_by(Declaration.id)).first()
        assert made.is_key_review
        made_id = made.id
    clerk.post("declared-for/action/run", action="withdraw", row=str(made_id), list="")
    again = clerk.post(f"declare-for/record/edit?id={made_id}", **form("submit", **early))
    assert "is not wholly within 2026" in again.text
    with look() as session:
        assert session.get_one(Declaration, made_id).state == DeclarationState.DRAFT
    done = clerk.post(f"declare-for/record/edit?id={made_id}", **form("confirm", **early))
    assert done.status_code == 303
    with look() as session:
        assert session.get_one(Declaration, made_id).state == DeclarationState.PENDING


def test_more_people_than_one_request_takes_become_a_task(
    desk: Sit, begun: Any, look: Look, cast: Cast, run_jobs: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("views.admin.declaring.CHUNK", 1)
    monkeypatch.setattr("models.credits.applicants.CHUNK", 1)
    clerk = desk("unit_clerk")
    batch_id = begun(clerk)
    add(clerk, batch_id, cast.people["professional"].id, cast.people["colleague"].id, cast.people["branch_worker"].id)
    answer = clerk.post(f"declare-for/edit?id={batch_id}", **form("submit"))
    assert "/admin/jobs/details/" in answer.headers["Location"]
    run_jobs()
    assert "Declared: 3." in clerk.follow(answer).text
    assert count(look, Declaration) == 3


def test_a_base_and_a_person_have_no_such_page(desk: Sit) -> None:
    base = desk("base_clerk")
    for address in ("declare-for/", "declared-for/", "declare-people/", "applicants-import/"):
        assert base.get(address).status_code == 403
