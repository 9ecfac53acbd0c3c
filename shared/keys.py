"""API keys: ``pabal_<id>_<secret>``; only a hash of the secret is stored."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from enum import StrEnum

_KEY = re.compile(r"pabal_([0-9a-z]{4,32})_([0-9A-Za-z]{24,128})")


class Scope(StrEnum):
    """How far a key reaches; ``admin`` reaches everywhere."""

    PUBLISH = "publish"
    PARTNER = "partner"
    OPERATE = "operate"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking: the key's id, its scope and, for a partner's key, whose it is."""

    key_id: str
    scope: Scope
    partner: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """A key in its three parts. The secret is 192 random bits, so a plain hash is enough."""

    id: str
    secret: str

    @property
    def text(self) -> str:
        """The key as its holder sends it."""
        return f"pabal_{self.id}_{self.secret}"


def new_key() -> Key:
    """Make a key that nobody can guess."""
    return Key(secrets.token_hex(8), secrets.token_hex(24))


def parse_key(text: str) -> Key:
    """Take a key apart; raises ``ValueError`` (without echoing it) where it has another form."""
    match = _KEY.fullmatch(text)
    if match is None:
        raise ValueError("is not a key of the form pabal_<id>_<secret>")
    return Key(match[1], match[2])


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a secret in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


def same_secret(secret: str, stored_hash: str) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(hash_secret(secret), stored_hash)
