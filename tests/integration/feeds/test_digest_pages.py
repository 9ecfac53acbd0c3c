"""An issue's pages, the list of all issues, and their entries in the digest feed."""

from collections.abc import Callable
from typing import Any

import pytest
from lxml import html

from services.feeds.digest import contents, entries, pages
from tests.integration.feeds.issues import (
    Clock,
    a_subscriber,
    due,
    ledger,
    page,
    posted,
    posts_of,
    said,
    stored,
    told,
)
from tests.integration.feeds.scenes import a_post, atom, item, rss, text_of, withdrawn
from tests.support.session import Api, settle

DAYS = [f"2026-03-{day}T07:00:00Z" for day in range(10, 15)]
PRIVATE = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "private, no-store",
    "referrer-policy": "no-referrer",
    "x-robots-tag": "noindex",
}


@pytest.fixture
def reader(caller: Callable[..., Api]) -> Api:
    """Somebody without a key."""
    return caller()


def links(text: str) -> list[tuple[str, str]]:
    """Return the links of a page, each as label and address."""
    return [(link.text, link.get("href")) for link in html.document_fromstring(text).iter("a")]


def many(admin: Api, time: Clock, number: int) -> None:
    """Publish so many posts at once."""
    time.is_at("2026-03-10T06:00:00Z")
    rows = [
        a_post(f"p{n}", date_published=f"2026-03-01T0{n // 60}:{n % 60:02}:00Z")
        for n in range(number)
    ]
    assert admin("POST", "/v1/posts/batch", json=rows).json()["stored"] == number
    settle()


def test_a_long_issue_has_several_pages(
    admin: Api, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAGE", 3)
    a_subscriber(admin)
    posted(admin, time, "2026-03-09T06:00:00Z", "old")
    posted(admin, time, "2026-03-09T06:00:00Z", "older")
    due("2026-03-09T07:00:00Z")
    many(admin, time, 5)
    posted(admin, time, "2026-03-10T06:00:00Z", "old", date_published="2026-03-01", title="Mended")
    time.is_at("2026-03-10T06:00:00Z")
    withdrawn(admin, "older")
    due(DAYS[0])
    issue = ledger(admin)[-1]
    path = issue["url"].removeprefix("https://hub.example")
    shown = [admin("GET", f"{path}?page={number}") for number in (1, 2, 3, 4)]
    assert [answer.status_code for answer in shown] == [200, 200, 200, 404]
    assert shown[0].text == admin("GET", path).text
    listed = [
        [title.text_content() for title in html.document_fromstring(answer.text).iter("h3")]
        for answer in shown[:3]
    ]
    assert listed == [
        ["Title of p4", "Title of p3", "Title of p2"],
        ["Title of p1", "Title of p0", "Mended"],
        ["Title of older"],
    ]
    assert [link for link in links(shown[1].text) if "page" in link[1]] == [
        ("Previous page", "?page=1"),
        ("Next page", "?page=3"),
    ]
    for nonsense in ("0", "-1", "01", "x", "9999999999"):
        assert admin("GET", f"{path}?page={nonsense}").status_code == 404


def test_a_page_says_how_many_it_cannot_list(
    admin: Api, time: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "MOST_TOLD", 2)
    a_subscriber(admin)
    many(admin, time, 4)
    due(DAYS[0])
    (issue,) = ledger(admin)
    assert posts_of(issue) == ["p3", "p2"]
    assert "There are 2 more posts." in said(admin, issue)
    withdrawn(admin, "p0")
    withdrawn(admin, "p3")
    assert "There is 1 more post." in said(admin, issue)


def test_the_partners_page_leads_to_its_neighbours_and_to_all(
    admin: Api, time: Clock, reader: Api
) -> None:
    token = a_subscriber(admin)
    for day in DAYS[:3]:
        posted(admin, time, day.replace("T07", "T06"), f"of {day}")
        due(day)
    due(DAYS[3])  # skipped
    first, second, third, _ = ledger(admin)
    for issue, to in (
        (first, [("Next issue", second["id"])]),
        (second, [("Previous issue", first["id"]), ("Next issue", third["id"])]),
        (third, [("Previous issue", second["id"])]),
    ):
        answer = reader("GET", f"/p/{token}/digests/{issue['id']}")
        relative = [link for link in links(answer.text) if not link[1].startswith("http")]
        assert relative == [*to, ("All issues", "../digests")]
        assert token not in answer.text
        alone = page(reader, issue).text
        assert [link for link in links(alone) if not link[1].startswith("http")] == []


def test_all_issues_are_listed_the_newest_first(
    admin: Api, time: Clock, reader: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "ISSUES", 2)
    token = a_subscriber(admin)
    other = a_subscriber(admin, "library", language="ko")
    for day in DAYS[:3]:
        posted(admin, time, day.replace("T07", "T06"), f"of {day}", audience=["harbour"])
        due(day)
    path, issues = f"/p/{token}/digests", ledger(admin)
    answers = [reader("GET", f"{path}{query}") for query in ("", "?page=2", "?page=3")]
    assert [answer.status_code for answer in answers] == [200, 200, 404]
    listed = [
        [link for link in links(answer.text) if link[1].startswith(("digests/", "?"))]
        for answer in answers
    ]
    subjects = [stored(issue).subject for issue in issues]
    assert listed[0] == [
        (subjects[2], f"digests/{issues[2]['id']}"),
        (subjects[1], f"digests/{issues[1]['id']}"),
        ("Next page", "?page=2"),
    ]
    assert listed[1] == [(subjects[0], f"digests/{issues[0]['id']}"), ("Previous page", "?page=1")]
    assert "Mar 12, 2026 08:00" in text_of(answers[0].text)
    for answer in answers[:2]:
        assert PRIVATE.items() <= answer.headers.items()
        assert token not in answer.text
    bearer = {"Authorization": f"Bearer {token}"}
    assert reader("GET", "/p/-/digests", headers=bearer).text == answers[0].text
    empty = reader("GET", f"/p/{other}/digests").text
    assert "아직 보내 드린 소식이 없습니다." in empty
    assert '<html lang="ko"' in empty
    for nobody in ("/p/-/digests", f"/p/{'0' * 48}/digests", "/p/harbour/digests"):
        assert reader("GET", nobody).status_code == 404


def test_a_feeds_entry_tells_what_the_issue_holds(
    admin: Api, time: Clock, reader: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "SHOWN", 3)
    token = a_subscriber(admin, language="ko")
    posted(admin, time, "2026-03-10T05:00:00Z", "older")
    posted(admin, time, "2026-03-10T06:00:00Z", "a", title="Parks & <gardens>", summary="Green",
           section="archives")  # fmt: skip
    posted(admin, time, "2026-03-10T06:00:00Z", "b", language="ko", translation_of="a")
    posted(admin, time, "2026-03-10T06:00:00Z", "c", audience=["harbour"])
    due(DAYS[0])
    (issue,) = ledger(admin)
    feed = f"/p/{token}/digests"
    entry = item(reader, feed, issue["id"])
    assert told(admin) == [["c", "b", "a", "older"]]
    assert entry["title"] == stored(issue).subject
    assert entry["summary"] == "Title of c · Title of b"
    assert entry["content_html"] == (
        "<p>2026년 3월 9일~10일 · 소식 3건</p>\n"
        "<h3>뉴스</h3>\n<ul>\n"
        '<li><p lang="en"><a href="https://city.example/c">Title of c</a> (영어)</p></li>\n'
        '<li><p lang="ko"><a href="https://city.example/b">Title of b</a> · '
        '<a href="https://city.example/a">English</a></p></li>\n'
        f'</ul>\n<p><a href="{issue["url"]}">외 1건 더 보기</a></p>'
    )
    assert entry["content_text"] == "Title of c\nTitle of b"
    in_atom = atom(reader, feed).findtext(".//{*}entry/{*}content")
    assert in_atom == entry["content_html"]
    content = "{http://purl.org/rss/1.0/modules/content/}encoded"
    assert rss(reader, feed).findtext(f"channel/item/{content}") == entry["content_html"]


def test_a_feeds_entry_follows_its_posts(admin: Api, time: Clock, reader: Api) -> None:
    token = a_subscriber(admin)
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    posted(admin, time, "2026-03-10T06:00:00Z", "b", title="Secret name")
    due(DAYS[0])
    (issue,) = ledger(admin)
    feed = f"/p/{token}/digests"
    assert item(reader, feed, issue["id"])["date_modified"] == DAYS[0]
    posted(admin, time, "2026-03-10T09:00:00Z", "b", title="No name")
    entry = item(reader, feed, issue["id"])
    assert "No name" in entry["content_html"]
    assert "Secret" not in str(entry)
    assert entry["date_modified"] == "2026-03-10T09:00:00Z"
    time.is_at("2026-03-10T10:00:00Z")
    for id in ("a", "b"):
        withdrawn(admin, id)
    entry = item(reader, feed, issue["id"])
    assert "city.example" not in entry["content_html"]
    assert entry["date_modified"] == "2026-03-10T10:00:00Z"


@pytest.mark.parametrize(
    "after",
    [
        {"audience": ["library"]},
        {"section": "archives"},
        {"language": "ko"},
        {"embargo_until": "2999-01-01T00:00:00Z"},
        None,
    ],
    ids=["audience", "interest", "language", "embargo", "withdrawal"],
)
def test_what_may_be_told_is_decided_when_it_is_issued(
    admin: Api, time: Clock, after: dict[str, Any] | None
) -> None:
    a_subscriber(admin, interest={"sections": ["news"], "languages": ["en"]})
    posted(admin, time, "2026-03-10T06:00:00Z", "a")
    posted(admin, time, "2026-03-10T06:00:00Z", "x", title="Hidden")
    time.is_at("2026-03-10T06:30:00Z")
    if after is None:
        withdrawn(admin, "x")
    else:
        posted(admin, time, "2026-03-10T06:30:00Z", "x", **{"title": "Hidden", **after})
    due(DAYS[0])
    assert told(admin) == [["a"]]
    row = stored(ledger(admin)[0])
    assert "1 post (" in row.subject
    assert "Hidden" not in row.html + row.text


def test_a_picture_is_shown_where_it_is_read(admin: Api, time: Clock, reader: Api) -> None:
    a_subscriber(admin)
    picture = "https://city.example/park.jpg"
    posted(admin, time, "2026-03-10T06:00:00Z", "a", image=picture)
    due(DAYS[0])
    (issue,) = ledger(admin)
    answer = page(reader, issue)
    for form in (stored(issue).html, answer.text):
        (image,) = html.document_fromstring(form).iter("img")
        assert (image.get("src"), image.get("alt")) == (picture, "Picture of “Title of a”")
    assert "img-src https: http:;" in answer.headers["content-security-policy"]
    assert "form-action 'none'" in answer.headers["content-security-policy"]
