"""Commands about the data: tables, seeds, proofs."""

from __future__ import annotations

import click
from flask import Flask

from admin_app import demo, schema
from admin_app.commands.root import Refused, main, with_app
from models import history
from models.credits.recompute import recompute_all
from models.errors import Conflict
from models.scope import system_session
from models.transaction import unit_of_work
from seed.demo.stage import PASSWORD
from seed.reference import seed_reference


@main.command()
@with_app
def migrate(_app: Flask) -> None:
    """Bring the database's tables up to date."""
    click.echo(f"The database stands at {schema.upgrade()}.")


@main.group()
def seed() -> None:
    """Fill the database: code lists, a demo world, or millions of rows for measuring."""


@seed.command("reference")
@with_app
def seed_code_lists(_app: Flask) -> None:
    """Write regions, code lists, learning forms and national defaults; a second run changes nothing."""
    with system_session() as session, unit_of_work(session):
        seeded = seed_reference(session)
    click.echo(f"{seeded.n_added} rows added, {seeded.n_changed} brought up to date.")


@seed.command("demo")
@with_app
def seed_demo_world(app: Flask) -> None:
    """Build the made-up city in an empty database and list its accounts."""
    try:
        made = demo.make(app)
    except Conflict as refusal:
        raise Refused(str(refusal)) from None
    click.echo(f"The password of all is {PASSWORD}")
    for account in made:
        click.echo(f"{account.number}  {account.kind}  {account.title}")


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


@main.command("recompute-years")
@click.option("--check", is_flag=True, help="Only compare; exit code 1 when a stored figure is wrong.")
@with_app
def recompute_years(_app: Flask, check: bool) -> None:  # noqa: FBT001 - click's flag
    """Count every year of everybody anew and put the stored figures right."""
    with system_session() as session:
        found = recompute_all(session, check_only=check)
    text = (
        f"{found.n_pairs} years counted: {found.n_wrong_years} years, {found.n_wrong_records} records and "
        f"{found.n_wrong_counters} counters of organisations were wrong."
    )
    if check and not found.is_clean:
        raise Refused(text)
    click.echo(text)
