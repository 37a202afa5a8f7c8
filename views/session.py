"""The login of a request: the cookie's token and the row on the server that it names."""

from __future__ import annotations

from typing import Any

from flask import g, session
from flask_babel import get_locale
from flask_security import UserDatastore, login_user, logout_user

from models.access import Actor
from models.people.login import Entry
from models.people.positions import in_language
from models.people.sessions import Login, end_login, find_login
from models.people.tables import Account

TOKEN = "login"  # noqa: S105 - the name of the cookie's entry


class AccountDatastore(UserDatastore):
    """Give Flask-Security the account of the request's own login, and no other: a detached one, from a system read."""

    def find_user(self, case_insensitive: bool = False, **wanted: Any) -> Account | None:  # noqa: FBT001, FBT002 - theirs
        """Return the account when the cookie's identifier is still its own: a changed password changes it."""
        found = login()
        if found is None or found.account.fs_uniquifier != wanted.get("fs_uniquifier"):
            return None
        return found.account


def login() -> Login | None:
    """Return the login of this request, read once."""
    if "ce_login" not in g:
        token = session.get(TOKEN)
        g.ce_login = find_login(token) if isinstance(token, str) else None
    found: Login | None = g.ce_login
    return found


def acting() -> Actor | None:
    """Return who acts: in the chosen position, or in none while the password must be changed or a choice is due."""
    found = login()
    if found is None:
        return None
    account, position = found.account, found.position
    language = str(get_locale())
    if position is not None and not account.must_change:
        return in_language(position.actor, language)
    kind = position.kind if position else next((p.kind for p in found.positions), None)
    return None if kind is None else Actor(account.id, account.name, kind, "", language=language)


def begin(entry: Entry, *, is_remembered: bool) -> None:
    """Begin the login of this browser: nothing of the visitor's session is kept, so nothing can be planted in it."""
    session.clear()
    session[TOKEN] = entry.token
    session.permanent = is_remembered
    forget()
    login_user(entry.account)


def end() -> None:
    """End the login of this browser, on the server first."""
    found = login()
    if found is not None:
        end_login(found)
    logout_user()
    session.clear()
    forget()


def forget() -> None:
    """Forget what this request read of its login: it has just changed."""
    for name in ("ce_login", "ce_actor", "csrf_token"):
        g.pop(name, None)
