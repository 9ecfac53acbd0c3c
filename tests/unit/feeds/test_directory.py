"""The page of feeds: which language it speaks."""

import pytest

from services.feeds import directory


@pytest.mark.parametrize(
    ("asked", "accepted", "spoken"),
    [
        ("ko", "en", "ko"),
        ("en", "ko", "en"),
        ("fr", "ko", "ko"),
        (None, "", "en"),
        (None, "ko-KR,ko;q=0.9,en;q=0.8", "ko"),
        (None, "en-GB,ko;q=0.9", "en"),
        (None, "en;q=0.5, ko;q=0.7", "ko"),
        (None, "ko;q=0, fr", "en"),
        (None, "ko;q=nonsense, en", "en"),
        (None, "fr, de", "en"),
        (None, ";;;,,q=", "en"),
    ],
)
def test_the_language_of_the_page(asked: str | None, accepted: str, spoken: str) -> None:
    assert directory.language(asked, accepted) == spoken
