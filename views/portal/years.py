"""S025 年度完成情况, S026 继续历程明细 and S027 年度结业证书."""

from __future__ import annotations

from flask import render_template, request
from flask_babel import gettext

from models.base import db
from models.certificates import queries as certificates
from models.certificates.content import Content, content_of
from models.certificates.operations import EXEMPT
from models.certificates.tables import Certificate, CertificateState
from models.credits import caps, queries, why_not, windows
from models.credits.exemptions import holding
from models.credits.tables import YearSummary
from models.errors import N_, NotAllowed, NotFound
from models.people import profile
from views import states
from views.arguments import FIRST_YEAR, LAST_YEAR, read_year
from views.documents import figures
from views.documents.certificate import verification_address
from views.portal.reader import blueprint, person_id, reader
from views.portal.words import SUBJECTS
from views.why import counted_lines
from views.words import hours, say, words
from views.year_account import account_lines, demanded_by_year, level_words, move_words, rule_words


def _summary(year: int) -> YearSummary:
    found = queries.year_summary(db.session(), person_id(reader()), year) if FIRST_YEAR <= year <= LAST_YEAR else None
    if found is None:
        raise NotFound
    return found


@blueprint.get("/years")
def years() -> str:
    """List the reader's years with what was completed and whether it passed."""
    chosen = [read_year(request.args.get(name)) for name in ("from", "to")]
    first, last = sorted(y for y in chosen if y) if all(chosen) else chosen
    found = queries.year_summaries_of(db.session(), person_id(reader()), from_year=first, to_year=last)
    of_person = certificates.certificates_of(db.session(), person_id(reader()))
    open_years = _open_years()
    return render_template(
        "portal/years.html",
        years=found,
        first=first,
        last=last,
        is_filtered=bool(first or last),
        unfinished={s.year for s in found if windows.is_unfinished(s.year, open_years)},
        with_certificate={c.year for c in of_person},
        printable={s.year for s in found if queries.earns_certificate(s)},
    )


@blueprint.get("/years/<int:year>")
def year(year: int) -> str:
    """Show what counts of a year, record by record, and what is still missing."""
    summary, person = _summary(year), person_id(reader())
    records = queries.learning_record(db.session(), person, year)
    missing = [words(message_id, params) for message_id, params in queries.year_needs(summary)]
    open_years = _open_years()
    is_open = year in open_years
    demanded = demanded_by_year(db.session(), profile.own_profile(db.session(), reader()), [summary])[year]
    of_person = certificates.certificates_of(db.session(), person)
    return render_template(
        "portal/year.html",
        summary=summary,
        records=records,
        why=counted_lines(db.session(), person, year),
        missing=missing,
        subjects=SUBJECTS,
        is_unfinished=windows.is_unfinished(year, open_years),
        has_certificate=any(c.year == year for c in of_person),
        may_print=queries.earns_certificate(summary),
        no_certificate=_no_certificate(summary),
        exemption=holding(db.session(), year, [person]).get(person),
        account=account_lines(db.session(), person, year),
        level=level_words(demanded, is_own=True),
        moves=move_words(db.session(), person, year),
        rules=rule_words(demanded, summary),
        rooms=caps.rooms(db.session(), person, reader().path, year) if missing and is_open else [],
    )


def _no_certificate(summary: YearSummary) -> list[str]:
    """Return why an exempt year has no certificate, then who can help; what a year lacks otherwise stands on the page."""
    if not summary.is_exempt or queries.earns_certificate(summary):
        return []
    helpers = why_not.hr_department(db.session(), reader(), why_not.CAN_HELP)
    return [words(EXEMPT, {"year": str(summary.year)}), *(say(each) for each in helpers)]


def _open_years() -> list[int]:
    """Return the years for which hours may still be declared."""
    return windows.open_years(db.session(), reader().path)


@blueprint.get("/years/<int:year>/certificate")
def certificate(year: int) -> str:
    """Show the certificate of a year that passed, as issued or as the first print will issue it, and those that ended."""
    summary = _summary(year)
    of_year = [c for c in certificates.certificates_of(db.session(), person_id(reader())) if c.year == year]
    if not queries.earns_certificate(summary) and not of_year:
        message_id = N_("The hours of %(year)s do not reach the requirement yet; the certificate is printed when they do.")
        raise NotAllowed(message_id, year=str(year))
    valid = next((c for c in of_year if c.state == CertificateState.VALID), None)
    return render_template(
        "portal/certificate.html",
        summary=summary,
        certificate=valid,
        ended=[c for c in of_year if c is not valid],
        state=_state,
        items=_issued(content_of(valid.content)) if valid else _to_be_issued(summary),
        qr=figures.qr_on_screen(verification_address(valid)) if valid else "",
    )


def _issued(content: Content) -> list[tuple[str, str]]:
    """Return what the issued certificate says."""
    return [
        (gettext("Certificate number"), content.number),
        (gettext("Name"), content.name),
        (gettext("ID document number"), content.number_masked),
        (gettext("Employer (unit)"), content.organisation),
        *_figures(content.public_tenths, content.professional_tenths, content.total_tenths),
        (gettext("Issuer"), content.issuer),
        (gettext("Date of issue"), content.issued_on),
    ]


def _to_be_issued(summary: YearSummary) -> list[tuple[str, str]]:
    """Return what the first print will say; number, issuer and date come with it."""
    person = profile.own_profile(db.session(), reader())
    return [
        (gettext("Name"), person.name),
        (gettext("ID document number"), person.number_masked),
        (gettext("Employer (unit)"), person.organisation_name),
        *_figures(summary.public_tenths, summary.professional_tenths, summary.total_tenths),
    ]


def _figures(public: int, professional: int, total: int) -> list[tuple[str, str]]:
    return [
        (gettext("Public hours completed"), hours(public)),
        (gettext("Professional hours completed"), hours(professional)),
        (gettext("Total hours completed"), hours(total)),
        (gettext("Recognition result"), gettext("Passed")),
    ]


def _state(certificate: Certificate) -> tuple[str, str]:
    """Return the word of a certificate's state and its kind."""
    found = states.CERTIFICATE[certificate.state]
    return gettext(found.word), found.kind
