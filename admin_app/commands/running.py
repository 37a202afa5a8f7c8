"""Commands that serve: the web, the worker, the list of addresses."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click
from flask import Flask

from admin_app import demo, schema, server, worker
from admin_app.commands.root import Refused, main, with_app
from admin_app.factory import settings_of
from admin_app.parent import end_with
from models.base import db
from seed.demo import DemoAccount
from seed.demo.stage import PASSWORD


@main.command()
@click.option("--demo", "with_demo", is_flag=True, help="Make the tables first, and the demo data in an empty database.")
@with_app
def run(app: Flask, with_demo: bool) -> None:  # noqa: FBT001 - click's flag
    """Serve the web and work the jobs until Ctrl-C."""
    settings = settings_of(app)
    accounts: Sequence[DemoAccount] = []
    if with_demo:
        accounts = _prepare_demo(app)
    elif not schema.is_current():
        raise Refused("The database's tables are not up to date: python -m admin_app migrate")
    if accounts:
        os.environ.setdefault("CE_DEMO", "on")
    # The web processes and the worker open their own connections.
    db.engine.dispose()
    try:
        server.run(settings, announce=lambda: _announce(settings.base_url, accounts))
    except server.PortTaken as error:
        raise Refused(str(error)) from None


def _prepare_demo(app: Flask) -> Sequence[DemoAccount]:
    if not schema.is_current():
        click.echo("Preparing the database and the demo data (about half a minute) ...")
    try:
        return demo.prepare(app)
    except demo.DemoBroken as error:
        raise Refused(str(error)) from None


def _announce(url: str, accounts: Sequence[DemoAccount]) -> None:
    if accounts:
        click.echo(f"Demo accounts, made-up persons; the password of all is {PASSWORD}")
        for account in accounts:
            click.echo(f"  {account.number}  {account.kind}  {account.title}")
    click.echo(f"Serving {url} (Ctrl-C stops)")


@main.command("worker")
@click.option("--with-parent", type=int, hidden=True, help="End when the process of this number, the parent, is gone.")
@click.option("--threads", default=2, show_default=True, type=click.IntRange(1, 32), help="Jobs at the same time.")
@with_app
def work(app: Flask, with_parent: int | None, threads: int) -> None:
    """Work the jobs: beside `run` it is started for you; with CE_REDIS_URL start as many as you like."""
    if with_parent is not None:
        end_with(with_parent)
    worker.run(app, threads=threads)


@main.command()
@with_app
def routes(app: Flask) -> None:
    """List every address with its methods and the name of its view."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        methods = ",".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        click.echo(f"{rule.rule}  {methods}  {rule.endpoint}")
