"""The words of every state, with the kind that chooses icon and colour. The words are those of the glossary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from models.errors import N_
from models.reviews.tables import ReviewKind


@dataclass(frozen=True, slots=True)
class StateWord:
    """A message id and one of pending, approved, rejected, draft, withdrawn, info."""

    word: str
    kind: str


def _table(**words: tuple[str, str]) -> Mapping[str, StateWord]:
    return MappingProxyType({state: StateWord(*pair) for state, pair in words.items()})


DECLARATION = _table(
    draft=(N_("To be submitted"), "draft"),
    pending=(N_("Pending review"), "pending"),
    approved=(N_("Approved"), "approved"),
    rejected=(N_("Rejected"), "rejected"),
)
FILING = DECLARATION
"""Of plans; a report that is not submitted is 未申报."""
REPORT = _table(
    draft=(N_("Not filed"), "draft"),
    pending=(N_("Pending review"), "pending"),
    approved=(N_("Approved"), "approved"),
    rejected=(N_("Rejected"), "rejected"),
)
GRADE = _table(
    waiting=(N_("To be filed"), "draft"),
    pending=(N_("Pending review"), "pending"),
    approved=(N_("Approved"), "approved"),
    rejected=(N_("Rejected"), "rejected"),
)
AUDIT = _table(
    none=(N_("Not verified"), "draft"), passed=(N_("Verified"), "approved"), failed=(N_("Verification failed"), "rejected")
)
REVIEW = _table(
    open=(N_("Pending review"), "pending"),
    passed=(N_("Approved"), "approved"),
    rejected=(N_("Rejected"), "rejected"),
    withdrawn=(N_("Withdrawn"), "withdrawn"),
)
LEVEL = _table(
    waiting=(N_("Not yet reached"), "draft"),
    open=(N_("Pending review"), "pending"),
    passed=(N_("Approved"), "approved"),
    rejected=(N_("Rejected"), "rejected"),
    skipped=(N_("Skipped"), "withdrawn"),
    closed=(N_("Not reached"), "withdrawn"),
)
VERDICT = _table(
    **{
        "pass": (N_("Approved"), "approved"),
        "reject": (N_("Rejected"), "rejected"),
        "undone": (N_("Undone"), "withdrawn"),
    }
)
PERSON = _table(
    pending=(N_("Pending review"), "pending"),
    active=(N_("Active"), "approved"),
    rejected=(N_("Rejected"), "rejected"),
    disabled=(N_("Disabled"), "withdrawn"),
)
CHANGE = _table(
    open=(N_("Pending review"), "pending"),
    passed=(N_("Approved"), "approved"),
    rejected=(N_("Rejected"), "rejected"),
    withdrawn=(N_("Withdrawn"), "withdrawn"),
)
RULE = _table(
    draft=(N_("Draft"), "draft"),
    published=(N_("Published"), "approved"),
    discarded=(N_("Discarded"), "withdrawn"),
)
TRANSFER = _table(
    waiting_out=(N_("Waits for the release"), "pending"),
    waiting_in=(N_("Waits for the receiving unit"), "pending"),
    accepted=(N_("Transfer accepted"), "approved"),
    refused_out=(N_("Release refused"), "rejected"),
    refused_in=(N_("Transfer refused"), "rejected"),
    withdrawn=(N_("Withdrawn"), "withdrawn"),
)
SUPERIOR_CHANGE = _table(
    waiting_out=(N_("Pending review"), "pending"),
    waiting_in=(N_("Pending review"), "pending"),
    accepted=(N_("Approved"), "approved"),
    refused_out=(N_("Rejected"), "rejected"),
    refused_in=(N_("Rejected"), "rejected"),
    withdrawn=(N_("Withdrawn"), "withdrawn"),
)
ORDER = _table(done=(N_("Carried out"), "approved"), undone=(N_("Reversed"), "withdrawn"))
REVIEW_KINDS: Mapping[ReviewKind, str] = MappingProxyType(
    {
        ReviewKind.REGISTRATION: N_("Registrations of people"),
        ReviewKind.PERSON_CHANGE: N_("Changes of personal data"),
        ReviewKind.ORGANISATION: N_("Registrations of units"),
        ReviewKind.ORGANISATION_CHANGE: N_("Changes of unit data"),
        ReviewKind.TRANSFER_OUT: N_("Transfers to release"),
        ReviewKind.TRANSFER_IN: N_("Transfers of people"),
        ReviewKind.SUPERIOR_OUT: N_("Changes of superior to release"),
        ReviewKind.SUPERIOR_IN: N_("Changes of superior"),
        ReviewKind.DECLARATION: N_("Declarations of hours"),
        ReviewKind.TRAINING_PLAN: N_("Plans of trainings"),
        ReviewKind.YEARLY_PLAN: N_("Yearly training plans"),
        ReviewKind.YEARLY_REPORT: N_("Yearly reports of training bases"),
        ReviewKind.UNIT_PLAN: N_("Training plans of units"),
        ReviewKind.UNIT_HOURS: N_("Hours of trainings of units"),
    }
)
"""What waits, in words."""
POST = _table(
    offered=(N_("Waits for the holder's confirmation"), "pending"),
    active=(N_("Active"), "approved"),
    disabled=(N_("Disabled"), "withdrawn"),
    ended=(N_("Ended"), "withdrawn"),
)
SWITCH = _table(true=(N_("Enabled"), "approved"), false=(N_("Disabled"), "withdrawn"))
"""The words of what is switched on and off."""
PUBLICATION = _table(
    draft=(N_("Draft"), "draft"),
    published=(N_("Published"), "approved"),
    withdrawn=(N_("Taken back"), "withdrawn"),
)
ORGANISATION = _table(
    pending=(N_("Pending review"), "pending"),
    active=(N_("Active"), "approved"),
    rejected=(N_("Rejected"), "rejected"),
    disabled=(N_("Disabled"), "withdrawn"),
    merged=(N_("Merged"), "withdrawn"),
)
JOB = _table(
    queued=(N_("Waiting"), "pending"),
    running=(N_("Running"), "info"),
    done=(N_("Finished"), "approved"),
    failed=(N_("Failed"), "rejected"),
    cancelled=(N_("Cancelled"), "withdrawn"),
)
YEAR_RESULT = _table(true=(N_("Passed"), "approved"), false=(N_("Not passed"), "pending"))
CERTIFICATE = _table(
    valid=(N_("Valid"), "approved"),
    revoked=(N_("Revoked"), "rejected"),
    replaced=(N_("Replaced"), "withdrawn"),
)
OF_WORKFLOWS: Mapping[str, Mapping[str, StateWord]] = MappingProxyType(
    {
        "audit": AUDIT,
        "certificate": CERTIFICATE,
        "change_order": ORDER,
        "declaration": DECLARATION,
        "grade": GRADE,
        "organisation": ORGANISATION,
        "organisation_change": CHANGE,
        "person_change": CHANGE,
        "post": POST,
        "professional": PERSON,
        "publication": PUBLICATION,
        "review": REVIEW,
        "rule_version": RULE,
        "superior_change": SUPERIOR_CHANGE,
        "training_plan": FILING,
        "transfer": TRANSFER,
        "unit_training": FILING,
        "yearly_report": REPORT,
    }
)
"""The words of the states of every workflow by the kind of its subject, for the refusal of a step."""
