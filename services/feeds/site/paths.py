"""Where things stand below the hub's address. Pure."""

from urllib.parse import quote

DIRECTORY = "/feeds"
OPML = "/feeds/opml.xml"
NEWS = "/sitemap-news.xml"


def post(id: str) -> str:
    """Return the path of a post's page; ids travel percent-encoded.

    >>> post("city:news/7 가")
    '/posts/city%3Anews%2F7%20%EA%B0%80'
    """
    return f"/posts/{quote(id, safe='')}"
