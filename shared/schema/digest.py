"""Digest: one partner's issue for one half-open window."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class DigestState(StrEnum):
    """Where an issue stands."""

    DUE = "due"
    SENT = "sent"
    SKIPPED = "skipped"
    FAILED = "failed"


class DigestPost(BaseModel):
    """A post as an issue's ledger and its event name it."""

    model_config = ConfigDict(frozen=True)

    id: str
    url: str
    title: str
    section: str
    language: str
