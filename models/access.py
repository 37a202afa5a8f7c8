"""Who acts: positions, permissions and the Actor that every operation takes. Knows no request."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from models.errors import N_, NotAllowed, Words


class PositionKind(StrEnum):
    """The user types of the login form, and support."""

    PROFESSIONAL = "professional"  # 专业技术人员
    EMPLOYER = "employer"  # 用人单位
    COMPETENT_DEPARTMENT = "competent_department"  # 主管部门
    HR_DEPARTMENT = "hr_department"  # 人社部门
    TRAINING_BASE = "training_base"  # 继续教育基地
    SUPPORT = "support"  # 客服


class Permission(StrEnum):
    """What a position may do inside its scope; a role is a set of these."""

    HOME = "home"  # own home page, own password: every position has it
    PORTAL = "portal"  # the professional's own self-service
    ORGANISATIONS_VIEW = "organisations.view"
    ORGANISATIONS_CREATE = "organisations.create"
    ORGANISATIONS_MANAGE = "organisations.manage"
    ORDERS = "orders.give"  # change orders over the subtree: HR departments
    ORGANISATIONS_REVIEW = "organisations.review"
    ORGANISATIONS_EXPORT = "organisations.export"
    ORGANISATION_EDIT = "organisation.edit"  # the data of the own one
    CHANGES_REVIEW = "changes.review"
    DEPARTMENTS_MANAGE = "departments.manage"
    ADMINISTRATORS_MANAGE = "administrators.manage"
    ROLES_MANAGE = "roles.manage"
    RULES = "rules.manage"  # learning forms and the rules of their hours
    PUBLICATIONS = "publications.manage"  # announcements, files to download, the user agreement
    PEOPLE_VIEW = "people.view"
    PEOPLE_IMPORT = "people.import"
    PEOPLE_EXPORT = "people.export"
    PEOPLE_UNMASK = "people.unmask"  # full identity numbers in exports
    PEOPLE_RESET_PASSWORD = "people.reset_password"  # noqa: S105 - a permission, not a password
    REGISTRATIONS_REVIEW = "registrations.review"
    TRANSFERS = "transfers.manage"  # 人员调转: start, receive, and release where the setting asks for it
    HOURS_VIEW = "hours.view"
    HOURS_DECLARE = "hours.declare"  # 代申报: for people of the subtree
    HOURS_REVIEW = "hours.review"
    HOURS_EXPORT = "hours.export"
    HOURS_AUDIT = "audit.hours"  # a second look at what was granted: HR and competent departments
    EXEMPTIONS = "exemptions.manage"  # 免修减免: of HR and competent departments
    CERTIFICATES_PRINT = "certificates.print"
    TRAINING_MANAGE = "training.manage"  # plans, subjects, classes and reports of the own base; plans of the own unit
    TRAINING_REVIEW = "training.review"  # plans and reports of training bases right below
    PUBLIC_SUBJECTS = "public_subjects.manage"  # 公需科目: HR departments
    SUPPORT_FIND = "support.find"
    SUPPORT_RESET = "support.reset"
    SUPPORT_UNLOCK = "support.unlock"
    SUPPORT_HISTORY = "support.history"
    SUPPORT_CODES = "support.codes"
    SUPPORT_NAMES = "support.names"
    SUPPORT_ORDERS = "support.orders"
    SUPPORT_DOUBLES = "support.doubles"


PERMISSION_WORDS: dict[Permission, str] = {
    Permission.ORGANISATIONS_VIEW: N_("View the organisations below"),
    Permission.ORGANISATIONS_CREATE: N_("Add organisations below"),
    Permission.ORGANISATIONS_MANAGE: N_("Manage the organisations below"),
    Permission.ORGANISATIONS_REVIEW: N_("Review registered organisations"),
    Permission.ORGANISATIONS_EXPORT: N_("Export the organisations below"),
    Permission.ORDERS: N_("Move, merge, rename and disable units by order"),
    Permission.ORGANISATION_EDIT: N_("Change the data of the own unit"),
    Permission.CHANGES_REVIEW: N_("Review changes of data of units below"),
    Permission.DEPARTMENTS_MANAGE: N_("Manage internal departments"),
    Permission.ADMINISTRATORS_MANAGE: N_("Manage unit administrators"),
    Permission.ROLES_MANAGE: N_("Manage roles"),
    Permission.RULES: N_("Manage the rules of hours"),
    Permission.PUBLICATIONS: N_("Publish announcements and downloads"),
    Permission.PEOPLE_VIEW: N_("View people"),
    Permission.PEOPLE_IMPORT: N_("Import people"),
    Permission.PEOPLE_EXPORT: N_("Export people"),
    Permission.PEOPLE_UNMASK: N_("Export full identity numbers"),
    Permission.PEOPLE_RESET_PASSWORD: N_("Reset passwords of people"),
    Permission.REGISTRATIONS_REVIEW: N_("Review registered persons"),
    Permission.TRANSFERS: N_("Handle transfers of people"),
    Permission.HOURS_VIEW: N_("View declared hours"),
    Permission.HOURS_DECLARE: N_("Declare hours for people"),
    Permission.HOURS_REVIEW: N_("Review declared hours"),
    Permission.HOURS_EXPORT: N_("Export declared hours"),
    Permission.HOURS_AUDIT: N_("Audit granted hours"),
    Permission.EXEMPTIONS: N_("Exempt people from a year's hours"),
    Permission.CERTIFICATES_PRINT: N_("Print certificates"),
    Permission.TRAINING_MANAGE: N_("Manage own training: plans, classes, reports"),
    Permission.TRAINING_REVIEW: N_("Review plans and reports of training bases"),
    Permission.PUBLIC_SUBJECTS: N_("Manage public subjects"),
    Permission.HOME: N_("Own home page"),
    Permission.PORTAL: N_("Self-service of professionals"),
    Permission.SUPPORT_FIND: N_("Find accounts (support)"),
    Permission.SUPPORT_RESET: N_("Reset passwords (support)"),
    Permission.SUPPORT_UNLOCK: N_("Unlock accounts (support)"),
    Permission.SUPPORT_CODES: N_("Issue temporary codes (support)"),
    Permission.SUPPORT_NAMES: N_("Correct names (support)"),
    Permission.SUPPORT_ORDERS: N_("Merge and move organisations (support)"),
    Permission.SUPPORT_DOUBLES: N_("Merge people found twice (support)"),
    Permission.SUPPORT_HISTORY: N_("See the history of accounts (support)"),
}
"""The words of each permission, in roles and in refusals."""
EVERY_POSITION = frozenset({Permission.HOME})
SUPPORT_PERMISSIONS = EVERY_POSITION | {p for p in Permission if p.value.startswith("support.")}
PERSONAL_PERMISSIONS = EVERY_POSITION | {Permission.PORTAL}


def _modules(*names: str) -> frozenset[Permission]:
    return frozenset(p for p in Permission if p.value.split(".")[0] in names)


_OWN = _modules("organisation", "administrators", "roles")
_EMPLOYER = _OWN | _modules("changes", "departments", "people", "registrations", "transfers", "hours", "certificates")
_TRAINING, _TRAINING_BELOW = frozenset({Permission.TRAINING_MANAGE}), frozenset({Permission.TRAINING_REVIEW})
_BELOW = frozenset({Permission.ORGANISATIONS_VIEW, Permission.ORGANISATIONS_MANAGE, Permission.ORGANISATIONS_REVIEW})
_DEPARTMENT = _EMPLOYER | _modules("organisations", "audit", "exemptions")
GRANTABLE: dict[PositionKind, frozenset[Permission]] = {
    PositionKind.EMPLOYER: EVERY_POSITION | _EMPLOYER | _BELOW | _TRAINING,
    PositionKind.COMPETENT_DEPARTMENT: EVERY_POSITION | _DEPARTMENT | _TRAINING_BELOW | _TRAINING,
    PositionKind.HR_DEPARTMENT: EVERY_POSITION
    | _DEPARTMENT
    | _TRAINING_BELOW
    | _modules("publications", "orders", "public_subjects", "rules"),
    PositionKind.TRAINING_BASE: EVERY_POSITION | _OWN | _TRAINING,
}
"""What a super administrator of an organisation of that kind holds, and so the most that a role may grant."""

NOT_FOR_INNER = _modules(
    "organisation", "organisations", "changes", "publications", "orders", "training", "public_subjects", "rules", "exemptions"
)
"""What an inner account (内部账户) never holds: it sees the department's own staff only."""


DELEGABLE = frozenset(
    {
        Permission.ORGANISATIONS_REVIEW,
        Permission.CHANGES_REVIEW,
        Permission.REGISTRATIONS_REVIEW,
        Permission.TRANSFERS,
        Permission.HOURS_VIEW,
        Permission.HOURS_REVIEW,
        Permission.TRAINING_REVIEW,
    }
)
"""What an administrator may let another one do in her place."""


PERSON, POST = "person:", "post:"


def person_key(person_id: int) -> str:
    """Return the key of the position of a person in her own profile."""
    return f"{PERSON}{person_id}"


def post_key(post_id: int) -> str:
    """Return the key of the position of an administrator in one post."""
    return f"{POST}{post_id}"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody in one position, with the permissions read for this request or job."""

    account_id: int
    name: str
    kind: PositionKind
    position_key: str  # "post:12", "person:7", "support:3": stable, carried by forms and jobs
    path: str = ""  # of the organisation of the position; empty for support
    organisation_id: int | None = None
    organisation_name: str = ""
    person_id: int | None = None
    post_id: int | None = None
    is_inner: bool = False
    is_super: bool = False
    permissions: frozenset[Permission] = field(default=frozenset())
    language: str = "zh_Hans_CN"
    delegated: tuple[tuple[Permission, str], ...] = ()  # permissions that are held for somebody who is away, with her name

    def can(self, permission: Permission) -> bool:
        """Say whether the position holds *permission*."""
        return permission in self.permissions

    def on_behalf(self, permission: Permission) -> Actor:
        """Return the actor whose name also says for whom, where *permission* is held for somebody else."""
        other = dict(self.delegated).get(permission)
        return replace(self, name=f"{self.name}（代 {other}）"[:100]) if other else self

    def require(self, permission: Permission) -> None:
        """Raise NotAllowed when the position lacks *permission*."""
        if permission not in self.permissions:
            word = Words(PERMISSION_WORDS[permission])
            raise NotAllowed(N_("Your role does not include this permission: %(permission)s."), permission=word)


SYSTEM = Actor(account_id=0, name="system", kind=PositionKind.SUPPORT, position_key="system", permissions=frozenset())
"""The named actor of the operator's commands and of the sweeps of the worker."""
