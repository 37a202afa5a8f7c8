"""The words of an hour formula: what may stand in its text, what it may name, and the refusals with their places.

The language is a small part of Python's expressions, computed by simpleeval (docs/decisions says why). Everything that
is not listed here and in formula_check.py is refused before anything is computed: no loop, no attribute, no power.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from enum import StrEnum

from models.errors import N_, Invalid

ON_PAPER = "on_paper"
"""The word of a formula that proposes nothing: the hours stand on a document only."""


class InputKind(StrEnum):
    """Kinds of values a formula can use."""

    NUMBER = "number"  # a Decimal or an int
    TEXT = "text"  # the code of a choice
    BOOLEAN = "boolean"  # yes or no


@dataclass(frozen=True, slots=True)
class Input:
    """A value that a formula may name; ``choices`` are the codes of a text, an optional one may be empty."""

    kind: InputKind
    optional: bool = False
    choices: tuple[str, ...] = ()


FIGURE_NEEDED = N_("At character %(place)s (%(part)s): a figure is needed here.")
CODE_NEEDED = N_("At character %(place)s (%(part)s): the code of a choice is needed here.")
CONDITION_NEEDED = N_("At character %(place)s (%(part)s): a condition is needed here.")
TABLE_NEEDED = N_('At character %(place)s (%(part)s): a table is needed here, as {"a": 1, "b": 2}.')
TABLE_MIXED = N_('At character %(place)s (%(part)s): a table has rows of one kind, as {"a": 1, "b": 2}.')
TABLE_KEY = N_("At character %(place)s (%(part)s): the rows of a table begin with a code or a figure.")
TABLE_VALUE = N_("At character %(place)s (%(part)s): the values of a table are figures.")
TABLE_LACKS = N_("At character %(place)s (%(part)s): the table has no row for %(missing)s.")
NO_CHOICE = N_("At character %(place)s: %(part)s is none of the choices %(choices)s.")
NO_INPUT = N_("At character %(place)s: “%(part)s” is not an input of this form.")
NO_FUNCTION = N_("At character %(place)s: there is no function “%(part)s”; there are %(functions)s.")
WRONG_NUMBER_OF_VALUES = N_("At character %(place)s (%(part)s): the function does not take so many values.")
NOT_IN_LANGUAGE = N_("At character %(place)s: “%(part)s” is not part of the formula language.")
MAY_BE_EMPTY = N_("At character %(place)s: “%(part)s” may be empty; write first(%(part)s, 0), or ask given(%(part)s) before.")
ON_PAPER_INSIDE = N_("At character %(place)s: on_paper can only be a whole result, alone or after if and else.")
TOO_MANY_DIGITS = N_("At character %(place)s (%(part)s): the figure has too many digits.")
DIVISION_BY_ZERO = N_("At character %(place)s (%(part)s): nothing can be divided by 0.")
TOO_DEEP = N_("At character %(place)s: the formula is nested too deeply.")

_MAX_LENGTH = 2000
_TOKEN = re.compile(
    r"""\s+|"[^"\\\n]*"|'[^'\\\n]*'|[0-9]+(?:\.[0-9]+)?(?![\w.])|[A-Za-z_][A-Za-z_0-9]*|[-+*/(){}\[\],:]|[<>!=]=|[<>]"""
)


@dataclass(frozen=True, slots=True)
class Source:
    """The text of a formula, able to say where a node of its tree stands."""

    text: str

    @property
    def _start(self) -> int:
        return len(self.text) - len(self.text.lstrip())

    def parse(self) -> ast.Expression:
        """Return the tree; raises Invalid where a word is unknown or the grammar breaks."""
        self._check_words()
        try:
            return ast.parse(self.text.strip(), mode="eval")
        except SyntaxError as error:
            # The parser says 0 when the text ends too early.
            place = min(self._start + (error.offset or len(self.text)), len(self.text))
            message_id = N_("At character %(place)s: the formula breaks off, or a sign is missing or too many.")
            raise Invalid(message_id, place=place) from None
        except (RecursionError, MemoryError):
            raise Invalid(TOO_DEEP, place=1) from None

    def part(self, node: ast.expr) -> str:
        """Return the text of a node, shortened for a sentence."""
        text = ast.get_source_segment(self.text.strip(), node) or ""
        return text if len(text) <= 40 else text[:39] + "…"

    def error(self, message_id: str, node: ast.expr, **params: object) -> Invalid:
        """Return the refusal of a node, with its place in characters from 1."""
        # The parser counts bytes.
        before = self.text.strip().encode()[: node.col_offset].decode()
        return Invalid(message_id, place=self._start + len(before) + 1, part=self.part(node), **params)

    def _check_words(self) -> None:
        if not self.text.strip():
            raise Invalid(N_("Enter a formula."))
        if len(self.text) > _MAX_LENGTH:
            raise Invalid(N_("A formula has at most %(n)s characters."), n=_MAX_LENGTH)
        at = 0
        while at < len(self.text):
            token = _TOKEN.match(self.text, at)
            if not token:
                message_id = N_("At character %(place)s: “%(part)s” cannot stand in a formula.")
                raise Invalid(message_id, place=at + 1, part=self.text[at])
            at = token.end()


def source_of(text: str) -> Source:
    """Return the source of a formula that may be written over several lines; every place stays where it was."""
    return Source(text.translate({10: " ", 13: " ", 9: " "}))
