"""The history: sealed batches, and the first broken row or batch named."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models import history
from models.history import HistoryBatch, HistoryEntry
from models.transaction import unit_of_work
from tests.cast import Cast

pytestmark = pytest.mark.both_databases


def written(system: Session, cast: Cast, ids: range, *, sealed: bool = True) -> None:
    with unit_of_work(system):
        history.record(system, cast.unit_clerk, "declaration", ids, "approve", reason="r", each={ids[0]: {"granted": [None, 80]}})
        if sealed:
            history.seal(system)


def forge(system: Session, row_id: int, **values: object) -> None:
    with unit_of_work(system):
        system.execute(update(HistoryEntry).where(HistoryEntry.id == row_id).values(**values))
    system.expire_all()


def test_a_whole_history_verifies_and_counts_the_unsealed(system: Session, cast: Cast) -> None:
    written(system, cast, range(1, 6))
    written(system, cast, range(6, 9))
    written(system, cast, range(9, 11), sealed=False)
    found = history.verify(system)
    assert (found.n_rows, found.n_unsealed, found.n_batches, found.first_broken) == (10, 2, 2, "")
    assert found.last_chain == system.scalar(select(HistoryBatch.chain).order_by(HistoryBatch.id.desc()).limit(1))


def test_sealing_nothing_writes_no_batch(system: Session, cast: Cast) -> None:
    assert history.seal(system) is None
    assert system.scalar(select(func.count()).select_from(HistoryBatch)) == 0


@pytest.mark.parametrize(
    "values", [{"reason": "other"}, {"actor_name": "x"}, {"changes": {"granted": [None, 90]}}, {"subject_id": 99}]
)
def test_a_changed_row_is_named(system: Session, cast: Cast, values: dict[str, object]) -> None:
    written(system, cast, range(1, 6))
    written(system, cast, range(6, 9))
    ids = system.scalars(select(HistoryEntry.id).order_by(HistoryEntry.id)).all()
    forge(system, ids[2], **values)
    assert history.verify(system).first_broken == f"row {ids[2]}"


def test_a_row_that_was_changed_with_its_leaf_breaks_the_batch(system: Session, cast: Cast) -> None:
    written(system, cast, range(1, 6))
    row = system.scalars(select(HistoryEntry).order_by(HistoryEntry.id)).all()[1]
    row.reason = "forged"
    row.leaf = history._leaf(row)
    system.commit()
    assert history.verify(system).first_broken == f"batch {row.batch_id}"


def test_a_deleted_row_and_a_deleted_batch_are_noticed(system: Session, cast: Cast) -> None:
    written(system, cast, range(1, 4))
    written(system, cast, range(4, 6))
    first, second = system.scalars(select(HistoryBatch).order_by(HistoryBatch.id)).all()
    for row in system.scalars(select(HistoryEntry).where(HistoryEntry.batch_id == first.id)):
        system.delete(row)
    system.flush()
    system.delete(first)
    system.commit()
    assert history.verify(system).first_broken == f"link before batch {second.id}"


def test_the_history_is_read_through_its_subject_only(system: Session, cast: Cast) -> None:
    written(system, cast, range(1, 4))
    entries = history.entries_of(system, "declaration", 2)
    assert [(e.subject_id, e.action, e.actor_name) for e in entries] == [(2, "approve", cast.unit_clerk.name)]
