"""代申报: what a form for many refuses, to whom it is closed, and what goes with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import func, select

from models.credits import applicants, batches
from models.credits.batches import BatchApplicant, BatchFile
from models.credits.declarations import Draft
from models.errors import FieldErrors, NotAllowed, NotFound
from models.outbox import Notice
from models.people.tables import Account
from models.scope import system_session
from tests.cast import Cast
from tests.models.credits.conftest import TRAINING
from tests.models.credits.for_many import Make, make, submit

__all__ = ["make", "submit"]
pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("forms")]


def refused(call: Callable[[], Any]) -> dict[str, str]:
    with pytest.raises(FieldErrors) as caught:
        call()
    return {name: error.message_id for name, error in caught.value.errors.items()}


# --- what is refused ----------------------------------------------------------------------------------------------------


def test_people_outside_the_subtree_cannot_be_picked(cast: Cast, make: Make, run: Any) -> None:
    batch = make(cast.unit_clerk)
    ids = [cast.people[p].id for p in ("neighbour", "cousin", "foreigner")] + [999_999]
    moved = run(applicants.add_many, cast.unit_clerk, batch, ids)
    assert (moved.done, {type(e) for e in moved.refused.values()}) == ((), {NotFound})


def test_a_form_belongs_to_its_organisation_alone(cast: Cast, make: Make, run: Any) -> None:
    batch = make(cast.unit_clerk, "professional")
    for other in (cast.department_clerk, cast.county_officer, cast.branch_clerk, cast.sibling_clerk, cast.foreign_officer):
        for call in (applicants.begin, batches.delete, applicants.declare_next):
            with pytest.raises(NotFound):
                run(call, other, batch)
        with pytest.raises(NotFound):
            run(applicants.add_many, other, batch, [cast.people["professional"].id])


def test_a_base_a_person_and_a_role_without_the_right_declare_for_nobody(cast: Cast, make: Make, run: Any) -> None:
    draft = Draft(2026, "professional", "GWPX", TRAINING, "40")
    bare = replace(cast.unit_clerk, permissions=frozenset())
    for actor in (cast.base_clerk, cast.professional, bare):
        with pytest.raises(NotAllowed):
            run(batches.keep, actor, draft, batch_id=None)


def test_a_form_that_is_written_by_the_platform_or_unknown_is_refused(cast: Cast, run: Any) -> None:
    for code in ("ZXXX", "NO'NE", "\0", "XXXX"):
        kept = run(batches.keep, cast.unit_clerk, Draft(2026, "professional", code, {}, "1"), batch_id=None)
        assert list(kept.errors) == ["form_code"], code
        assert (kept.batch.form_code, kept.batch.inputs) == ("", {})


def test_an_empty_form_names_all_that_is_missing(cast: Cast, run: Any) -> None:
    kept = run(batches.keep, cast.unit_clerk, Draft(2026, "professional", "GWPX", {}, None), batch_id=None)
    missing = refused(lambda: run(applicants.begin, cast.unit_clerk, kept.batch.id))
    assert {
        "school_unit",
        "class_name",
        "score",
        "start_date",
        "end_date",
        "requested_hours",
        "attachments",
        "applicants",
    } == set(missing)


def test_a_closed_year_is_refused(cast: Cast, run: Any) -> None:
    kept = run(batches.keep, cast.unit_clerk, Draft(2019, "professional", "GWPX", TRAINING, "40"), batch_id=None)
    assert (kept.batch, list(kept.errors)) == (None, ["year"])


def test_a_file_of_another_form_cannot_be_taken_off(cast: Cast, make: Make, run: Any) -> None:
    mine, theirs = make(cast.unit_clerk), make(cast.sibling_clerk)
    with system_session() as session:
        key = session.scalars(select(BatchFile.key).where(BatchFile.batch_id == theirs)).one()
    draft = Draft(2026, "professional", "GWPX", TRAINING, "40")
    with pytest.raises(NotFound):
        run(batches.keep, cast.unit_clerk, draft, batch_id=mine, remove=key)
    with pytest.raises(NotFound):
        run(lambda s, _a: batches.file(s, key), cast.unit_clerk)


def test_a_deleted_form_takes_its_files_and_list_along(cast: Cast, make: Make, run: Any) -> None:
    batch = make(cast.unit_clerk, "professional")
    run(batches.delete, cast.unit_clerk, batch)
    with system_session() as session:
        for table in (batches.DeclarationBatch, BatchApplicant, BatchFile):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_the_person_is_told(cast: Cast, make: Make, submit: Any) -> None:
    submit(cast.unit_clerk, make(cast.unit_clerk, "professional"))
    with system_session() as session:
        account = session.get_one(Account, cast.people["professional"].account_id)
        (notice,) = session.scalars(select(Notice).where(Notice.account_id == account.id)).all()
        assert notice.params["organisation"] == cast.organisations["unit"].name
