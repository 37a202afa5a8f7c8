"""The state machines of an organisation and of the changes that its superior reviews."""

from models.errors import N_
from models.org.tables import ChangeState, Organisation, OrganisationChange, OrganisationState
from models.workflow import Step, Workflow

PENDING, ACTIVE, REJECTED, DISABLED = (
    OrganisationState.PENDING,
    OrganisationState.ACTIVE,
    OrganisationState.REJECTED,
    OrganisationState.DISABLED,
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
