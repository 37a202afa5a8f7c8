"""Reading people within the scope of the session: by name, by exact number, and one person with all that belongs to her."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, false, select
from sqlalchemy.orm import Session, aliased

from models import history
from models.errors import NotFound
from models.history import HistoryEntry
from models.org.tables import Department
from models.people.accounts import number_hash, typed_number
from models.people.numbers import DocumentType
from models.people.tables import (
    AcademicTitle,
    EducationRecord,
    NameToken,
    Post,
    PostState,
    Professional,
    ProfessionalState,
    Qualification,
)
from models.pinyin import Query, query_tokens

LISTED = (ProfessionalState.ACTIVE, ProfessionalState.DISABLED)
"""Whom the lists of people show: a registration that waits or was rejected stands in its review alone."""


def by_name(statement: Select[Any], text: str, person_id: Any, name: Any) -> Select[Any]:
    """Narrow *statement* to persons with *text* in their name, its pinyin or its initials.

    *person_id* and *name* are the columns of the statement that hold them.
    """
    query = query_tokens(text)
    if not query.tokens:
        return statement.where(false())
    for token in query.tokens:
        statement = statement.where(person_id.in_(select(NameToken.person_id).where(NameToken.token == token)))
    return _as_one_piece(statement, query, name)


def _as_one_piece(statement: Select[Any], query: Query, name: Any) -> Select[Any]:
    return statement.where(name.contains(query.text, autoescape=True)) if query.needs_filter else statement


def through_names(statement: Select[Any]) -> Select[Any]:
    """Join the search tokens, whose index gives the order (path, person) for one token however common it is."""
    return statement.join(NameToken, NameToken.person_id == Professional.id)


def by_joined_name(statement: Select[Any], text: str) -> Select[Any]:
    """Narrow a statement of ``through_names`` to persons with *text* in their name, each once."""
    query = query_tokens(text)
    if not query.tokens:
        return statement.where(false())
    statement = statement.where(NameToken.token == query.tokens[0])
    for token in query.tokens[1:]:
        other = aliased(NameToken)
        statement = statement.where(
            select(other.person_id)
            .where(other.token == token, other.path == NameToken.path, other.person_id == NameToken.person_id)
            .exists()
        )
    return _as_one_piece(statement, query, Professional.name)


def by_number(statement: Select[Any], text: str) -> Select[Any]:
    """Narrow *statement* to the exact number, whatever its document: blanks, full-width letters and a lower x are the same."""
    hashes = {number_hash(typed_number(kind, text)) for kind in (DocumentType.ID_CARD, DocumentType.OTHER)}
    return statement.where(Professional.number_hash.in_(sorted(hashes)))


@dataclass(frozen=True, slots=True)
class Belongings:
    """The rows that belong to one person."""

    education: Sequence[EducationRecord]
    qualifications: Sequence[Qualification]
    titles: Sequence[AcademicTitle]


def person(session: Session, person_id: int) -> Professional:
    """Return a person whom the lists show; raises NotFound."""
    found = session.scalars(select(Professional).where(Professional.id == person_id, Professional.state.in_(LISTED))).first()
    if found is None:
        raise NotFound
    return found


def belongings(session: Session, person_id: int) -> Belongings:
    """Return education, vocational qualifications and titles of honour of a person of the scope."""
    return Belongings(
        session.scalars(select(EducationRecord).where(EducationRecord.person_id == person_id).order_by(EducationRecord.id)).all(),
        session.scalars(select(Qualification).where(Qualification.person_id == person_id).order_by(Qualification.id)).all(),
        session.scalars(select(AcademicTitle).where(AcademicTitle.person_id == person_id).order_by(AcademicTitle.id)).all(),
    )


def department_name(session: Session, person: Professional) -> str:
    """Return the name of a person's internal department, empty for none."""
    if person.department_id is None:
        return ""
    return session.scalar(select(Department.name).where(Department.id == person.department_id)) or ""


def history_of(session: Session, of: Professional) -> list[HistoryEntry]:
    """Return the entries about a person, loaded through the scope, that changed a value; the newest first."""
    entries = history.entries_of(session, "professional", of.id)
    return [e for e in entries if e.changes and all(isinstance(c, list) and len(c) == 2 for c in e.changes.values())]


def administrators_of(session: Session, organisation_id: int) -> Sequence[Post]:
    """Return the posts of an organisation of the scope that are not ended, its super administrator first."""
    return session.scalars(
        select(Post)
        .where(Post.organisation_id == organisation_id, Post.state != PostState.ENDED)
        .order_by(Post.is_super.desc(), Post.id)
    ).all()
