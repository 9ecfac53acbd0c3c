"""What a composed issue says: its subject and its text, to the letter."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from services.feeds.digest.compose import MOST_BYTES, entry
from services.feeds.digest.items import Attachment, Counts, Listed, Withdrawn
from services.feeds.digest.wrap import width
from tests.unit.feeds.digest.samples import FRAME, LISTED, PARKS_EN, PARKS_KO, issue, issue_of

ENGLISH_TEXT = """\
Seongnam
For Relay Press
Mar 1 – 2, 2026 · 5 posts, 1 correction, 1 withdrawal

News
====

* 생활권 공원 12곳 새 단장 (Korean)
  Mar 1, 2026 · CC BY 4.0
  성남시는 오는 3월 15일부터 분당구와 수정구 일대의 생활권 공원 열두
  곳을 새로 단장한다.
  https://news.example/ko/101
  English: https://news.example/en/101
  - Attachment: 정비 계획 (HWP, 348.2 KB)
    https://news.example/files/plan.hwp

* Twelve neighbourhood parks renewed
  Mar 1, 2026 · Corrected
  Works start on 15 March.
  https://news.example/en/102

Archives
========

* 시 승격 기념식 (Korean)
  Jul 1, 1973
  https://news.example/archives/7

and 2 more posts:
https://pabal.example/d/abc

Corrected
=========
These posts have changed since they were sent to you.

* 시의회 임시회 안내 (Korean)
  Feb 26, 2026 · News
  https://news.example/ko/90

Withdrawn
=========
These posts have been withdrawn since they were sent to you. Please use
them no longer.

* 주차장 이용 안내
  Withdrawn Mar 1, 2026

------------------------------------------------------------------------
This issue covers Mar 1, 2026 08:00 to Mar 2, 2026 08:00 (Asia/Seoul).
View online:
https://pabal.example/d/abc
"""

KOREAN_TEXT = """\
성남시
한국지방신문협회 귀중
2026년 3월 1일~2일 · 소식 5건, 정정 1건, 철회 1건

뉴스
====

* 생활권 공원 12곳 새 단장
  2026년 3월 1일 · CC BY 4.0
  성남시는 오는 3월 15일부터 분당구와 수정구 일대의 생활권 공원 열두
  곳을 새로 단장한다.
  https://news.example/ko/101
  English: https://news.example/en/101
  - 첨부: 정비 계획 (HWP, 348.2 KB)
    https://news.example/files/plan.hwp

* Twelve neighbourhood parks renewed (영어)
  2026년 3월 1일 · 정정됨
  Works start on 15 March.
  https://news.example/en/102

자료실
======

* 시 승격 기념식
  1973년 7월 1일
  https://news.example/archives/7

외 2건 더 보기:
https://pabal.example/d/abc

정정
====
앞서 보내 드린 뒤 내용이 바뀐 소식입니다.

* 시의회 임시회 안내
  2026년 2월 26일 · 뉴스
  https://news.example/ko/90

철회
====
앞서 보내 드린 다음 소식은 철회되었으니 더 이상 사용하지 마십시오.

* 주차장 이용 안내
  2026년 3월 1일 철회

------------------------------------------------------------------------
2026년 3월 1일 08:00부터 2026년 3월 2일 08:00까지의
소식입니다(Asia/Seoul).
웹에서 보기:
https://pabal.example/d/abc
수신 거부:
https://pabal.example/u/xyz
"""

EMPTY_TEXT = """\
Seongnam
For Relay Press
Mar 1 – 2, 2026 · no new posts

There is nothing new in this issue.

------------------------------------------------------------------------
This issue covers Mar 1, 2026 08:00 to Mar 2, 2026 08:00 (Asia/Seoul).
View online:
https://pabal.example/d/abc
"""

ENTRY = """\
<p>Mar 1 – 2, 2026 · 5 posts, 1 correction, 1 withdrawal</p>
<h3>News</h3>
<ul>
<li><p lang="ko"><a href="https://news.example/ko/101">생활권 공원 12곳 새 단장</a> (Korean) · \
<a href="https://news.example/en/101">English</a></p>\
<p lang="ko">성남시는 오는 3월 15일부터 분당구와 수정구 일대의 \
생활권 공원 열두 곳을 새로 단장한다.</p></li>
<li><p lang="en-GB"><a href="https://news.example/en/102">\
Twelve neighbourhood parks renewed</a></p>\
<p lang="en-GB">Works start on 15 March.</p></li>
</ul>
<h3>Archives</h3>
<ul>
<li><p lang="ko-KR"><a href="https://news.example/archives/7">시 승격 기념식</a> (Korean)</p></li>
</ul>
<p><a href="https://pabal.example/d/abc">and 2 more posts</a></p>"""


def test_an_english_issue() -> None:
    composed = issue()
    assert composed.subject == ("Seongnam: 5 posts, 1 correction, 1 withdrawal (Mar 1 – 2, 2026)")
    assert composed.text == ENGLISH_TEXT


def test_a_korean_issue() -> None:
    composed = issue(
        language="ko-KR",
        publisher="성남시",
        partner_name="한국지방신문협회",
        unsubscribe_url="https://pabal.example/u/xyz",
    )
    assert composed.subject == "[성남시] 소식 5건, 정정 1건, 철회 1건 (2026년 3월 1일~2일)"
    assert composed.text == KOREAN_TEXT


def test_an_issue_of() -> None:
    composed = issue_of()
    assert composed.subject == "Seongnam: no new posts (Mar 1 – 2, 2026)"
    assert composed.text == EMPTY_TEXT


def test_another_language_falls_back_to_english() -> None:
    assert issue(language="ja") == issue(language="en")


def test_dates_are_the_partners_own() -> None:
    text = issue(zone=ZoneInfo("America/New_York")).text
    assert "Feb 28 – Mar 1, 2026 · 5 posts" in text
    assert "(America/New_York)" in text
    assert "* 생활권 공원 12곳 새 단장 (Korean)\n  Feb 28, 2026 · CC BY 4.0\n" in text


def test_the_same_input_gives_the_same_issue() -> None:
    assert issue() == issue()


def test_an_issue_without_new_posts_does_not_say_that_all_is_empty() -> None:
    composed = issue(replace(LISTED, published=()), Counts())
    assert composed.subject == "Seongnam: 1 correction, 1 withdrawal (Mar 1 – 2, 2026)"
    assert "nothing new" not in composed.text


def test_sections_have_the_same_order_in_each_issue() -> None:
    names = ["z-last", "archives", "b-sides", "news", "z-last"]
    posts = [replace(PARKS_EN, title=f"T{n}", section=name) for n, name in enumerate(names)]
    lines = issue_of(*posts).text.splitlines()
    headings = [lines[n - 1] for n, line in enumerate(lines) if line and not line.strip("=")]
    assert headings == ["News", "Archives", "B sides", "Z last"]
    assert [line for line in lines if line.startswith("* ")] == [
        "* T3", "* T1", "* T2", "* T0", "* T4",
    ]  # fmt: skip


def test_names_with_line_breaks_stay_on_the_subject_line() -> None:
    assert issue_of(publisher="Seong\r\nBcc: nam").subject.startswith("Seong Bcc: nam: ")


def test_text_carries_titles_as_they_are() -> None:
    hostile = replace(PARKS_EN, title='<b>R&D</b> "&amp;" {partner} %s {{ 7*7 }}')
    text = issue_of(hostile).text
    assert '* <b>R&D</b> "&amp;" {partner} %s {{ 7*7 }}\n' in text


def test_lines_are_72_columns_at_most_except_urls() -> None:
    long = replace(
        PARKS_KO,
        title="가나다라 " * 60,
        excerpt="漢" * 300,
        url="https://news.example/" + "u" * 100,
        attachments=(Attachment("https://f.example/" + "v" * 90, "text/plain", "첨부" * 50, 1),),
    )
    composed = issue_of(long, publisher="성남" * 40, partner_name="가" * 200)
    wide = [line for line in composed.text.splitlines() if width(line) > 72]
    assert wide == [f"  {long.url}", f"    {long.attachments[0].url}"]


@pytest.mark.parametrize(
    ("attachment", "line"),
    [
        (
            Attachment("https://f.example/a/%EC%A7%80%EB%8F%84.pdf", "application/pdf"),
            "지도.pdf (PDF)",
        ),
        (Attachment("https://f.example/a%00%0A%E2%80%AEb.bin", "x/y"), "a b.bin (Y)"),
        (Attachment("https://f.example/", "application/octet-stream", None, 5), "f.example (5 B)"),
        (Attachment("https://f.example/x", "application/octet-stream", "X"), "X"),
    ],
)
def test_an_attachment_is_named_as_well_as_can_be(attachment: Attachment, line: str) -> None:
    text = issue_of(replace(PARKS_EN, attachments=(attachment,))).text
    assert f"  - Attachment: {line}\n    {attachment.url}\n" in text


def test_many_attachments_are_counted_instead_of_listed() -> None:
    files = tuple(Attachment(f"https://f.example/{n}", "image/png", f"F{n}") for n in range(7))
    text = issue_of(replace(PARKS_EN, attachments=files)).text
    assert text.count("  - Attachment: ") == 5
    assert "https://f.example/4\n  and 2 more attachments\n" in text


def test_a_long_body_is_cut() -> None:
    text = issue_of(replace(PARKS_EN, excerpt="word " * 10_000)).text
    assert text.count("word") == 55
    assert "word word…\n" in text


def test_what_a_mail_does_not_list_is_counted_with_where_it_stands() -> None:
    text = issue(LISTED, Counts(3, 1, 2)).text
    assert text.startswith(
        "Seongnam\nFor Relay Press\nMar 1 – 2, 2026 · 6 posts, 2 corrections, 3 withdrawals\n"
    )
    link = "https://pabal.example/d/abc"
    for counted in ("and 3 more posts", "and 1 more post", "and 2 more posts"):
        assert f"{counted}:\n{link}\n" in text


LONG = replace(
    PARKS_KO,
    title="가" * 150,
    excerpt="가나다라 " * 100,
    image=f"https://news.example/{'i' * 40}.jpg",
)


@pytest.mark.parametrize(
    ("number", "url", "listed"),
    [(50, 60, 50), (50, 1900, 25), (50, 60_000, 0)],
    ids=["fifty", "long addresses", "absurd addresses"],
)
def test_a_mail_is_never_so_long_that_readers_clip_it(number: int, url: int, listed: int) -> None:
    posts = tuple(replace(LONG, url="https://a.example/" + "u" * url) for _ in range(number))
    composed = issue_of(*posts)
    assert len(composed.html.encode()) <= MOST_BYTES < 102_000
    assert composed.text.count("* 가가") == listed
    assert f"{number} posts" in composed.subject
    left = number - listed
    assert (f"and {left} more posts:\nhttps://pabal.example/d/abc" in composed.text) == (left > 0)


def test_notices_too_are_bounded() -> None:
    gone = tuple(Withdrawn("가" * 200, PARKS_EN.published) for _ in range(50))
    composed = issue(Listed((LONG,) * 50, (LONG,) * 50, gone), Counts())
    assert len(composed.html.encode()) <= MOST_BYTES
    assert "50 posts, 50 corrections, 50 withdrawals" in composed.subject


def test_a_feeds_entry() -> None:
    summary, html = entry(FRAME, LISTED)
    assert summary == (
        "생활권 공원 12곳 새 단장 · Twelve neighbourhood parks renewed · 시 승격 기념식"
    )
    assert html == ENTRY
