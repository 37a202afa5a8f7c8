"""Imports, once and in this order, whatever registers itself: review handlers, effects of steps, subscribers of events.

The factory, the worker and the commands import it; the order of the imports is the order of the subscribers.
"""

from models.reviews import (
    organisation_changes,
    organisation_registrations,
    person_changes,
    registrations,
    rerouting,
    superior_changes,
    transfers,
)  # isort: split

from models.credits import audits, following, reviewing, rule_versions  # isort: split

from models.training import grade_following, merging  # isort: split

from models.training import reviewing as training  # isort: split

from models.certificates import operations as certificates  # it follows what credits cause
from models.org import workflow as organisations  # isort: split

__all__ = [
    "audits",
    "certificates",
    "following",
    "grade_following",
    "merging",
    "organisation_changes",
    "organisation_registrations",
    "organisations",
    "person_changes",
    "registrations",
    "rerouting",
    "reviewing",
    "rule_versions",
    "superior_changes",
    "training",
    "transfers",
]
