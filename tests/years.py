"""A year of somebody of the cast, as counting leaves it."""

from __future__ import annotations

from typing import Any

from models.credits.tables import YearSummary
from models.people.tables import Professional


def passed_year(person: Professional, year: int = 2026, **columns: Any) -> YearSummary:
    """Return the year of a person who has 94.5 hours of the 90 that it demands; *columns* says what is otherwise."""
    figures: dict[str, Any] = {
        "year_organisation_id": person.organisation_id,
        "total_tenths": 945,
        "public_tenths": 300,
        "professional_tenths": 645,
        "required_total_tenths": 900,
        "required_public_tenths": 300,
        "required_professional_tenths": 600,
        "is_passed": True,
    }
    return YearSummary(person_id=person.id, path=person.path, year=year, **{**figures, **columns})
