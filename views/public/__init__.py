"""Pages without a login: home, language, errors, login, password, registration, verification."""

from flask import Flask

from views.public import captcha, home, login, password, pickers, publications, registration, verify

__all__ = ["password", "register"]


def register(app: Flask) -> None:
    """Register the public pages; ``password`` adds its pages to those of the login."""
    for module in (home, login, captcha, pickers, publications, registration, verify):
        app.register_blueprint(module.blueprint)
