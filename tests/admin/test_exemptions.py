"""免修减免 at the desk: from the list of people, single and many; ended in the list; nobody beyond the subtree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from models.credits.exemptions import Exemption
from models.credits.tables import YearSummary
from tests.admin.conftest import Desk
from tests.cast import Cast

VALUES = {"year": "2026", "kind": "leave", "months": "12", "reason": "产假一年"}


def stored(look: Any) -> list[tuple[int | None, int, bool]]:
    with look() as session:
        return [(e.person_id, e.months, e.ended_at is None) for e in session.scalars(select(Exemption).order_by(Exemption.id))]


def test_two_people_are_exempted_at_once_and_one_exemption_ends(desk: Callable[..., Desk], look: Any, cast: Cast) -> None:
    officer = desk("county_officer")
    ids = [cast.people[name].id for name in ("professional", "colleague")]
    asked = officer.post("people/action/", action="exempt", ids=[str(i) for i in ids])
    assert "Months exempt" in asked.text
    assert stored(look) == []
    officer.post("people/action/run", action="exempt", ids=[str(i) for i in ids], **VALUES)
    assert stored(look) == [(i, 12, True) for i in ids]
    page = officer.get("exemptions/").text
    assert "产假一年" in page
    assert "Exempt" in officer.get(f"learning-record/?id={ids[0]}").text
    with look() as session:
        first = session.scalars(select(Exemption.id).order_by(Exemption.id)).first()
        assert set(session.scalars(select(YearSummary.is_passed))) == {True}
    officer.post("exemptions/action/run", action="end", ids=[str(first)])
    assert stored(look) == [(ids[0], 12, False), (ids[1], 12, True)]


@pytest.mark.parametrize("values", [{"year": "0"}, {"year": "99999"}, {"months": "13"}, {"kind": "x"}, {"reason": ""}])
def test_wrong_values_are_told_and_change_nothing(
    desk: Callable[..., Desk], look: Any, cast: Cast, values: dict[str, str]
) -> None:
    person = str(cast.people["professional"].id)
    answer = desk("county_officer").post("people/action/run", action="exempt", ids=person, **{**VALUES, **values})
    assert answer.status_code == 200
    assert 'role="alert"' in answer.text or "error" in answer.text
    assert stored(look) == []


def test_forged_ids_of_others_change_nothing(desk: Callable[..., Desk], look: Any, cast: Cast) -> None:
    forged = [str(cast.people["foreigner"].id), "987654", "x", "-1"]
    desk("county_officer").post("people/action/run", action="exempt", ids=forged, **VALUES)
    assert stored(look) == []


@pytest.mark.parametrize("name", ["unit_clerk", "inner_officer"])
def test_an_employer_is_not_offered_it_and_may_not(desk: Callable[..., Desk], look: Any, cast: Cast, name: str) -> None:
    clerk = desk(name)
    assert "Exempt from a year" not in clerk.get("people/").text
    person = str(cast.people["professional"].id)
    answer = clerk.post("people/action/run", action="exempt", ids=person, **VALUES)
    assert answer.status_code in {403, 404}
    assert clerk.get("exemptions/").status_code == 403
    assert stored(look) == []
