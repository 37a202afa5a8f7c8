"""Make a backup while the platform runs: the database of one moment, and every file that it names."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from admin_app import schema
from admin_app.backups import snapshots
from admin_app.backups.archive import BackupError, Manifest, Writer
from models import crypto, history, storage
from models.base import utcnow
from models.scope import system_session


@dataclass(frozen=True)
class Made:
    """What a backup holds."""

    n_bytes: int
    n_files: int
    last_seal: str


def make(target: Path) -> Made:
    """Write the backup to *target*; raises BackupError, and then there is no file of that name."""
    revision = schema.present()
    if revision is None:
        raise BackupError("The database has no tables yet: there is nothing to back up.")
    if target.exists():
        raise BackupError(f"{target} exists already: a backup never takes the place of another.")
    writer = Writer(target)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".backup-") as folder:
            # The database first: a file written later is in no row of it, and files are never changed.
            parts, tables = snapshots.take(Path(folder))
            for name, path in parts.items():
                writer.add_file(name, path)
        n_files = _add_files(writer)
        seal = _last_seal()
        writer.finish(Manifest(utcnow().isoformat(), snapshots.kind(), revision, crypto.fingerprint(), seal, tables))
    except BaseException:
        writer.discard()
        raise
    return Made(target.stat().st_size, n_files, seal)


def _add_files(writer: Writer) -> int:
    n_files = 0
    for key in storage.stored_keys():
        try:
            content = storage.read(key)
        except FileNotFoundError:
            continue  # deleted a moment ago, with its row
        writer.add_bytes(f"files/{key}", content)
        n_files += 1
    return n_files


def _last_seal() -> str:
    with system_session() as session:
        chain = session.scalars(select(history.HistoryBatch.chain).order_by(history.HistoryBatch.id.desc()).limit(1)).first()
    return chain or ""
