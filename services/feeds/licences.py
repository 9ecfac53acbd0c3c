"""What a licence is called. Pure."""

import re
from urllib.parse import urlsplit

_CREATIVE_COMMONS = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/licenses/(by[a-z-]*)/(\d\.\d)(?:/.*)?"
)
_PUBLIC_DOMAIN = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/publicdomain/zero/(\d\.\d)(?:/.*)?"
)


def license_name(url: str) -> str:
    """Name a licence by its page: Creative Commons' by their own names, others by their host.

    >>> license_name("https://creativecommons.org/licenses/by-nc-sa/4.0/deed.ko")
    'CC BY-NC-SA 4.0'
    """
    if found := _CREATIVE_COMMONS.fullmatch(url):
        return f"CC {found[1].upper()} {found[2]}"
    if found := _PUBLIC_DOMAIN.fullmatch(url):
        return f"CC0 {found[1]}"
    return urlsplit(url).hostname or url
