"""What a feed is called, in Korean or English."""

from services.feeds.render.snapshot import Feed

_KOREAN = {"all": "전체 글", "archives": "자료실", "digests": "소식 모음", "news": "뉴스"}
_ENGLISH = {"all": "All posts", "archives": "Archives", "digests": "Digests", "news": "News"}


def title(feed: Feed) -> str:
    """Return the feed's title.

    >>> title(Feed("https://hub.example/", "City News", section="news", tag="parks"))
    'City News: News, tagged “parks”'
    """
    return f"{feed.publisher}: {_scope(feed)}"


def description(feed: Feed) -> str:
    """Return one sentence that says what the feed holds."""
    if _is_korean(feed.language):
        return f"{feed.publisher}에서 발행하는 {_scope(feed)}, 최신순"
    return f"{_scope(feed)} from {feed.publisher}, newest first"


def language(feed: Feed) -> str:
    """Return the language of the title: the feed's, else English."""
    return feed.language or "en"


def section_name(section: str, tag: str | None) -> str:
    """Return a section's name for people in the language with this tag, if it is known.

    >>> section_name("press-releases", "en")
    'Press releases'
    """
    names = _KOREAN if _is_korean(tag) else _ENGLISH
    return names.get(section) or section.replace("-", " ").capitalize()


def _scope(feed: Feed) -> str:
    scope = section_name(feed.section, feed.language)
    if _is_korean(feed.language):
        return scope if feed.tag is None else f"{scope}, “{feed.tag}” 태그"
    if feed.tag is not None:
        scope = f"{scope}, tagged “{feed.tag}”"
    return (
        scope
        if feed.language is None or _is_english(feed.language)
        else (f"{scope} ({feed.language})")
    )


def _is_korean(tag: str | None) -> bool:
    return _primary(tag) == "ko"


def _is_english(tag: str | None) -> bool:
    return _primary(tag) == "en"


def _primary(tag: str | None) -> str:
    return (tag or "").partition("-")[0].lower()
