"""ScopedModelView: the only subclass of Flask-Admin's ModelView, and the start-up registration of views."""

from __future__ import annotations

from typing import Any

from flask_admin import Admin
from flask_admin.contrib.sqla import ModelView
from flask_admin.theme import Theme
from sqlalchemy.inspection import inspect

from models.base import db
from views.admin import batch, exports
from views.admin.batch import BatchPages
from views.admin.exports import ExportPages
from views.admin.records import RecordPages
from views.admin.screen import Screen, UndeclaredPermission, check_views

THEME = Theme(folder="none", base_template="admin/base.html")
"""Our own templates replace Flask-Admin's entirely: this folder name finds none of the stock ones."""


class ScopedModelView(ExportPages, BatchPages, RecordPages, ModelView):
    """One list of the administration with the pages about its rows.

    Row scope is on the session; a screen never filters by organisation. It declares:

    ============================ =====================================================================================
    ``permission``               member of Permission; without it the application refuses to start
    ``kinds``                    user types that have the screen (default: all four kinds of administrators)
    ``name_id``, ``names``       message id of menu word and h1; the word of one user type where it differs
    ``group_id, icon, order``    place in the menu; ``in_menu=False`` leaves it out; ``badge(actor)`` counts to-dos
    ``columns``                  Col(...): label, kind, choices and code list come from the ORM column
    ``sorts``                    Sort(name, columns): only orders that an index carries, unique at the end, none nullable;
                                 the first is the default
    ``filters``                  text_, choice_, code_, flag_, date_, picker_filter or Filter; names, numbers and
                                 phones with ``is_private=True``; ``is_quick=False`` puts it under 更多筛选
    ``tabs``                     Tab(...): conditions, or another list (rows, model, columns, sorts, actions) of its own
    ``row_actions``              RowAction: words on a row; ``page_actions`` PageAction: buttons at the right above
    ``batch_actions``            BatchAction: run(session, actor, ids, *, reason, values) -> Moved, for at most 500 ids
    ``export_permission``        with ``export_kind`` (kind of the job) and ``export_action`` among the page actions: 导出
    ``details``                  Section(label, columns): parts of the details page; methods attachments(row),
                                 timeline(row), changes(row), details_context(row)
    ``create_form_class``        with ``create_permission`` and create_row(session, actor, form); the same for
                                 ``edit_form_class`` and update_row(session, actor, row, form), and ``delete_permission``
                                 with delete_row(session, actor, row): each calls ONE operation, which flushes only
    ============================ =====================================================================================

    ``rows()`` gives the joined and loaded entities, ``where(actor)`` what always holds, ``row_name(row)`` the words of a
    dialog. ``statement(listing, state)`` is the list as a statement, for an export of the same rows.
    """

    # Flask-Admin's own machinery that is not used: no inline edit, no export of everything, no ajax look-up.
    ajax_update = None
    ajax_lookup = None
    export = None
    column_select_related_list = ()
    form_excluded_columns = ()

    def __init__(self, model: Any, *, endpoint: str, url: str | None = None) -> None:
        if not self.name_id:
            raise TypeError(f"{type(self).__name__} has no name")
        super().__init__(model, db, name=self.name_id, endpoint=endpoint, url=url)
        self.listings = self.build_listings()
        batch.register(self)
        exports.register(self)

    def _refresh_cache(self) -> None:
        """Scaffold nothing: columns, filters and forms are declared."""

    def init_actions(self) -> None:
        """Collect no stock actions: batches are declared."""
        self._actions: list[Any] = []
        self._actions_data: dict[str, Any] = {}

    def scaffold_auto_joins(self) -> list[Any]:
        """Join nothing on its own: ``rows()`` says what is loaded."""
        return []

    def scaffold_pk(self) -> str:
        """Return the name of the one primary key column."""
        (key,) = inspect(self.model).primary_key
        return str(key.name)

    def handle_view_exception(self, exc: Exception) -> bool:
        """Leave every error to the error pages: none becomes a flash with SQL in it."""
        return False


def add_views(admin: Admin, *views: Screen) -> None:
    """Register the views of one application; raises UndeclaredPermission for one that nobody guarded."""
    for view in views:
        admin.add_view(view)
    check_views(admin)


__all__ = ["THEME", "ScopedModelView", "UndeclaredPermission", "add_views"]
