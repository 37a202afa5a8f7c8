"""The mail beside a notice: whoever is told something in the site gets its sentence by mail, where the HR department has set it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.access import PERSON, POST, person_key, post_key
from models.org.settings import SettingKey, setting
from models.outbox import Notice, OutboxMail
from models.people.tables import Account, Post, PostState, Professional, ProfessionalState
from models.scope import bulk_insert
from models.workflow import CHUNK


@dataclass(frozen=True, slots=True)
class _Reader:
    """Whom a position belongs to: where it stands, and the address."""

    path: str
    address: str


def write_notice_mails(session: Session) -> int:
    """Write the mails of notices that were not looked at yet into the outbox, in a system session; return how many notices that were.

    Decisions write notices only, so that ten thousand of them cost no mail; this looks at them soon after, many at once.
    A notice that was read meanwhile, one of a position that has ended and one without an address get none.
    """
    due = select(Notice).where(Notice.is_mail_due).order_by(Notice.id).limit(CHUNK)
    rows = session.scalars(due.with_for_update(skip_locked=True)).all()
    if not rows:
        return 0
    readers = {**_posts(session, _ids(rows, POST)), **_people(session, _ids(rows, PERSON))}
    is_on = {path: setting(session, path, SettingKey.STEP_MAIL) == "on" for path in {r.path for r in readers.values()}}
    mails = [_mail(row, readers[row.position_key]) for row in rows if row.read_at is None and _may(row, readers, is_on)]
    bulk_insert(session, OutboxMail, mails)
    session.execute(
        update(Notice).where(Notice.id.in_([row.id for row in rows])).values(is_mail_due=False),
        execution_options={"synchronize_session": False},
    )
    return len(rows)


def _may(row: Notice, readers: Mapping[str, _Reader], is_on: Mapping[str, bool]) -> bool:
    reader = readers.get(row.position_key)
    return reader is not None and bool(reader.address) and is_on[reader.path]


def _mail(row: Notice, reader: _Reader) -> dict[str, Any]:
    return {
        "to_address": reader.address,
        "message_id": row.message_id,
        "params": row.params,
        "language": "zh_Hans_CN",
        "n_tries": 0,
        "sent_at": None,
        "created_at": row.created_at,
    }


def _ids(rows: Sequence[Notice], prefix: str) -> list[int]:
    return sorted({int(r.position_key.removeprefix(prefix)) for r in rows if r.position_key.startswith(prefix)})


def _posts(session: Session, ids: Sequence[int]) -> dict[str, _Reader]:
    statement = (
        select(Post.id, Post.path, Post.email, Account.email.label("own"))
        .join(Account, Account.id == Post.account_id)
        .where(Post.id.in_(ids), Post.state == PostState.ACTIVE, Account.active)
    )
    return {post_key(row.id): _Reader(row.path, row.email or row.own) for row in session.execute(statement)}


def _people(session: Session, ids: Sequence[int]) -> dict[str, _Reader]:
    statement = (
        select(Professional.id, Professional.path, Professional.email, Account.email.label("own"))
        .join(Account, Account.id == Professional.account_id)
        .where(Professional.id.in_(ids), Professional.state != ProfessionalState.REJECTED, Account.active)
    )
    return {person_key(row.id): _Reader(row.path, row.email or row.own) for row in session.execute(statement)}
