"""Captchas: picture and sound made from a signed key; the answer stands nowhere, and each key is taken once."""

from __future__ import annotations

import hmac
import secrets

from captcha.audio import AudioCaptcha
from captcha.image import ImageCaptcha
from flask import Blueprint, Response, abort, current_app, jsonify, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from itsdangerous import BadData, URLSafeTimedSerializer
from wtforms import HiddenField, StringField

from models.people import captcha as captcha_uses
from models.text import compact
from views.forms import PlainForm
from views.limits import limiter, note_failure

blueprint = Blueprint("captcha", __name__, url_prefix="/captcha")

N_DIGITS = 4
VALID_SECONDS = 3600  # a long form is filled meanwhile
_pictures = ImageCaptcha(width=160, height=56, font_sizes=(38, 42, 46))
_sounds = AudioCaptcha()


def is_on() -> bool:
    """Say whether captchas are asked for; automated checks turn them off."""
    return bool(current_app.config["CE_CAPTCHA"])


def new_token() -> str:
    """Return the signed key of a new captcha."""
    return _signer().dumps(secrets.token_urlsafe(16))


def is_answered(token: str, typed: str) -> bool:
    """Say whether *typed* answers the captcha of *token*; uses it up in either case."""
    key = _key(token)
    if key is None or not captcha_uses.use(key):
        return False
    return hmac.compare_digest(compact(typed).encode(), _answer(key).encode())


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key or "", salt="captcha")


def _key(token: str) -> str | None:
    try:
        key: str = _signer().loads(token, max_age=VALID_SECONDS)
    except BadData:
        return None
    return key


def _answer(key: str) -> str:
    digest = hmac.digest(str(current_app.secret_key).encode(), f"captcha answer:{key}".encode(), "sha256")
    return f"{int.from_bytes(digest[:8], 'big') % 10**N_DIGITS:0{N_DIGITS}d}"


class CaptchaForm(PlainForm):
    """A form that asks for a captcha, unless they are off."""

    captcha = StringField(_l("Verification code"))
    captcha_token = HiddenField()

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        if not is_on():
            del self.captcha
            del self.captcha_token
            return
        self.captcha.flags.required = True
        if not self.is_submitted():
            self.captcha_token.data = new_token()

    def passes_captcha(self) -> bool:
        """Check the answer and put a new captcha into the form; a wrong answer stands at the field and is counted."""
        if "captcha" not in self:
            return True
        is_right = is_answered(self.captcha_token.data or "", self.captcha.data or "")
        self.renew_captcha()
        if not is_right:
            note_failure()
            self.captcha.errors = [gettext("The verification code is wrong.")]
        return is_right

    def renew_captcha(self) -> None:
        """Put a new captcha into the form: the old one was used up, or the page is shown again."""
        if "captcha" in self:
            self.captcha_token.data = new_token()
            self.captcha.data = ""
            self.captcha.raw_data = None


@blueprint.get("/new")
@limiter.limit("120 per minute")
def new() -> Response:
    """Return a new captcha for the page's script."""
    token = new_token()
    return jsonify(token=token, image=url_for("captcha.image", token=token), audio=url_for("captcha.audio", token=token))


@blueprint.get("/<token>.png")
@limiter.limit("120 per minute")
def image(token: str) -> Response:
    """Draw the captcha of *token*."""
    return Response(_pictures.generate(_answer(_known(token)), format="png").getvalue(), mimetype="image/png")


@blueprint.get("/<token>.wav")
@limiter.limit("30 per minute")
def audio(token: str) -> Response:
    """Speak the captcha of *token*, for those who cannot see the picture."""
    return Response(bytes(_sounds.generate(_answer(_known(token)))), mimetype="audio/wav")


def _known(token: str) -> str:
    key = _key(token)
    if key is None:
        abort(404)
    return key
