"""S001, S144, S145: what an HR department publishes, and what anybody reads of it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from models.history import HistoryEntry
from models.org.publications import Publication
from tests.admin.conftest import Desk
from tests.visits import english

XLSX = b"PK\x03\x04" + bytes(40)


def publications(look: Any) -> list[Publication]:
    with look() as session:
        return list(session.scalars(select(Publication).order_by(Publication.id)))


def write(officer: Desk, kind: str = "announcement", title: str = "年底申报提醒", **more: Any) -> Any:
    return officer.post(
        f"publications/new/?kind={kind}", kind=kind, **{"title": title, "body": "请尽快申报。\r\n\r\n逾期不候。"} | more
    )


def act(officer: Desk, action: str, row_id: int) -> Any:
    return officer.post("publications/action/run", action=action, ids=row_id, list="tab=announcement", url="/admin/publications/")


def on_the_home_page(app: Flask) -> str:
    return english(app).get("/").text


def test_a_draft_is_seen_by_nobody_until_it_is_published(desk: Callable[..., Desk], look: Any, app: Flask) -> None:
    officer = desk("city_officer")
    assert write(officer).status_code == 303
    (draft,) = publications(look)
    assert (draft.state, draft.published_at, draft.body) == ("draft", None, "请尽快申报。\n\n逾期不候。")
    assert "年底申报提醒" not in on_the_home_page(app)
    assert app.test_client().get(f"/announcements/{draft.id}").status_code == 404
    act(officer, "publish", draft.id)
    assert "年底申报提醒" in on_the_home_page(app)
    page = english(app).get(f"/announcements/{draft.id}").text
    assert "<p>请尽快申报。</p>" in page
    assert "单位-city" in page
    with look() as session:
        steps = session.scalars(select(HistoryEntry.action).where(HistoryEntry.subject_kind == "publication")).all()
    assert sorted(steps) == ["create", "publish"]


def test_what_was_published_is_taken_back_not_changed_nor_deleted(desk: Callable[..., Desk], look: Any, app: Flask) -> None:
    officer = desk("city_officer")
    write(officer)
    (found,) = publications(look)
    act(officer, "publish", found.id)
    edited = officer.post(f"publications/edit/?id={found.id}", title="另一个标题", body="x")
    assert "A published text stays as it was" in edited.text
    officer.post(f"publications/delete/?id={found.id}")
    assert [(p.title, p.state) for p in publications(look)] == [("年底申报提醒", "published")]
    act(officer, "withdraw", found.id)
    assert "年底申报提醒" not in on_the_home_page(app)
    assert [p.state for p in publications(look)] == ["withdrawn"]
    officer.post(f"publications/delete/?id={found.id}")
    assert len(publications(look)) == 1


def test_a_draft_is_changed_and_deleted(desk: Callable[..., Desk], look: Any) -> None:
    officer = desk("city_officer")
    write(officer)
    (found,) = publications(look)
    officer.post(f"publications/edit/?id={found.id}", title="  新  标题 ", body="正文", kind="agreement", state="published")
    assert [(p.kind, p.title, p.body, p.state) for p in publications(look)] == [("announcement", "新 标题", "正文", "draft")]
    officer.post(f"publications/delete/?id={found.id}")
    assert publications(look) == []


def test_a_file_of_the_download_centre_is_handed_out_as_it_is_and_never_shown(
    desk: Callable[..., Desk], look: Any, app: Flask
) -> None:
    officer = desk("city_officer")
    write(officer, "download", "信息采集表", body="", file=(io.BytesIO(XLSX), "信息采集表.xlsx"))
    (found,) = publications(look)
    assert app.test_client().get(f"/downloads/{found.id}").status_code == 404
    act(officer, "publish", found.id)
    assert "信息采集表" in english(app).get("/downloads").text
    answer = app.test_client().get(f"/downloads/{found.id}")
    assert answer.data == XLSX
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"MZ\x90", "表.xlsx"), (XLSX + b"vbaProject.bin", "表.xlsx"), (XLSX, "表.exe"), (b"", "表.pdf")],
)  # fmt: skip
def test_a_file_that_is_not_what_it_says_is_refused(desk: Callable[..., Desk], look: Any, content: bytes, name: str) -> None:
    answer = write(desk("city_officer"), "download", file=(io.BytesIO(content), name))
    assert "is not" in answer.text or "is empty" in answer.text
    assert publications(look) == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": " "}, "Please enter the title."),
        ({"body": ""}, "Please enter the text."),
        ({"title": "长" * 121}, "At most 120 characters."),
        ({"body": "\0"}, "At most 20000 characters."),
    ],
)
def test_what_is_missing_is_told_and_nothing_is_written(
    desk: Callable[..., Desk], look: Any, fields: dict[str, str], sentence: str
) -> None:
    assert sentence in write(desk("city_officer"), **fields).text
    assert publications(look) == []


def test_the_latest_agreement_holds(desk: Callable[..., Desk], look: Any, app: Flask) -> None:
    assert "1. The data you enter" in english(app).get("/agreement").text
    officer = desk("city_officer")
    for title in ("第一版", "第二版"):
        write(officer, "agreement", title, body=f"{title}的条款")
        act(officer, "publish", publications(look)[-1].id)
    for address in ("/agreement", "/register/professional"):
        page = english(app).get(address).text
        assert "第二版的条款" in page
        assert "第一版的条款" not in page


def test_a_county_publishes_for_itself_and_reaches_no_other(desk: Callable[..., Desk], look: Any, app: Flask) -> None:
    county, city = desk("county_officer"), desk("city_officer")
    write(county, title="区里的通知")
    (found,) = publications(look)
    act(county, "publish", found.id)
    assert "区里的通知" not in on_the_home_page(app)
    for other in (city, desk("foreign_officer")):
        assert other.get(f"publications/details/?id={found.id}").status_code == 404
        assert other.post(f"publications/edit/?id={found.id}", title="x", body="x").status_code == 404
        act(other, "withdraw", found.id)
    assert [p.state for p in publications(look)] == ["published"]


@pytest.mark.parametrize("name", ["unit_clerk", "department_clerk", "inner_officer"])
def test_others_have_no_such_screen(desk: Callable[..., Desk], name: str) -> None:
    clerk = desk(name)
    assert clerk.get("publications/").status_code == 403
    assert not re.search(r'href="/admin/publications/', clerk.get("people/").text)
