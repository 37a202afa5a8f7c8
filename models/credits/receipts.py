"""The receipt of a record: its history with the proofs that lead to the published daily roots, signed by the platform."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from models import crypto, daily_roots, history, merkle
from models.base import canonical_json, utcnow
from models.credits.tables import AuditState, Declaration
from models.errors import N_, WrongState
from models.history import HistoryEntry
from models.receipts import HEAD, KIND, MOST_ROWS, PURPOSE, VERSION
from models.reviews import queries as reviews
from models.reviews.tables import ReviewKind

HOUSEKEEPING = frozenset({"hide_decision", "show_decision"})
"""What an organisation does to its own lists is none of the record's history."""


def receipt_of(session: Session, declaration: Declaration, *, platform: str) -> dict[str, Any]:
    """Return the receipt of a record that the caller has loaded through its own scope, as JSON values.

    It holds the newest ``MOST_ROWS`` rows: who did what when, for which organisation, with which hours and reason. A row
    carries the internal number of its account and position, which are part of its hash, and no identity number.
    Raises WrongState for a record that was never submitted.
    """
    entries = _entries(session, declaration)
    if not any(e.action == "submit" for e in entries):
        raise WrongState(N_("There is a receipt once the record has been submitted."))
    texts = [history.text_of(e) for e in entries]
    ids = sorted({e.batch_id for e in entries if e.batch_id is not None})
    proofs = _proofs(session, entries, ids)
    head = _head(declaration, texts, platform)
    rows = [
        {
            "text": text,
            "batch": ids.index(e.batch_id) if e.batch_id is not None else None,
            **proofs.get(e.id, {"place": 0, "path": []}),
        }
        for e, text in zip(entries, texts, strict=True)
    ]
    return {
        "kind": KIND,
        "version": VERSION,
        "head": head,
        "signature": crypto.sign(PURPOSE + head.encode()),
        "rows": rows,
        "batches": _batches(session, ids),
    }


def _entries(session: Session, declaration: Declaration) -> list[HistoryEntry]:
    found = [
        *history.entries_of(session, "declaration", declaration.id, limit=MOST_ROWS),
        *history.entries_of(session, "audit", declaration.id, limit=MOST_ROWS),
    ]
    review = reviews.review_of(session, ReviewKind.DECLARATION, declaration.id)
    if review is not None:
        found += history.entries_of(session, "review", review.id, limit=MOST_ROWS)
    return sorted((e for e in found if e.action not in HOUSEKEEPING), key=lambda e: (e.at, e.id))[-MOST_ROWS:]


def _head(declaration: Declaration, texts: Sequence[str], platform: str) -> str:
    is_failed = declaration.audit_state == AuditState.FAILED
    said = {
        "platform": platform,
        "record": declaration.id,
        "person": declaration.person_name,
        "organisation": declaration.organisation_name,
        "year": declaration.year,
        "form": declaration.form_name,
        "title": declaration.title,
        "state": "audit_failed" if is_failed else str(declaration.state),
        "requested_tenths": declaration.requested_tenths,
        "granted_tenths": declaration.granted_tenths,
        "issued_at": utcnow().isoformat(timespec="seconds"),
    }
    leaves = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    return canonical_json({name: said[name] for name in HEAD} | {"rows": leaves})


def _proofs(session: Session, entries: Sequence[HistoryEntry], batch_ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return for each sealed row its place in its batch and the way to the batch's root."""
    found: dict[int, dict[str, Any]] = {}
    for batch_id in batch_ids:
        leaves = daily_roots.leaves_of_batch(session, batch_id)
        place_of = {row_id: place for place, (row_id, _) in enumerate(leaves)}
        own = {place_of[e.id]: e.id for e in entries if e.batch_id == batch_id}
        for place, path in merkle.paths_of([leaf for _, leaf in leaves], own).items():
            found[own[place]] = {"place": place, "path": path}
    return found


def _batches(session: Session, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Return each batch with the way from its link to the root of its day; without a day before that is published."""
    found = daily_roots.batches_of(session, ids)
    made = []
    for batch_id in ids:
        batch, day = found[batch_id]
        links = daily_roots.links_of_day(session, day) if day is not None else []
        place = next((n for n, (i, _) in enumerate(links) if i == batch_id), 0)
        made.append(
            {
                "root": batch.root,
                "rows": batch.n_rows,
                "previous": daily_roots.link_before(session, batch_id),
                "day": day.day.isoformat() if day is not None else "",
                "place": place,
                "size": len(links),
                "path": merkle.paths_of([link for _, link in links], [place])[place] if links else [],
            }
        )
    return made
