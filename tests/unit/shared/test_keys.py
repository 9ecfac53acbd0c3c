"""API keys: their form, and what is stored of them."""

import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.keys import Key, hash_secret, new_key, parse_key, same_secret

SECRET = "S" * 24


def test_a_new_key_is_taken_apart_as_it_was_made() -> None:
    made = new_key()
    assert re.fullmatch(r"pabal_[0-9a-f]{16}_[0-9a-f]{48}", made.text)
    assert parse_key(made.text) == made


def test_no_two_keys_are_alike() -> None:
    assert len({new_key().secret for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "text",
    ["", "pabal", "pabal_abcd", f"pabal_abc_{SECRET}", f"pabal_ABCD_{SECRET}",
     f"pabal_{'a' * 33}_{SECRET}", f"pabal_abcd_{'S' * 23}", f"pabal_abcd_{'S' * 129}",
     f"pabal_abcd_{SECRET}\n", f" pabal_abcd_{SECRET}", f"Pabal_abcd_{SECRET}",
     f"pabal_abcd_{SECRET}-", f"pabal_abcd_{SECRET}é"],
)  # fmt: skip
def test_another_form_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"^is not a key of the form pabal_<id>_<secret>$"):
        parse_key(text)


@pytest.mark.parametrize("text", [f"pabal_abcd_{SECRET}", f"pabal_{'0' * 32}_{'z' * 128}"])
def test_the_form_has_some_room(text: str) -> None:
    assert parse_key(text).text == text


def test_only_a_hash_is_stored() -> None:
    assert hash_secret("abc") == hashlib.sha256(b"abc").hexdigest()


@given(st.text(), st.text())
def test_a_secret_fits_its_own_hash_alone(secret: str, other: str) -> None:
    assert same_secret(secret, hash_secret(secret))
    assert same_secret(other, hash_secret(secret)) == (other == secret)


def test_a_key_in_three_parts() -> None:
    assert Key("abcd", SECRET).text == f"pabal_abcd_{SECRET}"
