"""S022: what the form of a declaration refuses; every refusal changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from models.credits.tables import Declaration
from models.files import Attachment
from models.org.tables import Organisation, OrganisationState
from models.reviews.tables import Review
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.portal.conftest import TRAINING, Reader, counts, file, state_of


@pytest.mark.parametrize("step", ["save", "submit", "confirm", "attach", "choose"])
def test_another_persons_declaration_is_not_found(
    declared: Callable[..., int], log_in: Callable[..., Reader], look: Any, step: str
) -> None:
    declared("save")
    before = counts(look)
    colleague = log_in("colleague")
    answer = colleague.post("declarations/1/edit", **{**TRAINING, "f_class_name": "篡改"}, step=step)
    assert answer.status_code == 404
    assert "It does not exist, or is not within your jurisdiction." in answer.text
    assert counts(look) == before
    with look() as session:
        assert session.scalars(select(Declaration.title)).one() == "岗位培训班"


def test_another_persons_attachment_cannot_be_removed(
    declared: Callable[..., int], log_in: Callable[..., Reader], look: Any
) -> None:
    declared("save")
    colleague = log_in("colleague")
    declared("save", who=colleague)
    with look() as session:
        key = session.scalars(select(Attachment.key).where(Attachment.person_id == 1)).one()
    answer = colleague.post("declarations/2/edit", **TRAINING, remove=key)
    assert answer.status_code == 404
    with look() as session:
        assert len(session.scalars(select(Attachment)).all()) == 2


@pytest.mark.parametrize("step", ["save", "submit", "confirm", "attach"])
def test_a_submitted_declaration_is_not_edited(reader: Reader, declared: Callable[..., int], look: Any, step: str) -> None:
    declared()
    before = counts(look)
    answer = reader.post("declarations/1/edit", **{**TRAINING, "f_class_name": "改"}, attachments=file(9), step=step)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/portal/declarations/1")
    assert counts(look) == before
    with look() as session:
        assert session.scalars(select(Declaration.title)).one() == "岗位培训班"


def test_a_year_whose_window_is_closed_is_refused(reader: Reader, look: Any) -> None:
    answer = reader.post("declarations/new", **{**TRAINING, "year": "2024"}, attachments=file(1), step="submit", form_key="one")
    assert answer.status_code == 200
    assert "Hours of 2024 cannot be declared now; open: 2026." in answer.text
    assert counts(look)[:3] == (0, 0, 0)


def test_a_draft_of_a_year_that_has_closed_is_kept_but_not_submitted(
    reader: Reader, declared: Callable[..., int], clock: Callable[[str], None], look: Any, log_in: Callable[..., Reader]
) -> None:
    declared("save")
    clock("2027-04-01 00:01")
    later = log_in("professional")
    page = later.get("declarations/1/edit").text
    assert "2026 (closed)" in page
    answer = later.post("declarations/1/edit", **TRAINING, step="submit")
    assert 'href="#year"' in answer.text
    with look() as session:
        assert state_of(session, 1) == "draft"
        assert session.scalars(select(Review)).all() == []


@pytest.mark.parametrize(
    "forged",
    [
        {"form_code": "ZXXX"},
        {"form_code": "NOPE"},
        {"year": "abcd"},
        {"year": "99999999999"},
        {"year": ""},
        {"subject": "all"},
        {"elective": "x"},
        {"requested_hours": "1e9"},
        {"requested_hours": "-1"},
        {"requested_hours": "NaN"},
        {"requested_hours": "0.05"},
        {"f_start_date": "0001-01-01"},
        {"f_end_date": "2026-13-45"},
        {"f_organiser_level": "x"},
    ],
)
def test_a_forged_value_submits_nothing(reader: Reader, look: Any, forged: dict[str, str]) -> None:
    answer = reader.post("declarations/new", **{**TRAINING, **forged}, attachments=file(1), step="submit", form_key="one")
    assert answer.status_code == 200
    with look() as session:
        assert session.scalars(select(Review)).all() == []
        assert session.scalars(select(Declaration.state)).all() in ([], ["draft"])


@pytest.mark.both_databases
def test_invisible_characters_break_nothing(reader: Reader, look: Any) -> None:
    odd = {
        "f_class_name": "岗位\x00培训\u202e班",
        "form_key": "a\x00b",
        "remove": "a\x00",
        "step": "\x00",
        "declaration_type": "training",
    }
    assert reader.post("declarations/new", **{**TRAINING, **odd}).status_code == 303
    for field in ("subject", "elective", "requested_hours", "year", "form_code", "f_organiser_level", "f_start_date"):
        assert reader.post("declarations/1/edit", **{**TRAINING, field: "\x00x"}, step="save").status_code == 200
    with look() as session:
        assert "\x00" not in session.scalars(select(Declaration.title)).one()


def test_undeclared_columns_are_ignored(reader: Reader, look: Any, cast: Cast) -> None:
    forged = {
        "state": "approved",
        "granted_tenths": "900",
        "person_id": "2",
        "organisation_id": "1",
        "path": "/1/",
        "counted_tenths": "900",
        "source": "base",
        "is_key_review": "0",
        "id": "77",
        "granted_at": "2026-01-01",
    }
    reader.post("declarations/new", **TRAINING, **forged, attachments=file(1), step="submit", form_key="one")
    with look() as session:
        declaration = session.scalars(select(Declaration)).one()
        assert (declaration.id, declaration.state, declaration.granted_tenths, declaration.person_id) == (1, "pending", None, 1)
        assert (declaration.path, declaration.source) == (cast.actors["professional"].path, "person")


def test_a_picture_is_shown_to_its_owner_only(
    declared: Callable[..., int], reader: Reader, log_in: Callable[..., Reader], look: Any
) -> None:
    declared("save")
    with look() as session:
        key = session.scalars(select(Attachment.key)).one()
    assert reader.client.get(f"/files/{key}").status_code == 200
    assert log_in("colleague").client.get(f"/files/{key}").status_code == 404


def test_the_same_file_sent_again_is_kept_once(reader: Reader, look: Any) -> None:
    for _ in range(2):
        answer = reader.post("declarations/new", **TRAINING, attachments=file(1), step="attach", form_key="one")
        assert answer.status_code == 303
    with look() as session:
        assert len(session.scalars(select(Attachment)).all()) == 1


def test_the_same_file_under_another_name_is_refused(reader: Reader, look: Any) -> None:
    answer = reader.post(
        "declarations/new", **TRAINING, attachments=[file(1), file(1, "别名.png")], step="attach", form_key="one"
    )
    assert "The file 别名.png is attached already." in answer.text
    with look() as session:
        assert session.scalars(select(Attachment.original_name)).all() == ["结业证书.png"]


def test_people_of_a_disabled_unit_read_on_but_submit_nothing(
    reader: Reader, declared: Callable[..., int], look: Any, cast: Cast
) -> None:
    declared("save")
    with look() as session, unit_of_work(session):
        session.get_one(Organisation, cast.organisations["unit"].id).state = OrganisationState.DISABLED
    assert "The unit is disabled; nothing new can be submitted from there." in reader.get("declarations/new").text
    answer = reader.post("declarations/1/edit", **TRAINING, attachments=file(1), step="confirm")
    assert "The unit is disabled; nothing new can be submitted from there." in answer.text
    with look() as session:
        assert session.scalars(select(Declaration.state)).one() == "draft"
        assert session.scalars(select(Review)).all() == []
    assert reader.get("declarations/1").status_code == 200
    with look() as session, unit_of_work(session):
        session.get_one(Organisation, cast.organisations["unit"].id).state = OrganisationState.ACTIVE
    assert reader.post("declarations/1/edit", **TRAINING, attachments=file(1), step="confirm").status_code == 303
