"""The HTML of an issue: structure, languages, links, escaping."""

from dataclasses import replace

import pytest
from lxml import etree, html

from services.feeds.digest.items import Issue, Withdrawn
from tests.unit.feeds.digest.samples import PARKS_EN, PARKS_KO, empty_issue, issue

HOSTILE = "<script>alert(1)</script> & \"double\" 'single' </title></style><!-- {{ 7*7 }}"


def parse(composed: Issue) -> html.HtmlElement:
    return html.document_fromstring(composed.html)


def texts(document: html.HtmlElement, path: str) -> list[str]:
    return [" ".join(found.text_content().split()) for found in document.xpath(path)]


def test_links() -> None:
    document = parse(issue(unsubscribe_url="https://pabal.example/u/xyz"))
    links = [(link.get("href"), link.text) for link in document.iter("a")]
    assert links == [
        ("https://news.example/ko/101", "생활권 공원 12곳 새 단장"),
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
    assert document.xpath("//section/@lang") == ["en"] * 4
    assert document.xpath("//article/@lang") == ["ko", "en-GB", "ko-KR", "ko", "ko"]
    assert set(document.xpath("//article/p[contains(@class, 'dim')]/@lang")) == {"en"}


def test_a_withdrawn_post_of_unknown_language_is_taken_for_the_issues_own() -> None:
    gone = Withdrawn("Gone", PARKS_EN.published)
    document = parse(issue(language="ko", published=(), more=0, corrected=(), withdrawn=[gone]))
    assert document.xpath("//article/@lang") == ["ko"]


def test_headings_and_marks() -> None:
    document = parse(issue())
    assert texts(document, "//h1") == ["Seongnam"]
    assert texts(document, "//h2") == ["News", "Archives", "Corrected", "Withdrawn"]
    assert texts(document, "//article/p[1]") == [
        "Mar 1, 2026 Korean",
        "Mar 1, 2026 Corrected",
        "Jul 1, 1973 Korean",
        "Feb 26, 2026 News Korean",
        "Withdrawn Mar 1, 2026",
    ]
    assert texts(document, "//footer/p[1]") == [
        "This issue covers Mar 1, 2026 08:00 to Mar 2, 2026 08:00 (Asia/Seoul)."
    ]


def test_the_title_is_the_subject() -> None:
    composed = issue()
    assert texts(parse(composed), "//title") == [composed.subject]


def test_a_withdrawn_post_is_not_linked() -> None:
    gone = parse(issue()).xpath("//section[last()]/article")
    assert [len(post.findall(".//a")) for post in gone] == [0]


def test_an_empty_issue_says_so() -> None:
    document = parse(empty_issue())
    assert texts(document, "//main") == ["There is nothing new in this issue."]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_hostile_text_stays_text(language: str) -> None:
    post = replace(
        PARKS_EN,
        title=HOSTILE,
        excerpt=HOSTILE,
        attachments=(replace(PARKS_KO.attachments[0], title=HOSTILE),),
    )
    gone = Withdrawn(HOSTILE, PARKS_EN.published)
    document = parse(
        issue(
            language=language,
            publisher=HOSTILE,
            partner_name=HOSTILE,
            published=[post],
            corrected=[post],
            withdrawn=[gone],
        )
    )
    assert document.xpath("//script") == []
    assert texts(document, "//h1") == [HOSTILE]
    assert texts(document, "//h3") == [HOSTILE] * 3
    assert texts(document, "//article/p[contains(@class, 'excerpt')]") == [HOSTILE] * 2
    assert texts(document, "//article/p/a") == [HOSTILE] * 2
    assert "49" not in document.text_content()


def test_a_url_cannot_leave_its_attribute() -> None:
    url = "https://news.example/?a=1&b=\"x\" onclick='y'"
    document = parse(issue(published=[replace(PARKS_EN, url=url)]))
    link = document.xpath("//h3/a")[0]
    assert sorted(link.keys()) == ["href", "style"]
    assert link.get("href") == url


def test_nothing_is_loaded_and_nothing_runs() -> None:
    document = parse(issue())
    active = "//script | //link | //img | //iframe | //form | //object | //@src | //@onclick"
    assert document.xpath(active) == []
    assert "url(" not in issue().html
    assert "@import" not in issue().html


def test_styles_are_inline_but_for_those_that_depend_on_the_reader() -> None:
    document = parse(issue())
    (kept,) = texts(document, "//style")
    assert kept.startswith("@media (prefers-color-scheme: dark)")
    unstyled = {node.tag for node in document.body.iter(etree.Element) if not node.get("style")}
    assert unstyled == {"header", "main", "section"}


@pytest.mark.parametrize(("language", "english"), [("ko", "normal"), ("en", "")])
def test_korean_breaks_between_words_and_other_languages_as_they_do(
    language: str, english: str
) -> None:
    posts = parse(issue(language=language)).iter("article")
    breaking = {post.get("lang"): declared(post, "word-break") for post in posts}
    assert breaking == {"ko": "keep-all", "en-GB": english, "ko-KR": "keep-all"}


def declared(node: html.HtmlElement, name: str) -> str:
    """Return what an element's own style says of a property; empty where nothing."""
    style: dict[str, str] = dict(
        part.split(":", 1) for part in node.get("style", "").split(";") if part
    )
    return style.get(name, "")


def test_thirty_posts_stay_below_what_mail_readers_clip() -> None:
    post = replace(PARKS_KO, excerpt="가나다라 " * 100, title="가" * 200)
    composed = issue(published=[post] * 30)
    assert len(composed.html.encode()) < 102_000
    assert len(parse(composed).xpath("//section[1]/article")) == 30
