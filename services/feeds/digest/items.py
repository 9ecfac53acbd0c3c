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
class Translation:
    """The same post in another language."""

    language: str
    url: str


@dataclass(frozen=True, slots=True)
class Item:
    """A post as a digest takes it.

    ``excerpt`` is the beginning of the summary or of the body, as plain text; ``corrected`` marks a
    post that was revised since it was published.
    """

    id: str
    url: str
    title: str
    section: str
    language: str
    published: datetime
    excerpt: str = ""
    image: str | None = None
    attachments: tuple[Attachment, ...] = ()
    translations: tuple[Translation, ...] = ()
    license: str | None = None
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A post that an earlier issue held and that has been withdrawn since."""

    title: str
    when: datetime
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """So many of each kind."""

    posts: int = 0
    corrections: int = 0
    withdrawals: int = 0

    def __sub__(self, listed: "Counts") -> "Counts":
        """Return how many are left."""
        return Counts(
            self.posts - listed.posts,
            self.corrections - listed.corrections,
            self.withdrawals - listed.withdrawals,
        )


@dataclass(frozen=True, slots=True)
class Listed:
    """What an issue lists: posts newest first, then what became of those of earlier issues."""

    published: tuple[Item, ...] = ()
    corrected: tuple[Item, ...] = ()
    withdrawn: tuple[Withdrawn, ...] = ()

    @property
    def counts(self) -> Counts:
        """Return how many there are of each."""
        return Counts(len(self.published), len(self.corrected), len(self.withdrawn))

    def share(self, part: float) -> "Listed":
        """Return the first of each, so much of the whole."""
        published, corrected, withdrawn = (
            int(len(items) * part) for items in (self.published, self.corrected, self.withdrawn)
        )
        return Listed(
            self.published[:published], self.corrected[:corrected], self.withdrawn[:withdrawn]
        )


@dataclass(frozen=True, slots=True)
class Issue:
    """A composed issue: the subject, and the same content twice."""

    subject: str
    html: str
    text: str
