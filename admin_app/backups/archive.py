"""One backup is one compressed tar file: the parts, and last a manifest with the hash of each."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

MANIFEST = "manifest.json"
FORMAT = 1
CHUNK = 1 << 20
STORED_KEY = re.compile(r"[A-Za-z0-9_-]{20,64}")


class BackupError(Exception):
    """A backup that cannot be made or used: one sentence that says why and what to do."""


@dataclass
class Manifest:
    """What stands in a backup, and what is needed to use it."""

    made_at: str
    database: str  # sqlite or postgresql
    revision: str
    keys: dict[str, list[str]]  # ids of the keys, by purpose; never the keys
    last_seal: str
    tables: dict[str, list[str]] = field(default_factory=dict)  # PostgreSQL: columns by table, parents first
    members: dict[str, str] = field(default_factory=dict)  # SHA-256 by name
    format: int = FORMAT

    @property
    def files(self) -> list[str]:
        """Return the keys of the stored files."""
        return [name.removeprefix("files/") for name in self.members if name.startswith("files/")]


class Writer:
    """Writes a backup beside its target and puts it in place when it is whole."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.draft = target.with_name(f"{target.name}.unfinished")
        self.members: dict[str, str] = {}
        descriptor = os.open(self.draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self._file = os.fdopen(descriptor, "wb")
        self._tar = tarfile.open(fileobj=self._file, mode="w:gz", compresslevel=1)  # noqa: SIM115 - closed in finish() or discard()

    def add_file(self, name: str, path: Path) -> None:
        """Add a part that lies in a file."""
        with path.open("rb") as part:
            self._add(name, path.stat().st_size, part)

    def add_bytes(self, name: str, content: bytes) -> None:
        """Add a small part."""
        self._add(name, len(content), io.BytesIO(content))

    def _add(self, name: str, n_bytes: int, part: IO[bytes]) -> None:
        reader = _Hashing(part)
        entry = tarfile.TarInfo(name)
        entry.size = n_bytes
        self._tar.addfile(entry, reader)
        self.members[name] = reader.hexdigest()

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, have everything on the disk, and give the backup its name."""
        text = json.dumps(dataclasses.asdict(dataclasses.replace(manifest, members=dict(self.members))), ensure_ascii=False)
        self._add(MANIFEST, len(text.encode()), io.BytesIO(text.encode()))
        self._tar.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self.draft.replace(self.target)

    def discard(self) -> None:
        """Remove what was written of a backup that failed."""
        self._file.close()
        self.draft.unlink(missing_ok=True)


class _Hashing:
    """Reads a part and hashes what passes."""

    def __init__(self, part: IO[bytes]) -> None:
        self._part = part
        self._hash = hashlib.sha256()

    def read(self, n_bytes: int = -1) -> bytes:
        """Read on."""
        content = self._part.read(n_bytes)
        self._hash.update(content)
        return content

    def hexdigest(self) -> str:
        """Return the hash of what was read."""
        return self._hash.hexdigest()


def parts(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield name and content of each part in order."""
    with tarfile.open(path, "r|gz") as tar:
        for entry in tar:
            content = tar.extractfile(entry)
            if content is not None:
                yield entry.name, content


def check(path: Path) -> Manifest:
    """Read the whole backup, compare every part with its hash and return the manifest; raises BackupError."""
    try:
        found, text = _read_all(path)
    except (tarfile.TarError, zlib.error, EOFError, OSError) as error:
        raise BackupError(f"{path} is no whole backup ({type(error).__name__}); take another copy of it.") from error
    manifest = _parse(path, text)
    if strange := [key for key in manifest.files if not STORED_KEY.fullmatch(key)]:
        raise BackupError(f"{path} names a file that this platform cannot have stored: {strange[0]!r}.")
    if found != manifest.members:
        wrong = sorted(name for name in found.keys() | manifest.members.keys() if found.get(name) != manifest.members.get(name))
        raise BackupError(f"{path} is damaged at {wrong[0]}; take another copy of it.")
    return manifest


def _read_all(path: Path) -> tuple[dict[str, str], bytes]:
    found: dict[str, str] = {}
    text = b""
    for name, content in parts(path):
        if name == MANIFEST:
            text = content.read()
            continue
        reader = _Hashing(content)
        while reader.read(CHUNK):
            pass
        found[name] = reader.hexdigest()
    return found, text


def _parse(path: Path, text: bytes) -> Manifest:
    try:
        data: dict[str, Any] = json.loads(text)
        manifest = Manifest(**data)
    except (ValueError, TypeError) as error:
        raise BackupError(f"{path} has no manifest that this version understands.") from error
    if manifest.format != FORMAT:
        raise BackupError(f"{path} is of format {manifest.format}; this version reads format {FORMAT}.")
    return manifest
