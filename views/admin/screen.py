"""What every page of the administration declares: its permission, who has it, its words and its place in the menu."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NoReturn

from flask import abort, request
from flask_admin import Admin, BaseView
from flask_babel import gettext
from sqlalchemy.orm import Session

from models.access import Actor, Permission, PositionKind
from models.base import db
from views.actor import LoginNeeded, current_actor

WITH_MEMBERS = frozenset({PositionKind.EMPLOYER, PositionKind.COMPETENT_DEPARTMENT, PositionKind.HR_DEPARTMENT})
"""The positions of units that people belong to."""
ADMINISTRATORS = WITH_MEMBERS | {PositionKind.TRAINING_BASE}


TODO_LIMIT = 99


class UndeclaredPermission(RuntimeError):
    """A view that nobody has guarded: the application must not start."""


@dataclass(frozen=True, slots=True)
class Todo:
    """How many things wait for a position, counted up to 99, and since which day the oldest."""

    n: int
    oldest: dt.date | None = None

    @property
    def word(self) -> str:
        """Return the count as it is shown."""
        return f"{TODO_LIMIT}+" if self.n > TODO_LIMIT else str(self.n)


class Screen:
    """Mixed into each view of the administration; fails closed."""

    permission: ClassVar[Permission]
    kinds: ClassVar[frozenset[PositionKind]] = ADMINISTRATORS
    name_id: ClassVar[str] = ""
    names: ClassVar[Mapping[PositionKind, str]] = {}
    group_id: ClassVar[str] = ""
    icon: ClassVar[str] = "right"
    order: ClassVar[int] = 100
    in_menu: ClassVar[bool] = True

    endpoint: str
    url: str  # of Flask-Admin, without the slash at its end

    def is_accessible(self) -> bool:
        """Say whether the position in use may open this view."""
        actor = current_actor()
        return actor is not None and self.is_for(actor)

    def is_for(self, actor: Actor) -> bool:
        """Say whether *actor*'s kind of position has the view and its role the permission."""
        return actor.kind in self.kinds and actor.can(self.permission)

    def inaccessible_callback(self, name: str, **_kwargs: Any) -> NoReturn:
        """Send a visitor to the login and refuse a position that lacks the permission."""
        if current_actor() is None:
            raise LoginNeeded
        abort(403)

    def word_for(self, kind: PositionKind) -> str:
        """Return the menu word of one user type in the reader's language."""
        return gettext(self.names.get(kind, self.name_id))

    @property
    def title(self) -> str:
        """Return the view's word for the position in use."""
        actor = current_actor()
        return self.word_for(actor.kind) if actor else gettext(self.name_id)

    def todo(self, actor: Actor) -> Todo | None:
        """Return what waits here for *actor*: the badge in the menu and a line of the to-do list; None for never any."""
        return None

    @property
    def start_url(self) -> str:
        """Return the address of the view's first page."""
        # Put together rather than looked up in the map of addresses: the menu asks every view for its own on every page.
        return f"{request.script_root}{self.url}/"

    @property
    def actor(self) -> Actor:
        """Return the position in use; every view has one, since none is open to visitors."""
        actor = current_actor()
        if actor is None:
            abort(403)
        return actor

    @property
    def work(self) -> Session:
        """Return the session of this request, scoped to the position in use."""
        return db.session()

    def _run_view(self, fn: Any, *args: Any, **kwargs: Any) -> Any:
        # The stock one calls a second time after a TypeError from within and so hides it.
        return fn(self, *args, **kwargs)


class ScopedPage(Screen, BaseView):
    """A page of the administration that is no list: declare ``permission`` and ``name_id``, expose ``/``."""

    def __init__(self, *, endpoint: str, url: str | None = None) -> None:
        _check(type(self))
        super().__init__(name=self.name_id, endpoint=endpoint, url=url)


def _check(view: type) -> None:
    if not isinstance(getattr(view, "permission", None), Permission):
        raise UndeclaredPermission(f"{view.__name__} declares no permission")


def check_views(admin: Admin) -> None:
    """Raise UndeclaredPermission when a registered view is no Screen or declares no permission."""
    for view in admin._views:  # noqa: SLF001 - Flask-Admin has no public list of its views
        if not isinstance(view, Screen):
            raise UndeclaredPermission(f"{type(view).__name__} is no Screen")
        _check(type(view))
