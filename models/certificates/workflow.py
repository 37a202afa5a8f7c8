"""The state machine of a certificate: what was issued stays, only what it is worth changes."""

from models.certificates.tables import Certificate, CertificateState
from models.errors import N_
from models.workflow import Step, Workflow

VALID, REVOKED, REPLACED = CertificateState.VALID, CertificateState.REVOKED, CertificateState.REPLACED

CERTIFICATES = Workflow(
    Certificate,
    "certificate",
    CertificateState,
    [
        Step("revoke", frozenset({VALID}), REVOKED, N_("Revoke"), needs_reason=True),
        Step("replace", frozenset({VALID}), REPLACED, N_("Replace"), needs_reason=True),
    ],
)
"""revoke follows from a year that no longer passes; replace from a correction: asked for,
or because the year counts fewer hours than the certificate says."""
