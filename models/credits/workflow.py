"""The state machine of a declaration."""

from models.credits.tables import Declaration, DeclarationState
from models.errors import N_
from models.workflow import Step, Workflow

DRAFT, PENDING, APPROVED, REJECTED = (
    DeclarationState.DRAFT,
    DeclarationState.PENDING,
    DeclarationState.APPROVED,
    DeclarationState.REJECTED,
)

DECLARATIONS = Workflow(
    Declaration,
    "declaration",
    DeclarationState,
    [
        Step("submit", frozenset({DRAFT}), PENDING, N_("Submit declaration")),
        Step("withdraw", frozenset({PENDING}), DRAFT, N_("Withdraw")),
        Step("approve", frozenset({PENDING}), APPROVED, N_("Pass")),
        Step("reject", frozenset({PENDING}), REJECTED, N_("Reject"), needs_reason=True),
        Step("resubmit", frozenset({REJECTED}), PENDING, N_("Edit and resubmit")),
    ],
)
"""submit, withdraw and resubmit are the person's own; approve and reject follow from the review engine's last decision."""
