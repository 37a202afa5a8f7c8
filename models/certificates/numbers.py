"""The number of a certificate: region (6), year (4), serial (7) and a check digit, without gaps in a series."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.certificates.tables import CertificateSeries
from models.text import compact

_SHAPE = re.compile(r"[0-9]{18}")
MOST_IN_A_SERIES = 9_999_999


def check_digit(body: str) -> str:
    """Return the check digit of 17 digits by ISO 7064, MOD 11,10: every wrong digit and nearly every swap is noticed."""
    product = 10
    for digit in body:
        total = (product + int(digit)) % 10 or 10
        product = total * 2 % 11
    return str((11 - product) % 10)


def number_of(region_code: str, year: int, serial: int) -> str:
    """Return the whole number of the *serial*-th certificate of a region and year."""
    body = f"{region_code}{year:04d}{serial:07d}"
    return body + check_digit(body)


def normalised(text: str) -> str | None:
    """Return a typed number without blanks and dashes, None when it cannot be one."""
    digits = compact(text).replace("-", "")
    if not _SHAPE.fullmatch(digits) or check_digit(digits[:17]) != digits[17]:
        return None
    return digits


def series_region(region_code: str) -> str:
    """Return the six digits that the numbers of an issuer in *region_code* begin with."""
    return region_code[:6].ljust(6, "0")


def locked_series(session: Session, region_code: str, year: int) -> CertificateSeries:
    """Return the series of a region and year, locked until the transaction ends; inside ``next_certificate_number``.

    Whoever comes second waits here, so a serial that is rolled back is the next one's and no gap is left.
    """
    statement = select(CertificateSeries).where(CertificateSeries.region_code == region_code, CertificateSeries.year == year)
    while True:
        series = session.scalars(statement.with_for_update(), execution_options={"populate_existing": True}).first()
        if series is not None:
            return series
        try:
            with session.begin_nested():
                session.add(CertificateSeries(region_code=region_code, year=year, last_serial=0))
                session.flush()
        except IntegrityError:
            continue  # another transaction opened the series meanwhile: read again


def take_number(series: CertificateSeries) -> str:
    """Return the next number of a locked series."""
    if series.last_serial >= MOST_IN_A_SERIES:
        raise RuntimeError(f"the series {series.region_code} {series.year} is full")
    series.last_serial += 1
    return number_of(series.region_code, series.year, series.last_serial)
