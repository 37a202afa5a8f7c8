"""Search of a name in lists of what people did: their reviews, the decisions about them.

Such a list has an order of its own, and a name is borne by three people or by a tenth of all. Neither way of asking is
fast for both: few people's rows are fetched and sorted, a common name is looked for while the list is walked.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, false, func, select
from sqlalchemy.orm import Session

from models.people.tables import NameToken
from models.pinyin import query_tokens

FEW = 2_000
"""People: their rows are sorted in some milliseconds."""


def narrowed_by_name(session: Session, statement: Select[Any], text: str, name: Any) -> Select[Any]:
    """Narrow a list whose first entity has ``path`` and ``person_id`` to people with *text* in their name.

    *name* is the column of the statement that holds it. Asks the database once how common the name is.
    """
    query = query_tokens(text)
    if not query.tokens:
        return statement.where(false())
    entity: Any = statement.column_descriptions[0]["entity"]
    rarest, n_people = _rarest(session, query.tokens)
    if n_people <= FEW:
        bearers = select(NameToken.person_id).where(NameToken.token == rarest)
        others = [_bears(token, entity) for token in query.tokens if token != rarest]
        statement = statement.where(entity.person_id.in_(bearers), *others)
    else:
        statement = statement.where(*(_bears(token, entity) for token in query.tokens))
    return statement.where(name.contains(query.text, autoescape=True)) if query.needs_filter else statement


def _rarest(session: Session, tokens: tuple[str, ...]) -> tuple[str, int]:
    """Return the token that the fewest people of the scope have, and how many, counted a little beyond FEW."""
    counts = [
        select(func.count())
        .select_from(select(NameToken.person_id).where(NameToken.token == token).limit(FEW + 1).subquery())
        .scalar_subquery()
        for token in tokens
    ]
    found = session.execute(select(*counts)).one()
    return min(zip(tokens, found, strict=True), key=lambda pair: pair[1])


def _bears(token: str, entity: Any) -> ColumnElement[bool]:
    """Return the condition that the person of a row has the token: one look at the primary key of the tokens."""
    return (
        select(NameToken.person_id)
        .where(NameToken.token == token, NameToken.path == entity.path, NameToken.person_id == entity.person_id)
        .exists()
    )
