"""The course of a review in words: submission, each level's decision, and what is still to come with phone numbers."""

from __future__ import annotations

from flask_babel import gettext
from sqlalchemy.orm import Session

from models.errors import N_
from models.reviews import queries
from models.reviews.tables import Decision, LevelState, Review, ReviewLevel, Verdict
from views import states
from views.details import TimelineEntry
from views.words import hours


def course(session: Session, review: Review) -> list[TimelineEntry]:
    """Return each round's decisions in order, and of the present round what is still to come, with phone numbers."""
    decided: dict[tuple[int, int], list[Decision]] = {}
    for each in queries.decisions_of(session, review):
        decided.setdefault((each.round, each.level), []).append(each)
    levels = queries.levels_of(session, review, every_round=True)
    entries: list[TimelineEntry] = []
    for number in range(1, review.round + 1):
        if number == review.round:
            entries.append(
                TimelineEntry(gettext(N_("Submitted")), "info", at=review.submitted_at, note=_round_note(number, review))
            )
        for level in levels:
            if level.round == number and level.state != LevelState.CLOSED:
                decisions = decided.get((number, level.level), [])
                entries += [_decision_entry(decision, review) for decision in decisions]
                if not decisions or decisions[-1].verdict == Verdict.UNDONE:
                    entries.append(_level_entry(level))
    return entries


def _level_entry(level: ReviewLevel) -> TimelineEntry:
    word = states.LEVEL[level.state]
    return TimelineEntry(gettext(word.word), word.kind, where=level.organisation_name, phone=level.organisation_phone)


def _decision_entry(decision: Decision, review: Review) -> TimelineEntry:
    word = states.VERDICT[decision.verdict]
    notes = [_round_note(decision.round, review)]
    granted = (decision.values or {}).get("granted_tenths")
    if granted is not None:
        notes.append(gettext(N_("Hours granted: %(hours)s"), hours=hours(int(granted))))
    if decision.in_place_of:
        notes.append(gettext(N_("In place of %(name)s"), name=decision.in_place_of))
    return TimelineEntry(
        gettext(word.word),
        word.kind,
        at=decision.decided_at,
        who=decision.actor_name,
        where=decision.by_organisation_name,
        note=" · ".join(n for n in notes if n),
        reason=decision.reason,
    )


def _round_note(number: int, review: Review) -> str:
    return gettext(N_("Round %(n)s"), n=number) if review.round > 1 else ""
