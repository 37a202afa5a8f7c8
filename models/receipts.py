"""The check of a receipt: does it say what the platform sealed and published? Needs the file and the published roots alone.

A receipt holds the history of one record: a head that the platform signed, each row as the very text that was hashed, and the
way of each hash to the published root of a day. Nothing here reads the database.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models import crypto, history, merkle
from models.daily_roots import Roots
from models.errors import N_, Invalid

KIND, VERSION = "ce-receipt", 1
PURPOSE = b"ce-receipt:"
"""Stands before what is signed: a signature made for anything else never passes as one of a receipt."""
MOST_ROWS = 300
MOST_BYTES = 2 * 1024 * 1024
MOST_BYTES_OF_ROOTS = 16 * 1024 * 1024
UNREADABLE = N_("This is not a receipt as the platform hands it out, or it was not copied whole.")
TOO_LARGE = N_("A receipt has at most 2 MB.")
_HEX = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence about a receipt: message id and parameters."""

    message_id: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message_id % self.params


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the history as the receipt tells it; *day* is that of its published root, "" where there is none yet."""

    values: Mapping[str, Any]
    day: str = ""
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found. ``head`` and ``rows`` may be relied on only where ``is_whole``."""

    head: Mapping[str, Any]
    rows: Sequence[Row]
    broken: Sequence[Sentence]
    waiting: Sequence[Sentence]

    @property
    def is_whole(self) -> bool:
        """Say whether everything was checked and holds."""
        return not self.broken and not self.waiting


def read_json(content: bytes, *, most: int = MOST_BYTES) -> Any:
    """Return a file's JSON; raises Invalid for what is larger than *most* bytes or no JSON, however it is nested."""
    if len(content) > most:
        raise Invalid(TOO_LARGE)
    return _json(content)


def _json(content: bytes | str) -> Any:
    try:
        return json.loads(content, parse_constant=_refuse, parse_float=_refuse)
    except (ValueError, RecursionError):
        raise Invalid(UNREADABLE) from None


def _refuse(_text: str) -> Any:
    raise ValueError("a receipt holds whole numbers")


def check(content: bytes, roots: Roots) -> Checked:
    """Check a receipt against the published roots; raises Invalid only for what is no receipt at all."""
    receipt = _receipt(read_json(content))
    broken: list[Sentence] = []
    leaves = _check_head(receipt, roots, broken)
    batches = [_check_batch(n, batch, roots, broken) for n, batch in enumerate(receipt.batches, 1)]
    rows = [_check_row(n, row, leaves, batches, broken) for n, row in enumerate(receipt.rows, 1)]
    n_waiting = sum(1 for row in rows if row.is_whole and not row.day)
    waiting = [Sentence(NOT_YET, {"n": n_waiting})] if n_waiting else []
    return Checked(receipt.head, rows, broken, waiting)


NOT_YET = N_(
    "The root of the day of %(n)s rows is not published yet: they can be checked from tomorrow, with a receipt downloaded then."
)
CHANGED_HEAD = N_("The head of the receipt was changed: the platform did not sign this person, record, year and hours.")
OTHER_KEY = N_("The receipt is signed by a key that is not among the published ones.")
OTHER_ROWS = N_("The receipt was issued with %(n)s rows and now has %(m)s.")
CHANGED_ROW = N_("Row %(n)s was changed: its person, time, verdict or reason is not what was sealed.")
CHANGED_PROOF = N_("The proof of row %(n)s was changed: it does not lead to the seal of its batch.")
CHANGED_BATCH = N_("The proof of batch %(n)s was changed: it does not lead to the root of %(day)s.")
OTHER_DAY = N_("No root is published for %(day)s, which batch %(n)s names.")


@dataclass(frozen=True, slots=True)
class _RowPart:
    text: str
    leaf: str
    values: Mapping[str, Any]
    batch: int | None
    place: int
    path: Sequence[str]


@dataclass(frozen=True, slots=True)
class _BatchPart:
    root: str
    n_rows: int
    previous: str
    day: str
    place: int
    size: int
    path: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Parts:
    head: Mapping[str, Any]
    head_text: str
    signature: str
    rows: Sequence[_RowPart]
    batches: Sequence[_BatchPart]


@dataclass(frozen=True, slots=True)
class _Batch:
    part: _BatchPart
    is_whole: bool


def _receipt(content: Any) -> _Parts:
    """Return the parts of a receipt, each of the type that it must have; raises Invalid."""
    try:
        if (content["kind"], content["version"]) != (KIND, VERSION):
            raise Invalid(UNREADABLE)
        head = _json(_text(content["head"]))
        parts = _Parts(
            {name: _of_type(head[name], kinds) for name, kinds in HEAD.items()} | {"rows": _hashes(head["rows"])},
            content["head"],
            _text(content["signature"]),
            [_row_part(row) for row in _list(content["rows"], MOST_ROWS)],
            [_batch_part(batch) for batch in _list(content["batches"], MOST_ROWS)],
        )
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        raise Invalid(UNREADABLE) from None
    if not parts.rows or any(row.batch is not None and not 0 <= row.batch < len(parts.batches) for row in parts.rows):
        raise Invalid(UNREADABLE)
    return parts


HEAD: Mapping[str, tuple[type, ...]] = {
    "platform": (str,),
    "record": (int,),
    "person": (str,),
    "organisation": (str,),
    "year": (int,),
    "form": (str,),
    "title": (str,),
    "state": (str,),
    "requested_tenths": (int,),
    "granted_tenths": (int, type(None)),
    "issued_at": (str,),
}
"""What the platform says of the record on the day of issue, beside the hashes of the rows."""


def _row_part(row: Any) -> _RowPart:
    text = _text(row["text"])
    values = _json(text)
    if not isinstance(values, dict):
        raise TypeError
    batch = row["batch"]
    return _RowPart(
        text,
        hashlib.sha256(text.encode()).hexdigest(),
        values,
        None if batch is None else _number(batch),
        _number(row["place"]),
        _hashes(row["path"]),
    )


def _batch_part(batch: Any) -> _BatchPart:
    previous = _text(batch["previous"])
    return _BatchPart(
        _hashes([batch["root"]])[0],
        _number(batch["rows"]),
        previous and _hashes([previous])[0],
        _text(batch["day"]),
        _number(batch["place"]),
        _number(batch["size"]),
        _hashes(batch["path"]),
    )


def _of_type(value: Any, kinds: tuple[type, ...]) -> Any:
    if type(value) not in kinds or (isinstance(value, int) and not 0 <= value < 2**53):
        raise TypeError
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    value.encode()  # a lone half of a character pair is a ValueError
    return value


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**53:
        raise TypeError
    return value


def _list(value: Any, most: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > most:
        raise TypeError
    return value


def _hashes(value: Any) -> list[str]:
    found = _list(value, MOST_ROWS)
    if not all(isinstance(each, str) and _HEX.fullmatch(each) for each in found):
        raise TypeError
    return found


def _check_head(receipt: _Parts, roots: Roots, broken: list[Sentence]) -> Sequence[str] | None:
    """Return the hashes of the rows as they were issued; None where the head cannot say them."""
    is_signed = crypto.is_signed_by(roots.keys, PURPOSE + receipt.head_text.encode(), receipt.signature)
    if not is_signed:
        broken.append(Sentence(OTHER_KEY if is_signed is None else CHANGED_HEAD))
        return None
    leaves: Sequence[str] = receipt.head["rows"]
    if len(leaves) != len(receipt.rows):
        broken.append(Sentence(OTHER_ROWS, {"n": len(leaves), "m": len(receipt.rows)}))
        return None
    return leaves


def _check_batch(n: int, part: _BatchPart, roots: Roots, broken: list[Sentence]) -> _Batch:
    if not part.day:
        return _Batch(part, is_whole=True)
    published = roots.days.get(part.day)
    if published is None:
        broken.append(Sentence(OTHER_DAY, {"n": n, "day": part.day[:10]}))
        return _Batch(part, is_whole=False)
    link = history.chain_of(part.previous, part.root, part.n_rows)
    is_whole = merkle.root_from(link, part.place, part.size, part.path) == published.root
    if not is_whole:
        broken.append(Sentence(CHANGED_BATCH, {"n": n, "day": part.day}))
    return _Batch(part, is_whole)


def _check_row(n: int, row: _RowPart, leaves: Sequence[str] | None, batches: Sequence[_Batch], broken: list[Sentence]) -> Row:
    if leaves is not None and leaves[n - 1] != row.leaf:
        broken.append(Sentence(CHANGED_ROW, {"n": n}))
        return Row(row.values)
    if row.batch is None:
        return Row(row.values, is_whole=leaves is not None)
    batch = batches[row.batch]
    if merkle.root_from(row.leaf, row.place, batch.part.n_rows, row.path) != batch.part.root:
        # Without the head's word for it, whether the row or its proof was changed cannot be told apart.
        broken.append(Sentence(CHANGED_ROW if leaves is None else CHANGED_PROOF, {"n": n}))
        return Row(row.values)
    return Row(row.values, batch.part.day, batch.is_whole)
