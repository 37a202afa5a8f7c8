"""S028 打印继续教育学时登记表: choose a year, then show or save its register."""

from __future__ import annotations

from flask import render_template

from models.base import db
from models.credits import queries
from views.portal.reader import blueprint, person_id, reader


@blueprint.get("/registers")
def registers() -> str:
    """Ask for the year; only those of which something was counted have a register."""
    owner = person_id(reader())
    years = [summary.year for summary in queries.year_summaries_of(db.session(), owner)]
    return render_template("portal/registers.html", owner=owner, years=years)
