"""A backup is one set: what was there comes back whole, or nothing is changed and one sentence says why."""

import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from admin_app import schema, worker
from admin_app.backups import archive, key_file, making, restoring
from admin_app.backups.archive import BackupError
from admin_app.backups.key_file import Keys
from admin_app.factory import settings_of
from admin_app.settings import Settings
from models import crypto, history, storage
from models.access import SYSTEM
from models.base import Base, db
from models.people.tables import Account
from models.scope import system_session
from models.transaction import unit_of_work
from tests.conftest import settings_for
from tests.databases import Templates, engine_of

PASSPHRASE = "richtig-pferd-batterie"
OTHER_KEY = crypto.generate_key()
FILE_KEY = "k" * 43


@pytest.fixture
def settings(one_app: Flask, tmp_path: Path) -> Iterator[Settings]:
    """The settings of an instance of its own, with its own storage."""
    before = settings_of(one_app)
    mine = settings_for(tmp_path / "instance")
    mine.instance_path.mkdir()
    storage.configure(mine.storage_url)
    yield mine
    storage.configure(before.storage_url)
    crypto.configure(data_keys=before.data_keys, index_key=before.index_key, signing_keys=before.signing_keys)


@pytest.fixture
def filled(one_app: Flask, templates: Templates, database_kind: str, tmp_path: Path, settings: Settings) -> Iterator[Settings]:
    """A migrated instance with the cast, one file, and a sealed history."""
    url = templates.fresh(database_kind, tmp_path)
    with engine_of(one_app, url), one_app.app_context():
        storage.write(FILE_KEY, b"evidence")
        with system_session() as session, unit_of_work(session):
            history.record(session, SYSTEM, "account", [1, 2], "create")
            history.seal(session)
        yield settings
    templates.drop(url)


def _counts() -> dict[str, int]:
    with system_session() as session:
        return {
            m.local_table.name: session.scalar(select(func.count()).select_from(m.class_)) or 0 for m in Base.registry.mappers
        }


@pytest.mark.both_databases
def test_a_backup_goes_into_an_empty_instance_and_everything_is_there(
    one_app: Flask, templates: Templates, database_kind: str, filled: Settings, tmp_path: Path
) -> None:
    made = making.make(tmp_path / "set.tar.gz")
    before = _counts()
    assert (made.n_files, len(made.last_seal), before["accounts"]) == (1, 64, 21)
    storage.configure((tmp_path / "elsewhere").as_uri())
    elsewhere = templates.bare(database_kind, tmp_path)
    with engine_of(one_app, elsewhere), one_app.app_context():
        done = restoring.restore(tmp_path / "set.tar.gz", filled, given=None, may_replace=False)
        assert done.verification == history.Verification(2, 0, 1, "", made.last_seal)
        assert _counts() == before
        assert schema.is_current()
        assert storage.read(FILE_KEY) == b"evidence"
        with system_session() as session, unit_of_work(session):
            assert session.get_one(Account, 1).number.startswith("371102")
            # The numbering goes on after the highest id.
            history.record(session, SYSTEM, "account", [3], "create")
        assert _counts()["history_entries"] == 3
    templates.drop(elsewhere)


@pytest.mark.both_databases
def test_data_are_replaced_only_when_asked_and_the_former_file_is_kept(
    filled: Settings, tmp_path: Path, database_kind: str
) -> None:
    making.make(tmp_path / "set.tar.gz")
    with system_session() as session, unit_of_work(session):
        history.record(session, SYSTEM, "account", [3], "create")
    with pytest.raises(BackupError, match="The database here holds data: --replace puts the backup in its place"):
        restoring.restore(tmp_path / "set.tar.gz", filled, given=None, may_replace=False)
    assert _counts()["history_entries"] == 3
    done = restoring.restore(tmp_path / "set.tar.gz", filled, given=None, may_replace=True)
    assert _counts()["history_entries"] == 2
    assert (done.kept is not None and done.kept.exists()) is (database_kind == "sqlite")


def test_without_the_keys_nothing_is_changed_and_the_missing_key_is_named(filled: Settings, tmp_path: Path) -> None:
    making.make(tmp_path / "set.tar.gz")
    missing = crypto.fingerprint()["data"][0]
    others = Keys.of(replace(filled, data_keys=(OTHER_KEY,)))
    present = sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))
    with pytest.raises(BackupError, match=f"data key {missing} is missing.* Nothing was changed"):
        restoring.restore(tmp_path / "set.tar.gz", filled, given=others, may_replace=True)
    assert sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*")) == present


def test_the_keys_come_back_from_their_own_file(filled: Settings, tmp_path: Path) -> None:
    making.make(tmp_path / "set.tar.gz")
    key_file.write(tmp_path / "keys.json", Keys.of(filled), PASSPHRASE)
    Keys.of(replace(filled, data_keys=(OTHER_KEY,))).write_files(filled.keys_path)
    given = key_file.read(tmp_path / "keys.json", PASSPHRASE)
    restoring.restore(tmp_path / "set.tar.gz", replace(filled, data_keys=(OTHER_KEY,)), given=given, may_replace=True)
    assert (filled.keys_path / "data_keys").read_text().split() == list(filled.data_keys)
    (kept,) = filled.instance_path.glob("keys.before-*")
    assert (kept / "data_keys").read_text().split() == [OTHER_KEY]


def test_a_file_of_keys_opens_with_its_passphrase_only(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    with pytest.raises(BackupError, match="at least 12 characters"):
        key_file.write(path, Keys.of(settings), "short")
    assert not path.exists()
    key_file.write(path, Keys.of(settings), PASSPHRASE)
    assert path.stat().st_mode & 0o777 == 0o600
    assert settings.index_key not in path.read_text()
    assert key_file.read(path, PASSPHRASE) == Keys.of(settings)
    with pytest.raises(BackupError, match="The passphrase does not open"):
        key_file.read(path, PASSPHRASE + "x")
    path.write_text("{}")
    with pytest.raises(BackupError, match="is no file of keys"):
        key_file.read(path, PASSPHRASE)


@pytest.mark.parametrize("damage", ["cut", "flipped", "other", "empty"])
def test_a_damaged_backup_is_refused_before_anything_is_changed(filled: Settings, tmp_path: Path, damage: str) -> None:
    path = tmp_path / "set.tar.gz"
    making.make(path)
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(
        {
            "cut": content[:middle],
            "flipped": content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :],
            "other": b"PK\x03\x04 no backup",
            "empty": b"",
        }[damage]
    )
    with pytest.raises(BackupError, match=r"no whole backup|damaged|no manifest"):
        restoring.restore(path, filled, given=None, may_replace=True)
    assert _counts()["history_entries"] == 2


def test_a_backup_of_a_newer_version_or_another_database_is_refused(filled: Settings, tmp_path: Path) -> None:
    path = tmp_path / "set.tar.gz"
    making.make(path)
    manifest = archive.check(path)
    for change, sentence in (
        ({"revision": "9999"}, "The backup is of a newer version"),
        ({"database": "postgresql"}, "The backup is of postgresql, the database here is sqlite"),
    ):
        other = tmp_path / "other.tar.gz"
        writer = archive.Writer(other)
        for name, content in archive.parts(path):
            if name != archive.MANIFEST:
                writer.add_bytes(name, content.read())
        writer.finish(replace(manifest, **change))
        with pytest.raises(BackupError, match=sentence):
            restoring.restore(other, filled, given=None, may_replace=True)


def test_a_planted_name_of_a_file_is_refused(filled: Settings, tmp_path: Path) -> None:
    path = tmp_path / "set.tar.gz"
    making.make(path)
    manifest = archive.check(path)
    planted = archive.Writer(tmp_path / "planted.tar.gz")
    planted.add_bytes("files/../../outside", b"x")
    planted.finish(manifest)
    with pytest.raises(BackupError, match="names a file that this platform cannot have stored"):
        restoring.restore(tmp_path / "planted.tar.gz", filled, given=None, may_replace=True)


def test_nothing_is_restored_under_a_running_server(filled: Settings, tmp_path: Path) -> None:
    making.make(tmp_path / "set.tar.gz")
    with worker.alone(filled.instance_path / "worker.lock"), pytest.raises(BackupError, match="The server is running"):
        restoring.restore(tmp_path / "set.tar.gz", filled, given=None, may_replace=True)


def test_a_backup_takes_the_place_of_no_other_and_holds_no_key(filled: Settings, tmp_path: Path) -> None:
    path = tmp_path / "set.tar.gz"
    making.make(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(BackupError, match="exists already"):
        making.make(path)
    with tarfile.open(path) as tar:
        parts = {entry.name: tar.extractfile(entry) for entry in tar}
        assert sorted(parts) == ["database.sqlite3", f"files/{FILE_KEY}", "manifest.json"]
        content = b"".join(part.read() for part in parts.values() if part)
    assert not any(key.encode() in content for key in (*filled.data_keys, filled.index_key, filled.secret_key))


def test_a_failed_backup_leaves_nothing(filled: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_key: str) -> bytes:
        raise OSError("disk")

    monkeypatch.setattr(storage, "read", broken)
    with pytest.raises(OSError, match="disk"):
        making.make(tmp_path / "set.tar.gz")
    assert [path.name for path in tmp_path.iterdir() if "backup" in path.name or "set" in path.name] == []
    db.session.remove()
