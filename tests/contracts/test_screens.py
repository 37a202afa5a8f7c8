"""The screens contract: what screens.csv lists is on the page of each role; what belongs to a later step is owed and not shown.

``screens.csv`` has one label a row: id, address, position(s), owner, kind, label. The owner is the step that builds the
entry, or the id of the screen that an entry opens: such an entry appears with that screen and not before.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from models.access import Actor
from models.credits import declarations
from models.credits.declarations import Draft
from models.jobs import Job
from models.reviews import engine
from models.reviews.tables import Review, ReviewKind, Verdict
from models.scope import system_session
from models.uploads import Upload, check
from tests.admin.conftest import TRAINING, acting_as, decide, declare, lists, picture, register
from tests.cast import Cast, made_up_number
from tests.contracts import town as town_of
from tests.contracts.canaries import World
from tests.contracts.cells import VISITOR
from tests.contracts.matrix import Run
from tests.sheets.files import filled, texts

__all__ = ["acting_as", "decide", "declare", "lists", "register"]

HERE = Path(__file__).parent
BUILT = {"first", "second", "third"}
"""The steps whose screens are all there."""
BUILT_BEFORE: frozenset[str] = frozenset()
"""Screens of later steps that are there already."""
STEPS = ("first", "second", "third", "later")
SIZES = {"first": 27, "second": 61, "third": 28, "later": 32}
ACTORS = {
    "visitor": VISITOR,
    "professional": "professional",
    "employer": "unit_clerk",
    "competent_department": "department_clerk",
    "hr_department": "county_officer",
    "training_base": "base_clerk",
}
HOMES = {"visitor": "/", "professional": "/portal/"}
SHOWN_AS = {
    "heading": {"h1", "h2", "h3"},
    "group": {"h2"},
    "field": {"label", "legend", "dt"},
    "option": {"option"},
    "filter": {"label"},
    "tab": {"a"},
    "column": {"th"},
    "button": {"a", "button", "summary"},
    "menu": {"a"},
}
DECIDING = ("employer", "competent_department", "hr_department")
SILENT = frozenset({"sr", "required-mark", "badge"})
EMPTY = frozenset({"input", "br", "hr", "img", "meta", "link", "source", "use", "path", "circle", "rect"})
OFFICERS = ("unit_clerk", "department_clerk", "county_officer")


@dataclass(frozen=True)
class Entry:
    """One row of screens.csv."""

    id: str
    address: str
    positions: tuple[str, ...]
    owner: str
    kind: str
    label: str

    @property
    def is_of_a_later_screen(self) -> bool:
        return self.owner not in STEPS


def read_entries() -> list[Entry]:
    with (HERE / "screens.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [Entry(r["id"], r["address"], tuple(r["position"].split(";")), r["owner"], r["kind"], r["label"]) for r in rows]


ENTRIES = read_entries()
STEP_OF = {e.id: e.owner for e in ENTRIES if not e.is_of_a_later_screen}
BUILT_IDS = sorted(i for i, step in STEP_OF.items() if step in BUILT or i in BUILT_BEFORE)
OWED_IDS = sorted(set(STEP_OF) - set(BUILT_IDS))


def is_built(entry: Entry) -> bool:
    """Say whether an entry must be on its page: its own screen is there, and the one that it opens."""
    opened = entry.owner if entry.is_of_a_later_screen else entry.id
    return {entry.id, opened} <= set(BUILT_IDS)


class Words(HTMLParser):
    """The words of each element of a page, without marks, counts and what only screen readers hear."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: defaultdict[str, set[str]] = defaultdict(set)
        self._open: list[tuple[str, bool, list[str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in EMPTY:
            classes = (dict(attrs).get("class") or "").split()
            self._open.append((tag, tag == "kbd" or bool(SILENT & set(classes)), []))

    def handle_data(self, data: str) -> None:
        for _tag, is_silent, words in reversed(self._open):
            words.append(data)
            if is_silent:
                return

    def handle_endtag(self, tag: str) -> None:
        while tag not in EMPTY and self._open:
            name, _is_silent, words = self._open.pop()
            text = re.sub(r"\s+", " ", "".join(words)).strip()
            self.found[name].add(re.sub(r"\s*\(?\d+\)?$", "", text) or text)
            if name == tag:
                return


def shown(page: Words, kind: str) -> set[str]:
    """Return the words that stand on a page as *kind*."""
    found = {text for tag in SHOWN_AS[kind] for text in page.found[tag]}
    # The title of a details page ends with whose it is.
    return found | {text.split("：")[0] for text in found if kind == "heading"}


@dataclass
class Town:
    """The application with something in every state that a screen shows, and a browser of each position."""

    run: Run
    ids: dict[str, int] = field(default_factory=dict)
    own: defaultdict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    pages: dict[tuple[str, str], Words] = field(default_factory=dict)

    def page(self, position: str, address: str) -> Words:
        """Return the words of a page as *position* sees it in Chinese; each page is opened once."""
        address = HOMES.get(position, "/admin/") if address == "{home}" else address.format_map(self.ids | self.own[position])
        if (position, address) not in self.pages:
            client: FlaskClient = self.run.client(ACTORS[position])
            client.set_cookie("lang", "zh")
            answer = client.get(address)
            assert answer.status_code == 200, f"{position} {address}: {answer.status_code}"
            self.pages[(position, address)] = Words(answer.text)
        return self.pages[(position, address)]


@pytest.fixture
def town(
    app: Flask,
    cast: Cast,
    declare: Callable[..., int],
    decide: Callable[..., None],
    register: Callable[..., Any],
    acting_as: Callable[[Actor], Any],
    run_jobs: Callable[[], int],
    clock: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Town]:
    """A December day with a passed year, declarations in every state, registrations, and an import with a bad row."""
    clock("2026-12-15 10:00")
    made = Town(Run(app, World(cast)))
    actor = cast.actors["professional"]
    for subject, form, hours, inputs in (
        ("professional", "GWPX", "60", TRAINING),
        ("public", "GXKPX", "30", {**TRAINING, "class_hours": "30", "exam_score": "90"}),
    ):
        decide(_submitted(acting_as, actor, Draft(2026, subject, form, inputs, hours)), *OFFICERS)
    decide(declare("professional", start_date="2026-06-01", end_date="2026-06-02"), "unit_clerk", reason="结业证书看不清")
    for level, position in enumerate(DECIDING):
        day = f"2026-08-0{level + 1}"
        made.own[position]["review"] = declare("professional", start_date=day, end_date=day)
        decide(made.own[position]["review"], *OFFICERS[:level])
    with acting_as(actor) as session:
        made.ids["draft"] = declarations.save_draft(session, actor, Draft(2026, "professional", "GWPX", TRAINING, "8")).id
    with app.app_context(), system_session() as session:
        made.ids["declaration"] = session.get_one(Review, made.own["employer"]["review"]).subject_id
    made.ids |= {"unit": cast.organisations["unit"].id, "employer": cast.organisations["branch"].id}
    made.ids["person"] = cast.people["professional"].id
    _registrations(cast, register, acting_as)
    town_of.publish_something(cast, acting_as)
    made.ids["draft_key"] = town_of.organisations(app, cast, acting_as)  # type: ignore[assignment] - a key and no number
    town_of.transfers(cast, acting_as)
    town_of.training(app, cast, acting_as)
    town_of.grades_of_a_base(cast, acting_as)
    town_of.hours_of_units(cast, acting_as)
    for position in DECIDING:
        town_of.declared_for(cast, acting_as, cast.actors[ACTORS[position]], "colleague")
    for n, position in enumerate(OFFICERS):
        town_of.office(cast.actors[position], acting_as, n)
    for position in DECIDING:
        made.own[position]["import"] = _import_with_a_bad_row(made, ACTORS[position], run_jobs)
    monkeypatch.setitem(app.config, "CE_CAPTCHA", True)
    yield made
    made.run.close()


def _submitted(acting_as: Callable[[Actor], Any], actor: Actor, draft: Draft) -> int:
    with acting_as(actor) as session:
        saved = declarations.save_draft(session, actor, draft)
        declarations.add_evidence(session, actor, saved.id, check(Upload("证明.png", picture(900 + saved.id))))
        declarations.submit(session, actor, saved.id)
        wanted = select(Review.id).where(Review.kind == ReviewKind.DECLARATION, Review.subject_id == saved.id)
        return session.scalars(wanted).one()


def _registrations(cast: Cast, register: Callable[..., Any], acting_as: Callable[[Actor], Any]) -> None:
    """Leave a registration to decide and a decided one with every kind of organisation that has members."""
    for number, (place, officer) in enumerate(zip(("unit", "department", "county"), OFFICERS, strict=True)):
        register(number * 2 + 1, organisation=place)
        person = register(number * 2 + 2, name="曾小红", organisation=place)
        with acting_as(cast.actors[officer]) as session:
            wanted = select(Review.id).where(Review.kind == ReviewKind.REGISTRATION, Review.subject_id == person.id)
            engine.decide(session, cast.actors[officer], session.scalars(wanted).one(), verdict=Verdict.PASS)


def _import_with_a_bad_row(town: Town, officer: str, run_jobs: Callable[[], int]) -> int:
    clerk = town.run.client(officer)
    clerk.set_cookie("lang", "zh")
    template = clerk.get("/admin/people-import/template").data
    heads = [str(word).rstrip("*") for word in texts(template)[0]]
    bad = {"姓名": "王小一", "证件号": made_up_number(1000), "手机号": "12"}
    content = filled(template, [[bad.get(head) for head in heads]])
    position = town.run.world.cast.actors[officer].position_key
    clerk.post("/admin/people-import/upload", data={"position": position, "file": (io.BytesIO(content), "人员.xlsx")})
    run_jobs()
    with town.run.app.app_context(), system_session() as session:
        return session.scalars(select(Job.id).order_by(Job.id.desc())).first() or 0


def test_every_screen_is_listed_once_with_the_step_that_builds_it() -> None:
    assert sorted({e.id for e in ENTRIES}) == [f"S{n:03d}" for n in range(1, 149)]
    assert {step: list(STEP_OF.values()).count(step) for step in STEPS} == SIZES
    assert [e for e in ENTRIES if e.is_of_a_later_screen and e.owner not in STEP_OF] == []
    assert [e for e in ENTRIES if is_built(e) and not e.address] == []
    keys = [(e.id, e.address, e.positions, e.kind, e.label) for e in ENTRIES]
    assert sorted({k for k in keys if keys.count(k) > 1}) == []


def places(is_wanted: Callable[[Entry], bool]) -> Iterator[tuple[Entry, str]]:
    """Yield the wanted entries with each of their positions."""
    return ((e, position) for e in ENTRIES if is_wanted(e) for position in e.positions)


def test_each_built_screen_has_its_labels_for_each_of_its_roles(town: Town) -> None:
    missing = [
        f"{e.id} {position} {e.address}: {e.kind} {e.label}"
        for e, position in places(is_built)
        if e.label not in shown(town.page(position, e.address), e.kind)
    ]
    assert not missing, "\n".join(missing)


def test_an_entry_that_opens_a_later_screen_is_not_shown_before_it(town: Town) -> None:
    early = [
        f"{e.id} {position}: {e.label} of {e.owner}"
        for e, position in places(lambda e: e.id in BUILT_IDS and not is_built(e))
        if e.label in shown(town.page(position, e.address), e.kind)
    ]
    assert not early, "\n".join(early)


def test_what_is_owed_is_what_is_not_built(record_property: Callable[[str, object], None]) -> None:
    """Nothing passes in silence: the screens of later steps are counted and named."""
    record_property("owed screens", " ".join(OWED_IDS))
    assert {STEP_OF[i] for i in BUILT_BEFORE}.isdisjoint(BUILT)
    assert len(BUILT_IDS) == sum(SIZES[step] for step in BUILT) + len(BUILT_BEFORE)
    entries_owed = sorted({(e.id, e.owner) for e in ENTRIES if e.is_of_a_later_screen and not is_built(e)})
    assert {owner for _id, owner in entries_owed} <= set(OWED_IDS)


def test_each_word_that_was_chosen_among_variants_has_its_reason() -> None:
    with (HERE / "words.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [r for r in rows if not (r["word"] and r["instead_of"] and r["reason"])] == []
    chosen = {r["word"] for r in rows}
    given_up = {v for r in rows for v in r["instead_of"].split(";")}
    assert sorted(chosen & given_up) == []
    used = {e.label for e in ENTRIES if is_built(e)}
    assert sorted(used & given_up) == []
