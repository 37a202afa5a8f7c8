"""Where the bytes of files are kept: a folder or an S3 bucket, through one interface. Knows no table and no right."""

from __future__ import annotations

import os
from typing import Any

import fsspec


class _Configured:
    """Hold the process's one storage; ``configure`` is its only setter."""

    filesystem: Any = None
    root: str = ""


def configure(url: str) -> None:
    """Use the folder (``file:///...``) or bucket (``s3://bucket/prefix``) of *url* from now on; nothing connects yet."""
    options: dict[str, Any] = {"auto_mkdir": True} if url.startswith("file:") else {}
    _Configured.filesystem, _Configured.root = fsspec.core.url_to_fs(url, **options)


def _place(key: str) -> tuple[Any, str]:
    if _Configured.filesystem is None:
        raise RuntimeError("storage.configure() has not been called in this process")
    # Two letters of the random key as a folder keep folders small.
    return _Configured.filesystem, f"{_Configured.root.rstrip('/')}/{key[:2]}/{key}"


def write(key: str, content: bytes) -> None:
    """Store *content* under *key*; it is there as a whole, and on the disk, or not at all."""
    filesystem, path = _place(key)
    file = filesystem.open(path, "wb", autocommit=False)
    try:
        file.write(content)
        file.flush()
        if isinstance(filesystem, fsspec.get_filesystem_class("file")):
            os.fsync(file.fileno())
        file.close()
    except BaseException:
        file.discard()
        raise
    file.commit()


def read(key: str) -> bytes:
    """Return what is stored under *key*; raises FileNotFoundError."""
    filesystem, path = _place(key)
    return bytes(filesystem.cat_file(path))


def delete(key: str) -> None:
    """Remove what is stored under *key*, if anything is."""
    filesystem, path = _place(key)
    if filesystem.exists(path):
        filesystem.rm_file(path)


def answers() -> bool:
    """Say whether a small file can be written, read and removed again: for the readiness page."""
    probe = f"ready-{os.getpid()}"
    try:
        write(probe, b"ready")
        is_whole = read(probe) == b"ready"
        delete(probe)
    except Exception:  # noqa: BLE001 - each kind of storage has errors of its own; the page only says no
        return False
    return is_whole


def stored_keys() -> list[str]:
    """Return the keys of everything that is stored: for the backup, which takes all of it."""
    filesystem, _ = _place("")
    if not filesystem.exists(_Configured.root):
        return []
    names = (path.rpartition("/")[2] for path in filesystem.find(_Configured.root))
    return sorted(name for name in names if not name.startswith("ready-"))
