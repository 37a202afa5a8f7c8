"""Pages without a login: home, language, errors, login, password, registration, verification."""

from flask import Flask

from views.public import app as phone_app
from views.public import (
    badge_keys,
    captcha,
    home,
    login,
    organisation_registration,
    password,
    pickers,
    publications,
    receipt_offline,
    receipts,
    registration,
    verify,
    verify_offline,
)

__all__ = ["organisation_registration", "password", "receipt_offline", "receipts", "register", "verify_offline"]


def register(app: Flask) -> None:
    """Register the public pages; ``password``, ``organisation_registration`` and ``verify_offline`` add theirs to others."""
    for module in (phone_app, home, login, captcha, pickers, publications, registration, verify, badge_keys):
        app.register_blueprint(module.blueprint)
