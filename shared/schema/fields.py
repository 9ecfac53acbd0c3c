"""Field types that several models share."""

import re
from datetime import UTC, date, datetime, time
from functools import cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    AfterValidator,
    BeforeValidator,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)

from shared import text, urls
from shared.clock import to_milliseconds

RESERVED_SECTIONS = frozenset({"all", "digests", "tag", "archive"})
SLUG = "[a-z0-9][a-z0-9-]{0,63}"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DATE_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_LANGUAGE = re.compile(
    r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|\d{3}))?(-([A-Za-z\d]{5,8}|\d[A-Za-z\d]{3}))*"
)


def _setting(info: ValidationInfo, name: str, default: Any) -> Any:
    return (info.context or {}).get(name, default)


def _web_url(value: str, info: ValidationInfo) -> str:
    return urls.web_url(value, allowed=_setting(info, "allowed_networks", ()))


def _section(value: str) -> str:
    if value in RESERVED_SECTIONS:
        raise ValueError(f"{value!r} is reserved: choose another section")
    return value


def canonical_language(value: str) -> str | None:
    """Return a BCP 47 tag in its usual case; None for what is none that posts take."""
    if len(value) > 64 or not _LANGUAGE.fullmatch(value):
        return None
    primary, *rest = value.split("-")
    return "-".join([primary.lower(), *(_subtag(part) for part in rest)])


def _language(value: str) -> str:
    canonical = canonical_language(value)
    if canonical is None:
        raise ValueError("must be a BCP 47 language tag such as ko, en or en-US")
    return canonical


def _subtag(part: str) -> str:
    """Write a subtag as RFC 5646, section 2.1.1, recommends: Hant, US, 1996."""
    if len(part) == 4 and part.isalpha():
        return part.title()
    return part.upper() if len(part) == 2 else part.lower()


@cache
def _zones() -> set[str]:
    """Return all zones; looking for them reads a folder tree."""
    return available_timezones()


def _zone_name(value: str) -> str:
    if value not in _zones():
        raise ValueError("must be an IANA time zone such as Asia/Seoul")
    return value


def _moment(value: Any, info: ValidationInfo) -> datetime:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return to_milliseconds(value.astimezone(UTC))
    if not isinstance(value, str):
        raise ValueError("must be text: an RFC 3339 date-time, or a date alone")
    zone: ZoneInfo = _setting(info, "timezone", ZoneInfo("UTC"))
    try:
        return to_milliseconds(_aware(value, zone).astimezone(UTC))
    except OverflowError:
        raise ValueError("is out of range") from None


def _aware(value: str, zone: ZoneInfo) -> datetime:
    if _DATE.fullmatch(value):
        return datetime.combine(date.fromisoformat(value), time(), zone)
    if not _DATE_TIME.fullmatch(value):
        raise ValueError(
            "must be an RFC 3339 date-time with an offset, such as 2026-03-01T09:00:00+09:00, "
            "or a date alone"
        )
    return datetime.fromisoformat(value.upper())


def _bounded_bytes(limit: int) -> AfterValidator:
    def check(value: str) -> str:
        if len(value.encode()) > limit:
            raise ValueError(f"must not be larger than {limit} bytes in UTF-8")
        return value

    return AfterValidator(check)


def matching(pattern: str, rule: str) -> AfterValidator:
    """Return the check that a text has a form; the rule says it for people."""
    form = re.compile(pattern)

    def check(value: str) -> str:
        if not form.fullmatch(value):
            raise ValueError(rule)
        return value

    return AfterValidator(check)


BODY_LIMIT = 1024 * 1024
"""The largest body, in bytes of UTF-8."""

OneLine = AfterValidator(text.one_line)
"""Marks a text that stands on one line; limits are checked after it is cleaned."""

Body = Annotated[str, AfterValidator(text.clean), _bounded_bytes(BODY_LIMIT)]
WebUrl = Annotated[
    str,
    AfterValidator(_web_url),
    WithJsonSchema({"type": "string", "description": "An absolute http or https URL"}),
]
Slug = Annotated[
    str,
    matching(
        SLUG, "must be a slug: 1 to 64 small letters a-z, digits and hyphens, a hyphen not first"
    ),
    WithJsonSchema({"type": "string", "pattern": f"^{SLUG}$"}),
]
Section = Annotated[
    Slug,
    AfterValidator(_section),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{SLUG}$",
            "not": {"enum": sorted(RESERVED_SECTIONS)},
            "examples": ["news"],
        }
    ),
]
Language = Annotated[str, StringConstraints(max_length=64), AfterValidator(_language)]
ZoneName = Annotated[str, AfterValidator(_zone_name)]
Moment = Annotated[
    datetime,
    BeforeValidator(_moment),
    WithJsonSchema(
        {
            "type": "string",
            "description": "RFC 3339 with an offset, or a date alone, read in the publisher's zone",
            "examples": ["2026-03-01T09:00:00+09:00", "2026-03-01"],
        }
    ),
]
