"""Errors that a person can read: an English message id with named parameters, never a finished sentence.

Views, mails and workbooks translate when they show them; this module knows no language.
"""

from __future__ import annotations

from collections.abc import Mapping


def N_(message_id: str) -> str:  # noqa: N802 - the name that message extraction looks for
    """Mark *message_id* for extraction and return it unchanged."""
    return message_id


class Words(str):
    """A message id as a parameter of another message: whoever shows it translates both."""

    __slots__ = ()


class DomainError(Exception):
    """A refusal: nothing was changed. ``message_id`` is English, ``params`` fill its placeholders."""

    def __init__(self, message_id: str, **params: object) -> None:
        super().__init__(message_id)
        self.message_id = message_id
        self.params = params

    def __str__(self) -> str:
        return self.message_id % self.params if self.params else self.message_id

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.message_id, self.params)


def _rebuild(kind: type[DomainError], message_id: str, params: dict[str, object]) -> DomainError:
    return kind(message_id, **params)


class NotAllowed(DomainError):
    """The rule of a role, a right or a window forbids it, for a row that the actor may see."""


class NotFound(DomainError):
    """Absent, or outside the scope: the two are never told apart."""

    def __init__(self, message_id: str = N_("It does not exist, or is not within your jurisdiction."), **params: object) -> None:
        super().__init__(message_id, **params)


class WrongState(DomainError):
    """The step does not fit the state the thing is in."""


class Conflict(DomainError):
    """Somebody else was first, or a value that must be unique is taken."""


class Invalid(DomainError):
    """A value does not fit its rule."""


class FieldErrors(Invalid):
    """Several values do not fit; ``errors`` maps a field's name to its error."""

    def __init__(self, errors: Mapping[str, DomainError]) -> None:
        super().__init__(N_("Please correct the marked fields."))
        self.errors = dict(errors)

    def __reduce__(self) -> tuple[object, ...]:
        return FieldErrors, (self.errors,)


def first_of(refusal: DomainError) -> DomainError:
    """Return the one sentence for which there is room: of several fields that of the first."""
    return next(iter(refusal.errors.values())) if isinstance(refusal, FieldErrors) else refusal
