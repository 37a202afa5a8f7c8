"""Declarations with texts and ids that no form would send."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import Session

from models import files
from models.access import Actor
from models.credits import declarations, queries
from models.credits.declarations import Draft
from models.credits.tables import Declaration
from models.errors import FieldErrors, NotFound
from tests.cast import Cast

Open = Callable[[Actor], Session]
Declare = Callable[..., int]
Read = Callable[[int], Declaration]


def refused(call: Callable[[], Any]) -> dict[str, str]:
    """Return the fields that a call refuses with their message ids."""
    with pytest.raises(FieldErrors) as caught:
        call()
    return {name: error.message_id for name, error in caught.value.errors.items()}


@pytest.mark.both_databases
@pytest.mark.parametrize("odd", ["\x00", "a\x00b", "%", "'", "\ud800", "\U0010ffff", "x" * 5000], ids=lambda odd: ascii(odd)[:8])
def test_odd_texts_are_refused_by_name_on_each_database(cast: Cast, forms: dict[str, int], session_of: Open, odd: str) -> None:
    session = session_of(cast.professional)
    draft = Draft(2026, odd, "KSZG", {"qualification": odd, "level": odd[:40], "certificate_no": odd[:40]}, odd + "?", odd)
    assert {"subject", "elective", "requested_hours", "qualification"} <= refused(
        lambda: declarations.save_draft(session, cast.professional, draft)
    ).keys()
    assert list(refused(lambda: declarations.save_draft(session, cast.professional, Draft(2026, "public", odd, {})))) == [
        "form_code"
    ]
    assert queries.declarations_of(session, cast.professional.person_id or 0, tab=odd, subject=odd) == []
    with pytest.raises(NotFound):
        files.attachment(session, odd)


@pytest.mark.parametrize("declaration_id", [0, -1, 2**63, 10**30])
def test_odd_ids_do_not_exist(cast: Cast, session_of: Open, declaration_id: int) -> None:
    with pytest.raises(NotFound):
        queries.declaration(session_of(cast.professional), declaration_id)
