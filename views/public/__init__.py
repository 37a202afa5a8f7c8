"""Pages without a login: home, language, errors, login, password, registration, verification."""

from flask import Flask

from views.public import app as phone_app
from views.public import captcha, home, login, organisation_registration, password, pickers, publications, registration, verify

__all__ = ["organisation_registration", "password", "register"]


def register(app: Flask) -> None:
    """Register the public pages; ``password`` and ``organisation_registration`` add theirs to login and registration."""
    for module in (phone_app, home, login, captcha, pickers, publications, registration, verify):
        app.register_blueprint(module.blueprint)
