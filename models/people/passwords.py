"""Passwords: how they are hashed, checked and made up, and which are refused. Knows no account and no session."""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from models.errors import N_, Invalid
from models.people.numbers import last_six
from models.text import compact

LONGEST = 128
SHORTEST = 8
ONE_TIME_LENGTH = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz"  # no i, l, o: they are read aloud on the phone
_DIGITS = "23456789"

# 19 MiB, two passes, one lane: about 20 ms of one core, so that two cores bear a hundred logins a second.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """Return the Argon2id hash of *password*."""
    return _hasher.hash(_composed(password))


def matches_hash(password: str, stored: str | None) -> bool:
    """Say whether *password* has the *stored* hash; costs one hash in every case, also without one."""
    fits = len(password) <= LONGEST
    try:
        _hasher.verify(stored or _nobodys_hash(), _composed(password) if fits else "")
    except (VerificationError, InvalidHashError):
        return False
    return fits and stored is not None


def needs_rehash(stored: str) -> bool:
    """Say whether *stored* was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def matches_last_six(password: str, number: str) -> bool:
    """Compare *password* in constant time with the last six characters of *number*, X upper-case."""
    return hmac.compare_digest(compact(password).encode(), last_six(number).encode())


def make_one_time() -> str:
    """Return a random password of ten characters with letters and digits that cannot be mistaken for each other."""
    characters = [secrets.choice(_LETTERS), secrets.choice(_DIGITS)]
    characters += [secrets.choice(_LETTERS + _DIGITS) for _ in range(ONE_TIME_LENGTH - 2)]
    secrets.SystemRandom().shuffle(characters)
    return "".join(characters)


def check_new(password: str, *, number: str) -> None:
    """Raise Invalid with a sentence unless *password* is sensible for the holder of *number*."""
    if len(password) < SHORTEST:
        raise Invalid(N_("The password needs at least %(n)s characters."), n=SHORTEST)
    if len(password) > LONGEST:
        raise Invalid(N_("The password may have at most %(n)s characters."), n=LONGEST)
    if not (any(c.isalpha() for c in password) and any(c.isdigit() for c in password)):
        raise Invalid(N_("The password needs letters and digits."))
    typed, own = compact(password), compact(number)
    if len(own) >= 6 and (last_six(own) in typed or typed in own):
        raise Invalid(N_("The password must not hold the ID document number or its last six characters."))


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_urlsafe())


def _composed(password: str) -> str:
    return unicodedata.normalize("NFKC", password)
