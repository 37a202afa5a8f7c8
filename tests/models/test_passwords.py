"""Passwords: which are sensible, what is hashed, how a first one is made."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher

from models.errors import Invalid
from models.people import passwords

NUMBER = "37110219800101997X"


@pytest.fixture(autouse=True)
def _as_the_product_hashes(monkeypatch: pytest.MonkeyPatch, own_hasher: PasswordHasher) -> None:
    monkeypatch.setattr(passwords, "_hasher", own_hasher)


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short1", "The password needs at least %(n)s characters."),
        ("a1" * 65, "The password may have at most %(n)s characters."),
        ("onlyletters", "The password needs letters and digits."),
        ("1234567890", "The password needs letters and digits."),
        ("ab01997x", "The password must not hold the ID document number or its last six characters."),
        ("xx-01997X-yy", "The password must not hold the ID document number or its last six characters."),
        ("３７１１０２１９８００１０１９９７Ｘ", "The password must not hold the ID document number or its last six characters."),
        ("1980010199 7x", "The password must not hold the ID document number or its last six characters."),
    ],
)
def test_a_password_that_is_not_sensible_is_refused_with_its_reason(password: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refusal:
        passwords.check_new(password, number=NUMBER)
    assert refusal.value.message_id == sentence


@pytest.mark.parametrize("password", ["Demo-2026!", "密码很长很长2026", "correct horse battery 1"])
def test_a_sensible_password_passes(password: str) -> None:
    passwords.check_new(password, number=NUMBER)


def test_a_hash_is_argon2id_of_nineteen_mebibytes_two_passes_one_lane() -> None:
    assert passwords.hash_password("Demo-2026!").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_a_password_matches_its_own_hash_only() -> None:
    stored = passwords.hash_password("Demo-2026!")
    assert passwords.matches_hash("Demo-2026!", stored)
    assert passwords.matches_hash("Ｄemo-2026!", stored)  # typed with a full-width letter
    assert not passwords.matches_hash("demo-2026!", stored)
    assert not passwords.matches_hash("Demo-2026!" + "x" * 500, stored)


def test_nobody_and_a_broken_hash_match_nothing() -> None:
    assert not passwords.matches_hash("Demo-2026!", None)
    assert not passwords.matches_hash("Demo-2026!", "no hash at all")


@pytest.mark.parametrize(
    ("typed", "fits"), [("01997X", True), ("01997x", True), (" ０１９９７Ｘ ", True), ("019970", False), ("", False)]
)
def test_the_last_six_are_compared_in_upper_case_and_normal_form(typed: str, fits: bool) -> None:
    assert passwords.matches_last_six(typed, NUMBER) is fits


def test_one_time_passwords_are_sensible_and_never_the_same() -> None:
    made = {passwords.make_one_time() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        assert len(password) == 10
        passwords.check_new(password, number=NUMBER)
        assert not set(password) & set("il1o0")


def test_a_hash_with_old_parameters_is_to_be_made_again() -> None:
    assert passwords.needs_rehash("$argon2id$v=19$m=8192,t=1,p=1$c2FsdHNhbHRzYWx0$5P4nQVbVCyUk3x4gTFKp9w")
    assert not passwords.needs_rehash(passwords.hash_password("Demo-2026!"))
