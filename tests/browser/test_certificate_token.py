"""The signed token of a certificate, checked by a browser: without a network, changed, of another one, after a new key."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from models import crypto
from models.access import Actor
from models.base import db
from models.certificates import operations
from models.certificates.content import content_of
from models.certificates.tables import Certificate, CertificateState
from models.certificates.tokens import token_of
from models.scope import ScopedSession, attach, scope_of, system_session
from models.transaction import unit_of_work
from tests.browser.harness import Watch, check, window
from tests.cast import Cast
from tests.years import passed_year

pytestmark = pytest.mark.browser

UNCHANGED = "内容未改动；是否已撤销须联网查询。"
CHANGED = "签名不符"
UNKNOWN_KEY = "此页面不认识签名的密钥"
OTHER = "签名属于另一张证书"


@pytest.fixture(autouse=True)
def _december(clock: Callable[[str], None]) -> None:
    clock("2026-12-15 10:00")


@pytest.fixture
def other_keys(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Work with the signing keys made of these bytes, the first of which signs."""

    def use(*keys: bytes) -> None:
        ring = crypto.Keyring(data_keys=[b"d" * 32], index_key=b"i" * 32, signing_keys=list(keys))
        monkeypatch.setattr(crypto._Installed, "keyring", ring)

    return use


Issue = Callable[[str], Certificate]


@pytest.fixture
def issue(app: Flask, cast: Cast) -> Issue:
    """Issue the certificate of somebody's passed year."""

    def issue_for(name: str) -> Certificate:
        person, actor = cast.people[name], cast.actors[name]
        with app.app_context():
            with system_session() as session, unit_of_work(session):
                session.add(passed_year(person))
            return issued_by(actor, person.id)

    def issued_by(actor: Actor, person_id: int) -> Certificate:
        with ScopedSession(db, expire_on_commit=False, autoflush=False) as session:
            attach(session, scope_of(actor))
            with unit_of_work(session):
                return operations.issue(session, actor, person_id, 2026)

    return issue_for


def token(certificate: Certificate) -> str:
    return token_of(content_of(certificate.content))


@pytest.fixture
def seen(browser: Browser, live_server: str) -> Iterator[tuple[Page, Watch]]:
    """A window of a phone's width."""
    with window(browser, live_server, size="390") as opened:
        yield opened


def put_in(page: Page, text: str) -> None:
    page.get_by_label("二维码中的网址").fill(text)
    page.get_by_role("button", name="检查").click()


def verdict(page: Page) -> str:
    return page.locator("[data-token-keys]").inner_text()


def saved_file(page: Page, folder: Path) -> str:
    """Save the page as its button does; return the address of the file."""
    page.goto("/verify/offline")
    with page.expect_download() as download:
        page.get_by_role("link", name="保存为单个文件").click()
    kept = folder / "check.html"
    download.value.save_as(kept)
    return kept.as_uri()


def test_the_qr_code_s_page_says_that_the_content_is_unchanged(seen: tuple[Page, Watch], issue: Issue) -> None:
    page, watch = seen
    certificate = issue("professional")
    page.goto(f"/verify/{certificate.number}?c={certificate.code}#t={token(certificate)}")
    expect(page.get_by_text(UNCHANGED)).to_be_visible()
    assert "94.5" in verdict(page)
    check(page, watch, language="zh")


def test_the_saved_page_checks_without_a_network(seen: tuple[Page, Watch], issue: Issue, tmp_path: Path) -> None:
    page, _ = seen
    certificate = issue("professional")
    address = saved_file(page, tmp_path)
    page.context.set_offline(True)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    put_in(page, f"https://ce.example.cn/verify/{certificate.number}?c={certificate.code}#t={token(certificate)}")
    expect(page.get_by_text(UNCHANGED)).to_be_visible()
    shown = verdict(page)
    assert all(part in shown for part in (certificate.number, "人员-professional", "2026", "94.5", "单位-county", "2026-12-15"))
    page.goto(f"{address}#t={token(certificate)}")
    expect(page.get_by_text(UNCHANGED)).to_be_visible()
    assert {url.partition("#")[0] for url in asked} == {address}


def test_each_changed_character_is_refused(seen: tuple[Page, Watch], issue: Issue) -> None:
    page, _ = seen
    certificate = issue("professional")
    page.goto("/verify/offline")
    whole = token(certificate)
    put_in(page, whole)
    expect(page.get_by_text(UNCHANGED)).to_be_visible()
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    # The last character has neighbours that decode to the same bytes: each of them.
    changed = [whole[:-1] + letter for letter in letters if letter != whole[-1]]
    changed += [whole[:n] + ("A" if whole[n] != "A" else "B") + whole[n + 1 :] for n in range(len(whole))]
    found = page.evaluate(
        """(changed) => changed.filter((text) => {
            location.hash = "";
            const area = document.querySelector("textarea");
            area.value = text;
            area.form.requestSubmit();
            return !document.querySelector("[data-when=whole]").hidden;
        })""",
        changed,
    )
    assert len(changed) == 63 + len(whole)
    assert found == []


def test_a_changed_figure_is_refused(seen: tuple[Page, Watch], issue: Issue) -> None:
    page, _ = seen
    version, key, body, signature = token(issue("professional")).split(".")
    text = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)).decode().replace(",945,", ",995,")
    assert ",995," in text
    forged = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
    page.goto(f"/verify/offline#t={version}.{key}.{forged}.{signature}")
    expect(page.get_by_text(CHANGED)).to_be_visible()
    assert "99.5" not in verdict(page)


@pytest.mark.parametrize(
    "text", ["", "x", "1.a.b.c", "1.constructor.b.c", "#t=", "1...", "A" * 100_000, "<img src=x onerror=alert(1)>", "证书"]
)
def test_odd_texts_are_refused(seen: tuple[Page, Watch], text: str) -> None:
    page, watch = seen
    page.goto("/verify/offline")
    put_in(page, text)
    assert CHANGED in verdict(page) or UNKNOWN_KEY in verdict(page)
    assert watch.found == []


def test_markup_in_a_name_stays_text(app: Flask, seen: tuple[Page, Watch], issue: Issue) -> None:
    page, watch = seen
    content = content_of({**issue("professional").content, "name": "<img src=x onerror=alert(1)>"})
    page.goto(f"/verify/offline#t={token_of(content)}")
    expect(page.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    assert page.locator("[data-said] img").count() == 0
    assert watch.found == []


def test_the_token_of_another_certificate_is_told(seen: tuple[Page, Watch], issue: Issue) -> None:
    page, _ = seen
    own, other = issue("professional"), issue("colleague")
    page.goto(f"/verify/{own.number}?c={own.code}#t={token(other)}")
    expect(page.get_by_text(OTHER)).to_be_visible()
    assert UNCHANGED not in verdict(page)


def test_the_saved_page_compares_the_number_of_the_address_with_the_signed_one(
    seen: tuple[Page, Watch], issue: Issue, tmp_path: Path
) -> None:
    page, _ = seen
    own, other = issue("professional"), issue("colleague")
    page.goto(saved_file(page, tmp_path))
    put_in(page, f"https://ce.example.cn/verify/{own.number}?c={own.code}#t={token(other)}")
    expect(page.get_by_text(OTHER)).to_be_visible()
    assert UNCHANGED not in verdict(page)
    put_in(page, f"https://ce.example.cn/verify/{other.number}?c={other.code}#t={token(other)}")
    expect(page.get_by_text(UNCHANGED)).to_be_visible()


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (CertificateState.VALID, "有效"),
        (CertificateState.REVOKED, "已撤销"),
        (CertificateState.REPLACED, "已被替换"),
        (None, "未找到"),
    ],
)
def test_online_the_state_is_added(
    app: Flask, seen: tuple[Page, Watch], issue: Issue, state: CertificateState | None, word: str
) -> None:
    page, _ = seen
    certificate = issue("professional")
    with app.app_context(), system_session() as session, unit_of_work(session):
        row = session.scalars(select(Certificate)).one()
        if state:
            row.state = state
        else:
            row.number = "371100202600000023"
    page.goto(f"/verify/offline#t={token(certificate)}")
    expect(page.get_by_text(f"联网查询的状态： {word}")).to_be_visible()
    expect(page.get_by_text(UNCHANGED)).to_be_visible()


def test_an_old_key_still_verifies_after_a_new_one_and_an_unknown_one_does_not(
    seen: tuple[Page, Watch], issue: Issue, other_keys: Callable[..., None]
) -> None:
    page, _ = seen
    other_keys(b"1" * 32)
    certificate = issue("professional")
    old = token(certificate)
    other_keys(b"2" * 32, b"1" * 32)
    new = token(certificate)
    assert old != new
    for signed in (old, new):
        page.goto("/verify/offline")
        put_in(page, signed)
        expect(page.get_by_text(UNCHANGED)).to_be_visible()
    other_keys(b"2" * 32)
    page.goto("/verify/offline")
    put_in(page, old)
    expect(page.get_by_text(UNKNOWN_KEY)).to_be_visible()
    assert "人员" not in verdict(page)


def test_a_failed_network_is_told_beside_the_unchanged_content(seen: tuple[Page, Watch], issue: Issue) -> None:
    page, _ = seen
    certificate = issue("professional")
    page.goto("/verify/offline")
    page.context.set_offline(True)
    put_in(page, token(certificate))
    expect(page.get_by_text("现在查不到状态。")).to_be_visible()
    expect(page.get_by_text(UNCHANGED)).to_be_visible()
