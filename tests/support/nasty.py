"""A nasty set: posts that the door takes and that careless writers of feeds break on.

Their texts are invented. Validators have nothing to say of those in ``POSTS``.
"""

from typing import Any

_BODY_LIMIT = 1024 * 1024


def post(name: str, **fields: Any) -> dict[str, Any]:
    """Return a nasty post, with what every post must have."""
    return {
        "id": f"tag:city.example,2026:nasty/{name}",
        "url": f"https://city.example/nasty/{name}",
        "title": name,
        "section": "news",
        "language": "en",
        "date_published": "2026-02-28T09:00:00+09:00",
        **fields,
    }


def _file(number: int, **fields: Any) -> dict[str, Any]:
    url = f"https://city.example/files/{number}.pdf"
    return {"url": url, "mime_type": "application/pdf", "title": f"첨부 & {number}", **fields}


POSTS: tuple[dict[str, Any], ...] = (
    post(
        "cdata",
        title="]]> ends <![CDATA[ and ]]]]><![CDATA[> again",
        summary="]]>",
        content_html="<p>]]&gt; and <![CDATA[x]]> and <!-- ]]> --></p><pre>]]></pre>",
        tags=["]]>", "<![CDATA[x]]>"],
        authors=[{"name": "]]> & <co>"}],
        rights="]]> &copy; <2026>",
    ),
    post(
        "entities",
        title="AT&amp;T &lt;b&gt; &#x3C;i> &copy; &nbsp;| &notanentity; & &amp;amp; R&D 1 < 2 > 0",
        summary="&amp; &lt;p&gt; &#60; &#x26; &hellip; <p class='a'> & fish&chips",
        content_html="<p>&amp;amp; &lt;script&gt; &#x1F600; &notanentity; &nbsp;&shy;|</p>",
        tags=["R&D", "&amp;", "<tag>", "&#x3C;b>", "&lt;i&gt;"],
        authors=[{"name": "M&amp;M <m at city.example>"}],
        rights="&copy; 2026 &amp; <all>",
        attachments=[_file(1, title="&lt;plan&gt; & <map>")],
    ),
    post(
        "text-only",
        content_text="1 < 2 & 3 > 2 </b> &amp; ]]>\n\nSecond & <p>last</p>\tline",
        summary="Only & text <br",
    ),
    post(
        "emoji",
        title="👨‍👩‍👧‍👦 🏳️‍🌈 🇰🇷 😀 \U0001f9d1\U0001f3fd‍🚀 𝕬𝖇",
        content_html="<p>👩🏽‍💻 \U0010fffd 🇰🇷</p>",
        tags=["🎉"],
    ),
    post(
        "cjk",
        title="서울시 “공유도시” — 漢字・かな・カナ、繁體中文",
        language="ko",
        content_html='<p lang="ja">日本語。</p><p lang="zh-Hant">繁體</p><p>한글 ㅎㅏㄴㄱㅡㄹ</p>',
        url="https://한국.kr/뉴스/서울 시?질의=값#조각",
        tags=["교통", "環境"],
        authors=[{"name": "김하늘", "url": "https://한국.kr/사람/김"}],
        attachments=[{**_file(2), "url": "https://city.example/자료/계획 (최종).pdf"}],
    ),
    post(
        "rtl",
        title="مرحبا بالعالم: שלום עולם (2026) \u200f\u200e",
        language="ar",
        content_html='<p dir="rtl">السلام <bdi>x</bdi> עברית</p>',
        summary="نص \u202eمعكوس\u202c هنا",
    ),
    post(
        "controls",
        title="tab\tnew\nline\rreturn\x0bvt\x1b[31m\x7f\x85nel\u2028ls\u2029ps\ufeffbom",
        summary="a\r\nb\x08\x0c\ufffe\uffff\ufdd0c",
        content_html="<p>a&#1;b&#x80;c&#xFFFE;d&#xFDD0;\r\ne&#13;f\x00</p>".replace("\x00", ""),
        content_text="a\r\nb\rc\x1fd",
    ),
    post(
        "scripts",
        content_html=(
            "<script>alert(1)</script><style>p{}</style><iframe src=x></iframe><svg onload=x></svg>"
            '<p style="position:fixed" onclick="x()">x</p><a href="javascript:x()">j</a>'
            '<a href="/relative?a=1&b=2#c">r</a><img src="a.png" srcset="b.png 2x, /c.png 3x">'
            '<a href="//other.example/x">s</a><form action=/x><input name=a></form><base href=/z>'
        ),
    ),
    post("big-html", content_html="<p>" + "서울 &amp; " * ((_BODY_LIMIT - 64) // 13) + "</p>"),
    post("big-text", content_html="<p>x</p>", content_text="글 " * (_BODY_LIMIT // 4)),
    post(
        "forty",
        attachments=[
            _file(number, size_in_bytes=number * 1000, duration_in_seconds=number + 0.5)
            for number in range(100, 140)
        ],
    ),
    post("tags", tags=["&lt;i&gt;", "&amp;"], attachments=[_file(3, title="&lt;u&gt;")]),
    post("nothing", date_published="2026-02-28"),
    post("long", title="긴" * 500, summary="약" * 2000, rights="권" * 1000),
    post(
        "radio",
        date_published="1998-07-01T23:59:59.999-14:00",
        attachments=[
            {"url": "https://city.example/a.mp3?x=1&y=2", "mime_type": "audio/mpeg"},
        ],
    ),
    post("한글 식별자 & <id>", url="https://city.example/nasty/x", id="한글 식별자 & <id>"),
    post("number-id", id="42"),
    post("slash-id", id="/posts/42?x=1"),
    post("web-id", id="https://city.example/permalink/1?a=b"),
    post(
        "translation",
        id="urn:uuid:0a3b5c7d-1111-4222-8333-444455556666",
        language="ja",
        translation_of="tag:city.example,2026:nasty/cjk",
        license="https://creativecommons.org/licenses/by/4.0/",
        external_url="https://press.example/report?a=1&b=2",
        image="https://city.example/a.png?x=1&y=2",
        banner_image="https://city.example/b.png",
        authors=[{"url": "https://city.example/kim"}, {"avatar": "https://city.example/a.png"}],
        _city={"nested": [1, 2.5, None, {"a": "]]>"}]},
    ),
)

PROVOKING: tuple[tuple[dict[str, Any], set[str], set[str]], ...] = (
    (
        post("markup", title="<b>Bold</b> & <i>brave</i>", summary="<p>Not a paragraph</p>"),
        {"ContainsHTML"},
        {"ContainsUndeclaredHTML"},
    ),
    (post("mailbox", authors=[{"name": "Kim <kim@city.example>"}]), set(), {"ContainsEmail"}),
    (post("old", date_published="1974-08-15"), {"ImplausibleDate"}, {"ImplausibleDate"}),
    (post("scheme", id="seoulsolution:news:1"), set(), {"SchemeNotIANARegistered"}),
    (post("home", id="https://CITY.example"), set(), {"NonCanonicalURI"}),
)
"""Posts that mean what validators warn of, with the messages for RSS and for Atom."""
