"""Form fields out of the models' columns: label, help, choices and length are described once, on the column."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext
from markupsafe import Markup
from sqlalchemy import Boolean, Date, Integer, String, Text
from wtforms import BooleanField, DateField, Field, IntegerField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional
from wtforms.widgets import TextInput

from models.errors import N_
from views.codes import code_choices

SEARCHED_FROM = 12
"""A choice of more than so many is searched instead of scrolled."""


class CodeField(SelectField):
    """A choice out of a code list in the reader's language, searched in place when it is long."""

    def __init__(self, label: Any = None, validators: Any = None, *, codes: str, **kwargs: Any) -> None:
        super().__init__(label, validators, choices=[], **kwargs)
        choices = code_choices(codes)
        self.choices = [("", lazy_gettext(N_("Please select"))), *choices]
        if len(choices) > SEARCHED_FROM:
            self.render_kw = {**kwargs.get("render_kw", {}), "data-picker": ""}

    def process_formdata(self, valuelist: list[str]) -> None:
        """Read an empty choice as none."""
        super().process_formdata([v for v in valuelist if v])
        if not any(valuelist):
            self.data: str | None = None

    def pre_validate(self, form: Any) -> None:
        """Refuse a code that the list lacks; an empty choice is left to the validators."""
        if self.data:
            super().pre_validate(form)


class _PickerInput(TextInput):
    def __call__(self, field: Any, **kwargs: Any) -> Markup:
        kwargs["data-picker"] = field.address()
        kwargs["data-text"] = field.shown(field.data) if field.data else ""
        if field.sent_along:
            kwargs["data-with"] = " ".join(field.sent_along)
        found: Markup = super().__call__(field, **kwargs)
        return found


class PickerField(StringField):
    """A thing searched on the server: *address* answers ``?q=``, *shown* gives the words of a chosen id.

    *sent_along* names other fields of the form whose values narrow the search.
    """

    widget = _PickerInput()

    def __init__(
        self,
        label: Any = None,
        validators: Any = None,
        *,
        address: Callable[[], str],
        shown: Callable[[str], str],
        sent_along: tuple[str, ...] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(label, validators, **kwargs)
        self.address, self.shown, self.sent_along = address, shown, sent_along


def field_for(column: Any, *, label: str = "", help: str = "", required: bool | None = None, **kwargs: Any) -> Field:  # noqa: A002 - what templates call it
    """Return the unbound field of a mapped column; *required* is what the column says when left out."""
    mapped = column.property.columns[0]
    info = mapped.info
    words = lazy_gettext(label or str(info["label"]))
    description = help or str(info.get("help", ""))
    needed = required if required is not None else not mapped.nullable and mapped.default is None
    validators: list[Any] = [InputRequired(message=lazy_gettext(N_("Please fill this in.")))] if needed else [Optional()]
    options: dict[str, Any] = {"description": lazy_gettext(description) if description else "", **kwargs}
    if info.get("codes"):
        return CodeField(words, validators, codes=str(info["codes"]), **options)
    if info.get("choices"):
        choices = [("", lazy_gettext(N_("Please select"))), *((v, lazy_gettext(w)) for v, w in info["choices"].items())]
        return SelectField(words, validators, choices=choices, **options)
    return _plain(mapped, words, validators, options)


def _plain(mapped: Any, words: Any, validators: list[Any], options: dict[str, Any]) -> Field:
    if isinstance(mapped.type, Boolean):
        return BooleanField(words, **options)
    if isinstance(mapped.type, Date):
        return DateField(words, validators, **options)
    if isinstance(mapped.type, Integer):
        return IntegerField(words, validators, **options)
    length = getattr(mapped.type, "length", None)
    if isinstance(mapped.type, String) and length:
        message = lazy_gettext(N_("At most %(max)d characters."))
        validators = [*validators, Length(max=length, message=message)]
    return (TextAreaField if isinstance(mapped.type, Text) else StringField)(words, validators, **options)
