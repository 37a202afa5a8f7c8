"""S014 用户个人主页: what the year still needs, in words, the tiles and the notices."""

from __future__ import annotations

from dataclasses import dataclass

from flask import redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from models import outbox
from models.base import db
from models.credits import queries
from models.credits.standing import Part, YearStanding, standings
from models.people import profile
from models.people.tables import Professional
from models.transaction import unit_of_work
from views.portal.reader import blueprint, long_date, person_id, reader
from views.words import plain_hours, words
from views.year_account import level_words

NOTICES = 8


@dataclass(frozen=True, slots=True)
class YearWords:
    """A year's standing with the sentences that tell it."""

    standing: YearStanding
    sentence: str
    of_these: str
    level: str
    parts: tuple[tuple[str, Part], ...]


def year_words(standing: YearStanding) -> YearWords:
    """Put a year's standing into words: 还差 28 学时，截止 2027年3月31日."""
    parts = (
        (gettext("Public subjects"), standing.public),
        (gettext("Professional subjects"), standing.professional),
        (gettext("Total hours"), standing.total),
    )
    return YearWords(
        standing, _sentence(standing), _of_these(standing, parts[:2]), level_words(standing.demanded, is_own=True), parts
    )


def _sentence(standing: YearStanding) -> str:
    if standing.is_exempt:
        return gettext("You are exempt this year.")
    if standing.is_passed:
        return gettext("The required hours of the year are reached.")
    return gettext(
        "%(hours)s hours still missing, declare until %(day)s.",
        hours=plain_hours(standing.missing_tenths),
        day=long_date(standing.closes_on),
    )


def _of_these(standing: YearStanding, parts: tuple[tuple[str, Part], ...]) -> str:
    lacking = [(label, part.missing) for label, part in parts if part.missing]
    if standing.is_passed or not lacking:
        return ""
    named = [gettext("%(subject)s %(hours)s hours", subject=label, hours=plain_hours(tenths)) for label, tenths in lacking]
    return gettext("Of these: %(parts)s", parts=gettext(", ").join(named))


@blueprint.get("/")
def home() -> str:
    """Show the present year, what waits for the reader, the tiles and the notices."""
    actor, session = reader(), db.session()
    person = profile.own_profile(session, actor)
    columns = Professional.__table__.c
    lacking = [words(columns[name].info["label"]) for name in profile.missing(person)]
    return render_template(
        "portal/home.html",
        person=person,
        lacking=gettext(", ").join(lacking),
        years=[year_words(s) for s in standings(session, person_id(actor), actor.path)],
        counts=queries.tab_counts(session, person_id(actor)),
        notices=outbox.recent(session, limit=NOTICES),
    )


@blueprint.post("/notices/read")
def read_notices() -> Response:
    """Mark the reader's notices as read."""
    with unit_of_work() as session:
        outbox.mark_read(session)
    return redirect(url_for("portal.home"), code=303)
