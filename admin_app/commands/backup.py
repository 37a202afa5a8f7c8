"""Commands about backups."""

from __future__ import annotations

from pathlib import Path

import click
from flask import Flask

from admin_app.backups import key_file, making, restoring
from admin_app.backups.archive import BackupError
from admin_app.commands.root import Refused, main, with_app
from admin_app.factory import settings_of

FilePath = click.Path(dir_okay=False, path_type=Path)
ExistingFile = click.Path(exists=True, dir_okay=False, path_type=Path)


@main.command()
@click.argument("target", type=FilePath)
@click.option("--keys", "keys_target", type=FilePath, help="Write the keys, too, into a file of their own, under a passphrase.")
@with_app
def backup(app: Flask, target: Path, keys_target: Path | None) -> None:
    """Write database and files as one set to TARGET, also while the server runs. The keys are not in it."""
    passphrase = click.prompt("Passphrase for the keys", hide_input=True, confirmation_prompt=True) if keys_target else ""
    try:
        if keys_target is not None:
            key_file.write(keys_target, key_file.Keys.of(settings_of(app)), passphrase)
        made = making.make(target.absolute())
    except BackupError as error:
        raise Refused(str(error)) from None
    click.echo(
        f"{target}: {made.n_bytes} bytes, database and {made.n_files} files. Last seal of the history: {made.last_seal or 'none'}"
    )
    if keys_target is not None:
        click.echo(f"{keys_target}: the keys, under the passphrase. Keep it apart from the backup.")
    else:
        click.echo(
            "The keys are not in it: without instance/keys (or a file written with --keys) identity numbers cannot be read again."
        )


@main.command()
@click.argument("source", type=ExistingFile)
@click.option("--keys", "keys_source", type=ExistingFile, help="The file of keys that belongs to the backup.")
@click.option("--replace", is_flag=True, help="Put the backup in the place of data that are here.")
@with_app
def restore(app: Flask, source: Path, keys_source: Path | None, replace: bool) -> None:  # noqa: FBT001 - click's flag
    """Put the backup SOURCE back, while the server does not run. Checks everything before it changes anything."""
    try:
        given = None
        if keys_source is not None:
            given = key_file.read(keys_source, click.prompt("Passphrase for the keys", hide_input=True))
        done = restoring.restore(source, settings_of(app), given=given, may_replace=replace)
    except BackupError as error:
        raise Refused(str(error)) from None
    click.echo(f"The backup of {done.manifest.made_at} is in place, with {len(done.manifest.files)} files.")
    if done.kept is not None:
        click.echo(f"The former database is kept at {done.kept}.")
    if done.verification.first_broken:
        raise Refused(f"Its history is broken at {done.verification.first_broken}.")
    click.echo(f"Its history is whole: {done.verification.n_rows} rows.")
