"""The rows of a receipt in words: the sheet, the page without login and nobody else read the stored steps this way."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from models.errors import N_
from views.words import hours, local_time, words

GRANTED = "granted_tenths"
HOURS_GRANTED = N_("Hours granted: %(hours)s")
HOURS_TAKEN_BACK = N_("Hours taken back: %(hours)s")
STEPS: dict[tuple[str, str], str] = {
    ("declaration", "create"): N_("Declaration drawn up"),
    ("declaration", "edit"): N_("Declaration edited"),
    ("declaration", "submit"): N_("Submitted"),
    ("declaration", "resubmit"): N_("Submitted again"),
    ("declaration", "withdraw"): N_("Withdrawn"),
    ("declaration", "add_evidence"): N_("Evidence added"),
    ("declaration", "remove_evidence"): N_("Evidence removed"),
    ("declaration", "declare_anew"): N_("Declared anew"),
    ("declaration", "approve"): N_("Hours granted"),
    ("declaration", "reject"): N_("Declaration rejected"),
    ("declaration", "undo"): N_("Undone"),
    ("declaration", "recalculate"): N_("Hours recalculated"),
    ("audit", "audit_pass"): N_("Pass the audit"),
    ("audit", "audit_fail"): N_("Fail the audit"),
    ("review", "pass_level"): N_("Passed, goes on to the next level"),
    ("review", "pass"): N_("Passed at the last level"),
    ("review", "reject"): N_("Rejected"),
    ("review", "withdraw"): N_("Withdrawn from review"),
    ("review", "reroute"): N_("Goes on elsewhere"),
    ("review", "undo"): N_("Decision taken back"),
    ("review", "resubmit"): N_("New round of review"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One row in words."""

    at: str
    step: str
    who: str
    where: str
    note: str
    reason: str


def row_lines(rows: Sequence[Mapping[str, Any]]) -> list[Line]:
    """Return each row in the reader's language; what a stranger's file may hold instead is shown as it stands."""
    return [_line(row) for row in rows]


def _line(row: Mapping[str, Any]) -> Line:
    kind, action = str(row.get("subject_kind", "")), str(row.get("action", ""))
    known = STEPS.get((kind, action))
    return Line(
        moment(row.get("at")),
        gettext(known) if known else action,
        str(row.get("actor_name", "")),
        str(row.get("organisation_name", "")),
        _note(row.get("changes")),
        str(row.get("reason", "")),
    )


def moment(at: Any) -> str:
    """Return a stored time as local wall clock; what is none as it stands."""
    try:
        return local_time(dt.datetime.fromisoformat(at))
    except (TypeError, ValueError, OverflowError):
        return str(at)


def _note(changes: Any) -> str:
    pair = changes.get(GRANTED) if isinstance(changes, Mapping) else None
    if not isinstance(pair, list) or len(pair) != 2:
        return ""
    old, new = pair
    if type(new) is int and abs(new) < 10**9:
        return words(HOURS_GRANTED, {"hours": hours(new)})
    return words(HOURS_TAKEN_BACK, {"hours": hours(old)}) if type(old) is int and abs(old) < 10**9 else ""
