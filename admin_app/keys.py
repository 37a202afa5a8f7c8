"""The keys of this installation: from the settings, or made on the first start and kept in `instance/keys`."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from admin_app import pdf_certificate
from admin_app.settings import SettingError, Settings
from models import crypto
from views.documents import signing


class KeyFile(StrEnum):
    """A file of `instance/keys`; each value is also the end of the variable that may bring the key instead."""

    SESSIONS = "secret_key"  # sessions and links
    DATA = "data_keys"  # identity numbers; several, the first encrypts
    INDEX = "index_key"  # exact search
    SIGNING = "signing_keys"  # certificates; several, the first signs
    PDF = "pdf_certificate"  # PDFs: a private key and its certificates; the variable names a PKCS#12 file


def with_keys(settings: Settings) -> Settings:
    """Return the settings with every key filled in; make and keep the ones that neither settings nor files hold."""
    return replace(
        settings,
        secret_key=settings.secret_key or _load(settings, KeyFile.SESSIONS)[0],
        data_keys=settings.data_keys or _load(settings, KeyFile.DATA),
        index_key=settings.index_key or _load(settings, KeyFile.INDEX)[0],
        signing_keys=settings.signing_keys or _load(settings, KeyFile.SIGNING),
        pdf_certificate=settings.pdf_certificate or _load_certificate(settings),
    )


def install(settings: Settings) -> None:
    """Hand the keys to those that encrypt and sign; without a certificate for PDFs none can be signed until the next start."""
    crypto.configure(data_keys=settings.data_keys, index_key=settings.index_key, signing_keys=settings.signing_keys)
    if settings.pdf_certificate:
        signing.configure(settings.pdf_certificate)


def with_new_data_key(settings: Settings) -> Settings:
    """Put a new data key before the others in `instance/keys`; where CE_DATA_KEYS brings the keys, its first is the new one."""
    path = settings.keys_path / KeyFile.DATA
    kept = tuple(path.read_text(encoding="ascii").split()) if path.exists() else ()
    if kept != settings.data_keys:
        return settings
    data_keys = (crypto.generate_key(), *kept)
    draft = path.with_name(f"{path.name}.new")
    write_secret(draft, "\n".join(data_keys) + "\n")
    draft.replace(path)
    return replace(settings, data_keys=data_keys)


def _load(settings: Settings, key: KeyFile) -> tuple[str, ...]:
    path = settings.keys_path / key
    keys = tuple(read_or_make(path, crypto.generate_key).split())
    try:
        usable = [crypto.parse_key(line) for line in keys]
    except ValueError:
        usable = []
    if not usable:
        raise SettingError(f"{path} holds no usable key: bring the file back, or set CE_{key.upper()}")
    return keys


def _load_certificate(settings: Settings) -> str:
    path = settings.keys_path / KeyFile.PDF
    text = read_or_make(path, pdf_certificate.make).strip()
    try:
        signing.configure(text)
    except ValueError:
        raise SettingError(f"{path} holds no usable certificate: bring the file back, or set CE_{KeyFile.PDF.upper()}") from None
    return text


def read_or_make(path: Path, make: Callable[[], str]) -> str:
    """Return what a key file holds, made atomically when absent: of two processes that start at once, both get one key."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}.new")
        write_secret(draft, make() + "\n")
        # A link fails where the file exists by now; then the other process's key holds.
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_text(encoding="ascii")


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner may read, and have it on the disk before returning."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
