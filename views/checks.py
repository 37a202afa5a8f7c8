"""Checks of form fields whose sentences are translated when they are said, not when the module is read."""

from __future__ import annotations

from flask_babel import gettext
from wtforms import Field, Form
from wtforms.validators import StopValidation, ValidationError

from models.errors import N_

PLEASE_FILL_IN = N_("Please fill this in.")
TOO_LONG = N_("At most %(n)s characters fit here.")


class Required:
    """Refuse an empty field with a sentence of its own."""

    def __init__(self, message_id: str = PLEASE_FILL_IN) -> None:
        self.message_id = message_id
        self.field_flags = {"required": True}

    def __call__(self, _form: Form, field: Field) -> None:
        """Raise StopValidation for nothing, or only blanks."""
        data = field.data
        if data is None or data is False or (isinstance(data, str) and not data.strip()):
            field.errors = []
            raise StopValidation(gettext(self.message_id))


class AtMost:
    """Refuse a text longer than *n* characters."""

    def __init__(self, n: int) -> None:
        self.n = n
        self.field_flags = {"maxlength": n}

    def __call__(self, _form: Form, field: Field) -> None:
        """Raise ValidationError for a longer text."""
        if field.data and len(field.data) > self.n:
            raise ValidationError(gettext(TOO_LONG, n=self.n))
