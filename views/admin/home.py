"""The home page of an administrator: what waits for the position in use, and its functions."""

from __future__ import annotations

from dataclasses import dataclass

from flask_admin import expose
from werkzeug.wrappers import Response

from models import outbox
from models.access import Permission
from models.base import today
from models.errors import N_
from models.transaction import unit_of_work
from views.admin.menu import groups_for, screens
from views.admin.screen import ScopedPage, Todo
from views.redirects import redirect_own

NOTICES = 8
"""At most so many are shown: what waits stands above them."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of the to-do list."""

    word: str
    url: str
    todo: Todo
    n_days: int | None


class HomePage(ScopedPage):
    """S058, S088, S114 and the to-do items S115."""

    permission = Permission.HOME
    name_id = N_("Home")
    group_id = N_("Home")
    icon = "home"
    order = 0

    @expose("/")
    def index(self) -> str:
        """Show the to-do counts with the oldest wait, and the functions as tiles."""
        actor = self.actor
        waiting = []
        for view in screens(self.admin):
            if view is not self and view.is_for(actor):
                todo = view.todo(actor)
                if todo is not None:
                    days = (today() - todo.oldest).days if todo.oldest else None
                    waiting.append(Waiting(view.word_for(actor.kind), view.start_url, todo, days))
        notices = outbox.recent(self.work, limit=NOTICES)
        return self.render("admin/home.html", view=self, waiting=waiting, groups=groups_for(self.admin, actor), notices=notices)

    @expose("/notices", methods=("POST",))
    def read_notices(self) -> Response:
        """Mark the notices to the position in use as read."""
        with unit_of_work() as session:
            outbox.mark_read(session)
        return redirect_own(self.start_url, "/")
