"""Every step of every state machine, from every state, by every position: it moves what fits and nothing else."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import effects as registrations
from models import workflow
from models.access import Actor
from models.base import utcnow
from models.errors import DomainError, Invalid, NotAllowed, NotFound, WrongState
from models.history import HistoryEntry
from models.scope import ScopeError, bulk_update, system_session
from models.transaction import Intent, expect, unit_of_work
from models.workflow import Step, Workflow
from tests.cast import Cast
from tests.contracts import canaries
from tests.contracts.canaries import World
from views.states import OF_WORKFLOWS

Open = Callable[[Actor], Session]
POSITIONS = (
    "professional",
    "colleague",
    "unit_clerk",
    "department_clerk",
    "county_officer",
    "inner_officer",
    "city_officer",
    "sibling_clerk",
    "cousin_clerk",
    "foreign_officer",
    "base_clerk",
    "support",
)
KINDS = (
    "organisation",
    "post",
    "professional",
    "declaration",
    "audit",
    "review",
    "certificate",
    "organisation_change",
    "person_change",
    "transfer",
    "superior_change",
    "change_order",
    "training_plan",
    "yearly_report",
    "grade",
    "unit_training",
)
LOADED = registrations  # registers every workflow

# What a state demands of the other columns (the named CHECK constraints), and what a step brings along.
FILING: dict[str, dict[str, Any]] = {
    "draft": {},
    "rejected": {"submitted_at": dt.datetime(2026, 3, 1, tzinfo=dt.UTC), "reason": "because"},
    "": {"submitted_at": dt.datetime(2026, 3, 1, tzinfo=dt.UTC)},
}
NEEDS: dict[str, dict[str, dict[str, Any]]] = {
    "declaration": {
        "approved": {"granted_tenths": 50, "granted_at": dt.datetime(2026, 3, 1, tzinfo=dt.UTC)},
        "": {"granted_tenths": None, "granted_at": None},
    },
    "training_plan": FILING,
    "grade": {"waiting": {"declaration_id": None}, "": {"declaration_id": 1}},
    "yearly_report": FILING,
    "unit_training": {state: values | {"n_people": 1} for state, values in FILING.items()},
    "audit": {"": {"state": "approved", "granted_tenths": 50, "granted_at": dt.datetime(2026, 3, 1, tzinfo=dt.UTC)}},
    "review": {"open": {"deciding_organisation_id": 5}, "": {"deciding_organisation_id": None}},
}


def needs(flow: Workflow, state: str) -> dict[str, Any]:
    """Return the columns that go with *state*."""
    known = NEEDS.get(flow.subject_kind, {})
    return known.get(state, known.get("", {}))


def machines() -> list[tuple[Workflow, Step]]:
    return [(flow, step) for flow in workflow.registry for step in flow.steps.values()]


@pytest.fixture
def world(in_app: object, cast: Cast) -> World:
    """A row of every table for everybody."""
    expect(Intent.WRITE)
    with system_session() as session, unit_of_work(session):
        return canaries.build(session, cast)


@pytest.fixture
def effects_off() -> Iterator[None]:
    """Leave out what follows from a step: this contract is about the step itself."""
    before = [(flow, dict(flow.effects)) for flow in workflow.registry]
    for flow in workflow.registry:
        flow.effects.clear()
    yield
    for flow, effects in before:
        flow.effects.update(effects)


def row_of(flow: Workflow, world: World) -> tuple[str, int]:
    """Return owner and id of the row of the unit, or of its professional, that the steps are tried on."""
    owners = world.ids[flow.model.__tablename__]
    wanted = ("person:professional", "unit", f"{flow.model.__tablename__}:unit>cousin_unit")
    owner = next(o for o in wanted if o in owners)
    return owner, int(owners[owner])


def put(flow: Workflow, row_id: int, state: str) -> None:
    with system_session() as session, unit_of_work(session):
        bulk_update(session, flow.model, [{"id": row_id, flow.column: state, **needs(flow, state)}])


def look(flow: Workflow, row_id: int) -> tuple[str, int]:
    with system_session() as session:
        state = session.scalar(select(getattr(flow.model, flow.column)).where(flow.model.id == row_id))
        return str(state), session.scalar(select(func.count()).select_from(HistoryEntry)) or 0


def test_every_machine_is_closed_and_named() -> None:
    assert {flow.subject_kind for flow in workflow.registry} == {
        "organisation",
        "post",
        "professional",
        "declaration",
        "audit",
        "review",
        "certificate",
        "publication",
        "organisation_change",
        "person_change",
        "transfer",
        "superior_change",
        "change_order",
        "training_plan",
        "yearly_report",
        "rule_version",
        "grade",
        "unit_training",
    }
    for flow, step in machines():
        states = {str(s) for s in flow.states}
        assert step.target in states
        assert step.sources <= states
        assert step.label


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.usefixtures("effects_off")
def test_every_step_from_every_state_by_every_position(kind: str, world: World, cast: Cast, session_of: Open) -> None:
    flow = next(f for f in workflow.registry if f.subject_kind == kind)
    owner, row_id = row_of(flow, world)
    n_tried = 0
    for name in POSITIONS:
        session = session_of(cast.actors[name])
        sees = owner in world.visible(name)
        for step in flow.steps.values():
            for state in map(str, flow.states):
                n_tried += 1
                put(flow, row_id, state)
                expected = expectation(step, state, cast.actors[name], sees=sees)
                told = attempt(flow, session, cast.actors[name], row_id, step)
                where = f"{kind}: {step.name} from {state} by {name}"
                before = (state, None)
                after, _ = look(flow, row_id)
                if expected is None:
                    assert told is None, where
                    assert after == step.target, where
                else:
                    assert isinstance(told, expected), f"{where}: {told!r}"
                    assert after == before[0], where
    assert n_tried == len(POSITIONS) * len(flow.steps) * len(flow.states)


def expectation(step: Step, state: str, actor: Actor, *, sees: bool) -> type[Exception] | None:
    """Return the refusal that is due, computed from the table of steps alone."""
    if step.permission is not None and not actor.can(step.permission):
        return NotAllowed
    if not sees:
        return NotFound
    return None if state in step.sources else WrongState


def attempt(flow: Workflow, session: Session, actor: Actor, row_id: int, step: Step) -> Exception | None:
    values = dict(needs(flow, step.target))
    values.pop("deciding_organisation_id", None)
    if flow.subject_kind == "review":
        values["deciding_organisation_id"] = 5 if step.target == "open" else None
    if flow.subject_kind == "declaration" and step.target == "approved":
        values["granted_at"] = utcnow()
    history_before = look(flow, row_id)[1]
    try:
        with unit_of_work(session):
            flow.move(session, actor, row_id, step=step.name, reason="because", values=values)
    except (DomainError, ScopeError) as refusal:
        assert look(flow, row_id)[1] == history_before
        return refusal
    assert look(flow, row_id)[1] == history_before + 1
    return None


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_that_needs_a_reason_is_refused_without_one(kind: str, world: World, cast: Cast, session_of: Open) -> None:
    flow = next(f for f in workflow.registry if f.subject_kind == kind)
    _, row_id = row_of(flow, world)
    before = look(flow, row_id)
    for step in flow.steps.values():
        if step.needs_reason:
            session = session_of(cast.city_officer)
            with pytest.raises((Invalid, NotAllowed)), unit_of_work(session):
                flow.move(session, cast.city_officer, row_id, step=step.name, reason=" ")
    assert look(flow, row_id) == before


def test_every_state_has_a_word_for_the_refusal_of_a_step() -> None:
    for flow in workflow.registry:
        assert set(OF_WORKFLOWS[flow.subject_kind]) >= {state.value for state in flow.states}, flow.subject_kind
