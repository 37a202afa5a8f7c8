"""S022: the form of a declaration, without scripts; what scripts do goes through the same addresses."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from models.credits.tables import Declaration
from models.files import Attachment
from models.reviews.tables import Review
from tests.portal.conftest import TRAINING, Reader, counts, file, state_of


def test_the_first_page_asks_for_year_type_and_form_only(reader: Reader) -> None:
    page = reader.get("declarations/new").text
    assert '<label for="form_code">' in page
    assert "集中面授" not in page  # the reader reads English
    assert "Classroom training" in page
    assert "Online learning" not in page  # written by the platform, not declared
    assert 'id="requested_hours"' not in page


def test_choosing_a_form_asks_for_its_fields_and_saves_nothing(reader: Reader, look: Any) -> None:
    before = counts(look)
    page = reader.post("declarations/new", year="2026", declaration_type="achievement", form_code="FBLW", step="choose").text
    assert '<label for="f_journal">' in page
    assert '<label for="requested_hours">' in page
    assert "At most 40 hours for each declaration." in page
    assert counts(look) == before


def test_a_form_of_another_type_is_not_chosen_yet(reader: Reader) -> None:
    page = reader.post("declarations/new", year="2026", declaration_type="other", form_code="FBLW", step="choose").text
    assert 'id="requested_hours"' not in page


@pytest.mark.parametrize("code", ["GWPX", "JZMS", "XLJY", "KSZG", "FBLW", "KTXM", "GZDL", "QT", "HYPX", "XSHY", "JDPX"])
def test_each_field_of_a_form_has_a_label(reader: Reader, code: str) -> None:
    page = reader.post("declarations/new", year="2026", form_code=code, step="choose").text
    ids = [part.split('"')[0] for part in page.split(' id="f_')[1:]]
    assert len(ids) >= 3
    for name in ids:
        assert f'for="f_{name}"' in page


def test_the_rule_proposes_hours_and_explains_them(reader: Reader, look: Any) -> None:
    before = counts(look)
    answer = reader.post(
        "declarations/propose",
        year="2026",
        form_code="JZMS",
        f_start_date="2026-05-11",
        f_end_date="2026-05-13",
        subject="public",
    )
    assert "By the rule: 24 hours" in answer.text
    assert "8 × 3 = 24" in answer.text
    assert "60 hours of this learning form can still count this year." in answer.text
    assert counts(look) == before


def test_a_proposal_for_an_unknown_form_is_not_found(reader: Reader) -> None:
    assert reader.post("declarations/propose", year="2026", form_code="XXXX").status_code == 404


def test_a_draft_may_be_half_filled_and_comes_back(reader: Reader, look: Any) -> None:
    answer = reader.post(
        "declarations/new",
        year="2026",
        form_code="GWPX",
        subject="professional",
        f_class_name="岗位培训班",
        step="save",
        form_key="one",
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/portal/declarations?tab=draft")
    page = reader.get("declarations/1/edit").text
    assert 'value="岗位培训班"' in page
    assert "Continue a draft" in reader.get("declarations/new").text
    with look() as session:
        assert state_of(session, 1) == "draft"


def test_a_declaration_is_submitted_with_its_evidence_and_says_whom_it_waits_for(reader: Reader, look: Any) -> None:
    answer = reader.post("declarations/new", **TRAINING, attachments=file(1), step="submit", form_key="one")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/portal/declarations/1")
    page = reader.get("declarations/1").text
    assert "Waiting for the review by 单位-unit（0599-0000005）" in page
    assert "结业证书.png" in page
    with look() as session:
        declaration = session.scalars(select(Declaration)).one()
        assert (declaration.state, declaration.requested_tenths, declaration.subject) == ("pending", 400, "professional")
        assert declaration.person_id == reader.actor.person_id
        assert session.scalars(select(Attachment.original_name)).all() == ["结业证书.png"]


@pytest.mark.both_databases
def test_the_same_form_posted_twice_makes_and_submits_one(reader: Reader, look: Any) -> None:
    reader.post("declarations/new", **TRAINING, attachments=file(1), step="submit", form_key="one")
    before = counts(look)
    again = reader.post("declarations/new", **TRAINING, attachments=file(1), step="submit", form_key="one")
    assert (again.status_code, again.headers["Location"]) == (303, "/portal/declarations/1")
    assert "This declaration was submitted already; nothing was changed." in reader.get("declarations/1").text
    assert counts(look) == before == (1, 1, 1, before[3])


@pytest.mark.both_databases
def test_one_form_posted_by_two_clicks_at_once_makes_and_submits_one(
    reader: Reader, log_in: Callable[..., Reader], look: Any
) -> None:
    readers, gate = [reader, log_in("professional")], threading.Barrier(2)

    def click(who: Reader) -> int:
        gate.wait()
        return who.post("declarations/new", **TRAINING, attachments=file(1), step="submit", form_key="one").status_code

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(click, readers)) == [303, 303]
    assert counts(look)[:3] == (1, 1, 1)
    with look() as session:
        assert session.scalars(select(Declaration.state)).one() == "pending"


def test_a_draft_saved_twice_from_one_form_is_one_draft(reader: Reader, look: Any) -> None:
    for title in ("一", "二"):
        reader.post("declarations/new", **{**TRAINING, "f_class_name": title}, step="save", form_key="one")
    with look() as session:
        assert session.scalars(select(Declaration.title)).all() == ["二"]


def test_another_persons_form_key_makes_an_own_draft(reader: Reader, log_in: Callable[..., Reader], look: Any) -> None:
    reader.post("declarations/new", **TRAINING, step="save", form_key="one")
    log_in("colleague").post("declarations/new", **TRAINING, step="save", form_key="one")
    with look() as session:
        assert session.scalars(select(Declaration.person_id).order_by(Declaration.id)).all() == [1, 2]


@pytest.mark.both_databases
def test_errors_are_told_at_once_and_the_evidence_is_kept(reader: Reader, look: Any) -> None:
    answer = reader.post(
        "declarations/new",
        **{**TRAINING, "f_school_unit": "", "requested_hours": "viel"},
        attachments=file(1),
        step="submit",
        form_key="one",
    )
    assert answer.status_code == 200
    for link in ('href="#f_school_unit"', 'href="#requested_hours"'):
        assert link in answer.text
    assert 'value="viel"' in answer.text  # what was typed stays
    assert "结业证书.png" in answer.text
    assert 'action="/portal/declarations/1/edit"' in answer.text
    with look() as session:
        assert state_of(session, 1) == "draft"
        assert len(session.scalars(select(Attachment)).all()) == 1
        assert session.scalars(select(Review)).all() == []


def test_without_evidence_it_is_not_submitted(reader: Reader, look: Any) -> None:
    answer = reader.post("declarations/new", **TRAINING, step="submit", form_key="one")
    assert 'href="#attachments"' in answer.text
    assert "Attach at least one scan of the evidence" in answer.text
    with look() as session:
        assert state_of(session, 1) == "draft"


def test_a_subject_must_be_chosen_where_there_are_several(reader: Reader, look: Any) -> None:
    answer = reader.post("declarations/new", **{**TRAINING, "subject": ""}, attachments=file(1), step="submit", form_key="one")
    assert "Choose the subject that the hours count toward." in answer.text
    with look() as session:
        assert state_of(session, 1) == "draft"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.txt", b"text", "it has to end in .jpg"),
        ("a.png", b"not a picture", "is neither a picture nor a PDF"),
        ("a.pdf", b"%PDF-1.4 broken", "is damaged"),
        ("a.png", b"", "is empty"),
    ],
)
def test_a_bad_file_is_named_and_the_draft_stays(reader: Reader, look: Any, name: str, content: bytes, sentence: str) -> None:
    answer = reader.post("declarations/new", **TRAINING, attachments=(io.BytesIO(content), name), step="submit", form_key="one")
    assert answer.status_code == 200
    assert sentence in answer.text
    with look() as session:
        assert state_of(session, 1) == "draft"
        assert session.scalars(select(Attachment)).all() == []


def test_attachments_are_added_and_removed_while_the_form_is_filled_in(reader: Reader, look: Any) -> None:
    added = reader.post(
        "declarations/new", **TRAINING, attachments=[file(1), file(2, "照片.jpg.png")], step="attach", form_key="one"
    )
    assert added.headers["Location"] == "/portal/declarations/1/edit#attachments-block"
    with look() as session:
        first, second = session.scalars(select(Attachment.key).order_by(Attachment.id)).all()
    removed = reader.post("declarations/1/edit", **TRAINING, remove=first)
    assert removed.status_code == 303
    with look() as session:
        assert session.scalars(select(Attachment.key)).all() == [second]


@pytest.mark.both_databases
def test_reasons_for_a_closer_look_are_asked_before_submitting(reader: Reader, declared: Callable[..., int], look: Any) -> None:
    declared(requested_hours="16")
    before = counts(look)
    asked = reader.post("declarations/new", **TRAINING, attachments=file(7), step="submit", form_key="two")
    assert asked.status_code == 200
    assert "The period overlaps with another record of the person: 岗位培训班, 2026-03-02 to 2026-03-06." in asked.text
    with look() as session:
        assert state_of(session, 2) == "draft"
        assert session.scalar(select(func.count()).select_from(Review)) == before[1]
    confirmed = reader.post("declarations/2/edit", **TRAINING, step="confirm")
    assert confirmed.status_code == 303
    with look() as session:
        declaration = session.scalars(select(Declaration).where(Declaration.id == 2)).one()
        assert (declaration.state, declaration.is_key_review) == ("pending", True)


def test_a_rejected_declaration_is_edited_and_submitted_again(
    reader: Reader, declared: Callable[..., int], decide: Callable[..., None], look: Any
) -> None:
    declared()
    decide("unit_clerk", 1, reason="证书看不清")
    page = reader.get("declarations/1/edit")
    assert page.status_code == 200
    answer = reader.post("declarations/1/edit", **{**TRAINING, "requested_hours": "30"}, step="submit")
    assert answer.headers["Location"] == "/portal/declarations/1"
    with look() as session:
        declaration = session.scalars(select(Declaration)).one()
        assert (declaration.state, declaration.requested_tenths) == ("pending", 300)
        assert session.scalars(select(Review.round)).one() == 2
