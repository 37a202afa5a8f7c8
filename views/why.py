"""为什么 on a page: how the rule computed a record's hours, and what counting made of them."""

from __future__ import annotations

from collections.abc import Mapping

from flask_babel import gettext
from sqlalchemy.orm import Session

from models.base import local_date
from models.credits.tables import Declaration, DeclarationState, RuleVersion
from models.credits.why import of_year, why
from models.errors import N_
from views.public.language import words_language
from views.words import hours, words


def arithmetic_of(declaration: Declaration) -> list[str]:
    """Return how the rule computed the proposal, line by line."""
    lines = declaration.arithmetic or ()
    return [words(line["message_id"], line.get("params")) if isinstance(line, Mapping) else str(line) for line in lines]


def lines_of(session: Session, declaration: Declaration, *, with_left: bool = True) -> list[str]:
    """Return the whole of it for one record: version, arithmetic, proposal, what the cap left; nothing for a draft.

    What the cap leaves for a record in review stands in its arithmetic, as of its submission; *with_left* also as of now.
    """
    if declaration.state == DeclarationState.DRAFT:
        return []
    found = why(session, declaration, language=words_language(), with_left=with_left)
    lines = [_version(found.version), *arithmetic_of(declaration)]
    if declaration.proposed_tenths is not None:
        lines.append(words(N_("%(hours)s hours by the rule"), {"hours": hours(declaration.proposed_tenths)}))
    else:
        lines.append(gettext(N_("The hours stand on the evidence.")))
    return lines if found.counted is None else [*lines, words(*found.counted)]


def counted_lines(session: Session, person_id: int, year: int) -> dict[int, str]:
    """Return for each record of a person's year what the cap left of it."""
    return {record_id: words(*said) for record_id, said in of_year(session, person_id, year, language=words_language()).items()}


def _version(version: RuleVersion) -> str:
    if version.organisation_id is None:
        return words(N_("Rule of hours: national default, version %(n)s"), {"n": version.version})
    return words(N_("Rule of hours: version %(n)s, published on %(day)s"), {"n": version.version, "day": _day(version)})


def _day(version: RuleVersion) -> str:
    return local_date(version.published_at).isoformat() if version.published_at else ""
