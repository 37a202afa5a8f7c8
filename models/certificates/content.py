"""What is printed on a certificate, taken once when it is issued and the same ever after."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
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

    def says_more_than(self, summary: YearSummary) -> bool:
        """Say whether the certificate gives its year hours that the year does not count, in sum or of one kind."""
        return (
            self.total_tenths > summary.total_tenths
            or self.public_tenths > summary.public_tenths
            or self.professional_tenths > summary.professional_tenths
        )


def content_of(stored: dict[str, Any]) -> Content:
    """Return the stored content of a certificate."""
    return Content(**stored)


def name_key(name: str) -> str:
    """Return the keyed hash of a holder's name: blanks and the kind of dot in it make no difference."""
    return crypto.keyed_hash(f"holder:{compact(name).translate(_DOTS)}")


def issuers_of(session: Session, organisation_ids: Iterable[int]) -> dict[int, Issuer]:
    """Return for each organisation the first HR department at or above it that the year follows."""
    wanted = select(Organisation.id, Organisation.path).where(Organisation.id.in_(set(organisation_ids)))
    chains = {row.id: ancestors(row.path) for row in session.execute(wanted)}
    departments = {
        row.id: Issuer(row.id, row.name, row.region_code)
        for row in session.execute(
            select(Organisation.id, Organisation.name, Organisation.region_code).where(
                Organisation.id.in_({i for chain in chains.values() for i in chain}),
                Organisation.kind == OrganisationKind.HR_DEPARTMENT,
            )
        )
    }
    return {of: next(departments[i] for i in chain if i in departments) for of, chain in chains.items()}


@dataclass(frozen=True, slots=True)
class Words:
    """The names behind the ids and codes of some certificates, read once for all of them."""

    organisations: Mapping[int, str]
    codes: Mapping[tuple[str, str], str]

    def code(self, list_name: str, code: str | None) -> str:
        """Return the name of a code, the code itself where the list lacks it."""
        return self.codes.get((list_name, code), code) if code else ""


_LISTS = ("document_type", "title_series", "title_level", "title_qualification")


def words_of(session: Session, people: Iterable[Professional], organisation_ids: Iterable[int]) -> Words:
    """Return the names that the certificates of *people* print; the year's organisation may lie outside the scope."""
    codes = {(name, getattr(person, name)) for person in people for name in _LISTS}
    organisations = select(Organisation.id, Organisation.name).where(Organisation.id.in_(set(organisation_ids)))
    entries = select(CodeEntry.list_name, CodeEntry.code, CodeEntry.name).where(
        CodeEntry.list_name.in_(_LISTS), CodeEntry.code.in_({code for _, code in codes if code})
    )
    return Words(
        {row.id: row.name for row in session.execute(organisations)},
        {(row.list_name, row.code): row.name for row in session.execute(entries)},
    )


def compose(person: Professional, summary: YearSummary, issuer: Issuer, words: Words, *, issued_on: dt.date) -> Content:
    """Return what the certificate of a year says now, but for its number; raises Invalid for a character that cannot be printed."""
    content = Content(
        number="",
        year=summary.year,
        name=person.name,
        document_type=words.code("document_type", person.document_type),
        number_masked=person.number_masked,
        organisation=words.organisations[summary.year_organisation_id],
        title_series=words.code("title_series", person.title_series),
        title_level=words.code("title_level", person.title_level),
        title_qualification=words.code("title_qualification", person.title_qualification),
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
