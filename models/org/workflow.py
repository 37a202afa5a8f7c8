"""The state machines of an organisation and of the changes that its superior reviews."""

from models.errors import N_
from models.org.tables import (
    OPEN_MOVES,
    ChangeOrder,
    ChangeState,
    MoveState,
    OrderState,
    Organisation,
    OrganisationChange,
    OrganisationState,
    SuperiorChange,
)
from models.workflow import Step, Workflow

PENDING, ACTIVE, REJECTED, DISABLED, MERGED = (
    OrganisationState.PENDING,
    OrganisationState.ACTIVE,
    OrganisationState.REJECTED,
    OrganisationState.DISABLED,
    OrganisationState.MERGED,
)

ORGANISATIONS = Workflow(
    Organisation,
    "organisation",
    OrganisationState,
    [
        Step("activate", frozenset({PENDING}), ACTIVE, N_("Pass")),
        Step("reject", frozenset({PENDING}), REJECTED, N_("Reject"), needs_reason=True),
        Step("disable", frozenset({ACTIVE}), DISABLED, N_("Disable"), needs_reason=True),
        Step("enable", frozenset({DISABLED}), ACTIVE, N_("Enable")),
        Step("merge", frozenset({ACTIVE, DISABLED}), MERGED, N_("Merge")),
        Step("unmerge", frozenset({MERGED}), ACTIVE, N_("Undo")),
    ],
)

OPEN = frozenset({ChangeState.OPEN})
CHANGE_STEPS = (
    Step("pass", OPEN, ChangeState.PASSED, N_("Pass")),
    Step("reject", OPEN, ChangeState.REJECTED, N_("Reject"), needs_reason=True),
    Step("withdraw", OPEN, ChangeState.WITHDRAWN, N_("Withdraw")),
)
"""Of every change that somebody reviews."""
CHANGES = Workflow(OrganisationChange, "organisation_change", ChangeState, CHANGE_STEPS)

_OUT, _IN = frozenset({MoveState.WAITING_OUT}), frozenset({MoveState.WAITING_IN})
MOVE_STEPS = (
    Step("release", _OUT, MoveState.WAITING_IN, N_("Release")),
    Step("refuse_release", _OUT, MoveState.REFUSED_OUT, N_("Refuse the release"), needs_reason=True),
    Step("accept", _IN, MoveState.ACCEPTED, N_("Confirm the transfer")),
    Step("refuse", _IN, MoveState.REFUSED_IN, N_("Refuse"), needs_reason=True),
    Step("withdraw", OPEN_MOVES, MoveState.WITHDRAWN, N_("Withdraw")),
)
"""Of whatever needs the word of both sides; who may take a step, ``models.reviews`` decides."""
SUPERIOR_CHANGES = Workflow(SuperiorChange, "superior_change", MoveState, MOVE_STEPS)
ORDERS = Workflow(
    ChangeOrder, "change_order", OrderState, [Step("undo", frozenset({OrderState.DONE}), OrderState.UNDONE, N_("Undo"))]
)
