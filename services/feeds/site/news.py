"""The sitemap of what was published in the last two days, for search engines."""

from datetime import datetime

from services.feeds import documents, store
from services.feeds.documents import Document
from services.feeds.render import news_sitemap
from services.feeds.render.news_sitemap import Article
from services.feeds.site import reads
from shared.db import engine
from shared.settings import settings


def find(now: datetime) -> Document:
    """Return the sitemap at a moment."""
    with engine.snapshot() as connection:
        as_of = store.numbered(connection)
        found = reads.appeared_since(connection, now - news_sitemap.WINDOW, news_sitemap.MOST)
    articles = [Article(one.url, one.title, one.language, one.appeared) for one in found]
    body = news_sitemap.render(settings().title, articles, now)
    return documents.document(body, news_sitemap.MEDIA_TYPE, now, as_of)
