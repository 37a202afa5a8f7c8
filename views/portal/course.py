"""The course of a declaration (申报审核记录): who submitted it when, whom it waits for, what each level decided and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from flask_babel import gettext
from sqlalchemy.orm import Session

from models import history
from models.credits import queries
from models.credits.audits import Audit
from models.credits.queries import Progress, Round
from models.credits.reviewing import GRANTED
from models.credits.tables import Declaration, DeclarationState
from models.history import HistoryEntry
from models.reviews.tables import Decision, LevelState, Verdict
from models.text import with_phone
from views import states
from views.details import TimelineEntry
from views.words import hours


def course_of(session: Session, declaration: Declaration, audit: Audit | None = None) -> list[TimelineEntry]:
    """Return what happened to a declaration that the reader has loaded, the oldest first, then what it waits for."""
    progress = queries.progress(session, declaration)
    notes = [_passed_with_it(one, declaration) for one in progress.rounds]
    past = [*_own(history.entries_of(session, "declaration", declaration.id), notes), *_decided(progress)]
    past += [(audit.decided_at, _verdict(audit))] if audit is not None else []
    past.sort(key=lambda pair: pair[0])
    return [entry for _, entry in past] + (_waiting(progress) if declaration.state == DeclarationState.PENDING else [])


def _passed_with_it(one: Round, declaration: Declaration) -> str:
    """Say which levels an organisation passed by declaring itself."""
    names = [level.name for level in one.levels if level.state == LevelState.PASSED and level.decision is None]
    if not names or not declaration.declared_by_name:
        return ""
    by = gettext("Declared by %(name)s", name=declaration.declared_by_name)
    # Apart from the string: what stands inside one is not found for the catalogue.
    passed = gettext("passed with it: %(names)s", names=gettext(", ").join(names))
    return gettext("; ").join((by, passed))


def _own(entries: Iterable[HistoryEntry], notes: list[str]) -> list[tuple[dt.datetime, TimelineEntry]]:
    """Return the steps of whoever declared; each submission carries the note of its round."""
    words = {
        "submit": (gettext("Submitted"), "info"),
        "resubmit": (gettext("Submitted again"), "info"),
        "withdraw": (gettext("Withdrawn"), "withdrawn"),
    }
    found, rounds = [], iter(notes)
    for e in entries:
        if e.action in words:
            note = "" if e.action == "withdraw" else next(rounds, "")
            found.append((e.at, TimelineEntry(*words[e.action], at=e.at, who=e.actor_name, where=e.organisation_name, note=note)))
    return found


def _decided(progress: Progress) -> list[tuple[dt.datetime, TimelineEntry]]:
    return [
        (level.decision.decided_at, _decision(level.decision))
        for one in progress.rounds
        for level in one.levels
        if level.decision is not None
    ] + [(d.decided_at, _decision(d)) for d in progress.taken_back]


def _decision(decision: Decision) -> TimelineEntry:
    if decision.verdict == Verdict.UNDONE:
        return TimelineEntry(gettext("Undone"), "withdrawn", at=decision.decided_at, where=decision.by_organisation_name)
    is_passed = decision.verdict == Verdict.PASS
    granted = (decision.values or {}).get(GRANTED)
    notes = [gettext("Hours granted: %(hours)s", hours=hours(granted))] if is_passed and granted else []
    if decision.in_place_of:
        notes.append(gettext("In place of %(name)s", name=decision.in_place_of))
    return TimelineEntry(
        gettext("Approved") if is_passed else gettext("Rejected"),
        "approved" if is_passed else "rejected",
        at=decision.decided_at,
        where=decision.by_organisation_name,
        note=" · ".join(notes),
        reason=decision.reason,
    )


def _verdict(audit: Audit) -> TimelineEntry:
    word = states.AUDIT[audit.verdict]
    return TimelineEntry(
        gettext(word.word), word.kind, at=audit.decided_at, where=audit.by_organisation_name, reason=audit.reason
    )


def _waiting(progress: Progress) -> list[TimelineEntry]:
    """Return the open level with its phone, and those that follow."""
    if not progress.rounds:
        return []
    found = []
    for level in progress.rounds[-1].levels:
        if level.state == LevelState.OPEN:
            found.append(TimelineEntry(gettext("Pending review"), "pending", note=waits_for(level.name, level.phone)))
        elif level.state == LevelState.WAITING:
            found.append(TimelineEntry(gettext("Not yet reached"), "draft", where=level.name, phone=level.phone))
        elif level.state == LevelState.SKIPPED:
            found.append(TimelineEntry(gettext("Skipped"), "withdrawn", where=level.name))
    return found


def waits_for(name: str, phone: str) -> str:
    """Return the sentence that names who reviews now: 等待 市人社局 (0592-…) 审核."""
    return gettext("Waiting for the review by %(name)s", name=with_phone(name, phone))
