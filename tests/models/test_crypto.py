"""Encryption at rest: what opens, what does not, and what a rotation keeps."""

from collections.abc import Iterator

import pytest

from models import crypto

OLD, NEW, INDEX, SIGNER = (crypto.generate_key() for _ in range(4))


@pytest.fixture(autouse=True)
def _keys_of_the_test() -> Iterator[None]:
    before = crypto._Installed.keyring
    crypto.configure(data_keys=[OLD], index_key=INDEX, signing_keys=[SIGNER])
    yield
    crypto._Installed.keyring = before


def test_a_value_comes_back_and_is_never_written_twice_the_same() -> None:
    first, second = crypto.encrypt("379901197001011239"), crypto.encrypt("379901197001011239")
    assert first != second
    assert crypto.decrypt(first) == crypto.decrypt(second) == "379901197001011239"
    assert "379901197001011239" not in first


def test_chinese_and_empty_texts_come_back() -> None:
    assert crypto.decrypt(crypto.encrypt("护照Ｇ１２")) == "护照Ｇ１２"
    assert crypto.decrypt(crypto.encrypt("")) == ""


def test_after_a_rotation_the_new_key_writes_and_the_old_one_still_reads() -> None:
    old_token = crypto.encrypt("secret")
    crypto.configure(data_keys=[NEW, OLD], index_key=INDEX, signing_keys=[SIGNER])
    new_token = crypto.encrypt("secret")
    assert crypto.decrypt(old_token) == "secret"
    assert new_token.split(".")[0] == crypto.key_id(crypto.parse_key(NEW))
    assert (crypto.needs_new_key(old_token), crypto.needs_new_key(new_token)) == (True, False)


def test_a_token_of_an_absent_key_is_refused_and_the_key_named() -> None:
    token = crypto.encrypt("secret")
    crypto.configure(data_keys=[NEW], index_key=INDEX, signing_keys=[SIGNER])
    with pytest.raises(crypto.CryptoError, match="no data key"):
        crypto.decrypt(token)


@pytest.mark.parametrize("change", ["cut", "flip", "relabel", "empty", "not base64"])
def test_a_changed_token_is_refused(change: str) -> None:
    crypto.configure(data_keys=[OLD, NEW], index_key=INDEX, signing_keys=[SIGNER])
    name, _, body = crypto.encrypt("secret").partition(".")
    flipped = ("A" if body[20] != "A" else "B").join((body[:20], body[21:]))
    token = {
        "cut": f"{name}.{body[:-8]}",
        "flip": f"{name}.{flipped}",
        "relabel": f"{crypto.key_id(crypto.parse_key(NEW))}.{body}",
        "empty": f"{name}.",
        "not base64": f"{name}.é",
    }[change]
    with pytest.raises(crypto.CryptoError):
        crypto.decrypt(token)


def test_the_keyed_hash_is_stable_and_depends_on_the_key() -> None:
    before = crypto.keyed_hash("379901197001011239")
    assert before == crypto.keyed_hash("379901197001011239")
    assert len(before) == 64
    crypto.configure(data_keys=[OLD], index_key=NEW, signing_keys=[SIGNER])
    assert crypto.keyed_hash("379901197001011239") != before


def test_a_signature_holds_for_its_message_only() -> None:
    signature = crypto.sign(b"certificate 1")
    assert crypto.verify(b"certificate 1", signature)
    assert not crypto.verify(b"certificate 2", signature)
    assert not crypto.verify(b"certificate 1", "00000000." + signature.partition(".")[2])
    assert not crypto.verify(b"certificate 1", signature[:-4])
    assert not crypto.verify(b"certificate 1", "")


def test_a_retired_signing_key_still_verifies() -> None:
    signature = crypto.sign(b"certificate 1")
    crypto.configure(data_keys=[OLD], index_key=INDEX, signing_keys=[NEW, SIGNER])
    assert crypto.verify(b"certificate 1", signature)
    assert crypto.sign(b"certificate 1") != signature


@pytest.mark.parametrize("text", ["", "short", "é" * 44, "A" * 43, "A" * 48])
def test_a_malformed_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a key is"):
        crypto.parse_key(text)


def test_the_fingerprint_names_every_key_without_revealing_one() -> None:
    crypto.configure(data_keys=[NEW, OLD], index_key=INDEX, signing_keys=[SIGNER])
    names = crypto.fingerprint()
    assert names["data"] == [crypto.key_id(crypto.parse_key(NEW)), crypto.key_id(crypto.parse_key(OLD))]
    assert not any(OLD.startswith(name) for group in names.values() for name in group)


def test_nothing_works_before_the_keys_are_installed() -> None:
    crypto._Installed.keyring = None
    with pytest.raises(crypto.CryptoError, match=r"configure\(\) has not been called"):
        crypto.encrypt("secret")
