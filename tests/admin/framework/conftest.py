"""A trial screen over professionals: everything that a list can declare, on an application of its own."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_admin import Admin
from sqlalchemy import Select, event, func, literal, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from admin_app.factory import create_app
from models.access import Actor, Permission
from models.base import db
from models.errors import N_, FieldErrors, Invalid, NotFound, WrongState
from models.people.tables import Account, Professional
from models.scope import bulk_update, system_session, visible_ids
from models.transaction import unit_of_work
from models.workflow import Moved
from tests.cast import PASSWORD, Cast, made_up_number
from tests.conftest import nothing_left, settings_for
from tests.databases import Templates
from views import states
from views.admin.actions import BatchAction, PageAction, Reason, RowAction, Section, Tab
from views.admin.base import THEME, ScopedModelView, add_views
from views.admin.columns import Col
from views.admin.filters import Filter, choice_filter, date_filter, text_filter
from views.admin.home import HomePage
from views.admin.keyset import Sort
from views.forms import PlainForm

ADDRESS = "/trial/people/"


class TrialForm(PlainForm):
    """What the trial screen lets a clerk change."""

    name = StringField("Name", validators=[InputRequired(), Length(max=20)])
    phone = StringField("Phone", description="Eleven digits")


def disable(session: Session, _actor: Actor, ids: Sequence[int], *, reason: str, values: Mapping[str, Any]) -> Moved:
    """Disable those whose id is no multiple of 7."""
    seen = list(visible_ids(session, Professional, ids))
    done = [i for i in seen if i % 7]
    bulk_update(session, Professional, [{"id": i, "state": "disabled", "school": reason} for i in done])
    refused: dict[int, Any] = {
        i: WrongState(N_("This step does not fit the present status: %(state)s."), state="7") for i in seen if i % 7 == 0
    }
    refused |= {i: NotFound() for i in set(ids) - set(seen)}
    return Moved(tuple(done), refused)


def endless() -> Any:
    """Return the count of a hundred million numbers, which no database makes within a fifth of a second."""
    numbers = select(literal(1).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < 100_000_000))
    return select(func.count()).select_from(numbers).scalar_subquery()


class TrialView(ScopedModelView):
    """Everything that a list can declare."""

    permission = Permission.PEOPLE_VIEW
    name_id = "Trial"
    columns = (
        Col("name", is_link=True),
        Col("number_masked"),
        Col("sex"),
        Col("state", status=states.PERSON),
        Col("created_at", sort="created"),
        Col("phone", shown=False),
    )
    sorts = (
        Sort("id", (Professional.path, Professional.id)),
        Sort("created", (Professional.created_at, Professional.id), is_descending=True),
    )
    filters = (
        text_filter(
            "name", "Name", lambda q, v: q.where(Professional.name >= v, Professional.name < v + "\uffff"), is_private=True
        ),
        text_filter("phone", "Phone", lambda q, v: q.where(Professional.phone == v), is_private=True),
        choice_filter("sex", Professional.sex),
        Filter("endless", "Endless", lambda q, _yes: q.where(Professional.id < endless()), kind="flag", is_quick=False),
        date_filter("registered", Professional.created_at, label="Registered"),
    )
    tabs = (
        Tab("active", "Active", where=lambda _actor: (Professional.state == "active",), counts=True),
        Tab("disabled", "Disabled", where=lambda _actor: (Professional.state == "disabled",)),
    )
    row_actions = (
        RowAction("details", "Details"),
        RowAction("disable", "Disable", batch="disable", when=lambda row: row.state == "active"),
        RowAction("edit", "Edit", is_more=True),
        RowAction("delete", "Delete", is_more=True, is_danger=True),
    )
    page_actions = (PageAction("new", "New", url=lambda view: view.list_url() + "new/"),)
    batch_actions = (
        BatchAction(
            "disable",
            "Batch disable",
            disable,
            all_label="Disable all",
            is_danger=True,
            reason=Reason(canned=("Left.",)),
            preview=lambda _session, _actor, ids: [f"{sum(1 for i in ids if i % 7)} of {len(ids)} can be disabled."],
        ),
        BatchAction("forbidden", "Print", disable, permission=Permission.SUPPORT_FIND),
    )
    details = (Section("Basic", ("name", "number_masked", "phone")),)
    create_form_class = TrialForm
    edit_form_class = TrialForm
    create_permission = Permission.PEOPLE_IMPORT
    edit_permission = Permission.PEOPLE_VIEW
    delete_permission = Permission.PEOPLE_VIEW

    def rows(self) -> Select[Any]:
        """Return the people."""
        return select(Professional)

    def create_row(self, session: Session, actor: Actor, form: Any) -> Any:
        """Refuse, with an error at a field."""
        raise FieldErrors({"phone": Invalid(N_("Please give a reason."))})

    def update_row(self, session: Session, actor: Actor, row: Any, form: Any) -> None:
        """Change the name."""
        if form.name.data == "nobody":
            raise WrongState(N_("This cannot be changed here."))
        row.name = form.name.data
        session.flush()

    def delete_row(self, session: Session, actor: Actor, row: Any) -> None:
        """Delete the row, whatever hangs on it."""
        session.delete(row)
        session.flush()


@pytest.fixture(scope="session")
def trial_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application with the trial screen beside its own."""
    app = create_app(settings_for(tmp_path_factory.mktemp("trial")))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    add_views(
        Admin(app, index_view=HomePage(endpoint="trial", url="/trial"), theme=THEME),
        TrialView(Professional, endpoint="trial_people", url="people"),
    )

    @app.get("/trial/broken")
    def broken() -> str:
        raise ZeroDivisionError("371102198001019969")

    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(trial_app: Flask, templates: Templates, database_kind: str, tmp_path: Path) -> Iterator[Flask]:
    """The trial application on a fresh database with the cast and fifty more people of one unit."""
    url = templates.fresh(database_kind, tmp_path)
    cast: Cast = pickle.loads(templates.cast)
    with nothing_left(trial_app, templates, url, tmp_path) as fresh:
        with fresh.app_context(), system_session() as session, unit_of_work(session):
            add_people(session, cast, 50)
        yield fresh


def add_people(session: Session, cast: Cast, n: int, *, start: int = 0) -> None:
    """Write *n* people of the unit: 王000, 王001, ..."""
    unit = cast.organisations["unit"]
    for i in range(start, start + n):
        number = made_up_number(1000 + i)
        account = Account(
            document_type="111",
            number=number,
            number_hash=f"trial-{i}",
            number_masked=number[:6] + "********" + number[-4:],
            name=f"王{i:03d}",
            fs_uniquifier=f"trial-{i}",
        )
        session.add(account)
        session.flush()
        session.add(
            Professional(
                account_id=account.id,
                organisation_id=unit.id,
                path=unit.path,
                organisation_name=unit.name,
                state="active",
                document_type="111",
                number_hash=f"trial-{i}",
                number_masked=account.number_masked,
                name=account.name,
                sex="male" if i % 2 else "female",
            )
        )
        session.flush()


@dataclass
class Clerk:
    """Somebody of the cast with a browser on the trial screen, reading English."""

    client: FlaskClient
    actor: Actor

    def get(self, address: str = "", **how: Any) -> TestResponse:
        return self.client.get(address if address.startswith("/") else ADDRESS + address, **how)

    def post(self, address: str, **data: Any) -> TestResponse:
        return self.client.post(ADDRESS + address, data={"position": self.actor.position_key, **data})

    def follow(self, answer: TestResponse) -> TestResponse:
        assert answer.status_code == 303, answer.text
        return self.client.get(answer.headers["Location"])


@pytest.fixture
def clerk(app: Flask, cast: Cast) -> Callable[..., Clerk]:
    """Log an officer of the cast in: `clerk("unit_clerk")`."""

    def sit_down(name: str = "unit_clerk") -> Clerk:
        actor = cast.actors[name]
        client = app.test_client()
        client.set_cookie("lang", "en")
        data = {"document_type": "111", "number": cast.accounts[name].number, "password": PASSWORD, "kind": actor.kind.value}
        assert client.post("/login", data=data).status_code == 303
        return Clerk(client, actor)

    return sit_down


@pytest.fixture
def people(app: Flask, cast: Cast) -> Callable[[], dict[str, Professional]]:
    """Return everybody by name, as the database has them now."""

    def read() -> dict[str, Professional]:
        with app.app_context(), system_session() as session:
            return {p.name: p for p in session.scalars(select(Professional))}

    return read


def names_in(answer: TestResponse) -> list[str]:
    """Return the names of a list page, in its order."""
    cells = re.findall(r'<th scope="row" class="first"[^>]*>(.*?)</th>', answer.text, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", cell).strip() for cell in cells]


def link(answer: TestResponse, words: str) -> str:
    """Return the address behind a link of the page by its words."""
    found = re.findall(r'<a [^>]*?href="([^"]+)"[^>]*>((?:(?!</a>).)*)</a>', answer.text, re.DOTALL)
    return next(href for href, inner in found if re.sub(r"<[^>]+>", "", inner).strip() == words).replace("&amp;", "&")


@pytest.fixture
def statements(app: Flask) -> Callable[[], Any]:
    """Collect the SQL statements of a block."""

    @contextmanager
    def collect() -> Iterator[list[str]]:
        found: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not statement.startswith("BEGIN"):
                found.append(statement)

        with app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", note)
        yield found
        event.remove(engine, "before_cursor_execute", note)

    return collect
