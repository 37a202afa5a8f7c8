"""The sheet of the one-time passwords that an import has made; it is downloaded once."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from flask_babel import gettext

from models.errors import N_
from views.sheets.workbook import Cell, Look, Value, new_workbook, save, set_columns


def one_time_sheet(rows: Iterable[Sequence[str]]) -> bytes:
    """Return the sheet of one-time passwords, in the reader's language."""
    labels = (
        N_("Unit name"),
        N_("Organisation code / unified social credit code"),
        N_("Administrator's name"),
        N_("Administrator's ID document number"),
        N_("One-time password"),
    )
    head: list[Value | Cell] = [Cell(gettext(label), Look.HEAD) for label in labels]
    book, sheet = new_workbook(gettext(N_("One-time passwords")))
    sheet.freeze_panes = "A2"
    set_columns(sheet, [(width, Look.TEXT) for width in (30, 24, 14, 24, 18)])
    out = io.BytesIO()
    save(book, [head, *(list[Value | Cell](row) for row in rows)], out)
    return out.getvalue()
