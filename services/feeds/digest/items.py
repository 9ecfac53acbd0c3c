"""What goes into an issue, and what comes out."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a post, by reference; ``size`` in bytes where known."""

    url: str
    mime_type: str
    title: str | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A post as a digest takes it.

    ``excerpt`` is the summary or the body as plain text, of any length; ``corrected`` marks a
    post that was revised since it was published.
    """

    id: str
    url: str
    title: str
    section: str
    language: str
    published: datetime
    excerpt: str = ""
    attachments: tuple[Attachment, ...] = ()
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A post that an earlier issue held and that has been withdrawn since."""

    title: str
    when: datetime
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """A composed issue: the subject, and the same content twice."""

    subject: str
    html: str
    text: str
