"""The root of the operator's commands, and what every command shares."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import IO, Any

import click

from admin_app import logs
from admin_app.factory import create_app
from admin_app.settings import SettingError


class Refused(click.ClickException):
    """A command that cannot be carried out: one line, exit code 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the line alone."""
        click.echo(self.message, file=file, err=True)


def with_app(command: Callable[..., None]) -> Callable[..., None]:
    """Hand the application to a command, in its context; a wrong setting ends it with its one line."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        try:
            app = create_app()
        except SettingError as error:
            raise Refused(str(error)) from None
        with app.app_context():
            command(app, *args, **kwargs)

    return wrapped


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run and look after the continuing-education platform. The settings are the CE_ variables of the README."""
    logs.configure()
