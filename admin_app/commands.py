"""The operator's commands. Each opens the application of the environment's settings and says what it did."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import IO, Any

import click
from flask import Flask

from admin_app import logs, schema, server, worker
from admin_app.factory import create_app, settings_of
from admin_app.parent import end_with
from admin_app.settings import SettingError
from models import history
from models.base import db
from models.scope import system_session


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
    logs.configure(level=logging.INFO)


@main.command()
@with_app
def migrate(_app: Flask) -> None:
    """Bring the database's tables up to date."""
    revision = schema.upgrade()
    click.echo(f"The database stands at {revision}.")


@main.command()
@with_app
def run(app: Flask) -> None:
    """Serve the web and work the jobs until Ctrl-C."""
    if not schema.is_current():
        raise Refused("The database's tables are not up to date: python -m admin_app migrate")
    settings = settings_of(app)
    # The web processes and the worker open their own connections.
    db.engine.dispose()
    try:
        server.run(settings, announce=lambda: click.echo(f"Serving {settings.base_url}"))
    except server.PortTaken as error:
        raise Refused(str(error)) from None


@main.command("worker")
@click.option("--with-parent", type=int, hidden=True, help="End when the process of this number, the parent, is gone.")
@click.option("--threads", default=2, show_default=True, type=click.IntRange(1, 32), help="Jobs at the same time.")
@with_app
def work(app: Flask, with_parent: int | None, threads: int) -> None:
    """Work the jobs: beside `run` it is started for you; with CE_REDIS_URL start as many as you like."""
    if with_parent is not None:
        end_with(with_parent)
    worker.run(app, threads=threads)


@main.command("verify-history")
@with_app
def verify_history(_app: Flask) -> None:
    """Recompute the seals of the history and name the first row or batch that was changed."""
    with system_session() as session:
        found = history.verify(session)
    if found.first_broken:
        raise Refused(f"The history is broken at {found.first_broken}; {found.n_rows} rows before it are whole.")
    click.echo(
        f"{found.n_rows} rows in {found.n_batches} batches are whole, {found.n_unsealed} wait to be sealed. "
        f"Last seal: {found.last_chain or 'none'}"
    )


@main.command()
@with_app
def routes(app: Flask) -> None:
    """List every address with its methods and the name of its view."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        click.echo(f"{rule.rule}  {methods}  {rule.endpoint}")
