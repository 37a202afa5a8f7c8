"""S073, S075, S076: transfers that wait for the own unit's word, those to release, and the record of both directions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from flask_babel import gettext
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.access import Actor, Permission, PositionKind
from models.errors import N_, DomainError
from models.org.tables import OPEN_MOVES
from models.people.transfers import Transfer
from models.reviews import transfers
from models.reviews.tables import Decision, Review, ReviewKind
from models.scope import path_range
from models.workflow import Moved
from views import states
from views.admin.actions import BatchAction, RowAction, Section, Tab
from views.admin.base import ScopedModelView
from views.admin.columns import Col
from views.admin.decisions import JoinedReviews, decided_columns, decision_batches, joined, review_tabs
from views.admin.filters import part_filter
from views.admin.keyset import Sort
from views.admin.screen import WITH_MEMBERS
from views.words import words

IN, OUT = ReviewKind.TRANSFER_IN, ReviewKind.TRANSFER_OUT
_col = partial(joined, Transfer, 1)
WHO = (_col(Col("name", is_link=True)), _col(Col("number_masked")))
TITLE = (
    _col(Col("title_series")),
    _col(Col("field_of_work")),
    _col(Col("title_qualification", label=N_("Title qualification of the post"))),
)
FROM, TO = _col(Col("from_name", label=N_("Former unit"))), _col(Col("to_name"))
STATE = _col(Col("state", status=states.TRANSFER))
ABOUT = (_col(Col("contact_phone")), _col(Col("started_by")), _col(Col("created_at")))
CANNED = (N_("The person has not handed over the work yet."), N_("There is no agreement between the two units."))


def _rows(first: Any) -> Any:
    return select(first, Transfer).join(Transfer, Transfer.id == first.subject_id)


def _name(row: Any) -> str:
    return str(row[1].name)


NAME = part_filter("name", Transfer.name, N_("Name"), is_private=True)


class _TransferReviews(JoinedReviews, ScopedModelView):
    """What both lists of decisions share."""

    permission = Permission.TRANSFERS
    joined_to = staticmethod(_rows)
    named = staticmethod(_name)
    group_id = N_("Account review")
    icon = "user"
    filters = (NAME,)


class TransfersInView(_TransferReviews):
    """人员调入: people whom other units or they themselves want to bring here."""

    kinds = WITH_MEMBERS
    kind = IN
    name_id = N_("Incoming transfers")
    order = 31

    columns = (*WHO, FROM, *TITLE, STATE)
    batch_actions = decision_batches(Permission.TRANSFERS, CANNED, words_on_row=(N_("Confirm the transfer"), N_("Refuse")))
    tabs = review_tabs(
        IN,
        Permission.TRANSFERS,
        waiting=partial(_rows, Review),
        decided=partial(_rows, Decision),
        columns=columns,
        name=_name,
        filters=(NAME,),
        decided_shown=(*columns, *decided_columns()[1:]),
        row_actions=(
            RowAction("details", N_("Handle the transfer")),
            RowAction("approve", N_("Confirm the transfer"), batch="approve"),
            RowAction("reject", N_("Refuse"), batch="reject", is_danger=True),
        ),
    )
    details = (Section(N_("Transfer"), (*WHO, FROM, TO, *TITLE, *ABOUT, STATE)),)

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("Nobody is waiting: who is to be transferred to your unit appears here."))


class TransfersOutView(_TransferReviews):
    """人员调出审核: where the setting asks for it, the HR department releases people of its subtree first."""

    kinds = frozenset({PositionKind.HR_DEPARTMENT})
    kind = OUT
    name_id = N_("Review of outgoing transfers")
    order = 33

    columns = (*WHO, FROM, TO, STATE)
    batch_actions = decision_batches(Permission.TRANSFERS, CANNED)
    tabs = review_tabs(
        OUT,
        Permission.TRANSFERS,
        waiting=partial(_rows, Review),
        decided=partial(_rows, Decision),
        columns=columns,
        name=_name,
        filters=(NAME,),
        decided_shown=(*columns, *decided_columns()[1:]),
    )
    details = (Section(N_("Transfer"), (*WHO, FROM, TO, *TITLE, *ABOUT, STATE)),)

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("Nobody is waiting. Whether people are released first is one of your settings."))


# --- the record -------------------------------------------------------------------------------------------------------


def _within(column: Any) -> Any:
    def where(actor: Actor) -> Sequence[Any]:
        if actor.is_inner:
            return (column == actor.path,)
        low, high = path_range(actor.path)
        return (column >= low, column < high)

    return where


def _withdraw(session: Session, actor: Actor, ids: Sequence[int], *, reason: str, values: Mapping[str, Any]) -> Moved:  # noqa: ARG001 - the shape of every batch
    done: list[int] = []
    refused: dict[int, DomainError] = {}
    for transfer_id in ids:
        try:
            transfers.withdraw(session, actor, transfer_id)
        except DomainError as refusal:
            refused[transfer_id] = refusal
        else:
            done.append(transfer_id)
    return Moved(tuple(done), refused)


def _what_withdrawing_does(_session: Session, _actor: Actor, _ids: Sequence[int]) -> list[str]:
    return [gettext(N_("It leaves the list of whoever decides; the person stays where she is."))]


def _is_ours(transfer: Transfer) -> bool:
    return transfer.state in OPEN_MOVES and not transfer.is_by_person


FORMER = Col("from_name", label=N_("Former unit"))
ABOUT_PERSON = (
    Col("title_series"),
    Col("field_of_work"),
    Col("title_qualification", label=N_("Title qualification of the post")),
)
OUTCOME = Col("state", label=N_("Outcome"), status=states.TRANSFER)
FIRST, LAST = (Col("name", is_link=True), Col("number_masked")), (*ABOUT_PERSON, OUTCOME, Col("created_at", shown=False))


class TransferLogView(ScopedModelView):
    """调转记录: every transfer into and out of the subtree; both sides keep it, whatever becomes of the person."""

    permission = Permission.TRANSFERS
    kinds = WITH_MEMBERS
    name_id = N_("Transfer log")
    group_id = N_("Account review")
    icon = "clock"
    order = 34

    columns = (*FIRST, FORMER, *LAST, Col("to_name", shown=False))
    sorts = (Sort("id", (Transfer.id,), is_descending=True),)
    filters = (NAME,)
    batch_actions = (
        BatchAction(
            "withdraw",
            N_("Batch withdraw"),
            _withdraw,
            row_label=N_("Withdraw"),
            permission=Permission.TRANSFERS,
            preview=_what_withdrawing_does,
            is_danger=True,
        ),
    )
    row_actions = (
        RowAction("details", N_("Details")),
        RowAction("withdraw", N_("Withdraw"), batch="withdraw", when=_is_ours, is_danger=True),
    )
    tabs = (
        Tab("in", N_("Record of transfers in"), where=_within(Transfer.to_path), batch_actions=(), row_actions=row_actions[:1]),
        Tab(
            "out",
            N_("Record of transfers out"),
            where=_within(Transfer.from_path),
            columns=(*FIRST, Col("to_name"), *LAST, replace(FORMER, shown=False)),
        ),
    )
    details = (
        Section(
            N_("Transfer"),
            (
                *FIRST,
                FORMER,
                "to_name",
                *ABOUT_PERSON,
                "contact_phone",
                "started_by",
                "created_at",
                OUTCOME,
                "decided_at",
                "reason",
            ),
        ),
    )

    def row_name(self, row: Any) -> str:
        """Return the person's name."""
        return str(row.name)

    def empty_words(self) -> str:
        """Return what an empty list means."""
        return words(N_("Nobody has been transferred yet."))
