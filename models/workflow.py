"""State machines as tables of data, and the only setter of a state column."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models import history, scope
from models.access import Actor, Permission
from models.among import among
from models.errors import N_, DomainError, Invalid, NotFound, WrongState, first_of
from models.loaded import show

WRONG_STEP = N_("This step does not fit the present status: %(state)s.")
"""``state`` is the code of a state, ``of`` the kind of its subject: whoever shows it puts the word in its place."""
CHUNK = 500
"""At most so many rows are moved by one transaction of a batch."""


@dataclass(frozen=True, slots=True)
class Step:
    """One arrow of a state machine: buttons, batches and the diagram in the docs derive from it."""

    name: str
    sources: frozenset[str]
    target: str
    label: str  # message id of the button
    permission: Permission | None = None  # None: an internal step, or one whose caller asks for more than a permission
    needs_reason: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """What became of each id: done, or refused with its error; nothing of a refused row changed."""

    done: tuple[int, ...] = ()
    refused: Mapping[int, DomainError] = field(default_factory=dict)

    def or_raise(self) -> None:
        """Raise the first refusal: for an effect that must move every row, or none."""
        for error in self.refused.values():
            raise error


def one_by_one(session: Session, ids: Iterable[int], step: Callable[[int], object]) -> Moved:
    """Carry out *step* for each id by itself, in the order of the ids: what it had changed of a refused one is undone."""
    done: list[int] = []
    refused: dict[int, DomainError] = {}
    for each in sorted(set(ids)):
        attempted = session.begin_nested()
        try:
            step(each)
        except DomainError as refusal:
            attempted.rollback()
            refused[each] = first_of(refusal)
        else:
            attempted.commit()
            done.append(each)
    return Moved(tuple(done), refused)


Effect = Callable[[Session, Actor, Sequence[int]], None]


class Workflow:
    """The state machine of one table with an ``id`` and a column of states, which is ``state`` unless it is named."""

    def __init__(
        self, model: Any, subject_kind: str, states: type[StrEnum], steps: Iterable[Step], *, column: str = "state"
    ) -> None:
        self.model = model
        self.subject_kind = subject_kind
        self.column = column
        self.states = states
        self.steps = {s.name: s for s in steps}
        self.effects: dict[str, list[Effect]] = {}
        registry.append(self)

    def on(self, step: str, effect: Effect) -> None:
        """Call *effect* with the moved ids after each *step*, in the same transaction, in the order of registration."""
        self.effects.setdefault(self.steps[step].name, []).append(effect)

    def steps_from(self, state: str) -> list[Step]:
        """Return the steps that fit *state*."""
        return [s for s in self.steps.values() if state in s.sources]

    def move_many(
        self,
        session: Session,
        actor: Actor,
        ids: Collection[int],
        *,
        step: str,
        reason: str = "",
        values: Mapping[str, Any] | None = None,
        each: Mapping[int, Mapping[str, Any]] | None = None,
        where: ColumnElement[bool] | None = None,
        recorded: Mapping[int, Mapping[str, Any]] | None = None,
    ) -> Moved:
        """Move the rows that fit, in one locked, set-based claim; write history; flush, never commit.

        *values* are set on every row, *each* on one row's own columns; *where* narrows what fits. Refused ids map to
        NotFound (absent or outside the scope) or WrongState. Raises NotAllowed without the permission and Invalid
        without a needed reason, before anything is read.
        """
        plan = self.steps[step]
        if plan.permission is not None:
            actor.require(plan.permission)
        reason = reason.strip()
        if plan.needs_reason and not reason:
            raise Invalid(N_("Please give a reason."))
        wanted = sorted(set(ids))
        done: list[int] = []
        refused: dict[int, DomainError] = {}
        session.flush()
        for start in range(0, len(wanted), CHUNK):
            self._move_chunk(session, wanted[start : start + CHUNK], plan, values or {}, each or {}, where, done, refused)
        if done:
            history.record(session, actor, self.subject_kind, done, step, reason=reason, each=recorded)
            for effect in self.effects.get(step, ()):
                effect(session, actor, done)
            session.flush()
        return Moved(tuple(done), refused)

    def move(self, session: Session, actor: Actor, row_id: int, *, step: str, **how: Any) -> None:
        """Move one row; raises what ``move_many`` would have refused it with."""
        self.move_many(session, actor, [row_id], step=step, **how).or_raise()

    def _move_chunk(
        self,
        session: Session,
        ids: Sequence[int],
        plan: Step,
        values: Mapping[str, Any],
        each: Mapping[int, Mapping[str, Any]],
        where: ColumnElement[bool] | None,
        done: list[int],
        refused: dict[int, DomainError],
    ) -> None:
        model = self.model
        locked = select(model.id, getattr(model, self.column)).where(among(model.id, ids)).order_by(model.id).with_for_update()
        states = {row_id: state for row_id, state in session.execute(locked)}  # noqa: C416 - rows are no pairs to dict()
        fits = [i for i in ids if states.get(i) in plan.sources]
        if where is not None and fits:
            kept = set(session.scalars(select(model.id).where(among(model.id, fits), where)))
            fits = [i for i in fits if i in kept]
        for i in set(ids) - set(fits):
            refused[i] = NotFound() if i not in states else WrongState(WRONG_STEP, state=str(states[i]), of=self.subject_kind)
        if not fits:
            return
        self._write(session, fits, plan, values, each)
        done.extend(fits)

    def _write(
        self, session: Session, ids: Sequence[int], plan: Step, values: Mapping[str, Any], each: Mapping[int, Mapping[str, Any]]
    ) -> None:
        rows = [{"id": i, self.column: plan.target, **values, **each.get(i, {})} for i in ids]
        scope.bulk_update(session, self.model, rows, locked=True)
        show(session, self.model, rows)


registry: list[Workflow] = []
"""Every workflow of the product: the contract test walks them all."""
