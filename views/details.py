"""Rows of a details page: what the templates' macros for attachments, timeline and changes take."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask import url_for


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that the reader may open: its own name, its address, its size in bytes."""

    name: str
    url: str
    size: int = 0
    is_image: bool = False


def attachment_of(file: Any, endpoint: str = "files.download") -> Attachment:
    """Return a stored file, of whatever table, as the pages show it; *endpoint* hands it out by its key."""
    return Attachment(file.original_name, url_for(endpoint, key=file.key), file.n_bytes, file.media_type.startswith("image/"))


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One event of a course: a word and its kind (pending, approved, rejected, draft, withdrawn, info), who, where, why."""

    word: str
    kind: str
    at: dt.datetime | None = None
    who: str = ""
    where: str = ""
    phone: str = ""
    note: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One changed value with the one before it."""

    label: str
    old: str
    new: str
    at: dt.datetime | None = None
    who: str = ""
