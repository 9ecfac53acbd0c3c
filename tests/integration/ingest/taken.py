"""What passes the door: fields as they are sent, and as they are stored."""

from typing import Any

PAGE = "https://city.example/news/1"
FILE = {"url": "https://city.example/1.pdf", "mime_type": "application/pdf"}
REL = 'rel="noopener noreferrer"'
KIBIBYTE = 1024

Case = tuple[dict[str, Any], dict[str, Any]]


def _link(href: str) -> str:
    return f'<p><a href="{href}">x</a></p>'


def _linked(given: str, stored: str) -> Case:
    """A link is stored so, or without its address."""
    address = f'href="{stored}" ' if stored else ""
    html = f"<p><a {address}{REL}>x</a></p>"
    return {"content_html": _link(given)}, {"content_html": html, "content_text": "x"}


def _html(given: str, stored: str, text: str) -> Case:
    return {"content_html": given}, {"content_html": stored, "content_text": text}


def _same(**fields: Any) -> Case:
    return fields, fields


TEXT: dict[str, Case] = {
    "decomposed Hangul is composed": ({"title": "\u1112\u1161\u11ab"}, {"title": "한"}),
    "a decomposed accent is composed": ({"title": "Cafe\u0301"}, {"title": "Caf\u00e9"}),
    "breaks in a title become a space": ({"title": "a\r\nb\tc\n\nd"}, {"title": "a b c d"}),
    "line separators in a title too": ({"title": "a\u2028b\u2029c"}, {"title": "a b c"}),
    "controls in a title vanish": ({"title": "a\x01\x07\x1b\x7fb"}, {"title": "ab"}),
    "C1 controls vanish": ({"title": "a\x80\x85\x9fb"}, {"title": "ab"}),
    "non-characters vanish": ({"title": "a\ufdd0\ufffe\U0010ffffb"}, {"title": "ab"}),
    "overrides in a title vanish": ({"title": "invoice\u202efdp.exe"}, {"title": "invoicefdp.exe"}),
    "isolates in a title vanish": ({"title": "a\u2066b\u2069c"}, {"title": "abc"}),
    "marks of direction stay": _same(title="a\u200eb\u200fc"),
    "outer space goes": ({"title": "\u00a0 a \u3000"}, {"title": "a"}),
    "emoji stay": _same(title="👩\u200d👩\u200d👧\u200d👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ☂\ufe0f"),
    "CJK stays": _same(title="漢字、かな・カナ 한글 𠮷野家"),
    "Arabic stays": _same(title="حافلات الليل"),
    "markup in a title is text": _same(title="<b>AT&amp;T</b> ]]> &"),
    "500 characters are a title": _same(title="x" * 500),
    "a title is counted in characters": _same(title="😀" * 500),
    "a title is counted once it is clean": ({"title": "x" * 500 + "\x01"}, {"title": "x" * 500}),
    "a summary is one line": ({"summary": "a\r\nb "}, {"summary": "a b"}),
    "a summary may be empty": _same(summary=""),
    "rights": _same(rights="© 서울시 & contributors"),
}  # fmt: skip

BODIES: dict[str, Case] = {
    "no body": ({}, {}),
    "text alone": (
        {"content_text": "One.\nTwo.\n\nThree."},
        {"content_text": "One.\nTwo.\n\nThree.",
         "content_html": "<p>One.<br>\nTwo.</p>\n<p>Three.</p>"},
    ),
    "text with markup": (
        {"content_text": "<b>a</b> & b"},
        {"content_text": "<b>a</b> & b", "content_html": "<p>&lt;b&gt;a&lt;/b&gt; &amp; b</p>"},
    ),
    "text with other line ends": (
        {"content_text": "a\r\nb\rc"},
        {"content_text": "a\nb\nc", "content_html": "<p>a<br>\nb<br>\nc</p>"},
    ),
    "blank text": _same(content_text=" \n "),
    "text so long that its HTML were too long": _same(content_text="\n\n".join("a" * 300_000)),
    "text of 1 MiB": (
        {"content_text": "x" * KIBIBYTE**2}, {"content_text": "x" * KIBIBYTE**2},
    ),
    "HTML of 1 MiB": (
        {"content_html": "x" * KIBIBYTE**2, "content_text": "x"},
        {"content_html": "x" * KIBIBYTE**2, "content_text": "x"},
    ),
    "both": _same(content_html="<p>a</p>", content_text="b"),
    "HTML that is nothing, with text": (
        {"content_html": "<script>x</script>", "content_text": "a"},
        {"content_html": "<p>a</p>", "content_text": "a"},
    ),
    "HTML that is nothing": _html("<!-- x -->", "", ""),
    "blocks are lines": _html(
        "<h2>a</h2><ul><li>b</li><li>c</li></ul>", "<h2>a</h2><ul><li>b</li><li>c</li></ul>",
        "a\nb\nc",
    ),
    "a script": _html("<p>a</p><script>b</script>", "<p>a</p>", "a"),
    "a handler": _html("<p onclick='x()'>a</p>", "<p>a</p>", "a"),
    "a style": _html("<style>p{}</style><p style='color:red'>a</p>", "<p>a</p>", "a"),
    "a form": _html("<form action='/x'><input><button>a</button></form>", "a", "a"),
    "SVG": _html("<svg onload='x()'><text>b</text></svg><p>a</p>", "<p>a</p>", "a"),
    "MathML": _html("<math><mi>b</mi></math><p>a</p>", "<p>a</p>", "a"),
    "a frame": _html("<iframe src='https://x.example'>b</iframe><p>a</p>", "<p>a</p>", "a"),
    "a picture keeps its image": _html(
        "<picture><source srcset='b.png'><img src='a.png'></picture>",
        '<img src="https://city.example/news/a.png">', "",
    ),
    "an unclosed element": _html("<p><b>a", "<p><b>a</b></p>", "a"),
    "a lone bracket": _html("1 < 2 & 3", "1 &lt; 2 &amp; 3", "1 < 2 & 3"),
    "references that are controls": _html("<p>a&#1;&#x81;&#xfffe;b</p>", "<p>ab</p>", "ab"),
    "what an extension says": ({"_x": "<script>"}, {"_x": "<script>"}),
    "javascript": _linked("javascript:alert(1)", ""),
    "javascript in capitals": _linked("JaVaScRiPt:alert(1)", ""),
    "javascript behind a space": _linked(" javascript:alert(1)", ""),
    "javascript with a tab": _linked("java&Tab;script:alert(1)", ""),
    "javascript with a break": _linked("java\nscript:alert(1)", ""),
    "javascript by reference": _linked("&#106;avascript&colon;alert(1)", ""),
    "data": _linked("data:text/html,x", ""),
    "vbscript": _linked("vbscript:x", ""),
    "a root-relative link": _linked("/a", "https://city.example/a"),
    "a relative link": _linked("../a?b=c", "https://city.example/a?b=c"),
    "a fragment": _linked("#part", f"{PAGE}#part"),
    "a link without a scheme": _linked("//cdn.example/a", "https://cdn.example/a"),
    "a Hangul link": _linked("/뉴스", "https://city.example/%EB%89%B4%EC%8A%A4"),
    "a mail link": _linked("mailto:desk@city.example", "mailto:desk@city.example"),
    "a relative image": _html(
        "<img src='/a.png' alt='A' onerror='x()'>",
        '<img src="https://city.example/a.png" alt="A">', "",
    ),
    "a set of images": _html(
        "<img srcset='/a.png 1x, b.png 2x, javascript:x 3x' sizes='100vw'>",
        '<img srcset="https://city.example/a.png 1x, https://city.example/news/b.png 2x" '
        'sizes="100vw">', "",
    ),
    "a set of no images": _html(
        "<img src='a.png' srcset='javascript:alert(1) 1x, data:,x 2x'>",
        '<img src="https://city.example/news/a.png">', "",
    ),
}  # fmt: skip

ADDRESSES: dict[str, Case] = {
    "capitals": ({"url": "HTTPS://City.EXAMPLE/A"}, {"url": "https://city.example/A"}),
    "no path": ({"url": "http://city.example"}, {"url": "http://city.example/"}),
    "outer space": ({"url": " https://city.example/a\n"}, {"url": "https://city.example/a"}),
    "an IRI": (
        {"url": "https://한국.kr/뉴스?q=값#끝"},
        {"url": "https://xn--3e0b707e.kr/%EB%89%B4%EC%8A%A4?q=%EA%B0%92#%EB%81%9D"},
    ),
    "punycode": _same(url="https://xn--3e0b707e.kr/"),
    "escapes stay": _same(url="https://city.example/a%2Fb%20c"),
    "a lone percent sign": (
        {"url": "https://city.example/100%"}, {"url": "https://city.example/100%25"},
    ),
    "a space inside": ({"image": "https://city.example/a b.png"},
                       {"image": "https://city.example/a%20b.png"}),
    "a port": _same(external_url="https://city.example:8443/a"),
    "an address of IPv6": _same(banner_image="https://[2606:4700::1111]/a"),
    "a private address that is allowed": _same(license="http://127.0.0.1:9000/a"),
    "2,048 characters": _same(url="https://city.example/" + "x" * 2027),
    "a file, exactly": _same(attachments=[{
        **FILE, "mime_type": "Application/PDF; version=1.7", "title": "계획서.pdf",
        "size_in_bytes": 482133, "duration_in_seconds": 1.5}]),
    "a Hangul file": (
        {"attachments": [{"url": "https://city.example/계획 2026.hwp",
                          "mime_type": "application/x-hwp"}]},
        {"attachments": [{"url": "https://city.example/%EA%B3%84%ED%9A%8D%202026.hwp",
                          "mime_type": "application/x-hwp"}]},
    ),
    "an empty file": _same(attachments=[{**FILE, "size_in_bytes": 0}]),
    "a huge file": _same(attachments=[{**FILE, "size_in_bytes": 2**53}]),
    "64 files": _same(attachments=[FILE] * 64),
    "no files": ({"attachments": []}, {}),
}  # fmt: skip

TIMES: dict[str, Case] = {
    "a date alone": ({"date_published": "2026-03-01"}, {"date_published": "2026-02-28T15:00:00Z"}),
    "an offset": ({"date_published": "2026-03-01T09:00:00+09:00"},
                  {"date_published": "2026-03-01T00:00:00Z"}),
    "small letters": ({"date_published": "2026-03-01t09:00:00z"},
                      {"date_published": "2026-03-01T09:00:00Z"}),
    "a space": ({"date_published": "2026-03-01 09:00:00Z"},
                {"date_published": "2026-03-01T09:00:00Z"}),
    "microseconds": ({"date_published": "2026-03-01T09:00:00.123987Z"},
                     {"date_published": "2026-03-01T09:00:00.123Z"}),
    "less than a millisecond": ({"date_published": "2026-03-01T09:00:00.0009Z"},
                                {"date_published": "2026-03-01T09:00:00Z"}),
    "a leap day": ({"date_modified": "2024-02-29"}, {"date_modified": "2024-02-28T15:00:00Z"}),
    "long ago": _same(date_published="1394-11-29T00:00:00Z"),
    "the future": _same(date_published="2999-01-01T00:00:00Z"),
    "an embargo": _same(embargo_until="2999-01-01T00:00:00Z"),
    "an embargo that is over": _same(embargo_until="2026-01-01T00:00:00Z"),
}  # fmt: skip

LISTS: dict[str, Case] = {
    "a language in capitals": ({"language": "KO"}, {"language": "ko"}),
    "a region": ({"language": "en-us"}, {"language": "en-US"}),
    "a script": ({"language": "ZH-HANT-TW"}, {"language": "zh-Hant-TW"}),
    "a region in digits": _same(language="es-419"),
    "a section of digits": _same(section="2026"),
    "a section of 64 characters": _same(section="x" * 64),
    "tags are cleaned": ({"tags": [" bus\n", "e\u0301"]}, {"tags": ["bus", "\u00e9"]}),
    "64 tags of 100 characters": _same(tags=[f"{n:03}" + "태" * 97 for n in range(64)]),
    "authors": _same(authors=[{"name": "김하늘"}, {"url": "https://city.example/kim"},
                              {"avatar": "https://city.example/kim.png"}]),
    "an audience": _same(audience=["harbour", "library"]),
    "everybody": _same(audience="public"),
    "a translation of what is not here yet": _same(translation_of="later:1"),
    "extensions": _same(_city={"ward": [1, None, {"deep": True}], "n": 12345678901234567890}),
    "an extension of one character": _same(_=0.1),
    "what the hub said": ({"_pabal": {"revision": 9}}, {}),
    "null where nothing is given": ({"summary": None, "image": None, "embargo_until": None}, {}),
    "an id that is an address": _same(id="https://city.example/1?a=b&c=d#e"),
    "an id in Hangul": _same(id="뉴스/하나"),
    "an id of 512 characters": _same(id="x" * 512),
}  # fmt: skip

TAKEN = {
    f"{group}: {name}": case
    for group, cases in (
        ("text", TEXT), ("body", BODIES), ("address", ADDRESSES), ("time", TIMES), ("list", LISTS),
    )
    for name, case in cases.items()
}  # fmt: skip
