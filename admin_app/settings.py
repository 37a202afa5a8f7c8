"""The settings of the environment (`CE_*`), parsed once into one frozen object; a wrong one stops the start."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

from admin_app import pdf_certificate
from models import crypto

T = TypeVar("T")
ROOT = Path(__file__).resolve().parent.parent
PAYMENTS = ("sandbox", "wechat", "alipay")
DATABASES = ("sqlite", "postgresql", "postgresql+psycopg")
STORAGES = ("file", "s3")


class SettingError(Exception):
    """A setting that cannot be used: one line that names it and says what is allowed."""


@dataclass(frozen=True)
class Settings:
    """Everything that differs between installations. Keys left empty are filled in from `instance/keys`."""

    instance_path: Path
    database_url: str
    storage_url: str
    base_url: str
    redis_url: str | None = None
    secret_key: str = ""
    data_keys: tuple[str, ...] = ()
    index_key: str = ""
    signing_keys: tuple[str, ...] = ()
    pdf_certificate: str = ""  # private key and certificates as PEM
    captcha: bool = True
    demo: bool = False
    mail_url: str | None = None
    sms_url: str | None = None
    payment: str = "sandbox"
    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    threads: int = 8
    trusted_proxies: int = 0

    @property
    def is_sqlite(self) -> bool:
        """Tell whether the data stand in the embedded database."""
        return self.database_url.startswith("sqlite")

    @property
    def is_https(self) -> bool:
        """Tell whether readers reach the platform over TLS, so that cookies may be marked Secure."""
        return self.base_url.startswith("https:")

    @property
    def keys_path(self) -> Path:
        """Return the folder of the keys that were made here."""
        return self.instance_path / "keys"

    @classmethod
    def of_instance(cls, instance_path: Path, *, port: int = 8000) -> Settings:
        """Return the embedded defaults for one instance folder."""
        return cls(
            instance_path=instance_path,
            database_url=f"sqlite:///{instance_path / 'ce.sqlite3'}",
            storage_url=(instance_path / "files").as_uri(),
            base_url=f"http://127.0.0.1:{port}",
            port=port,
        )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Parse the `CE_*` variables; raise SettingError for the first wrong one."""
        read = _Reader(environment)
        port = read("CE_PORT", _whole_number(1, 65535), 8000)
        defaults = cls.of_instance(read("CE_INSTANCE", _folder, ROOT / "instance"), port=port)
        settings = replace(
            defaults,
            database_url=read("CE_DATABASE_URL", _database_url, defaults.database_url),
            storage_url=read("CE_STORAGE_URL", _url(*STORAGES), defaults.storage_url),
            base_url=read("CE_BASE_URL", _base_url, defaults.base_url),
            redis_url=read("CE_REDIS_URL", _url("redis", "rediss", "unix"), None),
            secret_key=read("CE_SECRET_KEY", _secret, ""),
            data_keys=read("CE_DATA_KEYS", _keys, ()),
            index_key=read("CE_INDEX_KEY", _key, ""),
            signing_keys=read("CE_SIGNING_KEYS", _keys, ()),
            pdf_certificate=read("CE_PDF_CERTIFICATE", _certificate(read("CE_PDF_PASSPHRASE", str, "")), ""),
            captcha=read("CE_CAPTCHA", _switch, default=True),
            demo=read("CE_DEMO", _switch, default=False),
            mail_url=read("CE_MAIL_URL", _url("smtp", "smtps"), None),
            sms_url=read("CE_SMS", _url("http", "https"), None),
            payment=read("CE_PAYMENT", _one_of(*PAYMENTS), "sandbox"),
            host=read("CE_HOST", _host, "127.0.0.1"),
            workers=read("CE_WORKERS", _whole_number(1, 64), 1),
            threads=read("CE_THREADS", _whole_number(1, 64), 8),
            trusted_proxies=read("CE_TRUSTED_PROXIES", _whole_number(0, 10), 0),
        )
        return settings.checked()

    def checked(self) -> Settings:
        """Return the settings; raise SettingError when two of them do not fit each other."""
        if self.workers > 1 and self.redis_url is None:
            raise SettingError("CE_WORKERS must be 1 unless CE_REDIS_URL is set: several processes share their rate limits there")
        return self


class _Reader:
    """Read one variable after the other; an empty one counts as unset."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment

    def __call__(self, name: str, parse: Callable[[str], T], default: T) -> T:
        raw = self.environment.get(name, "").strip()
        if not raw:
            return default
        try:
            return parse(raw)
        except ValueError as error:
            raise SettingError(f"{name} must be {error}") from None


# Each parser returns the value or raises ValueError with what stands after "CE_... must be".


def _whole_number(least: int, most: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        if not (raw.isascii() and raw.isdigit() and least <= int(raw) <= most):
            raise ValueError(f"a whole number from {least} to {most}, not {raw!r}")
        return int(raw)

    return parse


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw not in allowed:
            raise ValueError(f"one of {', '.join(allowed)}, not {raw!r}")
        return raw

    return parse


def _switch(raw: str) -> bool:
    return _one_of("on", "off")(raw) == "on"


def _folder(raw: str) -> Path:
    path = Path(raw)
    if not path.is_absolute():
        raise ValueError(f"the absolute path of a folder, not {raw!r}")
    return path


# An address may hold a password, so the sentences about addresses never repeat the value.


def _url(*schemes: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if urlsplit(raw).scheme not in schemes or "://" not in raw:
            raise ValueError(f"an address that begins with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        return raw

    return parse


def _database_url(raw: str) -> str:
    url = _url(*DATABASES)(raw)
    if url.startswith("sqlite:") and not url.startswith("sqlite:////"):
        raise ValueError(
            "sqlite:// with the absolute path of a file (four slashes); a database in memory is not shared by threads"
        )
    # Operators write postgresql://; the driver is our choice.
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def _base_url(raw: str) -> str:
    parts = urlsplit(_url("http", "https")(raw))
    if not parts.hostname or parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username:
        raise ValueError(f"scheme and host only, as in https://ce.example.cn, not {raw!r}")
    return f"{parts.scheme}://{parts.netloc}"


def _host(raw: str) -> str:
    if not raw.replace(".", "").replace(":", "").replace("-", "").isalnum():
        raise ValueError(f"an address to listen on, as 127.0.0.1 or 0.0.0.0, not {raw!r}")
    return raw


def _secret(raw: str) -> str:
    if len(raw) < 32:
        raise ValueError("at least 32 random characters")
    return raw


def _key(raw: str) -> str:
    try:
        crypto.parse_key(raw)
    except ValueError:
        raise ValueError("32 bytes as URL-safe base64, 44 characters") from None
    return raw


def _certificate(passphrase: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        return pdf_certificate.from_pkcs12(Path(raw), passphrase)

    return parse


def _keys(raw: str) -> tuple[str, ...]:
    keys = tuple(part.strip() for part in raw.split(",") if part.strip())
    for key in keys:
        _key(key)
    if not keys:
        raise ValueError("one key or several, separated by commas")
    return keys
