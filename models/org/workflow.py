"""The state machine of an organisation."""

from models.errors import N_
from models.org.tables import Organisation, OrganisationState
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
