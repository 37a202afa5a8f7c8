"""A rule applied to the granted records of a past year: what would change, and the act that lets it.

Which hours follow a rule stands in docs/decisions/rule-changes.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import history
from models.access import Actor, Permission
from models.base import to_hours, to_tenths, today
from models.credits import rules
from models.credits.counted_years import Instead, counted
from models.credits.form_inputs import from_stored
from models.credits.forms import FormSpec, propose
from models.credits.postings import Because, PostingKind
from models.credits.recount import recount_years
from models.credits.requirements import prefixes
from models.credits.tables import (
    COUNTS,
    Declaration,
    RuleState,
    RuleVersion,
    counting_tenths,
    counting_version_id,
)
from models.errors import N_, Invalid, WrongState
from models.org.tables import Organisation
from models.people.tables import Professional
from models.scope import bulk_update

PEOPLE_AT_ONCE = 500
FIRST_YEAR = 2000


@dataclass(frozen=True, slots=True)
class Trial:
    """A version tried on a year, within the scope of the session."""

    version: RuleVersion
    year: int
    replaced: frozenset[int]
    """The versions that it would have stood in place of: those above, and the department's own."""

    def conditions(self) -> tuple[Any, ...]:
        """Return what the records have in common that the version would have ruled."""
        return (
            Declaration.form_code == self.version.form_code,
            Declaration.year == self.year,
            *COUNTS,
            Declaration.rule_version_id.in_(self.replaced),
        )


@dataclass(frozen=True, slots=True)
class Turned:
    """One person whose year passes under one rule and not under the other."""

    person_id: int
    organisation_id: int
    old_tenths: int
    new_tenths: int
    is_passed: bool  # under the new rule


@dataclass(slots=True)
class Outcome:
    """What a part of the people would see of it."""

    n_people: int = 0
    n_records: int = 0
    n_changed: int = 0  # people whose counted hours differ
    n_unfit: int = 0  # records whose inputs the new version cannot read: they stay
    turned: list[Turned] = field(default_factory=list)


def check_year(year: int) -> None:
    """Raise Invalid unless the year is over: the running one is still being declared."""
    if not FIRST_YEAR <= year < today().year:
        raise Invalid(N_("Choose a past year."))


def trial(session: Session, actor: Actor, version: RuleVersion, year: int) -> Trial:
    """Return the trial of a version of the actor's own department on a past year; raises NotAllowed and Invalid."""
    actor.require(Permission.RULES)
    check_year(year)
    above = select(RuleVersion.id).where(
        RuleVersion.form_code == version.form_code, RuleVersion.path.in_(prefixes(version.path)), RuleVersion.id != version.id
    )
    return Trial(version, year, frozenset(session.scalars(above)) | {version.id})


def count_people(session: Session, of: Trial) -> int:
    """Return how many people have such records."""
    return session.scalar(select(func.count(func.distinct(Declaration.person_id))).where(*of.conditions())) or 0


def people_after(session: Session, of: Trial, after: int) -> list[int]:
    """Return the next people who have such records, in the order of their ids."""
    statement = select(Declaration.person_id).where(*of.conditions(), Declaration.person_id > after).distinct()
    return list(session.scalars(statement.order_by(Declaration.person_id).limit(PEOPLE_AT_ONCE)))


def outcome(session: Session, of: Trial, person_ids: Sequence[int]) -> Outcome:
    """Count the year of *person_ids* by the rules of the day and by the new one."""
    granted, n_unfit = new_grants(session, of, person_ids)
    pairs = [(person_id, of.year) for person_id in person_ids]
    old = counted(session, pairs, lock=False)
    new = counted(session, pairs, lock=False, instead=Instead(granted, rules.cap_of(rules.spec_of(of.version))))
    found = Outcome(n_people=len(person_ids), n_records=len(granted), n_unfit=n_unfit)
    for before, after in zip(old, new, strict=True):
        if before.year != of.year:  # of somebody whose hours may stand in another year
            continue
        found.n_changed += before.figures[0] != after.figures[0]
        if before.is_passed != after.is_passed:
            found.turned.append(
                Turned(before.person_id, before.organisation_id, before.figures[0], after.figures[0], after.is_passed)
            )
    return found


def new_grants(session: Session, of: Trial, person_ids: Sequence[int]) -> tuple[dict[int, int], int]:
    """Return the tenths that each record would be granted, and how many records the version cannot read."""
    columns = (
        Declaration.id,
        Declaration.inputs,
        Declaration.requested_tenths,
        Declaration.proposed_tenths,
        Declaration.granted_tenths,
    )
    rows = session.execute(select(*columns).where(*of.conditions(), Declaration.person_id.in_(person_ids)))
    spec = rules.spec_of(of.version)
    granted: dict[int, int] = {}
    n_unfit = 0
    for row in rows:
        try:
            granted[row.id] = regranted(spec, row.inputs, row.requested_tenths, row.proposed_tenths, row.granted_tenths)
        except Invalid:
            granted[row.id], n_unfit = row.granted_tenths, n_unfit + 1
    return granted, n_unfit


def check_recalculation(actor: Actor, version: RuleVersion, year: int, *, reason: str) -> None:
    """Raise NotAllowed, WrongState or Invalid unless the version may stand for records of *year*, with this reason."""
    actor.require(Permission.RULES)
    check_year(year)
    if version.state != RuleState.PUBLISHED or version.path != actor.path:
        raise WrongState(N_("Records are recalculated by a published version of your own department."))
    if not reason.strip() or "\0" in reason:
        raise Invalid(N_("Please give a reason."))


def recalculate(session: Session, actor: Actor, of: Trial, person_ids: Sequence[int], *, reason: str) -> int:
    """Let the published version stand for the records of *person_ids*; return how many changed. One transaction.

    A record keeps its grant, version, inputs and arithmetic; the recalculated figure counts instead, and each difference is
    a posting with old, new and version. What another version had recalculated is computed anew from the grant.
    Raises NotAllowed, WrongState for a version that is not published, and Invalid without a reason.
    """
    check_recalculation(actor, of.version, of.year, reason=reason)
    granted, _n_unfit = new_grants(session, of, person_ids)
    rows = session.execute(
        select(*_COUNTING, Declaration.person_id).where(Declaration.id.in_(granted)).order_by(Declaration.id).with_for_update()
    ).all()
    changed = [r for r in rows if (counting_tenths(r), counting_version_id(r)) != (granted[r.id], of.version.id)]
    if not changed:
        return 0
    now = [{"id": r.id, "recalculated_tenths": granted[r.id], "recalculated_version_id": of.version.id} for r in changed]
    details = {r.id: {"old": counting_tenths(r), "new": granted[r.id], "version": of.version.id} for r in changed}
    bulk_update(session, Declaration, now, locked=True)
    history.record(
        session,
        actor,
        "declaration",
        list(details),
        "recalculate",
        reason=reason,
        each={i: {"recalculated_tenths": [d["old"], d["new"]]} for i, d in details.items()},
    )
    because = Because(PostingKind.RECALCULATED, reason, details)
    recount_years(session, actor, {(r.person_id, of.year) for r in changed}, because=because)
    return len(changed)


_COUNTING = (
    Declaration.id,
    Declaration.granted_tenths,
    Declaration.recalculated_tenths,
    Declaration.rule_version_id,
    Declaration.recalculated_version_id,
)


def regranted(spec: FormSpec, inputs: Mapping[str, Any], requested: int, proposed: int | None, granted: int) -> int:
    """Return the tenths that a record would be granted by another rule.

    What followed the proposal follows the new one; what a reviewer, or the person, set lower stays lower; what was granted
    above the proposal, and what stands on paper only, stays. Raises Invalid for inputs that the rule cannot read.
    """
    new = propose(spec, from_stored(spec, inputs), to_hours(requested)).hours
    if new is None or proposed is None or granted > proposed:
        return granted
    tenths = to_tenths(new)
    return tenths if granted == proposed else min(granted, tenths)


def people_of(session: Session, person_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Return name and present unit of people of the scope."""
    columns = select(Professional.id, Professional.name, Professional.organisation_name)
    return {row.id: (row.name, row.organisation_name) for row in session.execute(columns.where(Professional.id.in_(person_ids)))}


def units_of(session: Session, organisation_ids: Sequence[int]) -> dict[int, str]:
    """Return the names of organisations of the scope."""
    rows = session.execute(select(Organisation.id, Organisation.name).where(Organisation.id.in_(organisation_ids)))
    return {row.id: row.name for row in rows}
