"""Notices to the holders of certificates that ended, one for each; in the transaction that ends them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from models.certificates.tables import Certificate
from models.errors import N_
from models.people.notices import Told, tell_people

YEAR_FELL = N_("The year's hours no longer meet the requirement.")
FEWER_HOURS = N_("The year counts fewer hours than the certificate said.")
REVOKED = {
    YEAR_FELL: N_("Your certificate %(number)s of %(year)s was revoked: the year's hours no longer meet the requirement."),
    FEWER_HOURS: N_("Your certificate %(number)s of %(year)s was revoked: the year counts fewer hours than it said."),
}
REPLACED = N_("Your certificate %(old)s of %(year)s was replaced by %(number)s: the year counts fewer hours than it said.")
REPLACED_ON_REQUEST = N_("Your certificate %(old)s of %(year)s was replaced by %(number)s: %(reason)s")


def tell_revoked(session: Session, revoked: Sequence[Certificate], reason: str) -> None:
    """Tell each holder that a certificate was revoked; the year itself may be gone with it, so the link leads to all years."""
    tell_people(session, [Told(c.person_id, REVOKED[reason], _named(c), "/portal/years") for c in revoked])


def tell_replaced(session: Session, replaced: Mapping[str, Certificate], *, reason: str = "") -> None:
    """Tell each holder that a certificate stands in place of another one; *replaced* maps the number before to the new one.

    With a *reason* somebody asked for it, without one the year counts fewer hours.
    """
    message_id, more = (REPLACED_ON_REQUEST, {"reason": reason}) if reason else (REPLACED, {})
    told = [
        Told(c.person_id, message_id, {"old": old, **_named(c), **more}, f"/portal/years/{c.year}") for old, c in replaced.items()
    ]
    tell_people(session, told)


def _named(certificate: Certificate) -> dict[str, str]:
    return {"number": certificate.number, "year": str(certificate.year)}
