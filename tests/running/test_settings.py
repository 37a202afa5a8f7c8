"""What an operator may set, and the one line that answers what cannot be."""

import datetime as dt
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from admin_app.keys import with_keys, with_new_data_key
from admin_app.settings import ROOT, SettingError, Settings
from models import crypto
from views.documents import signing

KEY = "A" * 43 + "="
OTHER_KEY = "B" * 42 + "A="

WRONG = {
    "CE_PORT": ("http", "CE_PORT must be a whole number from 1 to 65535, not 'http'"),
    "CE_WORKERS": ("0", "CE_WORKERS must be a whole number from 1 to 64, not '0'"),
    "CE_THREADS": ("1.5", "CE_THREADS must be a whole number from 1 to 64, not '1.5'"),
    "CE_TRUSTED_PROXIES": ("-1", "CE_TRUSTED_PROXIES must be a whole number from 0 to 10, not '-1'"),
    "CE_CAPTCHA": ("no", "CE_CAPTCHA must be one of on, off, not 'no'"),
    "CE_DEMO": ("1", "CE_DEMO must be one of on, off, not '1'"),
    "CE_PAYMENT": ("cash", "CE_PAYMENT must be one of sandbox, wechat, alipay, not 'cash'"),
    "CE_INSTANCE": ("instance", "CE_INSTANCE must be the absolute path of a folder, not 'instance'"),
    "CE_HOST": ("a b", "CE_HOST must be an address to listen on, as 127.0.0.1 or 0.0.0.0, not 'a b'"),
    "CE_BASE_URL": (
        "https://ce.cn/x",
        "CE_BASE_URL must be scheme and host only, as in https://ce.example.cn, not 'https://ce.cn/x'",
    ),
    "CE_REDIS_URL": ("localhost", "CE_REDIS_URL must be an address that begins with redis:// or rediss:// or unix://"),
    "CE_MAIL_URL": ("mail.cn", "CE_MAIL_URL must be an address that begins with smtp:// or smtps://"),
    "CE_SMS": ("on", "CE_SMS must be an address that begins with http:// or https://"),
    "CE_STORAGE_URL": ("/srv/files", "CE_STORAGE_URL must be an address that begins with file:// or s3://"),
    "CE_SECRET_KEY": ("short", "CE_SECRET_KEY must be at least 32 random characters"),
    "CE_DATA_KEYS": (f"{KEY},x", "CE_DATA_KEYS must be 32 bytes as URL-safe base64, 44 characters"),
    "CE_INDEX_KEY": ("x", "CE_INDEX_KEY must be 32 bytes as URL-safe base64, 44 characters"),
    "CE_SIGNING_KEYS": (",", "CE_SIGNING_KEYS must be one key or several, separated by commas"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_value_is_answered_by_one_line_with_the_variable_and_what_is_allowed(name: str) -> None:
    value, sentence = WRONG[name]
    with pytest.raises(SettingError) as refusal:
        Settings.from_environment({name: value})
    assert str(refusal.value) == sentence


@pytest.mark.parametrize("url", ["mysql://secret@db/ce", "sqlite://", "sqlite:///relative.db", "secret", "sqlite:///:memory:"])
def test_a_wrong_database_is_refused_without_repeating_its_password(url: str) -> None:
    with pytest.raises(SettingError, match=r"^CE_DATABASE_URL must be ") as refusal:
        Settings.from_environment({"CE_DATABASE_URL": url})
    assert "secret" not in str(refusal.value)


def test_several_web_processes_need_redis() -> None:
    with pytest.raises(SettingError, match=r"^CE_WORKERS must be 1 unless CE_REDIS_URL is set"):
        Settings.from_environment({"CE_WORKERS": "2"})
    assert Settings.from_environment({"CE_WORKERS": "2", "CE_REDIS_URL": "redis://127.0.0.1/0"}).workers == 2


def test_nothing_set_gives_the_embedded_defaults() -> None:
    settings = Settings.from_environment({"CE_PORT": " ", "OTHER": "x"})
    assert settings == Settings.of_instance(ROOT / "instance")
    assert settings.database_url == f"sqlite:///{ROOT}/instance/ce.sqlite3"
    assert settings.storage_url == f"file://{ROOT}/instance/files"
    assert settings.base_url == "http://127.0.0.1:8000"
    assert (settings.captcha, settings.demo, settings.workers, settings.is_https) == (True, False, 1, False)


def test_every_variable_is_taken() -> None:
    settings = Settings.from_environment(
        {
            "CE_INSTANCE": "/srv/ce",
            "CE_DATABASE_URL": "postgresql://ce:pw@db/ce",
            "CE_BASE_URL": "https://ce.example.cn/",
            "CE_DATA_KEYS": f"{KEY}, {OTHER_KEY}",
            "CE_CAPTCHA": "off",
            "CE_PORT": "9000",
            "CE_HOST": "0.0.0.0",
        }
    )
    assert settings.database_url == "postgresql+psycopg://ce:pw@db/ce"
    assert settings.storage_url == "file:///srv/ce/files"
    assert (settings.base_url, settings.is_https) == ("https://ce.example.cn", True)
    assert settings.data_keys == (KEY, OTHER_KEY)
    assert (settings.captcha, settings.port, settings.host) == (False, 9000, "0.0.0.0")


def test_keys_are_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    first = with_keys(Settings.of_instance(tmp_path))
    assert with_keys(Settings.of_instance(tmp_path)) == first
    keys = [first.secret_key, *first.data_keys, first.index_key, *first.signing_keys]
    assert len(set(keys)) == 4
    assert {len(crypto.parse_key(key)) for key in keys} == {32}
    files = sorted(path.name for path in first.keys_path.iterdir())
    assert files == ["data_keys", "index_key", "pdf_certificate", "secret_key", "signing_keys"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in first.keys_path.iterdir()} == {0o600}
    assert stat.S_IMODE(first.keys_path.stat().st_mode) == 0o700


def test_a_key_of_the_settings_wins_over_the_file_and_none_is_made(tmp_path: Path) -> None:
    settings = Settings.from_environment({"CE_INSTANCE": str(tmp_path), "CE_INDEX_KEY": KEY})
    assert with_keys(settings).index_key == KEY
    assert not (tmp_path / "keys" / "index_key").exists()


def test_an_empty_key_file_stops_the_start_instead_of_making_a_new_key(tmp_path: Path) -> None:
    with_keys(Settings.of_instance(tmp_path))
    (tmp_path / "keys" / "data_keys").write_text("")
    with pytest.raises(SettingError, match="data_keys holds no usable key: bring the file back, or set CE_DATA_KEYS"):
        with_keys(Settings.of_instance(tmp_path))


def p12(folder: Path, *, starts: int = -1, ends: int = 1, passphrase: bytes = b"secret") -> Path:
    """Write a PKCS#12 file whose certificate is valid from so many days from now to so many."""
    key, name, now = rsa.generate_private_key(65537, 2048), x509.Name([]), dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.not_valid_before(now + dt.timedelta(days=starts)).not_valid_after(now + dt.timedelta(days=ends))
    certificate = builder.serial_number(7).sign(key, hashes.SHA256())
    path = folder / "seal.p12"
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"", key, certificate, None, BestAvailableEncryption(passphrase)))
    return path


def test_the_certificate_of_the_operator_signs_and_none_is_made(tmp_path: Path) -> None:
    path = p12(tmp_path)
    environment = {"CE_INSTANCE": str(tmp_path), "CE_PDF_CERTIFICATE": str(path), "CE_PDF_PASSPHRASE": "secret"}
    settings = with_keys(Settings.from_environment(environment))
    signing.configure(settings.pdf_certificate)
    assert x509.load_der_x509_certificate(signing.certificate()).serial_number == 7
    assert not (tmp_path / "keys" / "pdf_certificate").exists()


@pytest.mark.parametrize(
    ("file", "passphrase", "sentence"),
    [
        ("none", "", "the path of a PKCS#12 file (.p12, .pfx) that the platform may read"),
        ("text", "", "a PKCS#12 file (.p12, .pfx) that CE_PDF_PASSPHRASE opens"),
        ("seal.p12", "wrong", "a PKCS#12 file (.p12, .pfx) that CE_PDF_PASSPHRASE opens"),
        ("seal.p12", "secret", "a PKCS#12 file with a certificate that is valid today"),
    ],
)
def test_a_wrong_certificate_is_answered_by_one_line(tmp_path: Path, file: str, passphrase: str, sentence: str) -> None:
    p12(tmp_path, starts=-9, ends=-2)
    (tmp_path / "text").write_text("no certificate")
    with pytest.raises(SettingError) as refusal:
        Settings.from_environment({"CE_PDF_CERTIFICATE": str(tmp_path / file), "CE_PDF_PASSPHRASE": passphrase})
    assert str(refusal.value) == f"CE_PDF_CERTIFICATE must be {sentence}"


def test_a_damaged_certificate_of_our_own_stops_the_start(tmp_path: Path) -> None:
    with_keys(Settings.of_instance(tmp_path))
    (tmp_path / "keys" / "pdf_certificate").write_text("-----BEGIN")
    with pytest.raises(SettingError, match="holds no usable certificate: bring the file back, or set CE_PDF_CERTIFICATE"):
        with_keys(Settings.of_instance(tmp_path))


def test_a_command_with_a_wrong_setting_prints_that_line_alone(tmp_path: Path) -> None:
    environment = {**os.environ, "CE_INSTANCE": str(tmp_path), "CE_PORT": "http"}
    done = subprocess.run(
        [sys.executable, "-m", "admin_app", "migrate"],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "CE_PORT must be a whole number from 1 to 65535, not 'http'\n"
    assert list(tmp_path.iterdir()) == []


def test_a_new_data_key_stands_before_the_old_ones_and_only_in_our_own_file(tmp_path: Path) -> None:
    settings = with_keys(Settings.of_instance(tmp_path))
    rotated = with_new_data_key(settings)
    assert rotated.data_keys[1:] == settings.data_keys
    assert with_keys(Settings.of_instance(tmp_path)) == rotated
    from_outside = replace(settings, data_keys=(KEY,))
    assert with_new_data_key(from_outside) == from_outside
