"""The keys of an installation in one file, encrypted with a passphrase: to be kept apart from the backups."""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from admin_app.backups.archive import BackupError
from admin_app.keys import KeyFile, write_secret
from admin_app.settings import Settings

LEAST_CHARACTERS = 12
COST = 2**16  # 64 MiB and a tenth of a second for each guess
FORMAT = 1


@dataclass(frozen=True, repr=False)
class Keys:
    """The secrets, as they stand in Settings; a file from before PDFs were signed brings no certificate for them."""

    secret_key: str
    data_keys: tuple[str, ...]
    index_key: str
    signing_keys: tuple[str, ...]
    pdf_certificate: str

    @classmethod
    def of(cls, settings: Settings) -> Keys:
        """Return the keys in use."""
        return cls(settings.secret_key, settings.data_keys, settings.index_key, settings.signing_keys, settings.pdf_certificate)

    def put_into(self, settings: Settings) -> Settings:
        """Return settings with these keys; what is not among them stays."""
        return replace(settings, **{name: value for name, value in asdict(self).items() if value})

    def write_files(self, folder: Path) -> None:
        """Write the files of `instance/keys`."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for file in KeyFile:
            value = getattr(self, file.value)
            if value:
                write_secret(folder / file.value, "\n".join([value] if isinstance(value, str) else value) + "\n")


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=COST, r=8, p=1).derive(passphrase.encode())


def write(path: Path, keys: Keys, passphrase: str) -> None:
    """Write the keys; raises BackupError for a passphrase that can be guessed."""
    if len(passphrase) < LEAST_CHARACTERS:
        raise BackupError(f"The passphrase needs at least {LEAST_CHARACTERS} characters.")
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    sealed = AESGCM(_key(passphrase, salt)).encrypt(nonce, json.dumps(asdict(keys)).encode(), None)
    text = {"format": FORMAT, **{name: base64.b64encode(part).decode() for name, part in
                                 (("salt", salt), ("nonce", nonce), ("sealed", sealed))}}  # fmt: skip
    write_secret(path, json.dumps(text) + "\n")


def read(path: Path, passphrase: str) -> Keys:
    """Return the keys; raises BackupError for a wrong passphrase or a changed file."""
    try:
        text = json.loads(path.read_text(encoding="ascii"))
        salt, nonce, sealed = (base64.b64decode(text[name]) for name in ("salt", "nonce", "sealed"))
        opened = json.loads(AESGCM(_key(passphrase, salt)).decrypt(nonce, sealed, None))
    except InvalidTag as error:
        raise BackupError(f"The passphrase does not open {path}.") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupError(f"{path} is no file of keys.") from error
    return Keys(
        opened["secret_key"],
        tuple(opened["data_keys"]),
        opened["index_key"],
        tuple(opened["signing_keys"]),
        opened.get("pdf_certificate", ""),
    )
