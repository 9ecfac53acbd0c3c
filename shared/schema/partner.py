"""Partner: an organisation that receives; its interest and its digest schedule."""

from datetime import time
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from shared import interest
from shared.schema.fields import Language, OneLine, Section, Slug, ZoneName
from shared.schema.post import Tag


def _mail_address(value: str) -> str:
    if value != value.strip() or any(c.isspace() for c in value):
        raise ValueError("must be a mail address without spaces")
    return value


MailAddress = Annotated[
    str,
    StringConstraints(pattern=r"^[^@\s,<>]{1,64}@[^@\s,<>]{1,255}$"),
    AfterValidator(_mail_address),
]
Name = Annotated[str, OneLine, StringConstraints(min_length=1, max_length=200)]
Contact = Annotated[str, OneLine, StringConstraints(max_length=300)]
Minute = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Interest(_Frozen):
    """What a partner or an endpoint wants; an empty list means all."""

    sections: tuple[Section, ...] = Field(default=(), max_length=200)
    languages: tuple[Language, ...] = Field(default=(), max_length=200)
    tags: tuple[Tag, ...] = Field(default=(), max_length=200)

    def value(self) -> interest.Interest:
        """Return the interest as the pure matcher takes it."""
        return interest.Interest(self.sections, self.languages, self.tags)


class Cadence(StrEnum):
    """How often a digest is issued."""

    NONE = "none"
    DAILY = "daily"
    WEEKLY = "weekly"


class EmptyPolicy(StrEnum):
    """What to do with a window in which nothing happened."""

    SKIP = "skip"
    SEND = "send"


class DigestSchedule(_Frozen):
    """When a digest is issued, in the partner's zone; ``weekday`` 1 is Monday."""

    cadence: Cadence = Cadence.NONE
    at: Minute = "08:00"
    weekday: int = Field(default=1, strict=True, ge=1, le=7)
    email: tuple[MailAddress, ...] = Field(default=(), max_length=50)
    empty: EmptyPolicy = EmptyPolicy.SKIP

    def time(self) -> time:
        """Return the local time of day."""
        return time.fromisoformat(self.at)


class Partner(_Frozen):
    """A partner as the API takes and shows it."""

    id: Slug
    name: Name
    language: Language = "en"
    timezone: ZoneName
    interest: Interest = Interest()
    digest: DigestSchedule = DigestSchedule()
    contact: Contact | None = None
