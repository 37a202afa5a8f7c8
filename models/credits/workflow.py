"""The state machines of a declaration: its review, and the audit of what was granted."""

from models.access import Permission
from models.credits.tables import AuditState, Declaration, DeclarationState
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
        Step("undo", frozenset({APPROVED, REJECTED}), PENDING, N_("Undo")),
        Step("resubmit", frozenset({REJECTED}), PENDING, N_("Edit and resubmit")),
        Step("grant", frozenset({DRAFT}), APPROVED, N_("Granted with its training")),
        Step("take_back", frozenset({APPROVED}), DRAFT, N_("Taken back with its training")),
    ],
)
"""submit, withdraw and resubmit are the person's own; approve, reject and undo follow from the review engine's last decision.

grant and take_back are those of records that arise, and go, with the one decision on the training of a whole unit."""

NONE, PASSED, FAILED = AuditState.NONE, AuditState.PASSED, AuditState.FAILED
_ANY = frozenset({NONE, PASSED, FAILED})

AUDITS = Workflow(
    Declaration,
    "audit",
    AuditState,
    [
        Step("audit_pass", _ANY, PASSED, N_("Pass the audit"), permission=Permission.HOURS_AUDIT),
        Step("audit_fail", _ANY, FAILED, N_("Fail the audit"), permission=Permission.HOURS_AUDIT, needs_reason=True),
    ],
    column="audit_state",
)
"""Who may give a verdict on which record, and which verdict may be replaced, is decided by ``models.credits.audits``."""
