"""The tree of the demo with its administrators, roles, internal departments and members."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.access import GRANTABLE, NOT_FOR_INNER, SYSTEM, Permission, PositionKind, post_key
from models.base import today
from models.import_rows import ImportRow
from models.org import departments
from models.org.departments import DepartmentData
from models.org.operations import NewOrganisation, add_departments, create_root
from models.org.tables import Organisation, OrganisationKind
from models.org.workflow import ORGANISATIONS
from models.people import accounts, administrators, candidates, numbers, roles
from models.people.appointments import FirstAdministrator, create_with_administrator
from models.people.candidates import Candidate, Way
from models.people.imports import PeopleImport
from models.people.numbers import DocumentType
from models.people.passwords import hash_password
from models.people.roles import RoleData
from models.people.tables import Account, Post, PostState, Professional, Role
from models.reviews import rights
from seed import made_up
from seed.demo.stage import PASSWORD, Stage, acting_as, actor_of, as_system, take_in
from seed.demo.world import BASES, COUNTIES, DEPARTMENTS, EMPLOYERS, ROOT, Place

TITLES: dict[str, tuple[tuple[str, str], ...]] = {
    # series -> (level, qualification) from the highest down
    "01": (("411", "0101"), ("412", "0102"), ("420", "0103"), ("434", "0104")),
    "04": (("411", "0401"), ("412", "0407"), ("420", "0403"), ("420", "0413"), ("434", "0409")),
    "05": (("411", "0501"), ("412", "0502"), ("420", "0503"), ("434", "0504")),
    "06": (("411", "0601"), ("420", "0603"), ("412", "0607"), ("420", "0608")),
}
USER_WORDS = {
    OrganisationKind.HR_DEPARTMENT: "人社部门",
    OrganisationKind.COMPETENT_DEPARTMENT: "主管部门",
    OrganisationKind.EMPLOYER: "用人单位",
    OrganisationKind.TRAINING_BASE: "继续教育基地",
}
LISTED = {
    "city": "市人社局",
    "wanghai": "区人社局",
    "wh_education": "主管部门",
    "wh_middle": "用人单位",
    "wh_middle/0": "下级单位（校区）",
    "people_hospital": "用人单位",
    "university_base": "继续教育基地",
}


def build_tree(stage: Stage) -> None:
    """Create the root, and everything below it by those who may."""
    _root(stage)
    for n, place in enumerate((*COUNTIES, *DEPARTMENTS, *EMPLOYERS, *BASES), start=1):
        create(stage, place, n)
        for m, branch in enumerate(place.branches):
            name = f"{place.name}{branch}"
            below = Place(f"{place.key}/{m}", place.key, place.kind, name, place.region, 4, (), place.nature, place.series)
            create(stage, below, 500 + n * 10 + m)
            stage.people[below.key] = import_people(stage, below)
    for place in (ROOT, *COUNTIES, *DEPARTMENTS, *EMPLOYERS):
        stage.people[place.key] = import_people(stage, place)
    _give_passwords(stage)
    _further_posts(stage)
    _office(stage)
    _disable(stage)


def _root(stage: Stage) -> None:
    number = stage.next_number()
    with as_system() as session:
        organisation = create_root(
            session,
            SYSTEM,
            NewOrganisation(
                None,
                OrganisationKind.HR_DEPARTMENT,
                ROOT.name,
                made_up.credit_code(1, "379900", begins="11"),
                ROOT.region,
                nature=ROOT.nature,
                unit_level="105",
                phone=made_up.landline(1),
                address="海州市府前路 1 号",
            ),
        )
        post = _post(session, stage, organisation, number)
        add_departments(session, SYSTEM, organisation, ROOT.departments)
    stage.organisations["city"] = organisation
    stage.officers[organisation.id] = actor_of(post.account_id, post_key(post.id))
    stage.list_account("市人社局", number.value, "人社部门")


def _post(
    session: Session,
    stage: Stage,
    organisation: Organisation,
    number: made_up.MadeUpNumber,
    *,
    role: Role | None = None,
    is_inner: bool = False,
) -> Post:
    name = made_up.person_name(stage.rng, number.sex)
    checked = numbers.check(DocumentType.ID_CARD, number.value, today=today())
    account = accounts.create_account(
        session,
        SYSTEM,
        accounts.NewAccount(
            DocumentType.ID_CARD, checked, name, made_up.mobile(stage.n_used), made_up.email(stage.n_used), PASSWORD
        ),
    )
    post = Post(
        account_id=account.id,
        organisation_id=organisation.id,
        path=organisation.path,
        name=name,
        number_masked=account.number_masked,
        phone=account.phone,
        is_super=role is None,
        role_id=role.id if role else None,
        is_inner=is_inner,
        state=PostState.ACTIVE,
    )
    session.add(post)
    session.flush()
    return post


def create(stage: Stage, place: Place, n: int) -> None:
    number = stage.next_number()
    above = stage.organisations[place.parent]
    # The nearest HR or competent department above creates; an employer cannot.
    creator = stage.officers[above.id]
    creator = creator if creator.can(Permission.ORGANISATIONS_CREATE) else stage.officer("city")
    begins = {"10": "91", "30": "11"}.get(place.nature or "", "12")
    with acting_as(creator) as session:
        done = create_with_administrator(
            session,
            creator,
            NewOrganisation(
                above.id,
                place.kind,
                place.name,
                made_up.credit_code(100 + n, place.region, begins=begins),
                place.region,
                nature=place.nature or "21",
                unit_level="109",
                phone=made_up.landline(100 + n),
                address=f"{place.name}（演示地址）",
            ),
            FirstAdministrator(
                DocumentType.ID_CARD,
                number.value,
                made_up.person_name(stage.rng, number.sex),
                made_up.mobile(stage.n_used),
                made_up.email(stage.n_used),
            ),
        )
    stage.organisations[place.key] = done.organisation
    with as_system() as session:
        session.execute(
            update(Account)
            .where(Account.id == done.post.account_id)
            .values(must_change=False, first_password=None, password_hash=_hash())
        )
    stage.officers[done.organisation.id] = actor_of(done.post.account_id, post_key(done.post.id))
    if place.departments:
        officer = stage.officers[done.organisation.id]
        with acting_as(officer) as session:
            add_departments(session, officer, session.get_one(Organisation, done.organisation.id), place.departments)
    if place.key in LISTED:
        stage.list_account(f"{LISTED[place.key]}：{place.name}", number.value, USER_WORDS[place.kind])


_hashes: list[str] = []


def _hash() -> str:
    """Return the hash of the demo password: made once, since every demo account has the same."""
    if not _hashes:
        _hashes.append(hash_password(PASSWORD))
    return _hashes[0]


def import_people(stage: Stage, place: Place) -> list[int]:
    """Let the clerk import the members of one organisation, as a filled-in sheet would."""
    organisation = stage.organisations[place.key]
    officer = stage.officers[organisation.id]
    rows = [ImportRow(n + 2, _person(stage, place, n)) for n in range(place.n_people)]
    take_in(officer, PeopleImport(officer), rows)
    with as_system() as session:
        members = select(Professional.id).where(Professional.organisation_id == organisation.id)
        return list(session.scalars(members.order_by(Professional.id)))


def _person(stage: Stage, place: Place, n: int) -> dict[str, object]:
    number = stage.next_number()
    rng = stage.rng
    series = place.series[n % len(place.series)] if place.series else "05"
    level, qualification = rng.choice(TITLES.get(series, ((None, None),)))
    values: dict[str, object] = {
        "name": made_up.person_name(rng, number.sex),
        "number": number.value,
        "document_type": "111",
        "phone": made_up.mobile(stage.n_used),
        "email": made_up.email(stage.n_used),
        "ethnic_group": "01",
        "education_level": rng.choice(("21", "21", "21", "31", "14")),
        "degree": rng.choice(("4", "4", "3")),
        "title_series": series if level else None,
        "title_level": level,
        "title_qualification": qualification,
    }
    if place.departments:
        values["department"] = place.departments[n % len(place.departments)]
    return {k: v for k, v in values.items() if v is not None}


def _give_passwords(stage: Stage) -> None:
    """Give everybody the demo password, but every ninth imported person, who still has the first one."""
    with as_system() as session:
        ids = sorted(i for people in stage.people.values() for i in people)
        rows = session.execute(select(Professional.account_id, Professional.id).where(Professional.id.in_(ids))).all()
        known = [row.account_id for row in rows if row.id % 9]
        for start in range(0, len(known), 500):
            session.execute(
                update(Account)
                .where(Account.id.in_(known[start : start + 500]))
                .values(password_hash=_hash(), first_password=None, first_password_until=None, must_change=False)
            )


def _further_posts(stage: Stage) -> None:
    """Add an inner officer, a second decider with a role, a post that was offered, and a person with two positions."""
    with as_system() as session:
        for key, role_name, is_inner, title in (
            ("city", "学时审核员", False, "市人社局（学时审核员角色）"),
            ("wanghai", "本部门管理", True, "区人社局内部账户"),
        ):
            organisation = session.get_one(Organisation, stage.organisations[key].id)
            granted = (
                GRANTABLE[PositionKind.HR_DEPARTMENT] - NOT_FOR_INNER
                if is_inner
                else {
                    Permission.HOURS_VIEW,
                    Permission.HOURS_REVIEW,
                    Permission.PEOPLE_VIEW,
                    Permission.HOME,
                }
            )
            role = Role(organisation_id=organisation.id, path=organisation.path, name=role_name, permissions=_values(granted))
            session.add(role)
            session.flush()
            number = stage.next_number()
            _post(session, stage, organisation, number, role=role, is_inner=is_inner)
            stage.list_account(title, number.value, "人社部门")
        _two_positions(session, stage)


def _values(permissions: Iterable[Permission]) -> list[str]:
    return sorted(p.value for p in permissions)


def _two_positions(session: Session, stage: Stage) -> None:
    """Make a teacher of the school its second administrator, and offer her a post at the branch."""
    school, branch = stage.organisations["wh_middle"], stage.organisations["wh_middle/0"]
    person = session.get_one(Professional, stage.people["wh_middle"][1])
    role = Role(
        organisation_id=school.id, path=school.path, name="学时审核", permissions=_values(GRANTABLE[PositionKind.EMPLOYER])
    )
    session.add(role)
    session.flush()
    session.add(
        Post(
            account_id=person.account_id,
            organisation_id=school.id,
            path=school.path,
            name=person.name,
            phone=person.phone,
            number_masked=person.number_masked,
            role_id=role.id,
            state=PostState.ACTIVE,
        )
    )
    offered = Role(organisation_id=branch.id, path=branch.path, name="学时审核", permissions=role.permissions)
    session.add(offered)
    session.flush()
    session.add(
        Post(
            account_id=session.get_one(Professional, stage.people["wh_middle"][2]).account_id,
            organisation_id=branch.id,
            path=branch.path,
            name="待确认",
            role_id=offered.id,
            state=PostState.OFFERED,
        )
    )
    account = session.get_one(Account, person.account_id)
    account.password_hash, account.must_change, account.first_password = _hash(), False, None
    stage.list_account("多身份：望海区实验中学教师兼管理员", account.number, "专业技术人员 / 用人单位")


def _office(stage: Stage) -> None:
    """Give a hospital departments in a tree, one of them disabled, a role nobody has, and a disabled administrator."""
    clerk = stage.officer("people_hospital")
    with acting_as(clerk) as session:
        above = departments.add(session, clerk, DepartmentData("科教科", made_up.landline(901)))
        departments.add(session, clerk, DepartmentData("继续教育办公室", made_up.landline(902), above.id))
        old = departments.add(session, clerk, DepartmentData("旧门诊部"))
        departments.disable(session, clerk, [old.id])
        roles.create(session, clerk, RoleData("查询", "只能查看人员和学时", ["people.view", "hours.view"]))
        second = roles.create(session, clerk, RoleData("学时审核", "审核本院人员的学时", ["hours.view", "hours.review"]))
        number = stage.next_number()
        checked = candidates.check(
            session,
            clerk,
            Candidate(
                Way.NEW,
                above.id,
                document_type=DocumentType.ID_CARD,
                number=number.value,
                password=PASSWORD,
                again=PASSWORD,
                name=made_up.person_name(stage.rng, number.sex),
                phone=made_up.mobile(stage.n_used),
                email=made_up.email(stage.n_used),
            ),
        )
        post = administrators.create(session, clerk, checked, second.id)
        administrators.disable(session, clerk, [post.id], reason="借调外单位")


def _disable(stage: Stage) -> None:
    """Disable one organisation, and close the right of a branch to review hours."""
    city = stage.officer("city")
    with acting_as(city) as session:
        ORGANISATIONS.move(session, city, stage.organisations["wh_clinic"].id, step="disable", reason="机构撤并，暂停使用")
        rights.set_right(session, city, [stage.organisations["wh_middle/0"].id], is_open=False)
