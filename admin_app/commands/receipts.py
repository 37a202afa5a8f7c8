"""The command that checks a receipt: with a copy of the published roots it needs neither database nor settings."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask

from admin_app.commands.root import Refused, main, with_app
from models import daily_roots, receipts
from models.daily_roots import Roots
from models.errors import Invalid
from models.scope import system_session

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@main.command("verify-receipt")
@click.argument("file", type=FILE)
@click.option("--roots", "roots_file", type=FILE, help="The downloaded daily roots (JSON); without it the database is asked.")
def verify_receipt(file: Path, roots_file: Path | None) -> None:
    """Check the receipt FILE (JSON) against the published daily roots; exit code 1 unless all of it holds."""
    if roots_file is None:
        _check_here(file)
        return
    try:
        roots = daily_roots.from_file(receipts.read_json(roots_file.read_bytes(), most=receipts.MOST_BYTES_OF_ROOTS))
    except Invalid as error:
        raise Refused(str(error)) from None
    _check(file, roots)


@with_app
def _check_here(_app: Flask, file: Path) -> None:
    with system_session() as session:
        roots = daily_roots.roots_here(session)
    _check(file, roots)


def _check(file: Path, roots: Roots) -> None:
    try:
        found = receipts.check(file.read_bytes(), roots)
    except Invalid as error:
        raise Refused(str(error)) from None
    head = found.head
    click.echo(
        f"Record {head['record']} of {head['person']}, {head['year']}: {len(found.rows)} rows, issued {head['issued_at']}."
    )
    for n, row in enumerate(found.rows, 1):
        said = row.values
        mark = ("holds, root of " + row.day if row.day else "is sealed later") if row.is_whole else "DOES NOT HOLD"
        who = f"{said.get('actor_name', '')}, {said.get('organisation_name', '')}"
        _say(f"{n:>3}. {said.get('at', '')}  {said.get('action', '')}  {who}: {mark}")
    if not found.is_whole:
        raise Refused("\n".join(str(sentence) for sentence in (*found.broken, *found.waiting)))
    click.echo(f"All {len(found.rows)} rows and the head hold against {len(roots.days)} published days.")


def _say(line: str) -> None:
    """Print what a stranger's file says, without the signs that would steer the terminal."""
    click.echo("".join(c if c.isprintable() else "?" for c in line))
