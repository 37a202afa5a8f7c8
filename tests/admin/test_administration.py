"""S063, S064, S065, S068, S069: internal departments, roles and administrators of one organisation."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from models.access import Actor
from models.history import HistoryEntry
from models.org.tables import Department
from models.people.accounts import is_right_password
from models.people.tables import Account, LoginFailure, Post, Role
from models.transaction import unit_of_work
from tests.admin.conftest import Desk, names_in
from tests.cast import PASSWORD, Cast, made_up_number

OWN = "Secret-2026!"


def rows(look: Any, cls: Any, **wanted: Any) -> list[Any]:
    with look() as session:
        return list(session.scalars(select(cls).filter_by(**wanted).order_by(cls.id)))


def add_department(clerk: Desk, name: str, above: object = "") -> Any:
    return clerk.post("departments/new/", name=name, phone="0599-1", parent_id=above)


def add_role(clerk: Desk, name: str = "审核员", *permissions: str) -> Any:
    return clerk.post("roles/new/", name=name, description="", permissions=list(permissions) or ["people.view"])


@pytest.fixture
def clerk(desk: Callable[..., Desk], lists: None) -> Desk:
    return desk("unit_clerk")


@pytest.fixture
def office(clerk: Desk, look: Any) -> tuple[int, int]:
    """A department and a role of the unit: their ids."""
    add_department(clerk, "人事处")
    add_role(clerk)
    return rows(look, Department)[-1].id, rows(look, Role)[-1].id


# --- departments ------------------------------------------------------------------------------------------------------


def test_departments_stand_in_the_order_of_their_tree(clerk: Desk, look: Any) -> None:
    for name in ("财务处", "人事处"):
        assert add_department(clerk, name).status_code == 303
    first = rows(look, Department)[0]
    add_department(clerk, "会计科", first.id)
    assert names_in(clerk.get("departments/")) == ["财务处", "会计科", "人事处"]
    assert names_in(clerk.search("departments", f_name="会计")) == ["会计科"]


def test_a_department_moves_with_those_below_it_and_never_below_itself(clerk: Desk, look: Any) -> None:
    add_department(clerk, "甲")
    add_department(clerk, "乙")
    one, two = rows(look, Department)
    add_department(clerk, "丙", one.id)
    three = rows(look, Department)[-1]
    refused = clerk.post(f"departments/edit/?id={one.id}", name="甲", parent_id=three.id)
    assert "cannot stand below itself" in refused.text
    assert clerk.post(f"departments/edit/?id={one.id}", name="甲", parent_id=two.id).status_code == 303
    assert [d.place for d in rows(look, Department)] == [
        f"/{two.id}/{one.id}/",
        f"/{two.id}/",
        f"/{two.id}/{one.id}/{three.id}/",
    ]


@pytest.mark.parametrize(
    ("name", "above", "sentence"),
    [
        ("", "", "Please enter the name"),
        ("甲", "", "exists already"),
        ("x" * 101, "", "At most 100"),
        ("乙", "999999", "not within"),
    ],
)
def test_a_bad_department_is_refused_and_nothing_kept(clerk: Desk, look: Any, name: str, above: str, sentence: str) -> None:
    add_department(clerk, "甲")
    answer = add_department(clerk, name, above)
    assert sentence in answer.text
    assert len(rows(look, Department)) == 1


def test_disabling_takes_those_below_along_and_enabling_begins_above(clerk: Desk, look: Any) -> None:
    add_department(clerk, "甲")
    above = rows(look, Department)[0]
    add_department(clerk, "乙", above.id)
    below = rows(look, Department)[1]
    clerk.post("departments/action/run", action="disable", ids=above.id)
    assert [d.is_enabled for d in rows(look, Department)] == [False, False]
    answer = clerk.follow(clerk.post("departments/action/run", action="enable", ids=below.id))
    assert "Enable the department above it first" in answer.text
    clerk.post("departments/action/run", action="enable", ids=[above.id, below.id])
    assert [d.is_enabled for d in rows(look, Department)] == [True, True]


def test_departments_of_others_are_out_of_reach(clerk: Desk, desk: Callable[..., Desk], look: Any) -> None:
    add_department(clerk, "甲")
    key = rows(look, Department)[0].id
    for other in ("department_clerk", "sibling_clerk"):
        above = desk(other)
        assert names_in(above.get("departments/")) == []
        assert above.get(f"departments/edit/?id={key}").status_code == 404
        above.post("departments/action/run", action="disable", ids=key)
    assert rows(look, Department)[0].is_enabled


# --- roles ------------------------------------------------------------------------------------------------------------


def test_a_role_grants_only_what_its_maker_holds(clerk: Desk, look: Any) -> None:
    assert add_role(clerk, "审核员", "hours.view", "hours.review").status_code == 303
    assert "You can only grant" in add_role(clerk, "越权", "organisations.create").text
    assert "You can only grant" in add_role(clerk, "客服", "support.reset").text
    assert "Choose at least one" in clerk.post("roles/new/", name="空").text
    assert [(r.name, r.permissions) for r in rows(look, Role) if r.name != "内部管理"] == [
        ("审核员", ["hours.view", "hours.review"])
    ]


def test_what_a_role_grants_beyond_its_editor_stays(
    clerk: Desk, desk_of_new: Callable[..., Desk], look: Any, office: tuple[int, int]
) -> None:
    add_role(clerk, "大", "people.view", "people.export", "hours.view")
    add_role(clerk, "小", "people.view", "roles.manage")
    big, small = rows(look, Role)[-2:]
    second = desk_of_new(role=small.id)
    page = second.get(f"roles/edit/?id={big.id}").text
    assert re.search(r'value="people.export" checked disabled', page)
    second.post(f"roles/edit/?id={big.id}", name="大", permissions=["people.view"])
    second.post(f"roles/edit/?id={big.id}", name="大大", permissions=["people.export"])
    kept = rows(look, Role, id=big.id)[0]
    assert (kept.name, kept.permissions) == ("大大", ["people.export", "hours.view"])


def test_a_role_in_use_stays_and_is_named(
    clerk: Desk, desk_of_new: Callable[..., Desk], look: Any, office: tuple[int, int]
) -> None:
    add_role(clerk, "闲置")
    desk_of_new(role=office[1])
    unused = rows(look, Role)[-1]
    answer = clerk.follow(clerk.post("roles/action/run", action="delete", ids=[office[1], unused.id]))
    assert "is used by 1 administrators" in answer.text
    assert [r.id for r in rows(look, Role) if r.name != "内部管理"] == [office[1]]


def test_a_changed_role_acts_at_the_next_request(clerk: Desk, desk_of_new: Callable[..., Desk], office: tuple[int, int]) -> None:
    second = desk_of_new(role=office[1])
    assert second.get("people/").status_code == 200
    clerk.post(f"roles/edit/?id={office[1]}", name="审核员", permissions=["departments.manage"])
    assert second.get("people/").status_code == 403
    assert second.get("departments/").status_code == 200


# --- administrators ---------------------------------------------------------------------------------------------------


@pytest.fixture
def add(clerk: Desk, office: tuple[int, int]) -> Callable[..., Any]:
    """Go through the three steps; return the answer of the step that refused, or the last page."""

    def add_by(way: str, *, role: int | None = None, **typed: Any) -> Any:
        answer = clerk.post("administrators/new/", way=way, **{"department_id": office[0], **typed})
        if answer.status_code != 303:
            return answer
        address = answer.headers["Location"].removeprefix("/admin/")
        assert clerk.get(address).status_code == 200
        answer = clerk.post(address, role_id=office[1] if role is None else role)
        return clerk.follow(answer) if answer.status_code == 303 else answer

    return add_by


NEW = {
    "document_type": "111",
    "number": made_up_number(500),
    "password": OWN,
    "again": OWN,
    "name": "新管理员",
    "phone": "13900000000",
    "email": "new@example.com",
}


@pytest.fixture
def desk_of_new(app: Any, add: Callable[..., Any], look: Any) -> Callable[..., Desk]:
    """Add an administrator of the unit and log in as that person."""

    def sit_down(role: int) -> Desk:
        add("new", role=role, **NEW)
        post = rows(look, Post)[-1]
        client = app.test_client()
        client.set_cookie("lang", "en")
        login = {"document_type": "111", "number": NEW["number"], "password": OWN, "kind": "employer"}
        assert client.post("/login", data=login).status_code == 303
        changed = client.post("/password/change", data={"old": OWN, "new": OWN + "x", "again": OWN + "x"})
        assert changed.status_code == 303
        if client.get("/admin/").status_code != 200:
            login["password"] = OWN + "x"
            assert client.post("/login", data=login).status_code == 303
        actor = Actor(post.account_id, post.name, "employer", f"post:{post.id}", post_id=post.id)  # type: ignore[arg-type]
        return Desk(client, actor)

    return sit_down


def test_a_new_account_becomes_an_administrator_and_must_change_its_password(add: Callable[..., Any], look: Any) -> None:
    page = add("new", **NEW)
    assert "新管理员 is an administrator now." in page.text
    with look() as session:
        post = session.scalars(select(Post).order_by(Post.id.desc())).first()
        account = session.get_one(Account, post.account_id)
        assert (post.state, post.is_super, post.email, account.must_change) == ("active", False, "new@example.com", True)
        assert is_right_password(account, OWN)
        written = session.scalars(select(HistoryEntry).where(HistoryEntry.subject_kind == "post")).one()
        assert written.changes["way"] == [None, "new"]


def test_only_what_is_typed_anew_is_checked_of_a_contact(
    clerk: Desk, add: Callable[..., Any], look: Any, office: tuple[int, int]
) -> None:
    add("new", **NEW)
    post = rows(look, Post)[-1]
    with look() as session, unit_of_work(session):
        session.get_one(Post, post.id).phone = "0599-1"
    typed = {"department_id": office[0], "role_id": office[1], "phone": "0599-1", "email": "", "landline": "0599-7654321"}
    assert clerk.post(f"administrators/edit/?id={post.id}", **{**typed, "phone": "abc"}).status_code == 200
    assert rows(look, Post)[-1].phone == "0599-1"
    assert clerk.post(f"administrators/edit/?id={post.id}", **typed).status_code == 303
    assert [(p.phone, p.email, p.landline) for p in rows(look, Post, id=post.id)] == [("0599-1", "", "0599-7654321")]


def test_a_unit_without_departments_is_told_to_add_one_first(clerk: Desk) -> None:
    missing = "There is no internal department yet: add one first."
    add_role(clerk)
    for way in ("own", "new", "existing"):
        assert missing in clerk.get(f"administrators/new/?way={way}").text
    add_department(clerk, "办公室")
    assert missing not in clerk.get("administrators/new/").text


def test_one_of_the_own_people_becomes_an_administrator(add: Callable[..., Any], look: Any, cast: Cast) -> None:
    assert "is an administrator now" in add("own", person_id=cast.people["professional"].id).text
    post = rows(look, Post)[-1]
    assert (post.account_id, post.state) == (cast.people["professional"].account_id, "active")
    again = add("own", person_id=cast.people["professional"].id)
    assert "administrator of the organisation already" in again.text
    assert "one of the people of your organisation" in add("own", person_id=cast.people["neighbour"].id).text


def test_a_user_of_the_system_is_added_with_the_own_password(add: Callable[..., Any], look: Any, cast: Cast) -> None:
    typed = {"document_type": "111", "number": cast.accounts["neighbour"].number}
    assert "Wrong account or password" in add("existing", password="wrong", **typed).text
    assert "Wrong account or password" in add("existing", password="x", document_type="111", number=made_up_number(501)).text
    with look() as session:
        assert [f.n_failures for f in session.scalars(select(LoginFailure))] == [1, 1]
    assert "is an administrator now" in add("existing", password=PASSWORD, **typed).text
    assert rows(look, Post)[-1].account_id == cast.accounts["neighbour"].id


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"number": "371102198001019961"}, "does not fit the other 17"),
        ({"password": "short", "again": "short"}, "at least"),
        ({"again": "other"}, "two passwords differ"),
        ({"name": ""}, "Please enter the name"),
        ({"phone": "phone?!"}, "A mobile number has 11 digits"),
        ({"email": "not-a-mail"}, "name@example.com"),
        ({"department_id": "0"}, "Choose the department"),
        ({"number": made_up_number(0)}, "registered"),
    ],
)
def test_a_wrong_candidate_is_refused_at_the_first_step(
    add: Callable[..., Any], look: Any, changed: dict[str, str], sentence: str
) -> None:
    before = len(rows(look, Post))
    assert sentence in add("new", **{**NEW, **changed}).text
    assert len(rows(look, Post)) == before


def test_the_second_step_takes_only_roles_of_the_own_organisation_and_only_once(
    clerk: Desk, add: Callable[..., Any], office: tuple[int, int], look: Any, desk: Callable[..., Desk]
) -> None:
    above = desk("department_clerk")
    add_role(above, "上级")
    foreign = rows(look, Role)[-1].id
    assert "Choose the role" in add("new", role=foreign, **NEW).text
    answer = clerk.post("administrators/new/", way="new", department_id=office[0], **NEW)
    address = answer.headers["Location"].removeprefix("/admin/")
    assert above.get(address).status_code == 303, "another's first step is not there"
    assert "created" in clerk.post(address, role_id=office[1]).headers["Location"]
    assert "created" not in clerk.post(address, role_id=office[1]).headers["Location"]
    assert len(rows(look, Post, name="新管理员")) == 1


def test_handing_over_ends_the_former_super_administrator(
    clerk: Desk, desk_of_new: Callable[..., Desk], office: tuple[int, int], look: Any, cast: Cast
) -> None:
    add_role(clerk, "管理", "administrators.manage")
    second = desk_of_new(role=rows(look, Role)[-1].id)
    post = rows(look, Post)[-1]
    assert "Make super administrator" not in second.get("administrators/").text
    assert "Only the super administrator hands" in second.post("administrators/hand-over/", id=cast.posts["unit_clerk"].id).text
    assert clerk.post("administrators/hand-over/", id=cast.posts["unit_clerk"].id).status_code == 200
    assert clerk.post("administrators/hand-over/", id=post.id).status_code == 303
    assert "新管理员 is the super administrator now; your own post has ended." in clerk.client.get("/").text
    assert clerk.get("people/").status_code == 303, "the login of the former one has ended"
    assert second.get("administrators/").status_code == 200
    now = {p.id: (p.state, p.is_super) for p in rows(look, Post, organisation_id=post.organisation_id)}
    assert now == {cast.posts["unit_clerk"].id: ("ended", True), post.id: ("active", True)}


def test_a_disabled_administrator_is_out_at_the_next_request(
    clerk: Desk, desk_of_new: Callable[..., Desk], office: tuple[int, int], look: Any
) -> None:
    second = desk_of_new(role=office[1])
    post = rows(look, Post)[-1]
    assert second.get("people/").status_code == 200
    clerk.post("administrators/action/run", action="disable", ids=post.id, reason="借调")
    assert second.get("people/").status_code == 303
    clerk.post("administrators/action/run", action="enable", ids=post.id)
    clerk.post("administrators/action/run", action="delete", ids=post.id)
    assert rows(look, Post, id=post.id)[0].state == "ended"
    assert names_in(clerk.get("administrators/")) == ["人员-unit_clerk"]


def test_nobody_deletes_themselves_the_super_administrator_or_anybody_elsewhere(
    clerk: Desk, desk_of_new: Callable[..., Desk], office: tuple[int, int], look: Any, cast: Cast
) -> None:
    add_role(clerk, "管理", "administrators.manage")
    second = desk_of_new(role=rows(look, Role)[-1].id)
    own = rows(look, Post)[-1]
    wanted = [own.id, cast.posts["unit_clerk"].id, cast.posts["branch_clerk"].id, cast.posts["sibling_clerk"].id]
    second.post("administrators/action/run", action="delete", ids=wanted)
    assert {p.state for p in rows(look, Post)} == {"active"}
    assert second.post("administrators/hand-over/", id=own.id).status_code == 200
    assert second.get(f"administrators/edit/?id={cast.posts['branch_clerk'].id}").status_code == 404
    refused = second.post(f"administrators/edit/?id={own.id}", role_id=office[1], department_id=office[0])
    assert "Nobody changes their own role" in refused.text
    assert (
        "changed by nobody else"
        in second.post(f"administrators/edit/?id={cast.posts['unit_clerk'].id}", department_id=office[0]).text
    )


def test_the_password_of_an_administrator_is_reset_and_shown_once(
    clerk: Desk, desk_of_new: Callable[..., Desk], office: tuple[int, int], look: Any, cast: Cast
) -> None:
    second = desk_of_new(role=office[1])
    post = rows(look, Post)[-1]
    address = f"administrators/reset-password/?id={post.id}"
    assert "give a reason" in clerk.post(address).text
    shown = re.search(r"<code>(.+?)</code>", clerk.post(address, reason="忘记", once="k1").text)
    assert shown
    assert second.get("people/").status_code == 303
    with look() as session:
        assert is_right_password(session.get_one(Account, post.account_id), shown[1])
    own = clerk.get(f"administrators/reset-password/?id={cast.posts['unit_clerk'].id}")
    assert "Change password" in own.text


def test_an_account_that_acts_elsewhere_is_reset_by_support_only(
    clerk: Desk, add: Callable[..., Any], look: Any, cast: Cast
) -> None:
    add("existing", document_type="111", number=cast.accounts["neighbour"].number, password=PASSWORD)
    post = rows(look, Post)[-1]
    page = clerk.post(f"administrators/reset-password/?id={post.id}", reason="忘记")
    assert "can only be reset by support" in page.text


def test_administrators_are_found_by_name_and_exact_number(clerk: Desk, add: Callable[..., Any]) -> None:
    add("new", **NEW)
    assert names_in(clerk.search("administrators", f_name="新管")) == ["新管理员"]
    assert names_in(clerk.search("administrators", f_number=NEW["number"])) == ["新管理员"]
    assert names_in(clerk.search("administrators", f_number=NEW["number"][:6])) == []


def test_people_to_choose_from_are_the_own_ones(clerk: Desk, cast: Cast, desk: Callable[..., Desk]) -> None:
    found = clerk.get("choices/people?q=").json["items"]
    assert {i["text"] for i in found} == {"人员-professional", "人员-colleague"}
    assert desk("inner_officer").get("choices/people?q=").status_code in {200, 403}


def test_a_refusal_names_who_can_grant_what_is_missing(desk: Callable[..., Desk], cast: Cast) -> None:
    refused = desk("inner_officer").get("settings/")
    assert refused.status_code == 403
    assert "人员-county_officer, the super administrator of your unit, can grant this." in refused.text
    assert "super administrator of your unit" not in desk("unit_clerk").get("settings/").text  # she is the one herself
