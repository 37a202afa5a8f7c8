"""People and a unit of the demo on their way: transfers and changes of superior in every state, changes of data that wait."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from models.access import Actor
from models.base import today
from models.import_rows import ImportRow
from models.org import temporary_codes
from models.org.settings import SettingKey, set_setting
from models.org.tables import Department, OrderKind, Organisation
from models.people import delegations
from models.people.imports import PeopleImport
from models.people.numbers import DocumentType
from models.people.tables import Account, Professional
from models.people.transfers import open_transfer
from models.reviews import doubles, engine, orders, person_changes, superior_changes, transfers
from models.reviews.orders import Order
from models.reviews.tables import Review, ReviewKind, ReviewState, Verdict
from seed.demo.organisations import create, import_people
from seed.demo.records import person_actor
from seed.demo.stage import Stage, acting_as, actor_of, as_system, take_in
from seed.demo.world import EMPLOYER, Place
from seed.made_up import credit_code

OUTCOMES = (
    # from, to, by the person, the answers of the deciders in turn
    ("wh_hospital", "people_hospital", True, ()),
    ("tcm_hospital", "people_hospital", False, ()),
    ("wh_clinic", "people_hospital", True, (Verdict.PASS,)),
    ("people_hospital", "tcm_hospital", False, ()),
    ("people_hospital", "yf_hospital", True, (Verdict.REJECT,)),
    ("wh_middle", "wh_primary", False, (Verdict.PASS,)),
    ("yf_school", "wh_middle", True, ()),  # waits for the release
    ("yf_school", "first_school", False, (Verdict.PASS,)),  # released, waits for the school
    ("yf_hospital", "wh_hospital", True, (Verdict.REJECT,)),  # not released
)
REFUSED = "目前岗位编制已满"


def build_moves(stage: Stage) -> None:
    """Play it all through the domain's own operations."""
    _release_first(stage, "yunfeng")
    for n, (origin, target, is_by_person, answers) in enumerate(OUTCOMES):
        person = _free(stage, origin)
        actor = person_actor(person.id) if is_by_person else stage.officer(origin)
        receiver = stage.organisations[target]
        with acting_as(actor) as session:
            phone = stage.organisations[origin].phone
            started = transfers.start(session, actor, person.id, to_organisation_id=receiver.id, phone=phone).id
        deciders = ["yunfeng", target] if origin.startswith("yf_") else [target]
        for decider, verdict in zip(deciders, answers, strict=False):
            _decide(stage.officer(decider), (ReviewKind.TRANSFER_OUT, ReviewKind.TRANSFER_IN), started, verdict)
        if n == 3:
            _start_and_withdraw(stage, origin, target)
    _superiors(stage)
    _orders(stage)
    _splits(stage)
    _delegate(stage)
    _changes(stage)
    _doubles(stage)


def _release_first(stage: Stage, key: str) -> None:
    officer = stage.officer(key)
    with acting_as(officer) as session:
        own = session.get_one(Organisation, officer.organisation_id)
        set_setting(session, officer, own, SettingKey.TRANSFER_OUT_REVIEW, "on")


def _free(stage: Stage, key: str) -> Professional:
    """Return somebody of an organisation whom nothing keeps there, and whom the demo's accounts do not name."""
    listed = {account.number[-4:] for account in stage.accounts}
    with as_system() as session:
        people = session.scalars(
            select(Professional).where(Professional.id.in_(stage.people[key])).order_by(Professional.id.desc())
        )
        for person in people:
            is_there = person.organisation_id == stage.organisations[key].id
            is_bound = transfers.obstacle(session, person) or open_transfer(session, person.id)
            if is_there and person.number_masked[-4:] not in listed and not is_bound:
                return person
    raise LookupError(key)


def _decide(officer: Actor, kinds: tuple[ReviewKind, ...], subject_id: int, verdict: Verdict) -> None:
    with acting_as(officer) as session:
        waiting = (Review.kind.in_(kinds), Review.subject_id == subject_id, Review.state == ReviewState.OPEN)
        review_id = session.scalars(select(Review.id).where(*waiting)).one()
        engine.decide(session, officer, review_id, verdict=verdict, reason=REFUSED if verdict is Verdict.REJECT else "")


def _start_and_withdraw(stage: Stage, origin: str, target: str) -> None:
    person, officer = _free(stage, origin), stage.officer(origin)
    with acting_as(officer) as session:
        to = stage.organisations[target].id
        phone = stage.organisations[origin].phone
        started = transfers.start(session, officer, person.id, to_organisation_id=to, phone=phone)
        transfers.withdraw(session, officer, started.id)


NEW = (
    # units that have just joined: nothing of theirs is pending yet; then the new superior and the answers of both sides
    (Place("sea_museum", "zone", EMPLOYER, "海州湾海洋科普馆", "379971", 2, (), "21", ("06",)), "wanghai", ()),
    (
        Place("survey_team", "linsha", EMPLOYER, "临沙县地质勘查队", "379903", 3, (), "21", ("05",)),
        "city_housing",
        (Verdict.PASS,),
    ),
    (
        Place("seed_station", "linsha", EMPLOYER, "临沙县种子管理站", "379903", 2, (), "21", ("06",)),
        "city_agriculture",
        (Verdict.PASS, Verdict.PASS),
    ),
    (
        Place("night_school", "yunfeng", EMPLOYER, "云峰区社区教育学院", "379902", 2, (), "21", ("22",)),
        "city_education",
        (Verdict.REJECT,),
    ),
)


def _superiors(stage: Stage) -> None:
    """One unit waits for its old superior, one for its new one, one has moved, one was refused."""
    kinds = (ReviewKind.SUPERIOR_OUT, ReviewKind.SUPERIOR_IN)
    for n, (place, target, answers) in enumerate(NEW, start=800):
        create(stage, place, n)
        stage.people[place.key] = import_people(stage, place)
        officer = stage.officer(place.key)
        with acting_as(officer) as session:
            change = superior_changes.ask(session, officer, to_organisation_id=stage.organisations[target].id).id
        for decider, verdict in zip((place.parent, target), answers, strict=False):
            _decide(stage.officer(decider), kinds, change, verdict)


def _orders(stage: Stage) -> None:
    """Let the city move one unit by order, and take a new name back that it had given by mistake."""
    city = stage.officer("city")
    school = stage.organisations["night_school"].id
    with acting_as(city) as session:
        target = stage.organisations["city_education"].id
        orders.give(session, city, Order(OrderKind.MOVE, school, "机构改革，划归市教育局管理", target))
    with acting_as(city) as session:
        wrong = orders.give(session, city, Order(OrderKind.RENAME, school, "更名（误操作示例）", None, "云峰区社区大学")).id
    with acting_as(city) as session:
        orders.undo(session, city, wrong)


def _splits(stage: Stage) -> None:
    """Let the city split a department off a unit for good, and take a second split back."""
    city = stage.officer("city")
    for n, (key, name, is_undone) in enumerate(
        (("tcm_hospital", "海州市中医康复医院", False), ("people_hospital", "海州市急救分院（误操作示例）", True))
    ):
        source = stage.organisations[key].id
        with acting_as(city) as session:
            in_use = (Department.organisation_id == source, Department.is_enabled)
            going = tuple(session.scalars(select(Department.id).where(*in_use).order_by(Department.id.desc()).limit(1)))
            order = Order(
                OrderKind.SPLIT,
                source,
                "机构改革，单独设置",
                None,
                name,
                credit_code(9300 + n, "379900", begins="12"),
                departments=going,
            )
            given = orders.give(session, city, order).id
        if is_undone:
            with acting_as(city) as session:
                orders.undo(session, city, given)


def _delegate(stage: Stage) -> None:
    """Let the city's officer have her reviews done by a colleague for a week."""
    city = stage.officer("city")
    with acting_as(city) as session:
        colleague = delegations.candidates(session, city)[0].id
        days = {"from_on": today(), "to_on": today() + dt.timedelta(days=7)}
        delegations.delegate(session, city, to_post_id=colleague, reason="外出培训", **days)


def _changes(stage: Stage) -> None:
    """Two people of the hospital ask for another title or a title of honour; the city issues two temporary codes."""
    for n in range(2):
        person = _free(stage, "people_hospital")
        actor = person_actor(person.id)
        with acting_as(actor) as session:
            if n:
                row = {"title": "T003", "awarded_by": "海州市人民政府", "awarded_on": "2025-05-01"}
                person_changes.ask_row(session, actor, person_changes.HONOURS, row)
            else:
                typed = {
                    "title_series": "04",
                    "title_level": "420",
                    "title_qualification": "0403",
                    "title_effective_on": "2025-12-01",
                    "title_certificate_number": "HZ-2025-0871",
                    "title_appointed_on": "",
                }
                person_changes.ask_title(session, actor, typed)
    city = stage.officer("city")
    for name in ("海州湾海洋馆筹建处", "海州市民间艺术研究会"):
        with acting_as(city) as session:
            temporary_codes.issue(session, city, name=name)


TWICE = (("wh_middle", "first_school"), ("wh_hospital", "tcm_hospital"), ("wh_builder", "zone_software"))


def _doubles(stage: Stage) -> None:
    """Let three people come in once more with a passport: one pair is merged, one was parted again, one waits for support."""
    found = []
    for n, (origin, elsewhere) in enumerate(TWICE):
        person, officer = _free(stage, origin), stage.officer(elsewhere)
        values = {name: getattr(person, name) for name in ("name", "sex", "birth_on", "phone")}
        row = ImportRow(2, {**values, "document_type": DocumentType.PASSPORT.value, "number": f"E9960000{n}"})
        take_in(officer, PeopleImport(officer), [row])
        with as_system() as session:
            again = select(Professional.id).where(Professional.account_id == row.found["account_id"])
            found.append((person.id, session.scalars(again).one()))
    with as_system() as session:
        account = session.scalars(select(Account).where(Account.is_support).order_by(Account.id)).first()
    if account is None:
        return
    support = actor_of(account.id, f"support:{account.id}")
    for n, (kept, gone) in enumerate(found[:2]):
        with acting_as(support) as session:
            made = doubles.unite(session, support, kept, gone, reason="护照与居民身份证为同一人").id
        if n:
            with acting_as(support) as session:
                doubles.part(session, support, made)
