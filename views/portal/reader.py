"""The portal's blueprint and its reader: a professional in that very position, nobody else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from babel.dates import format_skeleton
from flask import Blueprint
from flask_babel import get_locale, gettext
from flask_wtf import FlaskForm
from wtforms import SelectChoice

from models.access import Actor, Permission
from models.errors import N_, NotAllowed
from views.actor import required_actor
from views.words import plain_hours

blueprint = Blueprint("portal", __name__, url_prefix="/portal")


@blueprint.before_request
def _professionals_only() -> None:
    reader()


def reader() -> Actor:
    """Return who reads; raises LoginNeeded for a visitor and NotAllowed in any other position."""
    return required_actor(Permission.PORTAL)


def person_id(actor: Actor) -> int:
    """Return the id of the professional that the reader is."""
    if actor.person_id is None:
        raise NotAllowed(N_("This page is for professionals; switch to that position."))
    return actor.person_id


def long_date(day: dt.date) -> str:
    """Return a date in words: 2027年3月31日."""
    return format_skeleton("yMMMMd", day, locale=get_locale())


blueprint.add_app_template_filter(plain_hours)
blueprint.add_app_template_filter(long_date)


@dataclass(frozen=True, slots=True)
class Shown:
    """A value that is shown like a field but not changed here."""

    name: str
    label: str
    value: str
    help: str = ""


def mark_required(form: FlaskForm, *names: str) -> None:
    """Mark fields as required for the reader; whether they are is checked by the operation."""
    for name in names:
        form[name].flags.required = True


def options(pairs: Iterable[tuple[str, str]], *, may_be_empty: bool = False) -> list[SelectChoice]:
    """Return the options of a choice from values and words, before them 请选择 where nothing may be chosen."""
    empty = [SelectChoice("", gettext("Please select"))] if may_be_empty else []
    return [*empty, *(SelectChoice(value, word) for value, word in pairs)]
