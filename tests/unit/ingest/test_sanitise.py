"""HTML that can be shown anywhere, and its text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from services.ingest.sanitise import (
    ATTRIBUTES,
    LONGEST_SRCSET,
    TAGS,
    clean_html,
    complete,
    html_of,
    sanitise,
    text_of,
)
from shared.errors import FieldError, InvalidPost
from shared.schema.fields import BODY_LIMIT
from shared.schema.post import Post
from shared.text import clean

BASE = "https://city.example/news/1"
SCRIPTS = [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)",
    "java\nscript:alert(1)", "java\rscript:alert(1)", "\x01javascript:alert(1)",
    "&#106;avascript:alert(1)", "&#x6A;avascript:alert(1)", "&#0000106avascript:alert(1)",
    "javascript&colon;alert(1)", "java&Tab;script:alert(1)", "java&NewLine;script:alert(1)",
    "vbscript:x", "data:text/html;base64,PHNjcmlwdD4=", "DATA:text/html,x", "livescript:x",
    "blob:https://city.example/1", "file:///etc/passwd", "view-source:x", "jar:x!/",
]  # fmt: skip


@pytest.mark.parametrize("url", SCRIPTS)
@pytest.mark.parametrize("markup", ['<a href="{}">x</a>', "<a href='{}'>x</a>",
                                    '<img src="{}" alt="x">', '<q cite="{}">x</q>'])  # fmt: skip
def test_no_link_runs_anything(markup: str, url: str) -> None:
    cleaned = clean_html(markup.format(url), base=BASE)
    (element,) = lxml_html.fragments_fromstring(cleaned)
    for name in ("href", "src", "cite"):
        assert element.get(name, BASE).startswith("https://city.example/")
    assert "x" in cleaned


@pytest.mark.parametrize(
    ("markup", "cleaned"),
    [
        ("<script>alert(1)</script>a", "a"),
        ("<SCRIPT SRC=//evil.example/x.js></SCRIPT>a", "a"),
        ("<scr<script>ipt>alert(1)</script>a", "ipt&gt;alert(1)a"),
        ("<style>p{color:red}</style>a", "a"),
        ("<template><p>x</p></template>a", "a"),
        ("<noscript><p>x</p></noscript>a", "a"),
        ("<svg><a xlink:href='javascript:x'>x</a></svg>a", "a"),
        ("<svg/onload=alert(1)>a", ""),
        ("<math><mi//xlink:href='data:x,x'></math>a", "a"),
        ("<iframe src='https://evil.example'>x</iframe>a", "a"),
        ("<object data='x'>x</object>a", "a"),
        ("<title>x</title>a", "a"),
        ("<!-- comment -->a<![CDATA[x]]>", "a"),
        ("<?php echo 1 ?>a", "a"),
        ("<p onclick='x()' ONMOUSEOVER=x() style='color:red' class=c id=i>a</p>", "<p>a</p>"),
        ("<img src=x onerror=alert(1)>", '<img src="https://city.example/news/x">'),
        ("<a href='/x' target=_blank ping='/p'>a</a>",
         '<a href="https://city.example/x" rel="noopener noreferrer">a</a>'),
        ("<form action=/x><input name=a><button>a</button></form>", "a"),
        ("<meta http-equiv=refresh content='0;url=x'><base href='//evil.example/'>a", "a"),
        ("<link rel=stylesheet href=x><embed src=x>a", "a"),
        ("<video src=x></video><audio src=x></audio>a", "a"),
        ("<blockquote cite='/x'>a</blockquote>", "<blockquote>a</blockquote>"),
        ("<p><b>a</p></b>", "<p><b>a</b></p>"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("a&#1;b&#x7F;c&#xFFFE;d", "abcd"),
        ("", ""),
    ],
)  # fmt: skip
def test_only_what_can_be_shown_stays(markup: str, cleaned: str) -> None:
    assert clean_html(markup, base=BASE) == cleaned


def test_what_says_something_stays() -> None:
    markup = (
        '<h2 lang="ko" dir="ltr" title="t">제목</h2><p>a<br>b <time datetime="2026-03-01">x</time>'
        '</p><ol start="3" reversed=""><li>x</li></ol><table><tbody><tr><th scope="col" '
        'colspan="2">x</th></tr></tbody></table><figure><img src="https://city.example/i.png" '
        'alt="x" width="1" height="2"><figcaption>x</figcaption></figure><ruby>漢<rp>(</rp>'
        "<rt>한</rt><rp>)</rp></ruby>"
    )
    assert clean_html(markup, base=BASE) == markup


@pytest.mark.parametrize(
    ("link", "absolute"),
    [
        ("/x", "https://city.example/x"), ("x", "https://city.example/news/x"),
        ("../x", "https://city.example/x"), ("?p=2", "https://city.example/news/1?p=2"),
        ("#part", "https://city.example/news/1#part"), ("//cdn.example/x", "https://cdn.example/x"),
        ("", "https://city.example/news/1"), ("http://other.example/", "http://other.example/"),
        ("mailto:a@city.example", "mailto:a@city.example"), ("tel:+8210", "tel:+8210"),
    ],
)  # fmt: skip
def test_links_are_absolute(link: str, absolute: str) -> None:
    cleaned = clean_html(f'<a href="{link}">x</a>', base=BASE)
    assert cleaned == f'<a href="{absolute}" rel="noopener noreferrer">x</a>'


@given(st.text() | st.text("<>/='\"&;:#! \n\tabhimgscriptsvgonload"))
def test_clean_html_holds_nothing_else_and_stays_as_it_is(markup: str) -> None:
    cleaned = clean_html(markup, base=BASE)
    assert clean_html(cleaned, base=BASE) == cleaned
    assert clean(cleaned) == cleaned
    for element in lxml_html.fragment_fromstring(cleaned, create_parent="div").iterdescendants():
        allowed = ATTRIBUTES["*"] | ATTRIBUTES.get(element.tag, set()) | {"rel"}
        assert element.tag in TAGS
        assert set(element.keys()) <= allowed


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One <b>two</b></p><p>three</p>", "One two\nthree"),
        ("<p>a<br>b<hr>c</p>", "a\nb\nc"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>", "a b"),
        ("<p>a &lt;b&gt; &amp;amp; c</p>", "a <b> &amp; c"),
        ("<p>  many \n  spaces\t</p>", "many spaces"),
        ("<p>a</p><p></p><p></p><p></p><p>b</p>", "a\n\nb"),
        ('<p>a<img src="https://city.example/i.png" alt="x">b</p>', "ab"),
        ("", ""),
    ],
)
def test_the_text_has_a_line_a_block(markup: str, text: str) -> None:
    assert text_of(markup) == text


@pytest.mark.parametrize(
    ("given_set", "kept"),
    [
        ("a.png", "https://city.example/news/a.png"),
        ("/a.png 1x,b.png 2x", "https://city.example/a.png 1x, https://city.example/news/b.png 2x"),
        ("a.png, b.png 2x", "https://city.example/news/a.png, https://city.example/news/b.png 2x"),
        ("a.png 100w,\n\tb.png 200w",
         "https://city.example/news/a.png 100w, https://city.example/news/b.png 200w"),
        ("a,b.png 1.5x", "https://city.example/news/a,b.png 1.5x"),
        ("뉴스.png 1x", "https://city.example/news/%EB%89%B4%EC%8A%A4.png 1x"),
        ("data:image/png;base64,AA 1x, c.png 2x", "https://city.example/news/c.png 2x"),
        ("a.png 2q, a.png 1x 2x, a.png -1x, b.png", "https://city.example/news/b.png"),
        ("https://u:p@city.example/a, b", "https://city.example/news/b"),
        ("http://10.0.0.1/a 1x", "http://10.0.0.1/a 1x"),
        ("javascript:alert(1) 1x, java\nscript:x 2x", None),
        ("a.png 1 x, b.png 1x ,c.png", "https://city.example/news/b.png 1x, https://city.example/news/c.png"),
        ("JAVASCRIPT:x", None), ("", None), (" , ,, ", None), ("x" * LONGEST_SRCSET + "y", None),
    ],
)  # fmt: skip
def test_a_set_of_images_holds_web_addresses_alone(given_set: str, kept: str | None) -> None:
    cleaned = clean_html(f'<img alt="x" srcset="{given_set}">', base=BASE)
    assert lxml_html.fragment_fromstring(cleaned).get("srcset") == kept


@given(st.text("ab.,:/ \t1wxjavscript한%\\@", max_size=40))
def test_a_set_of_images_stays_as_it_is_once_it_is_clean(given_set: str) -> None:
    cleaned = clean_html(f'<img srcset="{given_set}">', base=BASE)
    assert clean_html(cleaned, base=BASE) == cleaned
    kept = lxml_html.fragment_fromstring(cleaned).get("srcset", "https://")
    for candidate in kept.split(", "):
        assert candidate.startswith(("https://", "http://"))


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("a", "<p>a</p>"),
        ("a\nb", "<p>a<br>\nb</p>"),
        ("a\n\nb", "<p>a</p>\n<p>b</p>"),
        ("\n a\n \t\n\n b \n", "<p>a</p>\n<p>b</p>"),
        ("<b> & \"c\"", '<p>&lt;b&gt; &amp; "c"</p>'),
        (" \n ", ""), ("", ""),
    ],
)  # fmt: skip
def test_text_becomes_paragraphs(text: str, markup: str) -> None:
    assert html_of(text) == markup


@given(st.text())
def test_html_of_text_is_clean_and_says_the_same(text: str) -> None:
    made = clean_html(html_of(clean(text)), base=BASE)
    assert clean_html(made, base=BASE) == made
    assert text_of(made).split() == clean(text).split()


def post(**fields: str) -> Post:
    base = {"id": "a", "url": BASE, "title": "T", "section": "news", "language": "en"}
    return sanitise(Post.model_validate({**base, **fields}))


def test_text_is_derived_where_only_html_is_given() -> None:
    assert post(content_html="<p>a<script>b</script></p>").content_text == "a"


def test_text_that_was_given_stays() -> None:
    both = post(content_html="<p>a</p>", content_text="other")
    assert (both.content_html, both.content_text) == ("<p>a</p>", "other")


def test_a_post_may_have_no_body() -> None:
    assert (post().content_html, post().content_text) == (None, None)
    assert post(content_text="<b>a</b>").content_text == "<b>a</b>"


def test_html_is_made_where_only_text_is_given() -> None:
    assert complete(post(content_text="a & b")).content_html == "<p>a &amp; b</p>"
    assert complete(post(content_html="<!-- -->", content_text="a")).content_html == "<p>a</p>"
    assert complete(post(content_html="<b>b</b>", content_text="a")).content_html == "<b>b</b>"
    assert complete(post()).content_html is None
    assert complete(post(content_text=" ")).content_html is None


def test_no_html_is_made_that_the_door_would_refuse() -> None:
    longest = BODY_LIMIT - len("<p></p>")
    assert complete(post(content_text="x" * longest)).content_html == f"<p>{'x' * longest}</p>"
    assert complete(post(content_text="x" * (longest + 1))).content_html is None


def test_html_is_bounded_once_it_is_clean() -> None:
    with pytest.raises(InvalidPost) as caught:
        post(content_html="<" * (BODY_LIMIT // 4 + 1))
    rule = "must not be larger than 1048576 bytes in UTF-8 once it is cleaned"
    assert caught.value.errors == (FieldError("content_html", rule),)
