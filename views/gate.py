"""The gate of each request: Flask-Security around our login, the row scope, and the steps that must come first."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Flask, flash, redirect, request, url_for
from flask_babel import gettext
from flask_security import RoleMixin, Security
from werkzeug.wrappers import Response

from models import scope
from models.base import db
from models.people.sessions import REMEMBERED_LONGEST, mark_seen
from models.people.tables import Account
from views import limits
from views import session as web_session
from views.actor import LoginNeeded, current_actor

ALWAYS_OPEN = frozenset(
    {
        "auth.change_password",
        "auth.logout",
        "auth.choose_position",
        "auth.switch_position",
        "auth.answer",
        "language.choose",
        "language.display",
    }
)
"""What works before a first password is changed and a position is chosen."""

_CONFIGURATION: dict[str, Any] = {
    "SECURITY_PASSWORD_SINGLE_HASH": True,
    "SECURITY_PASSWORD_HASH": "argon2",
    "SECURITY_FRESHNESS": dt.timedelta(minutes=15),
    "SECURITY_RETURN_GENERIC_RESPONSES": True,
    "PERMANENT_SESSION_LIFETIME": REMEMBERED_LONGEST,
    "SESSION_REFRESH_EACH_REQUEST": False,
}


def install(app: Flask) -> None:
    """Give *app* its logins; register before the pages and after CSRFProtect."""
    app.config.from_mapping(_CONFIGURATION)
    limits.install(app)
    # All pages of Flask-Security are ours; it keeps who is logged in, and how fresh that is.
    security = Security(app, web_session.AccountDatastore(Account, RoleMixin), register_blueprint=False)
    security.principal.skip_static = True
    security.login_manager.request_loader(lambda _request: None)  # no tokens in headers or addresses
    app.before_request(_open)
    app.register_error_handler(LoginNeeded, _to_login)


def _is_static() -> bool:
    return (request.endpoint or "").rpartition(".")[2] == "static"


def _open() -> Response | None:
    """Give the request's session its scope, once, and let nothing through but the step that must come first."""
    if _is_static():
        return None
    actor = current_actor()
    scope.attach(db.session(), scope.scope_of(actor) if actor else scope.NOTHING)
    found = web_session.login()
    if found is None:
        return None
    mark_seen(found)
    if found.position is None and found.position_key:
        web_session.end()
        flash(gettext("The position you used has ended; please log in again."), "warning")
        return redirect(url_for("home.index"), code=303)
    if request.endpoint in ALWAYS_OPEN:
        return None
    if found.account.must_change:
        return redirect(url_for("auth.change_password"), code=303)
    if found.position is None:
        return redirect(url_for("auth.choose_position"), code=303)
    return None


def _to_login(_error: LoginNeeded) -> Response:
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    endpoint = "support_login.index" if request.path.startswith("/support/") else "auth.login"
    return redirect(url_for(endpoint, next=target), code=303)
