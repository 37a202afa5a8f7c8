"""The demo: a believable made-up city, built through the domain's own operations. Deterministic, dates follow the year."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select

from models import daily_roots, effects, history
from models.base import clock_set_back, today
from models.errors import N_, Conflict
from models.org.tables import Organisation
from models.scope import system_session
from seed.demo.audits import build_audits
from seed.demo.declared import build_declared
from seed.demo.grades import build_grades
from seed.demo.imports import build_imports
from seed.demo.moves import build_moves
from seed.demo.organisations import build_tree
from seed.demo.own_forms import READING, build_own_forms, retire
from seed.demo.paperwork import build_paperwork
from seed.demo.printed import build_printed
from seed.demo.publications import build_publications
from seed.demo.records import build_records
from seed.demo.rules import build_rules
from seed.demo.stage import DemoAccount, Stage, as_system, new_stage
from seed.demo.training import build_training
from seed.demo.undone import build_undone
from seed.demo.unit_hours import build_unit_hours
from seed.demo.units import build_units
from seed.demo.years import build_years
from seed.reference import seed_reference

__all__ = ["DemoAccount", "effects", "seed_demo"]


def seed_demo() -> list[DemoAccount]:
    """Build the demo in an empty database and return the accounts to be printed; raises Conflict when it holds data."""
    with system_session() as session:
        if session.scalar(select(func.count()).select_from(Organisation)):
            raise Conflict(N_("The database holds organisations already; the demo is built in an empty one."))
    with as_system() as session:
        seed_reference(session)
    stage = new_stage()
    with clock_set_back(_some_days()):
        _build_what_was(stage)
    with as_system() as session:
        daily_roots.publish(session)
    build_publications(stage)
    build_units(stage)
    build_moves(stage)
    build_rules(stage)
    build_training(stage)
    build_grades(stage)
    build_unit_hours(stage)
    build_years(stage)
    own_forms = build_own_forms(stage)
    build_declared(stage, own_forms)
    retire(stage, own_forms[READING])
    build_imports(stage)
    build_printed(stage)
    _seal()
    return stage.accounts


def _some_days() -> dt.timedelta:
    """Return how long ago the demo begins: two days, so that its first day is over, but never in another year."""
    return dt.timedelta(days=min(2, (today() - dt.date(today().year, 1, 1)).days))


def _build_what_was(stage: Stage) -> None:
    """Build what happened on the first day; its history is sealed, and once the day is over its receipts can be checked."""
    build_tree(stage)
    build_records(stage)
    build_paperwork(stage)
    build_audits(stage)
    build_undone(stage)
    _seal()


def _seal() -> None:
    with as_system() as session:
        while history.seal(session):
            session.flush()
