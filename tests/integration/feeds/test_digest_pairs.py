"""Posts that are translations of each other: shown once, told of both."""

from typing import Any

import pytest

from tests.integration.feeds.issues import (
    Clock,
    a_subscriber,
    due,
    ledger,
    page,
    posted,
    posts_of,
    stored,
    told,
)
from tests.integration.feeds.scenes import a_post, text_of, withdrawn
from tests.support.session import Api, settle

FIRST, SECOND, THIRD = (f"2026-03-{day}T07:00:00Z" for day in (10, 11, 12))
MORNING, NOON = "2026-03-10T06:00:00Z", "2026-03-10T12:00:00Z"
KO: dict[str, Any] = {"language": "ko", "translation_of": "en", "title": "공원 새 단장"}
EN: dict[str, Any] = {"title": "Parks renewed"}
KO_LINK, EN_LINK = "https://city.example/ko", "https://city.example/en"


def both(admin: Api, time: Clock, moment: str = MORNING, **fields: Any) -> None:
    """Publish a pair at once."""
    posted(admin, time, moment, "en", **{**EN, **fields})
    posted(admin, time, moment, "ko", **{**KO, **fields})


def forms(issue: dict[str, Any]) -> tuple[str, str]:
    """Return a mail's two forms as text on one line."""
    row = stored(issue)
    return text_of(row.html), " ".join(row.text.split())


@pytest.mark.parametrize(
    ("language", "counted", "shown"),
    [("ko", "소식 1건", "ko"), ("en-GB", "1 post ", "en"), ("de", "1 post ", "en")],
)
def test_a_pair_is_shown_once_in_the_partners_language_and_linked_to_the_other(
    admin: Api, time: Clock, language: str, counted: str, shown: str
) -> None:
    a_subscriber(admin, language=language)
    both(admin, time)
    due(FIRST)
    (issue,) = ledger(admin)
    assert {post["id"] for post in issue["posts"]} == {"ko", "en"}
    assert counted in stored(issue).subject
    korean, english = ("공원 새 단장", "한국어", KO_LINK), ("Parks renewed", "English", EN_LINK)
    title, (other, name, link) = (korean[0], english) if shown == "ko" else (english[0], korean)
    for form in (*forms(issue), text_of(page(admin, issue).text)):
        assert title in form
        assert other not in form
        assert f"{title} (" not in form
        assert name in form
    assert f'href="{link}"' in stored(issue).html
    assert f"{name}: {link}\n" in stored(issue).text


def test_where_only_the_other_language_exists_it_is_marked(admin: Api, time: Clock) -> None:
    a_subscriber(admin, "harbour", language="ko")
    a_subscriber(admin, "library", language="en", interest={"languages": ["ko"]})
    posted(admin, time, MORNING, "en", **EN)
    posted(admin, time, MORNING, "alone", language="ko", title="시의회 소식")
    due(FIRST)
    for form in forms(ledger(admin)[0]):
        assert "Parks renewed (영어)" in form
        assert "시의회 소식 (" not in form
    for form in forms(ledger(admin, "library")[0]):
        assert "시의회 소식 (Korean)" in form


def test_a_language_outside_the_interest_is_a_link_alone(admin: Api, time: Clock) -> None:
    a_subscriber(admin, language="ko", interest={"languages": ["en"]})
    both(admin, time)
    due(FIRST)
    assert told(admin) == [["en"]]
    for form in forms(ledger(admin)[0]):
        assert "Parks renewed (영어)" in form
        assert "한국어" in form
        assert "공원" not in form


@pytest.mark.parametrize("audience", ["public", ["harbour"]])
def test_a_translation_that_comes_later_is_told_by_itself_and_linked(
    admin: Api, time: Clock, audience: str | list[str]
) -> None:
    a_subscriber(admin, language="ko")
    posted(admin, time, MORNING, "ko", **KO, audience=audience)
    due(FIRST)
    posted(admin, time, NOON, "en", **EN, audience=audience)
    due(SECOND)
    assert told(admin) == [["ko"], ["en"]]
    first, second = ledger(admin)
    assert "English" not in stored(first).text
    assert "Parks renewed (영어)" in stored(second).text
    assert f"한국어: {KO_LINK}\n" in stored(second).text
    assert "정정" not in stored(second).subject
    assert EN_LINK in page(admin, first).text


@pytest.mark.parametrize("audience", [["library"], ["harbour"]])
def test_a_restricted_translation_is_known_to_its_audience_alone(
    admin: Api, time: Clock, audience: list[str]
) -> None:
    a_subscriber(admin, language="ko")
    posted(admin, time, MORNING, "en", **EN, audience=audience)
    posted(admin, time, MORNING, "ko", **KO)
    due(FIRST)
    (issue,) = ledger(admin)
    sees = audience == ["harbour"]
    assert sorted(posts_of(issue)) == (["en", "ko"] if sees else ["ko"])
    for form in (stored(issue).text, stored(issue).html, page(admin, issue).text):
        assert (EN_LINK in form) == sees
        assert "Parks renewed" not in form


def test_what_becomes_of_the_hidden_one_is_told(admin: Api, time: Clock) -> None:
    a_subscriber(admin, language="ko")
    both(admin, time)
    due(FIRST)
    posted(admin, time, NOON, "en", **{**EN, "title": "Parks renewed, again"})
    due(SECOND)
    time.is_at("2026-03-11T12:00:00Z")
    withdrawn(admin, "en")
    due(THIRD)
    first, second, third = ledger(admin)
    for form in forms(second):
        assert "정정 1건" in form
        assert "Parks renewed, again (영어)" in form
    for form in forms(third):
        assert "철회 1건" in form
        assert "Parks renewed 2026년 3월 11일 철회" in form
    shown = text_of(page(admin, first).text)
    assert "공원 새 단장" in shown.split("앞서 보내 드린")[0]
    assert EN_LINK not in page(admin, first).text


def test_where_the_shown_one_is_withdrawn_the_page_shows_the_other(admin: Api, time: Clock) -> None:
    a_subscriber(admin, language="ko")
    both(admin, time)
    due(FIRST)
    time.is_at(NOON)
    withdrawn(admin, "ko")
    due(SECOND)
    first, second = ledger(admin)
    shown = page(admin, first).text
    assert "Parks renewed (영어)" in text_of(shown)
    assert KO_LINK not in shown
    assert text_of(shown).index("Parks renewed") < text_of(shown).index("공원 새 단장")
    for form in forms(second):
        assert "공원 새 단장 2026년 3월 10일 철회" in form
        assert "Parks" not in form


def test_a_pair_that_is_corrected_together_is_one_correction(admin: Api, time: Clock) -> None:
    a_subscriber(admin, language="ko")
    both(admin, time)
    due(FIRST)
    both(admin, time, NOON, summary="New")
    due(SECOND)
    (_, second) = ledger(admin)
    assert "(2026" in stored(second).subject
    for form in forms(second):
        assert "정정 1건" in form
        assert "공원 새 단장" in form
        assert "Parks renewed" not in form


def test_pairs_count_once_beyond_the_cap_too(admin: Api, time: Clock) -> None:
    a_subscriber(admin)
    time.is_at(MORNING)
    rows = [
        a_post(f"{tongue}{n}", language=tongue, translation_of=other and f"{other}{n}",
               date_published=f"2026-03-01T00:{n:02}:00Z")
        for n in range(55) for tongue, other in (("en", None), ("ko", "en"))
    ]  # fmt: skip
    assert admin("POST", "/v1/posts/batch", json=rows).json()["stored"] == 110
    settle()
    due(FIRST)
    (issue,) = ledger(admin)
    assert len(posts_of(issue)) == len(set(posts_of(issue))) == 110
    assert "55 posts" in stored(issue).subject
    assert stored(issue).text.count("* Title of en") == 50
    assert "and 5 more posts:" in stored(issue).text
    shown = page(admin, issue).text
    assert shown.count("Title of en") == 55
    assert "Title of ko" not in shown
