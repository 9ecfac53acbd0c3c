"""Tables that feeds writes: its progress, the archives' stays and pages, digests and their mail."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from shared.db.base import metadata, moment

SCHEMA = "feeds"

progress = Table(
    "progress",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False, comment="events up to here are in the feeds"),
    Column(
        "arrived",
        BigInteger,
        nullable=False,
        server_default=text("0"),
        comment="events up to here are in the stays",
    ),
    schema=SCHEMA,
)

stay = Table(
    "stay",
    metadata,
    Column(
        "sequence",
        BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="the event by which the post came with these facets",
    ),
    Column("post_id", Text, nullable=False),
    Column("section", Text, nullable=False),
    Column("ranges", ARRAY(Text), nullable=False, comment="language ranges that match"),
    Column("tags", ARRAY(Text), nullable=False),
    Column("audience", ARRAY(Text), comment="partner ids; null for everybody"),
    moment("left_at", nullable=True),
    # A post stands at one place.
    Index("uq_stay_post_id", "post_id", unique=True, postgresql_where=text("left_at IS NULL")),
    Index("ix_stay_section", "section", "sequence"),
    # Feeds of a language or a tag that few posts have.
    Index("ix_stay_facets", "tags", "ranges", postgresql_using="gin"),
    schema=SCHEMA,
)

page = Table(
    "page",
    metadata,
    Column("feed", Text, primary_key=True),
    Column("interest", Text, primary_key=True, comment="fingerprint; empty for a public feed"),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="from 1, the oldest"),
    Column("last", BigInteger, nullable=False, comment="the last arrival that it covers"),
    Column(
        "partner",
        Text,
        ForeignKey("notify.partner.id", ondelete="CASCADE"),
        index=True,
        comment="whose private feed it is",
    ),
    schema=SCHEMA,
)

digest = Table(
    "digest",
    metadata,
    Column("id", Text, primary_key=True),
    Column("partner", Text, nullable=False),
    moment("slot"),
    Column("state", Text, nullable=False, comment="due, sent, skipped or failed"),
    moment("from_at"),
    moment("until_at"),
    Column("from_sequence", BigInteger, nullable=False),
    Column("until_sequence", BigInteger, nullable=False),
    Column("opaque", Text, nullable=False, unique=True, comment="opens this issue alone"),
    Column("subject", Text),
    Column("html", Text),
    Column("text", Text),
    Column("posts", JSONB, nullable=False, server_default=text("'[]'")),
    Column(
        "shows",
        ARRAY(Text),
        nullable=False,
        server_default=text("'{}'"),
        comment="ids of the posts whose content stands in html and text",
    ),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("error", Text),
    moment("sent_at", nullable=True),
    moment("created_at", now=True),
    # One issue for a partner and slot, whoever asks first.
    Index("uq_digest_partner_slot", "partner", "slot", unique=True),
    # Which issue covers an event, and how far all of them have come.
    Index("ix_digest_partner_until_sequence", "partner", "until_sequence", "from_sequence"),
    schema=SCHEMA,
)

mail = Table(
    "mail",
    metadata,
    Column("digest_id", Text, ForeignKey("feeds.digest.id", ondelete="CASCADE"), primary_key=True),
    Column("address", Text, primary_key=True, comment="as the partner's schedule had it"),
    Column("state", Text, nullable=False, comment="pending, sent, failed or suppressed"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    moment("next_at", nullable=True),
    Column("error", Text),
    moment("sent_at", nullable=True),
    Column("message_id", Text, nullable=False, comment="the same at every attempt"),
    Column("token_hash", Text, nullable=False, unique=True, comment="finds the link's address"),
    Column("token", LargeBinary, comment="encrypted; null where no mail was ever owed"),
    Column(
        "earlier",
        Integer,
        nullable=False,
        server_default=text("0"),
        comment="attempts before it was last put back by hand",
    ),
    moment("resent_at", nullable=True, comment="when it was last put back by hand"),
    # What to send next, and what is not sent yet.
    Index("ix_mail_due", "next_at", "digest_id", postgresql_where=text("state = 'pending'")),
    schema=SCHEMA,
)

sample = Table(
    "sample",
    metadata,
    Column("id", Text, primary_key=True),
    Column(
        "partner",
        Text,
        ForeignKey("notify.partner.id", ondelete="CASCADE"),
        nullable=False,
        comment="whose preview is mailed",
    ),
    Column("address", Text, nullable=False),
    Column("state", Text, nullable=False, comment="pending, sent or failed"),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    moment("next_at", nullable=True),
    Column("error", Text),
    moment("sent_at", nullable=True),
    moment("created_at"),
    Index("ix_sample_due", "next_at", postgresql_where=text("state = 'pending'")),
    Index("ix_sample_partner", "partner", "created_at"),
    schema=SCHEMA,
)

suppression = Table(
    "suppression",
    metadata,
    Column("partner", Text, ForeignKey("notify.partner.id", ondelete="CASCADE"), primary_key=True),
    Column("address", Text, primary_key=True, comment="in its normal form"),
    Column("reason", Text, nullable=False, comment="unsubscribed, or how it was refused"),
    moment("since"),
    schema=SCHEMA,
)
