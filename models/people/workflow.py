"""The state machines of a professional's profile and of the changes that the own organisation reviews."""

from models.errors import N_
from models.org.tables import ChangeState
from models.org.workflow import CHANGE_STEPS
from models.people.tables import PersonChange, Professional, ProfessionalState
from models.workflow import Step, Workflow

PENDING, ACTIVE, REJECTED, DISABLED = (
    ProfessionalState.PENDING,
    ProfessionalState.ACTIVE,
    ProfessionalState.REJECTED,
    ProfessionalState.DISABLED,
)

PROFESSIONALS = Workflow(
    Professional,
    "professional",
    ProfessionalState,
    [
        Step("activate", frozenset({PENDING}), ACTIVE, N_("Pass")),
        Step("reject", frozenset({PENDING}), REJECTED, N_("Reject"), needs_reason=True),
        Step("disable", frozenset({ACTIVE}), DISABLED, N_("Disable"), needs_reason=True),
        Step("enable", frozenset({DISABLED}), ACTIVE, N_("Enable")),
    ],
)

PERSON_CHANGES = Workflow(PersonChange, "person_change", ChangeState, CHANGE_STEPS)
