"""The order of many certificates as one task: a zip of signed PDFs, or one unsigned PDF to be put on paper."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from models import jobs
from models.access import Actor, Permission
from models.errors import N_, Invalid
from models.jobs import Job
from models.org import queries as organisations

KIND = "certificates"
MOST = 5_000
SIGNED, PRINT = "signed", "print"
"""How they are made."""


def too_many() -> Invalid:
    """Return the refusal of more certificates than one task makes."""
    return Invalid(
        N_(
            "At most %(n)s certificates can be made in one task. Narrow the filter by year or by unit, and make them one after the other."
        ),
        n=f"{MOST:,}",
    )


def order(session: Session, actor: Actor, summary_ids: Sequence[int], *, how: str) -> Job:
    """Write the task that makes the certificates of years, or return the open one that makes the same already.

    Raises NotAllowed without the right, and Invalid for more than ``MOST``.
    """
    actor.require(Permission.CERTIFICATES_PRINT)
    if len(summary_ids) > MOST:
        raise too_many()
    params = {"ids": sorted(summary_ids), "how": how}
    organisations.own(session, actor, is_locked=True)  # of two clicks at once the second one finds the task of the first
    return jobs.open_like(session, actor, KIND, params) or jobs.enqueue(session, actor, KIND, params, n_total=len(summary_ids))
