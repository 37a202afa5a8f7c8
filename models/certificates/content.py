"""What is printed on a certificate, taken once when it is issued and the same ever after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import crypto
from models.certificates import glyphs
from models.credits.tables import YearSummary
from models.errors import N_, Invalid
from models.org.tables import CodeEntry, Organisation, OrganisationKind
from models.people.tables import Professional
from models.reviews.chain import ancestors
from models.text import compact

_DOTS = str.maketrans("", "", "·•‧・.．。")


@dataclass(frozen=True, slots=True)
class Issuer:
    """The HR department whose name and region a certificate carries."""

    organisation_id: int
    name: str
    region_code: str


@dataclass(frozen=True, slots=True)
class Content:
    """Everything that the certificate says; hours are in tenths, the identity number is masked."""

    number: str
    year: int
    name: str
    document_type: str
    number_masked: str
    organisation: str
    title_series: str
    title_level: str
    title_qualification: str
    public_tenths: int
    professional_tenths: int
    total_tenths: int
    required_public_tenths: int
    required_professional_tenths: int
    required_total_tenths: int
    is_exempt: bool
    issuer: str
    issued_on: str

    def as_json(self) -> dict[str, Any]:
        """Return the content as it is stored."""
        return asdict(self)


def content_of(stored: dict[str, Any]) -> Content:
    """Return the stored content of a certificate."""
    return Content(**stored)


def name_key(name: str) -> str:
    """Return the keyed hash of a holder's name: blanks and the kind of dot in it make no difference."""
    return crypto.keyed_hash(f"holder:{compact(name).translate(_DOTS)}")


def issuer_of(session: Session, organisation_id: int) -> Issuer:
    """Return the first HR department at or above the organisation that the year follows."""
    path = session.scalars(select(Organisation.path).where(Organisation.id == organisation_id)).one()
    order = {i: n for n, i in enumerate(ancestors(path))}
    departments = session.scalars(
        select(Organisation).where(Organisation.id.in_(order), Organisation.kind == OrganisationKind.HR_DEPARTMENT)
    ).all()
    nearest = min(departments, key=lambda o: order[o.id])
    return Issuer(nearest.id, nearest.name, nearest.region_code)


def compose(
    session: Session, person: Professional, summary: YearSummary, issuer: Issuer, *, number: str, issued_on: dt.date
) -> Content:
    """Return what the certificate of a year says now; raises Invalid for a character that cannot be printed."""
    organisation = session.scalars(select(Organisation.name).where(Organisation.id == summary.year_organisation_id)).one()
    content = Content(
        number=number,
        year=summary.year,
        name=person.name,
        document_type=_name(session, "document_type", person.document_type),
        number_masked=person.number_masked,
        organisation=organisation,
        title_series=_name(session, "title_series", person.title_series),
        title_level=_name(session, "title_level", person.title_level),
        title_qualification=_name(session, "title_qualification", person.title_qualification),
        public_tenths=summary.public_tenths,
        professional_tenths=summary.professional_tenths,
        total_tenths=summary.total_tenths,
        required_public_tenths=summary.required_public_tenths,
        required_total_tenths=summary.required_total_tenths,
        required_professional_tenths=summary.required_professional_tenths,
        is_exempt=summary.is_exempt,
        issuer=issuer.name,
        issued_on=issued_on.isoformat(),
    )
    check_printable((content.name, content.organisation, content.issuer))
    return content


def check_printable(texts: Iterable[str]) -> None:
    """Raise Invalid, naming the characters, when the certificate's typeface lacks one of *texts*."""
    lacking = glyphs.missing("".join(texts))
    if lacking:
        raise Invalid(
            N_("The certificate cannot be printed yet: its typeface lacks the character %(characters)s. Please call support."),
            characters=" ".join(f"{c} (U+{ord(c):04X})" for c in lacking),
        )


def _name(session: Session, list_name: str, code: str | None) -> str:
    if not code:
        return ""
    statement = select(CodeEntry.name).where(CodeEntry.list_name == list_name, CodeEntry.code == code)
    return session.scalar(statement) or code
