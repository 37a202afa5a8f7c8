"""What happens in credits that an area above may follow: subscribers run in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from models.access import Actor


@dataclass(frozen=True, slots=True)
class YearChange:
    """A person's year passed before and does not any more, or the other way round; or it counts fewer hours than before."""

    person_id: int
    year: int
    was_passed: bool
    is_passed: bool
    has_fewer_hours: bool = False  # in sum, or of one kind


Subscriber = Callable[[Session, Actor, Sequence[YearChange]], None]


class YearChanged:
    """The event of years that turned or lost hours; called with all of a transaction's chunk at once, in order of subscription."""

    def __init__(self) -> None:
        self._subscribers: list[Subscriber] = []

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call *subscriber* from now on; a second subscription of the same one is none."""
        if subscriber not in self._subscribers:
            self._subscribers.append(subscriber)

    def happen(self, session: Session, actor: Actor, changes: Sequence[YearChange]) -> None:
        """Tell every subscriber, if there is anything to tell."""
        for subscriber in self._subscribers if changes else ():
            subscriber(session, actor, changes)


year_changed = YearChanged()
