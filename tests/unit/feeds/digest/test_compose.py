"""What a composed issue says: its subject and its text, to the letter."""

from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from services.feeds.digest.items import Attachment
from services.feeds.digest.wrap import width
from tests.unit.feeds.digest.samples import PARKS_EN, PARKS_KO, empty_issue, issue

ENGLISH_TEXT = """\
Seongnam
For Relay Press
Mar 1 – 2, 2026 · 5 posts, 1 correction, 1 withdrawal

News
====

* 생활권 공원 12곳 새 단장
  Mar 1, 2026 · Korean
  성남시는 오는 3월 15일부터 분당구와 수정구 일대의 생활권 공원 열두
  곳을 새로 단장한다.
  https://news.example/ko/101
  - Attachment: 정비 계획 (HWP, 348.2 KB)
    https://news.example/files/plan.hwp

* Twelve neighbourhood parks renewed
  Mar 1, 2026 · Corrected
  Works start on 15 March.
  https://news.example/en/102

Archives
========

* 시 승격 기념식
  Jul 1, 1973 · Korean
  https://news.example/archives/7

and 2 more posts:
https://pabal.example/d/abc

Corrected
=========
These posts have changed since they were sent to you.

* 시의회 임시회 안내
  Feb 26, 2026 · News · Korean
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

새 소식
=======

* 생활권 공원 12곳 새 단장
  2026년 3월 1일
  성남시는 오는 3월 15일부터 분당구와 수정구 일대의 생활권 공원 열두
  곳을 새로 단장한다.
  https://news.example/ko/101
  - 첨부: 정비 계획 (HWP, 348.2 KB)
    https://news.example/files/plan.hwp

* Twelve neighbourhood parks renewed
  2026년 3월 1일 · 영어 · 정정됨
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
  2026년 2월 26일 · 새 소식
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


def test_an_empty_issue() -> None:
    composed = empty_issue()
    assert composed.subject == "Seongnam: no new posts (Mar 1 – 2, 2026)"
    assert composed.text == EMPTY_TEXT


def test_another_language_falls_back_to_english() -> None:
    assert issue(language="ja") == issue(language="en")


def test_dates_are_the_partners_own() -> None:
    text = issue(zone=ZoneInfo("America/New_York")).text
    assert "Feb 28 – Mar 1, 2026 · 5 posts" in text
    assert "(America/New_York)" in text
    assert "* 생활권 공원 12곳 새 단장\n  Feb 28, 2026 · Korean\n" in text


def test_the_same_input_gives_the_same_issue() -> None:
    assert issue() == issue()


def test_an_issue_without_new_posts_does_not_say_that_all_is_empty() -> None:
    composed = issue(published=(), more=0)
    assert composed.subject == "Seongnam: 1 correction, 1 withdrawal (Mar 1 – 2, 2026)"
    assert "nothing new" not in composed.text


def test_sections_keep_the_order_of_their_first_post() -> None:
    names = ["z-last", "news", "z-last"]
    posts = [replace(PARKS_EN, title=f"T{n}", section=name) for n, name in enumerate(names)]
    text = issue(published=posts, corrected=(), withdrawn=(), more=0).text
    marks = [
        line for line in text.splitlines() if line.startswith("* ") or line in ("Z last", "News")
    ]
    assert marks == ["Z last", "* T0", "* T2", "News", "* T1"]


def test_names_with_line_breaks_stay_on_the_subject_line() -> None:
    assert empty_issue(publisher="Seong\r\nBcc: nam").subject.startswith("Seong Bcc: nam: ")


def test_text_carries_titles_as_they_are() -> None:
    hostile = replace(PARKS_EN, title='<b>R&D</b> "&amp;" {partner} %s {{ 7*7 }}')
    text = issue(published=[hostile]).text
    assert '* <b>R&D</b> "&amp;" {partner} %s {{ 7*7 }}\n' in text


def test_lines_are_72_columns_at_most_except_urls() -> None:
    long = replace(
        PARKS_KO,
        title="가나다라 " * 60,
        excerpt="漢" * 300,
        url="https://news.example/" + "u" * 100,
        attachments=(Attachment("https://f.example/" + "v" * 90, "text/plain", "첨부" * 50, 1),),
    )
    composed = issue(published=[long], publisher="성남" * 40, partner_name="가" * 200)
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
    text = issue(published=[replace(PARKS_EN, attachments=(attachment,))]).text
    assert f"  - Attachment: {line}\n    {attachment.url}\n" in text


def test_many_attachments_are_counted_instead_of_listed() -> None:
    files = tuple(Attachment(f"https://f.example/{n}", "image/png", f"F{n}") for n in range(7))
    text = issue(published=[replace(PARKS_EN, attachments=files)]).text
    assert text.count("  - Attachment: ") == 5
    assert "https://f.example/4\n  and 2 more attachments\n" in text


def test_a_long_body_is_cut() -> None:
    text = issue(published=[replace(PARKS_EN, excerpt="word " * 10_000)]).text
    assert text.count("word") == 55
    assert "word word…\n" in text
