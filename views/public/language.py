"""The reader's choices about the page: language, large print, high contrast, density. Kept in cookies only."""

from __future__ import annotations

from babel import Locale
from babel.support import NullTranslations
from flask import Blueprint, Response, abort, current_app, request, url_for
from flask_babel import Domain, get_locale
from werkzeug.wrappers import Response as BaseResponse

from views.redirects import redirect_own

blueprint = Blueprint("language", __name__)

LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
"""The code in the cookie and the locale of its catalogue."""
SWITCHES = frozenset({"large", "contrast"})
DENSITIES = frozenset({"dense", "roomy"})
_A_YEAR = 365 * 24 * 3600


class Catalogues(Domain):
    """Flask-Babel's domain, with each catalogue found by the locale itself: putting its name together takes longer than a word.

    A list page asks for three hundred words.
    """

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[Locale, NullTranslations] = {}

    def get_translations(self) -> NullTranslations:
        """Return the catalogue of the reader's language."""
        locale = get_locale()
        if locale is None:  # there is no reader
            return super().get_translations()
        if locale not in self._known:
            self._known[locale] = super().get_translations()
        return self._known[locale]


def choose_locale() -> str:
    """Return the locale of the cookie, else the default, Chinese."""
    return LOCALES.get(request.cookies.get("lang", ""), LOCALES["zh"])


def page_lang() -> str:
    """Return what ``html[lang]`` says: it also chooses the glyphs."""
    return "en" if str(get_locale()).startswith("en") else "zh-Hans"


def words_language() -> str:
    """Return the language of the words that data carry: of learning forms and their fields, of code lists."""
    return "en" if page_lang() == "en" else "zh"


def display_choices() -> frozenset[str]:
    """Return the switches of the display cookie that are on."""
    chosen = request.cookies.get("display", "").split(".")
    return frozenset(chosen) & (SWITCHES | DENSITIES)


def display_classes() -> str:
    """Return the classes of ``html`` for the reader's display, each with a blank before it."""
    return "".join(f" {name}" for name in sorted(display_choices()))


def shows(name: str) -> bool:
    """Say whether a switch of the display is on."""
    return name in display_choices()


@blueprint.get("/language/<code>")
def choose(code: str) -> BaseResponse:
    """Keep the language for a year and go back to the page."""
    if code not in LOCALES:
        abort(404)
    response = redirect_own(request.args.get("to"), url_for("home.index"))
    _keep(response, "lang", code)
    return response


@blueprint.post("/display")
def display() -> BaseResponse:
    """Turn one switch of the display, or choose a density, and go back to the page."""
    chosen = set(display_choices())
    toggle = request.form.get("toggle", "")
    density = request.form.get("density")
    if toggle in SWITCHES:
        chosen ^= {toggle}
    if density is not None:
        chosen = (chosen - DENSITIES) | ({density} & DENSITIES)
    response = redirect_own(request.form.get("to"), url_for("home.index"))
    _keep(response, "display", ".".join(sorted(chosen)))
    return response


def _keep(response: Response | BaseResponse, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=_A_YEAR, samesite="Lax", httponly=True, secure=bool(current_app.config.get("SESSION_COOKIE_SECURE"))
    )
