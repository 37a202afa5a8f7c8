"""A certificate as Open Badge: checked by joserfc with nothing but the published keys."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet, OKPKey
from sqlalchemy import select

from models import crypto
from models.certificates.tables import Certificate, CertificateState
from models.credits.tables import YearSummary
from models.scope import system_session
from models.transaction import unit_of_work
from tests.cast import Cast
from tests.documents.conftest import Issued, Reader

LogIn = Callable[[str], Reader]
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated via RFC 9864")  # of joserfc, where the tests verify


def published(visitor: FlaskClient) -> KeySet:
    answer = visitor.get("/.well-known/jwks.json")
    assert answer.status_code == 200
    keys = answer.get_json()
    assert all("d" not in key for key in keys["keys"])
    return KeySet.import_key_set(keys)


def downloaded(reader: Reader, issued: Issued) -> str:
    answer = reader.get(f"/documents/certificates/{issued.number}.jwt")
    assert (answer.status_code, answer.mimetype) == (200, "application/jwt")
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    return answer.text


def test_the_published_keys_verify_the_badge(app: Flask, log_in: LogIn, issued: Issued, cast: Cast, visitor: FlaskClient) -> None:
    token = jwt.decode(downloaded(log_in("professional"), issued), published(visitor), algorithms=["EdDSA"])
    base = app.config["CE_BASE_URL"]
    claims = token.claims
    assert claims["type"] == ["VerifiableCredential", "AchievementCredential"]
    assert claims["issuer"] == {"id": base, "type": ["Profile"], "name": "单位-county"}
    assert claims["id"] == claims["jti"] == f"{base}/verify/{issued.number}"
    assert (claims["iss"], claims["sub"]) == (base, claims["credentialSubject"]["id"])
    assert claims["validFrom"] == "2026-12-15T00:00:00+08:00"
    assert claims["credentialSubject"]["identifier"][0]["identityHash"] == "人员-professional"
    assert "94.5 学时" in claims["credentialSubject"]["achievement"]["description"]
    own = visitor.get(token.header["kid"].removeprefix(base)).get_json()
    assert jwt.decode(downloaded(log_in("unit_clerk"), issued), OKPKey.import_key(own), algorithms=["EdDSA"]).claims == claims
    person = cast.people["professional"]
    assert not any(number in str(claims) for number in (cast.accounts["professional"].number, person.number_masked))


def test_a_changed_badge_is_refused(log_in: LogIn, issued: Issued, visitor: FlaskClient) -> None:
    head, body, signature = downloaded(log_in("professional"), issued).split(".")
    changed = body[:40] + ("A" if body[40] != "A" else "B") + body[41:]
    with pytest.raises(BadSignatureError):
        jwt.decode(f"{head}.{changed}.{signature}", published(visitor), algorithms=["EdDSA"])


def test_an_old_key_still_verifies(log_in: LogIn, issued: Issued, visitor: FlaskClient) -> None:
    badge = downloaded(log_in("professional"), issued)
    old, new = "A" * 43 + "=", crypto.generate_key()
    crypto.configure(data_keys=[old], index_key=old, signing_keys=[new, old])
    try:
        assert len(published(visitor).keys) == 2
        assert jwt.decode(badge, published(visitor), algorithms=["EdDSA"]).claims["jti"].endswith(issued.number)
    finally:
        crypto.configure(data_keys=[old], index_key=old, signing_keys=[old])


@pytest.mark.parametrize("state", [CertificateState.REVOKED, CertificateState.REPLACED])
def test_what_is_no_longer_valid_has_no_badge(app: Flask, log_in: LogIn, issued: Issued, state: CertificateState) -> None:
    with app.app_context(), system_session() as session, unit_of_work(session):
        session.scalars(select(Certificate)).one().state = state
    reader = log_in("professional")
    answer = reader.get(f"/documents/certificates/{issued.number}.jwt")
    assert (answer.status_code, "no longer valid" in answer.text) == (403, True)
    assert ".jwt" not in reader.get("/portal/years/2026/certificate").text


def test_both_sides_offer_it(app: Flask, log_in: LogIn, issued: Issued) -> None:
    with app.app_context(), system_session() as session:
        year = session.scalars(select(YearSummary.id)).one()
    address = f'href="/documents/certificates/{issued.number}.jwt"'
    assert address in log_in("professional").get("/portal/years/2026/certificate").text
    assert address in log_in("unit_clerk").get(f"/admin/year-certificate/?id={year}").text


@pytest.mark.parametrize("name", ["foreign_officer", "sibling_clerk", "colleague"])
def test_nobody_outside_gets_it(log_in: LogIn, issued: Issued, name: str) -> None:
    assert log_in(name).get(f"/documents/certificates/{issued.number}.jwt").status_code == 404


def test_an_unknown_key_is_not_found_and_the_addresses_are_limited(app: Flask, visitor: FlaskClient) -> None:
    assert visitor.get("/.well-known/keys/none").status_code == 404
    assert 429 in {visitor.get("/.well-known/jwks.json").status_code for _turn in range(70)}
