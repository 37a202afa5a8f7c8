"""Notices to the holders of certificates that ended of themselves, one for each; in the transaction that ends them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import outbox
from models.access import person_key
from models.among import among
from models.certificates.tables import Certificate
from models.errors import N_
from models.people.tables import Professional
from models.scope import acting

YEAR_FELL = N_("The year's hours no longer meet the requirement.")
FEWER_HOURS = N_("The year counts fewer hours than the certificate said.")
REVOKED = {
    YEAR_FELL: N_("Your certificate %(number)s of %(year)s was revoked: the year's hours no longer meet the requirement."),
    FEWER_HOURS: N_("Your certificate %(number)s of %(year)s was revoked: the year counts fewer hours than it said."),
}
REPLACED = N_("Your certificate %(old)s of %(year)s was replaced by %(number)s: the year counts fewer hours than it said.")


def tell_revoked(session: Session, revoked: Sequence[Certificate], reason: str) -> None:
    """Tell each holder that a certificate was revoked; the year itself may be gone with it, so the link leads to all years."""
    _tell(session, ((c, REVOKED[reason], {}, "/portal/years") for c in revoked))


def tell_replaced(session: Session, replaced: Mapping[str, Certificate]) -> None:
    """Tell each holder that a certificate stands in place of another one; *replaced* maps the number before to the new one."""
    _tell(session, ((c, REPLACED, {"old": old}, f"/portal/years/{c.year}") for old, c in replaced.items()))


def _tell(session: Session, told: Iterable[tuple[Certificate, str, dict[str, Any], str]]) -> None:
    told = list(told)
    if not told:
        return
    with acting(session, "add_notice"):
        people = select(Professional.id, Professional.account_id).where(among(Professional.id, {c.person_id for c, *_ in told}))
        accounts = dict(session.execute(people).all())
    outbox.add_notices(
        session,
        [
            {
                "account_id": accounts[certificate.person_id],
                "position_key": person_key(certificate.person_id),
                "message_id": message_id,
                "params": {"number": certificate.number, "year": str(certificate.year), **more},
                "link": link,
            }
            for certificate, message_id, more, link in told
            if accounts.get(certificate.person_id)
        ],
    )
