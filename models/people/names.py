"""A person's name: how it is stored, and what cannot be one."""

from __future__ import annotations

import re

from models.errors import N_, Invalid
from models.text import HAN, compact, line

LENGTH = 100
_NOT_IN_NAMES = frozenset('<>@#$%&*/\\|"=+;{}[]')
_BETWEEN_HAN = re.compile(f"(?<={HAN}) (?={HAN})")


def plain(typed: str) -> str:
    """Return a name as it is stored: one line, nothing invisible, no blank between two Chinese characters.

    Lists set a blank into names of two characters (张 丽) so that they fill the column; documents have none.
    """
    return typed if typed.isalpha() else _BETWEEN_HAN.sub("", line(typed))


def same(one: str, other: str) -> bool:
    """Say whether two names are one, however they were spaced when they were stored."""
    return plain(one) == plain(other)


def fits(typed: str, name: str) -> bool:
    """Say whether a list means somebody of that *name*, however it spaces and spells the letters."""
    return compact(typed) == compact(name)


def given(typed: str) -> str:
    """Return the name of an account as it is stored, also that of a desk (值班室 2); raises Invalid."""
    name = plain(typed)
    if not name:
        raise Invalid(N_("Please enter the name."))
    if len(name) > LENGTH:
        raise Invalid(N_("At most %(n)s characters fit here."), n=LENGTH)
    return name


def check(typed: str) -> str:
    """Return a person's name as it is stored; raises Invalid."""
    name = given(typed)
    if not name.isalpha() and any(c.isdigit() or c in _NOT_IN_NAMES for c in name):
        raise Invalid(N_("A name has neither digits nor signs such as < > @ # % & *."))
    return name
