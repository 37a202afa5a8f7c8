"""S015: the professional's own basic data."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from models.history import HistoryEntry
from models.people.tables import Account, Professional
from tests.portal.conftest import Reader

FILLED = {
    "sex": "male",
    "ethnic_group": "01",
    "phone": "138 0000 1111",
    "email": "lin@example.com",
    "landline": "0633-8123456",
    "field_of_work": "建筑设计",
    "admin_post": "科长",
    "admin_rank": "131",
    "is_postdoc": "yes",
}


def person_of(session: Any, reader: Reader) -> Professional:
    return session.scalars(select(Professional).where(Professional.id == reader.actor.person_id)).one()


def test_basic_data_are_saved_at_once_with_history_and_reach_the_account(reader: Reader, look: Any) -> None:
    answer = reader.post("profile", **FILLED)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/portal/profile")
    with look() as session:
        person = person_of(session, reader)
        assert (person.sex, person.ethnic_group, person.phone, person.email) == ("male", "01", "13800001111", "lin@example.com")
        assert person.field_of_work == "建筑设计"
        assert (person.landline, person.admin_post, person.admin_rank, person.is_postdoc) == ("0633-8123456", "科长", "131", True)
        account = session.scalars(select(Account).where(Account.id == reader.actor.account_id)).one()
        assert (account.phone, account.email) == ("13800001111", "lin@example.com")
        entry = session.scalars(select(HistoryEntry).where(HistoryEntry.action == "edit_basic")).one()
        assert entry.changes["phone"] == ["", "13800001111"]
        assert entry.changes["is_postdoc"] == [False, True]


def test_saving_the_same_again_writes_no_history(reader: Reader, look: Any) -> None:
    reader.post("profile", **FILLED)
    reader.post("profile", **FILLED)
    with look() as session:
        assert len(session.scalars(select(HistoryEntry).where(HistoryEntry.action == "edit_basic")).all()) == 1


def test_what_is_saved_is_shown_again_and_the_nudge_is_gone(reader: Reader) -> None:
    reader.post("profile", **FILLED)
    page = reader.get("profile").text
    assert 'value="13800001111"' in page
    assert "Please fill in what is still empty" not in page
    assert "Please complete your data" not in reader.get("").text


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        (
            "phone",
            "12345",
            "A mobile number has 11 digits and begins with 1; one of another country begins with + and its prefix.",
        ),
        ("phone", "", "Enter the mobile number."),
        ("email", "nobody", "An e-mail address has the form name@example.com; check it."),
        ("email", "a b@example.com", "An e-mail address has the form name@example.com; check it."),
        ("landline", "abc", "A landline has an area code and 7 or 8 digits, as 0633-8123456."),
        ("sex", "other", "Choose the sex."),
        ("ethnic_group", "99", "Choose an entry of the list."),
        ("admin_rank", "x", "Choose an entry of the list."),
        ("admin_post", "长" * 101, "At most 100 characters fit here."),
        ("is_postdoc", "", "Choose yes or no."),
    ],
)
def test_a_wrong_value_is_told_at_its_field_and_nothing_is_saved(
    reader: Reader, look: Any, field: str, value: str, sentence: str
) -> None:
    answer = reader.post("profile", **{**FILLED, field: value})
    assert answer.status_code == 200
    assert f'href="#{field}"' in answer.text
    assert sentence in answer.text
    with look() as session:
        assert person_of(session, reader).admin_post == ""
        assert session.scalars(select(HistoryEntry).where(HistoryEntry.action == "edit_basic")).all() == []


@pytest.mark.both_databases
def test_invisible_characters_break_nothing(reader: Reader, look: Any) -> None:
    for field in ("sex", "ethnic_group", "phone", "email", "landline", "admin_rank", "is_postdoc"):
        assert reader.post("profile", **{**FILLED, field: "\x00x"}).status_code == 200
    assert reader.post("profile", **{**FILLED, "admin_post": "科\x00长"}).status_code == 303
    with look() as session:
        assert person_of(session, reader).admin_post == "科 长"


def test_name_number_unit_state_and_birth_date_cannot_be_forged(reader: Reader, look: Any) -> None:
    with look() as session:
        before = person_of(session, reader)
    forged = {
        "name": "别人",
        "number_masked": "1",
        "number_hash": "1",
        "document_type": "414",
        "organisation_id": "9",
        "path": "/1/",
        "state": "disabled",
        "birth_on": "1999-01-01",
        "title_level": "senior",
        "person_id": "2",
        "account_id": "2",
        "id": "2",
        "vocational_qualification": "VQ01",
    }
    assert reader.post("profile", **FILLED, **forged).status_code == 303
    with look() as session:
        after = person_of(session, reader)
        for column in (
            "name",
            "number_masked",
            "number_hash",
            "document_type",
            "organisation_id",
            "path",
            "state",
            "birth_on",
            "title_level",
            "account_id",
            "vocational_qualification",
        ):
            assert getattr(after, column) == getattr(before, column)
        other = session.scalars(select(Professional).where(Professional.id == 2)).one()
        assert (other.phone, other.name) == ("", "人员-colleague")


def test_the_fixed_values_are_shown_masked_and_say_whom_to_ask(reader: Reader) -> None:
    page = reader.get("profile").text
    assert "To change the name, contact support." in page
    assert "371102********" in page
    assert "37110219800101" not in page


def test_a_form_of_another_position_is_refused(reader: Reader, look: Any) -> None:
    answer = reader.client.post("/portal/profile", data={**FILLED, "position": "post:1"})
    assert answer.status_code == 409
    with look() as session:
        assert person_of(session, reader).phone == ""
