"""The HTML of an issue: structure, languages, links, escaping."""

from dataclasses import replace

import pytest
from lxml import etree, html

from services.feeds.digest.compose import page
from services.feeds.digest.items import Counts, Issue, Listed, Withdrawn
from services.feeds.digest.layout import Link
from tests.unit.feeds.digest.samples import FRAME, LISTED, PARKS_EN, PARKS_KO, issue, issue_of

POST = "//td/div[contains(@class, 'post')]"
HOSTILE = "<script>alert(1)</script> & \"double\" 'single' </title></style><!-- {{ 7*7 }}"


def parse(composed: Issue) -> html.HtmlElement:
    return html.document_fromstring(composed.html)


def posts_in(document: html.HtmlElement) -> list[html.HtmlElement]:
    found: list[html.HtmlElement] = document.xpath("//td[div[contains(@class, 'post')]]")
    return found


def texts(document: html.HtmlElement, path: str) -> list[str]:
    return [" ".join(found.text_content().split()) for found in document.xpath(path)]


def test_links() -> None:
    document = parse(issue(unsubscribe_url="https://pabal.example/u/xyz"))
    links = [(link.get("href"), link.text) for link in document.iter("a")]
    assert links == [
        ("https://news.example/ko/101", "생활권 공원 12곳 새 단장"),
        ("https://creativecommons.org/licenses/by/4.0/", "CC BY 4.0"),
        ("https://news.example/en/101", "English"),
        ("https://news.example/files/plan.hwp", "정비 계획"),
        ("https://news.example/en/102", "Twelve neighbourhood parks renewed"),
        ("https://news.example/archives/7", "시 승격 기념식"),
        ("https://pabal.example/d/abc", "and 2 more posts"),
        ("https://news.example/ko/90", "시의회 임시회 안내"),
        ("https://pabal.example/d/abc", "View online"),
        ("https://pabal.example/u/xyz", "Unsubscribe"),
    ]


def test_languages() -> None:
    document = parse(issue())
    assert document.get("lang") == "en"
    assert {part.get("lang") for part in document.xpath("//td[h1 or h2]")} == {"en"}
    assert [post.get("lang") for post in posts_in(document)] == ["ko", "en-GB", "ko-KR", "ko", "ko"]
    assert set(document.xpath(f"{POST}/p[1]/@lang")) == {"en"}
    (other,) = document.xpath("//a[@hreflang]")
    assert (other.get("lang"), other.get("hreflang"), other.text) == ("en-GB", "en-GB", "English")


def test_a_withdrawn_post_of_unknown_language_is_taken_for_the_issues_own() -> None:
    gone = Withdrawn("Gone", PARKS_EN.published)
    (post,) = posts_in(parse(issue(Listed(withdrawn=(gone,)), Counts(), language="ko")))
    assert post.get("lang") == "ko"


def test_headings_and_marks() -> None:
    document = parse(issue())
    assert texts(document, "//h1") == ["Seongnam"]
    assert texts(document, "//h2") == ["News", "Archives", "Corrected", "Withdrawn"]
    assert texts(document, "//h3") == [
        "생활권 공원 12곳 새 단장 (Korean)", "Twelve neighbourhood parks renewed",
        "시 승격 기념식 (Korean)", "시의회 임시회 안내 (Korean)", "주차장 이용 안내",
    ]  # fmt: skip
    assert texts(document, f"{POST}/p[1]") == [
        "Mar 1, 2026 · CC BY 4.0 · English",
        "Mar 1, 2026 · Corrected",
        "Jul 1, 1973",
        "Feb 26, 2026 · News",
        "Withdrawn Mar 1, 2026",
    ]
    assert texts(document, "//td[contains(@class, 'foot')]/p[1]") == [
        "This issue covers Mar 1, 2026 08:00 to Mar 2, 2026 08:00 (Asia/Seoul)."
    ]


def test_the_title_is_the_subject() -> None:
    composed = issue()
    assert texts(parse(composed), "//title") == [composed.subject]


def test_a_withdrawn_post_is_not_linked() -> None:
    gone = posts_in(parse(issue()))[-1]
    assert gone.xpath(".//h3[contains(@class, 'gone')]//text()") == ["주차장 이용 안내"]
    assert gone.findall(".//a") == []


def test_an_empty_issue_says_so() -> None:
    document = parse(issue_of())
    assert texts(document, "//p[contains(@class, 'more')]") == [
        "There is nothing new in this issue."
    ]


def test_a_list_of_mails_shows_the_first_titles() -> None:
    document = parse(issue())
    assert texts(document, "//body/div[1]") == [
        "생활권 공원 12곳 새 단장 · Twelve neighbourhood parks renewed · 시 승격 기념식"
    ]
    assert declared(document.xpath("//body/div[1]")[0], "display") == "none"
    assert texts(parse(issue_of()), "//body/div[1]") == ["Mar 1 – 2, 2026 · no new posts"]


def test_a_picture_is_bounded_and_described() -> None:
    (picture,) = parse(issue()).iter("img")
    assert picture.get("src") == "https://news.example/parks.jpg"
    assert picture.get("alt") == "Picture of “생활권 공원 12곳 새 단장”"
    assert picture.get("width") == "168"
    assert declared(picture, "max-width") == "40%"


@pytest.mark.parametrize(
    "url", ["data:image/png;base64,AA==", "cid:1", "/parks.jpg", "//a.example/b", "javascript:1"]
)
def test_only_what_a_mail_reader_can_fetch_is_a_picture(url: str) -> None:
    composed = issue_of(replace(PARKS_KO, image=url))
    assert list(parse(composed).iter("img")) == []
    assert url not in composed.html


def test_a_page_has_no_preheader_and_leads_to_others() -> None:
    html_page = page(
        FRAME, LISTED, beyond=1, turns=[Link("Next page", "?page=2")],
        nav=[Link("All issues", "../digests")],
    )  # fmt: skip
    document = html.document_fromstring(html_page)
    assert document.xpath("//body/div") == []
    assert "There is 1 more post." in texts(document, "//p")
    links = [link.get("href") for link in document.iter("a")]
    assert links[-3:] == ["?page=2", "../digests", "https://pabal.example/d/abc"]
    assert "more posts" not in html_page


@pytest.mark.parametrize("language", ["en", "ko"])
def test_hostile_text_stays_text(language: str) -> None:
    post = replace(
        PARKS_EN,
        title=HOSTILE,
        excerpt=HOSTILE,
        attachments=(replace(PARKS_KO.attachments[0], title=HOSTILE),),
    )
    gone = Withdrawn(HOSTILE, PARKS_EN.published)
    listed = Listed((post,), (post,), (gone,))
    names = {"publisher": HOSTILE, "partner_name": HOSTILE, "language": language}
    document = parse(issue(listed, Counts(), **names))
    assert document.xpath("//script") == []
    assert texts(document, "//h1") == [HOSTILE]
    assert [title.split(" (")[0] for title in texts(document, "//h3")] == [HOSTILE] * 3
    assert texts(document, "//p[contains(@class, 'excerpt')]") == [HOSTILE] * 2
    assert texts(document, f"{POST}/p[3]/a") == [HOSTILE] * 2
    assert texts(document, "//body/div") == [HOSTILE]
    assert "49" not in document.text_content()


def test_a_url_cannot_leave_its_attribute() -> None:
    url = "https://news.example/?a=1&b=\"x\" onclick='y'"
    document = parse(issue_of(replace(PARKS_EN, url=url)))
    link = document.xpath("//h3/a")[0]
    assert sorted(link.keys()) == ["href", "style"]
    assert link.get("href") == url


def test_nothing_but_pictures_is_loaded_and_nothing_runs() -> None:
    document = parse(issue())
    active = "//script | //link | //iframe | //form | //object | //@onclick | //@background"
    assert document.xpath(active) == []
    assert "url(" not in issue().html
    assert "@import" not in issue().html


def test_styles_are_inline_but_for_those_that_depend_on_the_reader() -> None:
    document = parse(issue())
    (kept,) = texts(document, "//style")
    assert kept.startswith("@media (prefers-color-scheme: dark)")
    unstyled = {node.tag for node in document.body.iter(etree.Element) if not node.get("style")}
    assert unstyled == {"tbody", "tr"}


@pytest.mark.parametrize(("language", "english"), [("ko", "normal"), ("en", "")])
def test_korean_breaks_between_words_and_other_languages_as_they_do(
    language: str, english: str
) -> None:
    posts = posts_in(parse(issue(language=language)))
    breaking = {post.get("lang"): declared(post, "word-break") for post in posts}
    assert breaking == {"ko": "keep-all", "en-GB": english, "ko-KR": "keep-all"}


def test_a_word_that_is_longer_than_a_screen_widens_nothing() -> None:
    tables = list(parse(issue()).iter("table"))
    assert [declared(table, "table-layout") for table in tables] == ["fixed", "fixed"]
    assert "break-word" in {declared(table, "overflow-wrap") for table in tables}


def declared(node: html.HtmlElement, name: str) -> str:
    """Return what an element's own style says of a property; empty where nothing."""
    style: dict[str, str] = dict(
        part.split(":", 1) for part in node.get("style", "").split(";") if part
    )
    return style.get(name, "")
