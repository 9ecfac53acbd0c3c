"""Text that every format can carry: normalised, and free of what XML and readers refuse."""

import re
import unicodedata

# C0 without TAB and LF, DEL, C1, surrogates and non-characters (XML 1.0, section 2.2; feed
# validators warn of C1 too).
_BASIC = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
_ASTRAL = "".join(chr(plane << 16 | low) for plane in range(1, 17) for low in (0xFFFE, 0xFFFF))
_FORBIDDEN = re.compile(f"[{_BASIC}{_ASTRAL}]")
# Ten times as fast, and almost no text has any: planes 2 and above, and what is forbidden below.
_SUSPECT = re.compile(f"[{_BASIC}\U0001fffe-\U0010ffff]")
_BIDI_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
_BREAKS = re.compile("[\t\n\u2028\u2029]+")
_SECRETS = re.compile(
    r"whsec_[A-Za-z0-9+/=_-]+"
    r"|(pabal_[0-9a-z]{4,32}_)[0-9A-Za-z]{24,128}"
    # Addresses that open something for whoever knows them: a partner's feeds, an issue.
    r"|(/[pdu]/)[0-9A-Za-z_-]{24,}"
)


def clean(text: str) -> str:
    """Return NFC text with LF line ends and without control or non-characters."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    if _SUSPECT.search(unified):
        unified = _FORBIDDEN.sub("", unified)
    return unicodedata.normalize("NFC", unified)


def one_line(text: str) -> str:
    """Return clean text on one line: breaks become a space, direction overrides vanish."""
    return _BREAKS.sub(" ", clean(_BIDI_OVERRIDES.sub("", text))).strip()


def masked(text: str) -> str:
    """Return text with the hub's own secrets masked: keys, endpoint secrets, opaque addresses.

    >>> masked("/p/0123456789abcdef01234567/all.atom")
    '/p/***/all.atom'
    """
    return _SECRETS.sub(r"\1\2***", text)
