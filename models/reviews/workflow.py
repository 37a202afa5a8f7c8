"""The state machine of a review's round."""

from models.errors import N_
from models.reviews.tables import Review, ReviewState
from models.workflow import Step, Workflow

OPEN, PASSED, REJECTED, WITHDRAWN = ReviewState.OPEN, ReviewState.PASSED, ReviewState.REJECTED, ReviewState.WITHDRAWN

REVIEWS = Workflow(
    Review,
    "review",
    ReviewState,
    [
        Step("pass_level", frozenset({OPEN}), OPEN, N_("Pass")),
        Step("reroute", frozenset({OPEN}), OPEN, N_("Goes on elsewhere")),
        Step("pass", frozenset({OPEN}), PASSED, N_("Pass")),
        Step("reject", frozenset({OPEN}), REJECTED, N_("Reject"), needs_reason=True),
        Step("withdraw", frozenset({OPEN}), WITHDRAWN, N_("Withdraw")),
        Step("undo", frozenset({OPEN, PASSED, REJECTED}), OPEN, N_("Undo")),
        Step("resubmit", frozenset({REJECTED, WITHDRAWN}), OPEN, N_("Submit again")),
    ],
)
"""Who may take a step is decided by ``models.reviews.engine``: the organisation that the open level waits for."""
