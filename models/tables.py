"""Import every table once, so that the mapper registry and the migrations know them all."""

from models import daily_roots, files, history, import_batches, jobs, outbox, saved
from models.certificates import tables as certificates
from models.credits import audit_samples, audits, batches, exemptions, postings, reminders
from models.credits import tables as credits_
from models.org import publications, temporary_codes
from models.org import tables as org
from models.people import delegations, transfers
from models.people import tables as people
from models.reviews import doubles
from models.reviews import tables as reviews
from models.training import attachments as training_files
from models.training import (
    base_data,
    classes,
    grades,
    participants,
    plans,
    public_subjects,
    reports,
    subjects,
    unit_hours,
)

__all__ = [
    "audit_samples",
    "audits",
    "base_data",
    "batches",
    "certificates",
    "classes",
    "credits_",
    "daily_roots",
    "delegations",
    "doubles",
    "exemptions",
    "files",
    "grades",
    "history",
    "import_batches",
    "jobs",
    "org",
    "outbox",
    "participants",
    "people",
    "plans",
    "postings",
    "public_subjects",
    "publications",
    "reminders",
    "reports",
    "reviews",
    "saved",
    "subjects",
    "temporary_codes",
    "training_files",
    "transfers",
    "unit_hours",
]
