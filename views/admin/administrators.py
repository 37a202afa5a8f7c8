"""S064 管理单位管理员 and S065 新增管理员: who administers the own organisation, and with which role."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, ClassVar, cast

from flask import flash, request, url_for
from flask_admin import expose
from flask_babel import gettext
from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from models.access import PERMISSION_WORDS, Actor, Permission
from models.base import db
from models.errors import N_, DomainError
from models.org.tables import Department
from models.people import administrators, candidates, roles
from models.people.candidates import Checked, Way
from models.people.resets import is_below
from models.people.tables import Post, PostState, Role
from models.saved import keep_filter, kept_filter
from models.transaction import Intent, expect, unit_of_work
from views import session as web_session
from views import states
from views.actor import required_actor
from views.admin import administrator_form as forms
from views.admin.actions import BatchAction, PageAction, Reason, RowAction, ids_only, with_reason
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.exports import export_action
from views.admin.filters import part_filter, text_filter
from views.admin.keyset import Sort
from views.arguments import read_id
from views.forms import PlainForm
from views.once import note_sent, was_sent_before
from views.redirects import own_or, redirect_own
from views.words import say

NEW = "administrators:new"
"""Under this name the first step is kept on the server; of a password only its hash."""


def _numbered(statement: Select[Any], text: str) -> Select[Any]:
    return statement.where(Post.account_id.in_(administrators.account_ids(db.session(), text)))


def _told_before_deleting(_session: Session, _actor: Actor, _ids: Sequence[int]) -> list[str]:
    return [gettext(N_("The right to administer ends at once; the account stays."))]


def _is(state: PostState) -> Callable[[Any], bool]:
    return lambda row: row.state == state and not row.is_super


def _may_become_super(row: Any) -> bool:
    return _is(PostState.ACTIVE)(row) and required_actor().is_super


def _role_of(row: Any) -> str:
    """Return the role's name, or that somebody is the super administrator; inner accounts are marked."""
    word = gettext(N_("Super administrator")) if row[0].is_super else str(row.role or "")
    return f"{word}（{gettext(N_('Internal account'))}）" if row[0].is_inner else word


class AdministratorsView(ScopedModelView):
    """The administrators of the own organisation: one of them is the super administrator."""

    permission = Permission.ADMINISTRATORS_MANAGE
    name_id = N_("Manage unit administrators")
    group_id = N_("Manage accounts")
    icon = "key"
    order = 14

    columns = (
        Col("name", value=lambda row: row[0].name, label=N_("Name")),
        Col("department", value=lambda row: row[1] or "", label=N_("Working department")),
        Col("role", value=_role_of, label=N_("Role name")),
        Col("number_masked", value=lambda row: row[0].number_masked, label=N_("ID document number")),
        Col("phone", value=lambda row: row[0].phone, label=N_("Mobile")),
        Col("email", value=lambda row: row[0].email, label=N_("E-mail")),
        Col("state", value=lambda row: row[0].state, label=N_("Status"), status=states.POST),
    )
    sorts = (Sort("id", (Post.path, Post.id)),)
    filters = (
        part_filter("name", Post.name, N_("Name"), is_private=True),
        text_filter("number", N_("ID document number"), _numbered, is_private=True),
    )
    row_actions = (
        RowAction("edit", N_("Edit")),
        RowAction("hand_over", N_("Make super administrator"), page="administrators.hand_over", when=_may_become_super),
        RowAction(
            "reset", N_("Reset password"), page="administrators.reset_password", when=lambda row: is_below(required_actor(), row)
        ),
        RowAction("disable", N_("Disable"), batch="disable", when=_is(PostState.ACTIVE), is_more=True),
        RowAction("enable", N_("Enable"), batch="enable", when=_is(PostState.DISABLED), is_more=True),
        RowAction("delete", N_("Delete"), batch="delete", when=lambda row: not row.is_super, is_more=True, is_danger=True),
    )
    batch_actions = (
        BatchAction("enable", N_("Enable"), ids_only(administrators.enable), permission=Permission.ADMINISTRATORS_MANAGE),
        BatchAction(
            "disable",
            N_("Disable"),
            with_reason(administrators.disable),
            permission=Permission.ADMINISTRATORS_MANAGE,
            reason=Reason(),
            is_danger=True,
        ),
        BatchAction(
            "delete",
            N_("Delete"),
            ids_only(administrators.remove),
            permission=Permission.ADMINISTRATORS_MANAGE,
            preview=_told_before_deleting,
            is_danger=True,
        ),
    )
    page_actions = (
        PageAction(
            "new",
            N_("Add administrator"),
            url=lambda view: url_for("administrators.create_view", url=view.list_url()),
            is_primary=True,
        ),
        PageAction("import", N_("Batch import"), url=lambda _view: url_for("administrators_import.index"), icon="upload"),
        export_action(Permission.ADMINISTRATORS_MANAGE),
    )
    export_permission = Permission.ADMINISTRATORS_MANAGE
    export_kind = "export_administrators"
    edit_form_class: ClassVar[type[PlainForm] | None] = forms.AdministratorForm
    edit_permission = Permission.ADMINISTRATORS_MANAGE

    def rows(self) -> Select[Any]:
        """Return the posts with the names of department and role."""
        found: Any = (
            select(Post, Department.name.label("department"), Role.name.label("role"))
            .outerjoin(Department, Department.id == Post.department_id)
            .outerjoin(Role, Role.id == Post.role_id)
        )
        return cast("Select[Any]", found)

    def where(self, actor: Actor) -> Sequence[ColumnElement[bool]]:
        """Leave out ended posts and those of organisations below."""
        return (Post.organisation_id == (actor.organisation_id or 0), Post.state != PostState.ENDED)

    def row_name(self, row: Any) -> str:
        """Return the name."""
        return str(row[0].name)

    # --- editing ------------------------------------------------------------------------------------------------

    def make_form(self, form_class: type[PlainForm], row: Any) -> PlainForm:
        """Return the form of one administrator; the super administrator has no role."""
        post: Post = row[0]
        form: Any = form_class(obj=post)
        form.department_id.choices = [("", gettext(N_("None"))), *forms.department_choices(self.actor)]
        if post.is_super:
            del form.role_id
        else:
            form.role_id.choices = forms.role_choices(self.actor, present=post.role_id)
            form.role_id.flags.required = True
        return form

    def update_row(self, session: Session, actor: Actor, row: Any, form: Any) -> None:
        """Change department, role and contact."""
        administrators.edit(
            session,
            actor,
            row[0],
            department_id=read_id(form.department_id.data),
            role_id=read_id(form.role_id.data) if "role_id" in form else None,
            phone=form.phone.data or "",
            email=form.email.data or "",
            landline=form.landline.data or "",
        )

    # --- adding in three steps ----------------------------------------------------------------------------------

    @expose("/new/", methods=("GET", "POST"))
    def create_view(self) -> str | Response:
        """Ask who is to become an administrator, in one of three ways; what is right is kept for the second step."""
        expect(Intent.READ)  # a wrong password is counted in a transaction of its own
        self.actor.require(self.permission)
        back = own_or(request.values.get("url"), self.list_url())
        typed = request.values.get("way", "")
        way = Way(typed) if typed in set(Way) else Way.OWN
        form = forms.candidate_form(self.actor, way)
        has_role = bool(forms.role_choices(self.actor))
        if request.method == "POST" and has_role:
            try:
                checked = candidates.check(self.work, self.actor, forms.candidate(form, way))
            except DomainError as refusal:
                form.show_error(refusal)
            else:
                with unit_of_work() as session:
                    key = keep_filter(session, self.actor, NEW, {"checked": json.dumps(asdict(checked))})
                return redirect_own(url_for("administrators.confirm", k=key, url=back), "/")
        ways = [
            (url_for("administrators.create_view", way=w.value, url=back), gettext(word), w is way)
            for w, word in forms.WAYS.items()
        ]
        return self.render(
            "admin/administrator_new.html",
            view=self,
            form=form,
            way=way,
            ways=ways,
            has_role=has_role,
            may_add_role=self.may(Permission.ROLES_MANAGE),
            back=back,
            **_step(0),
        )

    @expose("/new/role", methods=("GET", "POST"))
    def confirm(self) -> str | Response:
        """Ask for the role, show what it grants, and create."""
        self.actor.require(self.permission)
        back = own_or(request.values.get("url"), self.list_url())
        kept = kept_filter(self.work, NEW, request.args.get("k", ""))
        if kept is None:
            flash(gettext(N_("This form was used already, or is too old; please begin again.")), "info")
            return redirect_own(back, self.list_url())
        values: dict[str, Any] = json.loads(json.loads(kept.values_json)["checked"])
        checked = Checked(**{**values, "way": Way(values["way"])})
        form: Any = forms.RoleChoice()
        form.role_id.choices = forms.role_choices(self.actor)
        if len(form.role_id.choices) > 1:  # nobody gets by mistake what happens to stand first
            form.role_id.choices.insert(0, ("", gettext(N_("Please choose"))))
        form.role_id.flags.required = True
        if request.method == "POST":
            try:
                with unit_of_work() as session:
                    post = administrators.create(session, self.actor, checked, read_id(form.role_id.data))
                    used = kept_filter(session, NEW, kept.key)
                    if used is not None:
                        session.delete(used)
            except DomainError as refusal:
                form.show_error(refusal)
            else:
                return redirect_own(url_for("administrators.created", id=post.id, url=back), "/")
        return self.render(
            "admin/administrator_role.html",
            view=self,
            form=form,
            checked=checked,
            granted=self._granted(),
            back=back,
            **_step(1),
        )

    @expose("/created/")
    def created(self) -> str:
        """Say that the administrator was created."""
        row = self.find(request.args.get("id"))
        back = own_or(request.args.get("url"), self.list_url())
        return self.render("admin/administrator_created.html", view=self, post=row[0], role=_role_of(row), back=back, **_step(2))

    def _granted(self) -> list[tuple[str, list[str]]]:
        """Return each role with the words of what it grants."""
        known = {p.value: gettext(word) for p, word in PERMISSION_WORDS.items()}
        found = roles.of_organisation(self.work, self.actor.organisation_id or 0)
        return [(r.name, [known[p] for p in r.permissions if p in known]) for r in found if not roles.exceeds(self.actor, r)]

    # --- steps on one row ---------------------------------------------------------------------------------------

    @expose("/hand-over/", methods=("GET", "POST"))
    def hand_over(self) -> str | Response:
        """Ask, then make another the super administrator; the reader loses the post and is led to the start page."""
        self.actor.require(self.permission)
        row = self.find(request.values.get("id"))
        back = own_or(request.values.get("url"), self.list_url())
        refused = "" if self.actor.is_super else gettext(N_("Only the super administrator hands the organisation over."))
        if request.method == "POST":
            try:
                with unit_of_work() as session:
                    administrators.hand_over(session, self.actor, row[0].id)
            except DomainError as refusal:
                refused = say(refusal)
            else:
                name = row[0].name
                web_session.end()  # the login goes with the post, and would take the message along
                flash(gettext(N_("%(name)s is the super administrator now; your own post has ended."), name=name), "success")
                return redirect_own(url_for("home.index"), "/")
        return self.render("admin/hand_over.html", view=self, row=row[0], refused=refused, back=back)

    @expose("/reset-password/", methods=("GET", "POST"))
    def reset_password(self) -> str | Response:
        """Ask for the reason, then give a one-time password, which is shown this once."""
        self.actor.require(self.permission)
        post: Post = self.find(request.values.get("id"))[0]
        back = own_or(request.values.get("url"), self.list_url())
        reason, error, refused = request.form.get("reason", "").strip()[:500], "", ""
        try:
            administrators.resettable(self.work, self.actor, post)
        except DomainError as refusal:
            refused = say(refusal)
        if request.method == "POST" and was_sent_before():
            flash(gettext(N_("This form was sent already; the password that was shown holds.")), "info")
            return redirect_own(back, self.list_url())
        if request.method == "POST" and not refused:
            if reason:
                with unit_of_work() as session:
                    shown = administrators.reset_password(session, self.actor, post, reason=reason)
                note_sent()
                flash(gettext(N_("The password was reset; every login of this person has ended.")), "success")
                return self.render("admin/password_shown.html", view=self, name=post.name, shown=shown, back=back)
            error = gettext(N_("Please give a reason."))
        return self.render(
            "admin/reset_password.html",
            view=self,
            person=post,
            reason=reason,
            error=error,
            refused=refused,
            back=back,
            is_one_time=True,
            reasons=[gettext(N_("The person forgot the password and asked for it."))],
        )


def _step(number: int) -> dict[str, Any]:
    return {"steps": [gettext(word) for word in forms.STEPS], "at": number}
