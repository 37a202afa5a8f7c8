"""The administrators of one organisation (管理单位管理员): added in three ways, edited, handed over to, disabled, deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from models import history, scope
from models.access import Actor, Permission, PositionKind
from models.base import today
from models.errors import N_, Conflict, DomainError, FieldErrors, Invalid, NotAllowed, NotFound, WrongState
from models.org import queries
from models.people import contacts, numbers, passwords
from models.people.accounts import NewAccount, create_account, find_account, give_first_password
from models.people.candidates import HAS_POST, Checked, Way, department_of, has_post
from models.people.posts import POSTS, tell
from models.people.resets import ONLY_SUPPORT, is_below
from models.people.roles import exceeds
from models.people.tables import Account, FirstPassword, Post, PostState, Professional, ProfessionalState, Role
from models.people.typed import attempt
from models.workflow import Moved


def create(session: Session, actor: Actor, checked: Checked, role_id: int | None) -> Post:
    """Make a checked candidate an administrator with a role of the organisation; raises NotAllowed, FieldErrors, Conflict."""
    actor.require(Permission.ADMINISTRATORS_MANAGE)
    organisation = queries.own(session, actor, is_locked=True)
    role = _role(session, actor, role_id)
    if checked.way is Way.NEW:
        account = _make_account(session, actor, checked)
    else:
        with scope.acting(session, "read_accounts"):
            account = session.scalars(select(Account).where(Account.id == checked.account_id, Account.active)).one()
    if has_post(session, actor, account.id):
        raise Conflict(HAS_POST)
    post = Post(
        account_id=account.id,
        organisation_id=organisation.id,
        path=organisation.path,
        role_id=role.id,
        department_id=checked.department_id,
        name=account.name,
        number_masked=account.number_masked,
        phone=checked.phone or account.phone,
        email=checked.email or account.email,
        landline=checked.landline,
        is_inner=checked.is_inner and actor.kind is PositionKind.HR_DEPARTMENT,
        state=PostState.ACTIVE,
    )
    session.add(post)
    session.flush()
    history.record(
        session,
        actor,
        "post",
        [post.id],
        "create",
        changes={"administrator": [None, post.name], "role": [None, role.name], "way": [None, checked.way.value]},
    )
    tell(session, actor, [organisation.id])
    return post


def edit(
    session: Session,
    actor: Actor,
    post: Post,
    *,
    department_id: int | None,
    role_id: int | None,
    phone: str,
    email: str,
    landline: str,
) -> None:
    """Change department, role and contact of an administrator of one's own; raises NotAllowed, NotFound and FieldErrors."""
    actor.require(Permission.ADMINISTRATORS_MANAGE)
    queries.own(session, actor, is_locked=True)
    if post.organisation_id != actor.organisation_id:
        raise NotFound
    if post.is_super and not actor.is_super:
        raise NotAllowed(N_("The super administrator is changed by nobody else."))
    errors: dict[str, DomainError] = {}
    if department_id is not None and department_id != post.department_id and not department_of(session, actor, department_id):
        errors["department_id"] = Invalid(N_("Choose the department."))
    reached = _contact(post, errors, {"phone": phone, "email": email, "landline": landline})
    if errors:
        raise FieldErrors(errors)
    new_role = post.role_id
    if not post.is_super and role_id != post.role_id:
        if post.account_id == actor.account_id:
            raise FieldErrors({"role_id": NotAllowed(N_("Nobody changes their own role."))})
        new_role = _role(session, actor, role_id).id
    before = {"department_id": post.department_id, "role_id": post.role_id, "phone": post.phone, "email": post.email}
    post.department_id, post.role_id = department_id, new_role
    for name, value in reached.items():
        setattr(post, name, value)
    session.flush()
    after = {"department_id": post.department_id, "role_id": post.role_id, "phone": post.phone, "email": post.email}
    changes = {k: [before[k], v] for k, v in after.items() if before[k] != v}
    history.record(session, actor, "post", [post.id], "edit", changes=changes)
    tell(session, actor, [post.organisation_id])


def save_own_contact(session: Session, actor: Actor, *, phone: str, email: str, landline: str) -> None:
    """Save the contact of the actor's own post (个人基本信息维护); raises NotFound and FieldErrors."""
    post = session.scalars(select(Post).where(Post.id == (actor.post_id or 0))).first()
    if post is None:
        raise NotFound
    errors: dict[str, DomainError] = {}
    values = contacts.checked(errors, phone=phone, email=email, landline=landline)
    if errors:
        raise FieldErrors(errors)
    changes = {k: [getattr(post, k), v] for k, v in values.items() if getattr(post, k) != v}
    for name, value in values.items():
        setattr(post, name, value)
    session.flush()
    if changes:
        history.record(session, actor, "post", [post.id], "edit_contact", changes=changes)


def hand_over(session: Session, actor: Actor, post_id: int) -> None:
    """Make an active administrator the super administrator (设为超级管理员); the actor, who was it, loses the post.

    Raises NotAllowed for anybody but the super administrator, NotFound and WrongState.
    """
    actor.require(Permission.ADMINISTRATORS_MANAGE)
    if not actor.is_super or actor.post_id is None:
        raise NotAllowed(N_("Only the super administrator hands the organisation over."))
    queries.own(session, actor, is_locked=True)
    post = _post(session, actor, post_id)
    if post.state != PostState.ACTIVE or post.is_super:
        raise WrongState(N_("Only an active administrator can become the super administrator."))
    POSTS.move(session, actor, actor.post_id, step="end", reason="handed over")
    post.is_super, post.is_inner, post.role_id = True, False, None
    tell(session, actor, [post.organisation_id])
    history.record(
        session, actor, "organisation", [post.organisation_id], "hand_over", changes={"administrator": [actor.name, post.name]}
    )


def disable(session: Session, actor: Actor, ids: Sequence[int], *, reason: str) -> Moved:
    """Disable administrators of one's own; their logins in this position end at the next request."""
    return _move(session, actor, ids, "disable", reason)


def enable(session: Session, actor: Actor, ids: Sequence[int]) -> Moved:
    """Enable administrators of one's own that were disabled."""
    return _move(session, actor, ids, "enable", "")


def remove(session: Session, actor: Actor, ids: Sequence[int]) -> Moved:
    """Delete administrators of one's own: the post ends, the account stays."""
    return _move(session, actor, ids, "end", "")


def revoke(session: Session, actor: Actor, ids: Sequence[int], *, reason: str) -> Moved:
    """End posts at organisations below (移除权限), also that of a super administrator; raises NotAllowed and Invalid."""
    actor.require(Permission.ORGANISATIONS_MANAGE)
    rows = {p.id: p for p in session.scalars(select(Post).where(Post.id.in_(ids), Post.organisation_id != actor.organisation_id))}
    moved = POSTS.move_many(session, actor, list(rows), step="end", reason=reason)
    return Moved(moved.done, {**{i: NotFound() for i in ids if i not in rows}, **moved.refused})


def reset_password(session: Session, actor: Actor, post: Post, *, reason: str) -> str:
    """Give an administrator of one's own a one-time password, to be shown once; raises NotAllowed and Invalid."""
    account = resettable(session, actor, post)
    if not reason.strip():
        raise Invalid(N_("Please give a reason."))
    shown = give_first_password(session, account, FirstPassword.ONE_TIME)
    history.record(session, actor, "post", [post.id], "reset_password", reason=reason.strip()[:500])
    return str(shown)


def resettable(session: Session, actor: Actor, post: Post) -> Account:
    """Return the account of an administrator of one's own whose password the actor may reset; raises NotAllowed otherwise."""
    actor.require(Permission.ADMINISTRATORS_MANAGE)
    if post.organisation_id != actor.organisation_id or post.state == PostState.ENDED:
        raise NotFound
    if post.account_id == actor.account_id:
        raise NotAllowed(N_("Your own password is changed under “Change password”."))
    with scope.acting(session, "read_positions"):
        account = session.scalars(select(Account).where(Account.id == post.account_id)).one()
        posts = session.scalars(select(Post).where(Post.account_id == account.id, Post.state != PostState.ENDED)).all()
        place = session.scalar(
            select(Professional.path).where(
                Professional.account_id == account.id, Professional.state != ProfessionalState.REJECTED
            )
        )
    is_elsewhere = place is not None and not (place.startswith(actor.path) and not actor.is_inner) and place != actor.path
    if account.is_support or is_elsewhere or any(not is_below(actor, each) for each in posts):
        raise NotAllowed(ONLY_SUPPORT)
    return account


def account_ids(session: Session, text: str) -> list[int]:
    """Return the accounts of an exact number, whatever its document: to search posts of the scope by them."""
    with scope.acting(session, "read_accounts"):
        found = (find_account(session, kind, text) for kind in numbers.DocumentType)
        return sorted({account.id for account in found if account is not None})


# --- inside -----------------------------------------------------------------------------------------------------------


def _move(session: Session, actor: Actor, ids: Sequence[int], step: str, reason: str) -> Moved:
    actor.require(Permission.ADMINISTRATORS_MANAGE)
    own = Post.organisation_id == actor.organisation_id
    rows = {p.id: p for p in session.scalars(select(Post).where(Post.id.in_(ids), own))}
    refused: dict[int, DomainError] = {i: NotFound() for i in ids if i not in rows}
    for post_id, post in rows.items():
        if post.account_id == actor.account_id:
            refused[post_id] = NotAllowed(N_("Nobody disables or deletes their own post."))
        elif post.is_super:
            refused[post_id] = NotAllowed(N_("The super administrator hands over first."))
    moved = POSTS.move_many(session, actor, [i for i in ids if i not in refused], step=step, reason=reason)
    return Moved(moved.done, {**refused, **moved.refused})


def _contact(post: Post, errors: dict[str, DomainError], typed: Mapping[str, str]) -> dict[str, str | None]:
    """Return how an administrator is reached, as it is stored; what stands there already may be of an older form."""
    checks: dict[str, Callable[[str], str]] = {
        "phone": partial(contacts.check_mobile, is_required=False),
        "email": partial(contacts.check_email, is_required=False),
        "landline": contacts.check_landline,
    }
    found: dict[str, str | None] = {}
    for name, check in checks.items():
        text = typed[name].strip()
        found[name] = text if text == getattr(post, name) else attempt(errors, name, partial(check, text))
    return found


def _post(session: Session, actor: Actor, post_id: int) -> Post:
    own = Post.organisation_id == actor.organisation_id
    found = session.scalars(select(Post).where(Post.id == post_id, own, Post.state != PostState.ENDED).with_for_update()).first()
    if found is None:
        raise NotFound
    return found


def _role(session: Session, actor: Actor, role_id: int | None) -> Role:
    role = session.scalars(select(Role).where(Role.id == (role_id or 0), Role.organisation_id == actor.organisation_id)).first()
    if role is None:
        raise FieldErrors({"role_id": Invalid(N_("Choose the role."))})
    if exceeds(actor, role):
        raise FieldErrors({"role_id": NotAllowed(N_("You can only grant what your own role holds."))})
    return role


def _make_account(session: Session, actor: Actor, checked: Checked) -> Account:
    """Create the account with the typed password, which its holder changes at the first login."""
    number = numbers.check(checked.document_type, checked.number, today=today())
    account = create_account(
        session,
        actor,
        NewAccount(
            checked.document_type,
            number,
            checked.name,
            checked.phone,
            checked.email,
            passwords.make_one_time(),
            FirstPassword.ONE_TIME,
        ),
    )
    with scope.acting(session, "set_password"):
        account.password_hash = checked.password_hash
        session.flush()
    return account
