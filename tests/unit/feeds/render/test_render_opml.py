"""OPML: the exact document, and what it may carry."""

from lxml import etree

from services.feeds.render.opml import Outline, Subscription, render
from tests.unit.feeds.render.samples import START

HOME = "https://hub.example/feeds"
OUTLINES = (
    Outline(
        "News",
        (
            Subscription("City & Co: News", f"{HOME}/news.rss", HOME),
            Subscription("City: <News>, 한국어", f"{HOME}/ko/news.rss", HOME, "ko"),
        ),
    ),
    Outline("Tags", (Subscription("R&D", f"{HOME}/tag/R%26D.rss", HOME),)),
)
DOCUMENT = """<?xml version='1.0' encoding='UTF-8'?>
<opml version="2.0">
  <head>
    <title>City &amp; Co: Feeds</title>
    <dateModified>Sun, 01 Mar 2026 09:00:00 GMT</dateModified>
    <docs>http://opml.org/spec2.opml</docs>
  </head>
  <body>
    <outline text="News" title="News">
      <outline type="rss" text="City &amp; Co: News" title="City &amp; Co: News" \
xmlUrl="https://hub.example/feeds/news.rss" htmlUrl="https://hub.example/feeds"/>
      <outline type="rss" text="City: &lt;News&gt;, 한국어" title="City: &lt;News&gt;, 한국어" \
xmlUrl="https://hub.example/feeds/ko/news.rss" htmlUrl="https://hub.example/feeds" language="ko"/>
    </outline>
    <outline text="Tags" title="Tags">
      <outline type="rss" text="R&amp;D" title="R&amp;D" \
xmlUrl="https://hub.example/feeds/tag/R%26D.rss" htmlUrl="https://hub.example/feeds"/>
    </outline>
  </body>
</opml>
"""


def test_the_document() -> None:
    assert render("City & Co: Feeds", START, OUTLINES).decode() == DOCUMENT


def test_a_list_without_feeds_has_a_body_all_the_same() -> None:
    document = etree.fromstring(render("City", START, ()))
    assert [child.tag for child in document] == ["head", "body"]
    assert len(document.find("body")) == 0
