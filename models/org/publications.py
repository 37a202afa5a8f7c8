"""What HR departments make public: announcements, files to download, the user agreement in its versions.

A published text is never changed: whoever corrects it withdraws it and publishes another one.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, select
from sqlalchemy import Text as LongText
from sqlalchemy.orm import Mapped, Session, mapped_column

from models import files, history
from models.access import Actor, Permission
from models.base import Base, BigId, binary_string, utcnow
from models.errors import N_, DomainError, FieldErrors, Invalid, NotFound, WrongState
from models.org import queries
from models.org.tables import Organisation
from models.scope import Inherited, system_session
from models.uploads import Upload, check_document
from models.workflow import Step, Workflow

SHOWN = 20
"""So many announcements and files the home page lists."""
LONGEST_TITLE, LONGEST_BODY = 120, 20_000


class PublicationKind(StrEnum):
    """What is made public."""

    ANNOUNCEMENT = "announcement"  # 通知公告
    DOWNLOAD = "download"  # 下载中心
    AGREEMENT = "agreement"  # 用户协议: the latest published one holds


class PublicationState(StrEnum):
    """The life of a text."""

    DRAFT = "draft"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


class Publication(Inherited, Base):
    """One text or file of an HR department, for all below it; that of a root stands on the home page."""

    __tablename__ = "publications"
    __table_args__ = (
        Index("ix_publications_kind", "kind", "state", "published_at"),
        Index("ix_publications_path", "path", "id"),
        CheckConstraint("kind in ('announcement','download','agreement')", name="known_kind"),
        CheckConstraint("state in ('draft','published','withdrawn')", name="known_state"),
        CheckConstraint("state <> 'published' or published_at is not null", name="published_has_time"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(BigId, ForeignKey("organisations.id", ondelete="RESTRICT"))
    kind: Mapped[PublicationKind] = mapped_column(String(12))
    state: Mapped[PublicationState] = mapped_column(String(12), default=PublicationState.DRAFT, info={"label": N_("Status")})
    title: Mapped[str] = mapped_column(String(LONGEST_TITLE), info={"label": N_("Title")})
    body: Mapped[str] = mapped_column(LongText, default="", info={"label": N_("Text")})
    key: Mapped[str | None] = mapped_column(binary_string(43), unique=True)  # of the file, in the storage
    file_name: Mapped[str] = mapped_column(String(255), default="", info={"label": N_("File")})
    media_type: Mapped[str] = mapped_column(String(100), default="")
    n_bytes: Mapped[int] = mapped_column(default=0)
    published_at: Mapped[dt.datetime | None] = mapped_column(info={"label": N_("Published at")})
    created_at: Mapped[dt.datetime] = mapped_column(default=utcnow, info={"label": N_("Created at")})


DRAFT, PUBLISHED, WITHDRAWN = PublicationState.DRAFT, PublicationState.PUBLISHED, PublicationState.WITHDRAWN

PUBLICATIONS = Workflow(
    Publication,
    "publication",
    PublicationState,
    [
        Step("publish", frozenset({DRAFT, WITHDRAWN}), PUBLISHED, N_("Publish"), Permission.PUBLICATIONS),
        Step("withdraw", frozenset({PUBLISHED}), WITHDRAWN, N_("Take back"), Permission.PUBLICATIONS),
    ],
)


@dataclass(frozen=True, slots=True)
class Text:
    """What is written; ``file`` only where one was chosen, an earlier one stays otherwise."""

    kind: PublicationKind
    title: str
    body: str = ""
    file: Upload | None = None


def write(session: Session, actor: Actor, text: Text) -> Publication:
    """Write a draft of the actor's own HR department; raises NotAllowed and FieldErrors."""
    actor.require(Permission.PUBLICATIONS)
    organisation = queries.own(session, actor)
    made = Publication(organisation_id=organisation.id, path=organisation.path, kind=text.kind, title="", body="")
    _fill(session, made, text)
    session.add(made)
    session.flush()
    history.record(session, actor, "publication", [made.id], "create", changes={"title": [None, made.title]})
    return made


def rewrite(session: Session, actor: Actor, publication: Publication, text: Text) -> None:
    """Change a draft of one's own; raises WrongState for a text that was published once, and FieldErrors."""
    _own(actor, publication)
    if publication.state != DRAFT:
        raise WrongState(N_("A published text stays as it was; take it back and publish a new one."))
    before = publication.title
    _fill(session, publication, text)
    session.flush()
    history.record(session, actor, "publication", [publication.id], "edit", changes={"title": [before, publication.title]})


def remove(session: Session, actor: Actor, publication: Publication) -> None:
    """Delete a draft of one's own together with its file; raises WrongState for a text that was published once."""
    _own(actor, publication)
    if publication.state != DRAFT or publication.published_at is not None:
        raise WrongState(N_("A text that was published is taken back, not deleted."))
    if publication.key:
        files.forget(session, publication.key)
    history.record(session, actor, "publication", [publication.id], "delete", changes={"title": [publication.title, None]})
    session.delete(publication)
    session.flush()


def publish(session: Session, actor: Actor, publication_id: int) -> None:
    """Make a text of one's own public; raises NotFound, NotAllowed and WrongState."""
    PUBLICATIONS.move(session, actor, _found(session, actor, publication_id), step="publish", values={"published_at": utcnow()})


def take_back(session: Session, actor: Actor, publication_id: int) -> None:
    """Take a public text of one's own back; raises NotFound, NotAllowed and WrongState."""
    PUBLICATIONS.move(session, actor, _found(session, actor, publication_id), step="withdraw")


def _found(session: Session, actor: Actor, publication_id: int) -> int:
    """Return the id of a text of one's own; raises NotFound and NotAllowed."""
    found = session.scalars(select(Publication).where(Publication.id == publication_id)).first()
    if found is None:
        raise NotFound
    _own(actor, found)
    return found.id


def _own(actor: Actor, publication: Publication) -> None:
    """Refuse a text of an HR department above or below: each answers for what it says itself."""
    actor.require(Permission.PUBLICATIONS)
    if publication.organisation_id != actor.organisation_id:
        raise NotFound


def _fill(session: Session, publication: Publication, text: Text) -> None:
    errors = _errors(publication, text)
    checked = None
    if text.file is not None:
        try:
            checked = check_document(text.file)
        except Invalid as refusal:
            errors["file"] = refusal
    if errors:
        raise FieldErrors(errors)
    publication.title, publication.body = _title(text), _body(text)
    if checked is not None:
        if publication.key:
            files.forget(session, publication.key)
        publication.key = files.keep_content(session, checked.content)
        publication.file_name, publication.media_type = checked.original_name, checked.media_type
        publication.n_bytes = len(checked.content)


def _title(text: Text) -> str:
    return " ".join(text.title.split())


def _body(text: Text) -> str:
    return text.body.replace("\r\n", "\n").strip()


def _errors(publication: Publication, text: Text) -> dict[str, DomainError]:
    errors: dict[str, DomainError] = {}
    is_download = publication.kind == PublicationKind.DOWNLOAD
    if not _title(text):
        errors["title"] = Invalid(N_("Please enter the title."))
    if not is_download and not _body(text):
        errors["body"] = Invalid(N_("Please enter the text."))
    if is_download and text.file is None and not publication.key:
        errors["file"] = Invalid(N_("Please choose a file."))
    for name, value, longest in (("title", _title(text), LONGEST_TITLE), ("body", _body(text), LONGEST_BODY)):
        if len(value) > longest or "\0" in value:
            errors[name] = Invalid(N_("At most %(n)s characters."), n=longest)
    return errors


# --- what anybody may read: that of the roots, given out as plain values ---------------------------------------------


@dataclass(frozen=True, slots=True)
class Shown:
    """One published text as anybody may see it."""

    id: int
    title: str
    body: str
    published_at: dt.datetime
    publisher: str
    file_name: str = ""
    n_bytes: int = 0


@dataclass(frozen=True, slots=True)
class PublicFile:
    """A file that anybody may have; *content* is read from the storage under its key."""

    name: str
    media_type: str
    key: str


def public(kind: PublicationKind, *, limit: int = SHOWN) -> list[Shown]:
    """Return what the roots have published of a kind, the newest first."""
    with system_session() as session:
        rows = session.execute(_public().where(Publication.kind == kind).limit(limit)).all()
    return [_shown(p, name) for p, name in rows]


def public_one(publication_id: int) -> Shown | None:
    """Return one published text of a root; None for every other."""
    with system_session() as session:
        row = session.execute(_public().where(Publication.id == publication_id)).first()
    return _shown(row[0], row[1]) if row else None


def public_file(publication_id: int) -> PublicFile | None:
    """Return the file of a published text of a root; None where there is none."""
    with system_session() as session:
        row = session.execute(_public().where(Publication.id == publication_id)).first()
    if row is None or not row[0].key:
        return None
    return PublicFile(row[0].file_name, row[0].media_type, row[0].key)


def _public() -> Any:
    return (
        select(Publication, Organisation.name)
        .join(Organisation, Organisation.id == Publication.organisation_id)
        .where(Publication.state == PUBLISHED, Organisation.parent_id.is_(None))
        .order_by(Publication.published_at.desc(), Publication.id.desc())
    )


def _shown(found: Publication, publisher: str) -> Shown:
    assert found.published_at is not None  # published_has_time
    return Shown(found.id, found.title, found.body, found.published_at, publisher, found.file_name, found.n_bytes)
