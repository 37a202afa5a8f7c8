"""Put a backup back: everything is checked first, then files, then the database at one stroke, then the keys."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from alembic.util import CommandError

from admin_app import keys as key_store
from admin_app import schema
from admin_app.backups import archive, snapshots
from admin_app.backups.archive import BackupError, Manifest
from admin_app.backups.key_file import Keys
from admin_app.settings import Settings
from admin_app.worker import is_held
from models import crypto, history, storage
from models.base import db
from models.scope import system_session

NAMES = {"data": "data key", "index": "index key", "signing": "signing key"}


@dataclass(frozen=True)
class Restored:
    """What was put back."""

    manifest: Manifest
    kept: Path | None
    verification: history.Verification


def restore(path: Path, settings: Settings, *, given: Keys | None, may_replace: bool) -> Restored:
    """Put the backup in place of what is here; raises BackupError before anything is changed when it cannot be used."""
    manifest = archive.check(path)
    keys = given or Keys.of(settings)
    check_keys(manifest, keys)
    if given is not None:
        _check_settings_agree(given, os.environ)
    _check_version(manifest)
    if manifest.database != snapshots.kind():
        raise BackupError(f"The backup is of {manifest.database}, the database here is {snapshots.kind()}.")
    if is_held(settings.instance_path / "worker.lock"):
        raise BackupError("The server is running: stop it first.")
    snapshots.check_place(manifest.revision, may_replace=may_replace)

    kept = None
    if manifest.database == "sqlite":
        kept = _restore_sqlite(path)
    else:
        _restore_postgres(path, manifest)
    if given is not None:
        _put_keys_in_place(given, settings)
    key_store.install(keys.put_into(settings))
    if not schema.is_current():
        schema.upgrade()
    with system_session() as session:
        return Restored(manifest, kept, history.verify(session))


def check_keys(manifest: Manifest, keys: Keys) -> None:
    """Raise BackupError, which names the key that is missing, unless every value of the backup can be opened."""
    names = {
        "data": {crypto.key_id(crypto.parse_key(key)) for key in keys.data_keys},
        "index": {crypto.key_id(crypto.parse_key(keys.index_key))},
        "signing": {crypto.key_id(crypto.parse_key(key)) for key in keys.signing_keys},
    }
    for purpose, needed in manifest.keys.items():
        if missing := [name for name in needed if name not in names[purpose]]:
            raise BackupError(
                f"The keys at hand do not open this backup: {NAMES[purpose]} {missing[0]} is missing. "
                "Bring back instance/keys, or give the file of keys with --keys. Nothing was changed."
            )


def _check_settings_agree(given: Keys, environment: Mapping[str, str]) -> None:
    # The variable of the PDFs names a file, which goes before anything kept here; no value of a backup needs it.
    for file in set(key_store.KeyFile) - {key_store.KeyFile.PDF}:
        variable = f"CE_{file.upper()}"
        value = getattr(given, file.value)
        if environment.get(variable) and environment[variable].replace(" ", "") != (
            value if isinstance(value, str) else ",".join(value)
        ):
            raise BackupError(f"{variable} is set to another key than that of the file: unset it first. Nothing was changed.")


def _check_version(manifest: Manifest) -> None:
    try:
        schema.scripts().get_revision(manifest.revision)
    except CommandError as error:
        raise BackupError(
            f"The backup is of a newer version (tables at {manifest.revision}): update the platform first."
        ) from error


def _restore_sqlite(path: Path) -> Path | None:
    place = snapshots.SqlitePlace()
    try:
        for name, content in archive.parts(path):
            if name == snapshots.SQLITE_PART:
                place.receive(content)
            elif name.startswith("files/"):
                storage.write(name.removeprefix("files/"), content.read())
        return place.put_in_place()
    finally:
        place.draft.unlink(missing_ok=True)


def _restore_postgres(path: Path, manifest: Manifest) -> None:
    if schema.present() is None:
        schema.upgrade(manifest.revision)
    db.engine.dispose()
    place = snapshots.PostgresPlace(manifest.tables)
    try:
        place.empty()
        for name, content in archive.parts(path):
            if name.startswith(snapshots.TABLE_PREFIX):
                place.receive(name.removeprefix(snapshots.TABLE_PREFIX), content)
            elif name.startswith("files/"):
                storage.write(name.removeprefix("files/"), content.read())
        place.commit()
    finally:
        place.close()


def _put_keys_in_place(given: Keys, settings: Settings) -> None:
    folder = settings.keys_path
    draft = folder.with_name(f"{folder.name}.restoring")
    given.write_files(draft)
    if folder.exists():
        folder.replace(folder.with_name(f"{folder.name}.before-{time.strftime('%Y%m%d-%H%M%S')}"))
    draft.replace(folder)
