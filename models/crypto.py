"""Encryption at rest, exact-search hashes and signatures; the keys come from outside and are never stored here."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


class CryptoError(Exception):
    """A token that no configured key opens, or that was changed. It is a fault of the installation, not of a user."""


def generate_key() -> str:
    """Return a new random key in the form that the settings take: 32 bytes as URL-safe base64."""
    return base64.urlsafe_b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def parse_key(text: str) -> bytes:
    """Decode a key of the settings; raise ValueError unless it is 32 bytes of URL-safe base64."""
    try:
        key = base64.b64decode(text.strip(), altchars=b"-_", validate=True)
    except ValueError:  # binascii.Error is one, too
        key = b""
    if len(key) != KEY_BYTES:
        raise ValueError("a key is 32 bytes, 44 characters of URL-safe base64")
    return key


def key_id(key: bytes) -> str:
    """Name a key without revealing it: the first 8 hex digits of its hash."""
    return hashlib.sha256(b"key id:" + key).hexdigest()[:8]


@dataclass(frozen=True, repr=False)
class Keyring:
    """The keys in use: of each list the first one writes, all of them read."""

    data_keys: Sequence[bytes]
    index_key: bytes
    signing_keys: Sequence[bytes]
    ciphers: dict[str, AESGCM] = field(init=False)
    signers: dict[str, Ed25519PrivateKey] = field(init=False)

    def __post_init__(self) -> None:
        if not self.data_keys or not self.signing_keys:
            raise ValueError("at least one data key and one signing key are needed")
        object.__setattr__(self, "ciphers", {key_id(key): AESGCM(key) for key in self.data_keys})
        signers = {key_id(key): Ed25519PrivateKey.from_private_bytes(key) for key in self.signing_keys}
        object.__setattr__(self, "signers", signers)


class _Installed:
    """Hold the process's one key ring; `configure` is its only setter."""

    keyring: Keyring | None = None


def configure(*, data_keys: Sequence[str], index_key: str, signing_keys: Sequence[str]) -> None:
    """Install the keys for this process; raise ValueError for a malformed one."""
    _Installed.keyring = Keyring(
        data_keys=tuple(parse_key(key) for key in data_keys),
        index_key=parse_key(index_key),
        signing_keys=tuple(parse_key(key) for key in signing_keys),
    )


def _keyring() -> Keyring:
    if _Installed.keyring is None:
        raise CryptoError("crypto.configure() has not been called in this process")
    return _Installed.keyring


def encrypt(text: str) -> str:
    """Encrypt with the first data key: `<key id>.<base64 of nonce and AES-GCM ciphertext>`; never twice the same."""
    name, cipher = next(iter(_keyring().ciphers.items()))
    nonce = secrets.token_bytes(NONCE_BYTES)
    # The key id is authenticated too, so that a token cannot be relabelled.
    sealed = cipher.encrypt(nonce, text.encode(), name.encode())
    return f"{name}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"


def decrypt(token: str) -> str:
    """Return the text of a token; raise CryptoError when its key is not at hand or the token was changed."""
    name, _, body = token.partition(".")
    cipher = _keyring().ciphers.get(name)
    if cipher is None:
        raise CryptoError(f"no data key {name!r} is configured")
    try:
        raw = base64.b64decode(body, altchars=b"-_", validate=True)
        return cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], name.encode()).decode()
    except (InvalidTag, ValueError) as error:
        raise CryptoError("an encrypted value was changed or cut") from error


def encrypt_bytes(content: bytes) -> bytes:
    """Encrypt a file with the first data key: the key's name, a full stop, nonce and AES-GCM ciphertext."""
    name, cipher = next(iter(_keyring().ciphers.items()))
    nonce = secrets.token_bytes(NONCE_BYTES)
    return name.encode() + b"." + nonce + cipher.encrypt(nonce, content, name.encode())


def decrypt_bytes(sealed: bytes) -> bytes:
    """Return the content of an encrypted file; raise CryptoError when its key is not at hand or it was changed."""
    name, _, body = sealed.partition(b".")
    cipher = _keyring().ciphers.get(name.decode("ascii", "replace"))
    if cipher is None:
        raise CryptoError("no configured data key opens this file")
    try:
        return cipher.decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], name)
    except (InvalidTag, ValueError) as error:
        raise CryptoError("an encrypted file was changed or cut") from error


def needs_new_key(token: str) -> bool:
    """Tell whether a token was written by a data key that no longer encrypts."""
    return token.partition(".")[0] != next(iter(_keyring().ciphers))


def keyed_hash(text: str) -> str:
    """Return the HMAC-SHA256 of a normalised text as 64 hex digits, for exact search without the text."""
    return hmac.digest(_keyring().index_key, text.encode(), "sha256").hex()


def sign(message: bytes) -> str:
    """Sign with the first signing key: `<key id>.<base64 of the Ed25519 signature>`."""
    name, signer = next(iter(_keyring().signers.items()))
    return f"{name}.{base64.urlsafe_b64encode(signer.sign(message)).decode()}"


def signing_key_id() -> str:
    """Return the id of the key that signs now."""
    return next(iter(_keyring().signers))


def signing_key() -> tuple[str, Ed25519PrivateKey]:
    """Return id and key of what signs now, for a library that makes signed tokens itself."""
    return next(iter(_keyring().signers.items()))


def public_key(raw: bytes) -> Ed25519PublicKey:
    """Return one of ``public_keys`` as the key that it is."""
    return Ed25519PublicKey.from_public_bytes(raw)


def public_keys() -> dict[str, bytes]:
    """Return the public half of each signing key by its id, the one that signs first."""
    return {name: signer.public_key().public_bytes_raw() for name, signer in _keyring().signers.items()}


def verify(message: bytes, signature: str) -> bool:
    """Tell whether one of the configured keys signed exactly this message."""
    name, _, body = signature.partition(".")
    signer = _keyring().signers.get(name)
    if signer is None:
        return False
    try:
        signer.public_key().verify(base64.b64decode(body, altchars=b"-_", validate=True), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_signed_by(keys: Mapping[str, bytes], message: bytes, signature: str) -> bool | None:
    """Tell whether *signature* is of one of the given public keys, by id, over exactly this message; None for another key."""
    name, _, body = signature.partition(".")
    if name not in keys:
        return None
    try:
        raw = base64.b64decode(body, altchars=b"-_", validate=True)
        Ed25519PublicKey.from_public_bytes(keys[name]).verify(raw, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint() -> dict[str, list[str]]:
    """Return the ids of the keys in use, by purpose: what a backup writes down to know its keys again."""
    ring = _keyring()
    return {"data": list(ring.ciphers), "index": [key_id(ring.index_key)], "signing": list(ring.signers)}
