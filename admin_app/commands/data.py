"""Commands about the data: tables, seeds, proofs."""

from __future__ import annotations

import click
from flask import Flask

from admin_app import demo, keys, schema
from admin_app.commands.root import Refused, main, with_app
from admin_app.factory import settings_of
from admin_app.worker import is_held
from models import daily_roots, history
from models.credits.proposals import check_proposals
from models.errors import Conflict
from models.org import paths
from models.reencryption import reencrypt_all
from models.scope import system_session
from models.transaction import unit_of_work
from seed.demo.stage import PASSWORD
from seed.reference import seed_reference
from seed.scale import seed_scale


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


@seed.command("scale")
@click.option("--professionals", default=1_000_000, show_default=True, type=click.IntRange(min=1))
@click.option("--organizations", default=20_000, show_default=True, type=click.IntRange(min=20))
@click.option("--credits", "n_credits", default=3_000_000, show_default=True, type=click.IntRange(min=1))
@with_app
def seed_for_measuring(_app: Flask, professionals: int, organizations: int, n_credits: int) -> None:
    """Fill an empty, migrated database with millions of made-up rows; whoever interrupts it begins with a new database."""
    try:
        made = seed_scale(
            n_people=professionals,
            n_organisations=organizations,
            n_credits=n_credits,
            say=lambda line: click.echo(f"\r{line:<60}", nl=False, err=True),
        )
    except Conflict as refusal:
        raise Refused(str(refusal)) from None
    click.echo(f"\nThe password of all is {PASSWORD}")
    for account in made:
        click.echo(f"{account.number}  {account.kind}  {account.title}")


@main.command("verify-history")
@with_app
def verify_history(_app: Flask) -> None:
    """Recompute the seals of the history and name the first row or batch that was changed."""
    with system_session() as session:
        found = history.verify(session)
        n_days, broken_day = daily_roots.verify(session)
    if found.first_broken:
        raise Refused(f"The history is broken at {found.first_broken}; {found.n_rows} rows before it are whole.")
    if broken_day:
        raise Refused(f"The published roots are broken at {broken_day}; {n_days} days before it are whole.")
    click.echo(
        f"{found.n_rows} rows in {found.n_batches} batches are whole, {found.n_unsealed} wait to be sealed. "
        f"Last seal: {found.last_chain or 'none'}. {n_days} days are published."
    )


@main.command("check-proposals")
@with_app
def check_stored_proposals(_app: Flask) -> None:
    """Recompute every submitted record from its inputs by its version of the rule; exit code 1 when one differs."""
    with system_session() as session:
        found = check_proposals(session)
    text = f"{found.n_records} records were computed anew: {found.n_wrong} differ from what is stored."
    if found.n_wrong:
        raise Refused(f"{text}\nRecords: {', '.join(map(str, found.wrong))}")
    click.echo(text)


@main.command("rebuild-paths")
@click.option("--check", is_flag=True, help="Only compare; exit code 1 when a path is wrong.")
@with_app
def rebuild_paths(_app: Flask, check: bool) -> None:  # noqa: FBT001 - click's flag
    """Make the paths of the tree anew from the parents, on organisations and on every row that carries one."""
    try:
        with system_session() as session:
            found = paths.rebuild(session, check_only=check)
    except paths.BrokenTree as error:
        raise Refused(f"The tree is broken: {error}.") from None
    text = f"{found.n_organisations} organisations: {len(found.wrong)} paths were wrong, {found.n_rows} rows were moved."
    for table, n_rows in found.n_strays.items():
        text += f"\n{n_rows} rows of {table} carry the path of no organisation."
    if found.n_strays or (check and found.wrong):
        raise Refused(text)
    click.echo(text)


@main.command("rotate-keys")
@with_app
def rotate_keys(app: Flask) -> None:
    """Make a new data key and write every encrypted value with it, while the server does not run.

    Where CE_DATA_KEYS is set, put the new key before the others there first: no other is made.
    """
    settings = settings_of(app)
    if is_held(settings.instance_path / "worker.lock"):
        raise Refused("The server is running: stop it first, it would not know the new key.")
    rotated = keys.with_new_data_key(settings)
    keys.install(rotated)
    with system_session() as session:
        n_values, n_files = reencrypt_all(session)
    click.echo(
        f"{n_values} values and {n_files} files are written with the first key. The old keys stay: older backups need them."
    )
