"""S103, S117: the contact of the officer's own post (基本信息维护)."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from flask import flash, request, url_for
from flask_admin import expose
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from werkzeug.wrappers import Response
from wtforms import StringField

from models.access import Permission, PositionKind
from models.errors import N_, DomainError, NotFound
from models.people import administrators
from models.people.tables import Post
from models.transaction import unit_of_work
from views.admin.screen import ScopedPage
from views.forms import PlainForm
from views.redirects import redirect_own


class ContactForm(PlainForm):
    """How the officer is reached; the operation checks it."""

    phone = StringField(_l("Mobile number"), render_kw={"type": "tel", "maxlength": 40, "autocomplete": "tel"})
    email = StringField(_l("E-mail address"), render_kw={"type": "email", "maxlength": 200, "autocomplete": "email"})
    landline = StringField(_l("Landline"), render_kw={"type": "tel", "maxlength": 40})


class OwnAccount(ScopedPage):
    """Name and number are shown only: support corrects names."""

    permission = Permission.HOME
    kinds = frozenset({PositionKind.HR_DEPARTMENT, PositionKind.TRAINING_BASE})
    name_id = N_("Basic data")
    names = MappingProxyType({PositionKind.TRAINING_BASE: N_("Own basic data")})
    group_id = N_("Manage accounts")
    icon = "user"
    order = 4

    @expose("/", methods=("GET", "POST"))
    def index(self) -> str | Response:
        """Show and save the contact."""
        post = self.work.scalars(select(Post).where(Post.id == (self.actor.post_id or 0))).first()
        if post is None:
            raise NotFound
        form: Any = ContactForm(obj=post)
        form.phone.flags.required = form.email.flags.required = True
        if request.method == "POST":
            typed = {name: form[name].data or "" for name in ("phone", "email", "landline")}
            try:
                with unit_of_work() as session:
                    administrators.save_own_contact(session, self.actor, **typed)
            except DomainError as refusal:
                form.show_error(refusal)
            else:
                flash(gettext("Saved."), "success")
                return redirect_own(url_for("own_account.index"), "/")
        fixed = [(gettext("ID document number"), post.number_masked), (gettext("Name"), post.name)]
        may_change = self.actor.can(Permission.ORGANISATION_EDIT)
        return self.render("admin/own_data.html", view=self, form=form, fixed=fixed, may_change=may_change)
