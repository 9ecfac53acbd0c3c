"""Identifiers sort by their time; tokens cannot be guessed."""

import re

from shared.ids import new_id, new_token


def test_an_id_names_its_kind_and_holds_a_uuid_of_version_7() -> None:
    assert re.fullmatch(r"evt_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}", new_id("evt"))


def test_ids_made_later_sort_later() -> None:
    made = [new_id("evt") for _ in range(1000)]
    assert made == sorted(set(made))


def test_a_token_is_192_random_bits() -> None:
    made = {new_token() for _ in range(1000)}
    assert len(made) == 1000
    assert all(re.fullmatch(r"[0-9a-f]{48}", token) for token in made)
