"""Sentences for people: turns message ids with parameters into the reader's language."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

from babel.dates import format_datetime
from flask_babel import get_locale, gettext

from models.base import LOCAL_ZONE, to_hours
from models.errors import DomainError, FieldErrors, Words
from models.workflow import WRONG_STEP
from views import states


def words(message_id: str, params: Mapping[str, Any] | None = None) -> str:
    """Return the sentence of *message_id* in the reader's language, its placeholders filled."""
    if not params:
        return gettext(message_id)
    filled = {name: _shown(value) for name, value in params.items()}
    if message_id == WRONG_STEP:
        filled["state"] = _state_word(str(params.get("of", "")), str(params["state"]))
    return gettext(message_id, **filled)


def say(error: DomainError) -> str:
    """Return the sentence of a refusal; of several field errors the general one and each of theirs."""
    sentence = words(error.message_id, error.params)
    if isinstance(error, FieldErrors):
        return " ".join([sentence, *(say(each) for each in error.errors.values())])
    return sentence


def _state_word(kind: str, state: str) -> str:
    """Return the word of a state; the code itself of a refusal that was kept before it said of what it was."""
    known = states.OF_WORKFLOWS.get(kind, {}).get(state)
    return gettext(known.word) if known else state


def _shown(value: Any) -> Any:
    if isinstance(value, DomainError):
        return say(value)
    if isinstance(value, Words):
        return gettext(value)
    if isinstance(value, (dt.datetime, dt.date)):
        return local_time(value)
    return value


def local_time(value: dt.datetime | dt.date | None) -> str:
    """Return a time as Asia/Shanghai wall clock to the minute, a date as year-month-day."""
    if value is None:
        return ""
    if isinstance(value, dt.datetime):
        return format_datetime(value, "yyyy-MM-dd HH:mm", tzinfo=LOCAL_ZONE, locale=get_locale())
    return value.isoformat()


def hours(tenths: int | None) -> str:
    """Return integer tenths of an hour with one place; nothing for None."""
    return "" if tenths is None else f"{to_hours(tenths):.1f}"


def plain_hours(tenths: int) -> str:
    """Return hours as they stand in a sentence: 28 and not 28.0."""
    return f"{to_hours(tenths).normalize():f}"


def file_size(n_bytes: int) -> str:
    """Return a size in the unit that keeps it short."""
    if n_bytes < 1024:
        return f"{n_bytes} B"
    size = Decimal(n_bytes) / 1024
    return f"{size:.0f} KB" if size < 1024 else f"{size / 1024:.1f} MB"


def choice_word(choices: Mapping[str, str], value: object) -> str:
    """Return the translated word of a coded *value*; the value itself when the choices lack it."""
    key = value.value if isinstance(value, StrEnum) else str(value)
    return gettext(choices[key]) if key in choices else key
