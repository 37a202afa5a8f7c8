"""The base of every form, and what a template needs to render its fields.

Forgery is refused in one place, Flask-WTF's CSRFProtect over the whole product; a form adds nothing to it.
"""

from __future__ import annotations

from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field

from models.errors import DomainError, FieldErrors
from views.words import say


class PlainForm(FlaskForm):
    """A form without a token field of its own: the template's ``form_keys()`` carries token and position."""

    class Meta(FlaskForm.Meta):
        """Leave the check of the token to CSRFProtect."""

        csrf = False

    def show_error(self, error: DomainError) -> None:
        """Put a refusal of the domain at its field, else at the head of the form."""
        if not isinstance(error, FieldErrors):
            self.form_errors.append(say(error))
            return
        for name, each in error.errors.items():
            if name in self:
                self[name].errors = [*self[name].errors, say(each)]
            else:
                self.form_errors.append(say(each))


def input_attributes(field: Field, described: str, more: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes of an input: what describes it, whether it is wrong, and *more* of the template's."""
    attributes = dict(more)
    if described.strip():
        attributes["aria-describedby"] = described.strip()
    if field.errors:
        attributes["aria-invalid"] = "true"
    return attributes
