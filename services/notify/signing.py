"""Standard Webhooks 1.0.0 signatures, symmetric (``v1``). Pure but for making a secret."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret() -> str:
    """Return a fresh signing secret: ``whsec_`` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def secret_bytes(secret: str) -> bytes:
    """Return a secret's key; raises ``ValueError`` where it is not base64 behind ``whsec_``."""
    return base64.b64decode(secret.removeprefix(PREFIX), validate=True)


def signature(secret: str, webhook_id: str, timestamp: int, body: bytes) -> str:
    """Return ``v1,<base64>`` over ``id.timestamp.body``."""
    content = b"%b.%d.%b" % (webhook_id.encode(), timestamp, body)
    digest = hmac.new(secret_bytes(secret), content, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def signed_headers(
    secrets_in_force: Sequence[str], webhook_id: str, timestamp: int, body: bytes
) -> list[tuple[bytes, bytes]]:
    """Return the three headers of one attempt; ``timestamp`` is the attempt's, in Unix seconds."""
    signatures = [signature(secret, webhook_id, timestamp, body) for secret in secrets_in_force]
    return [
        (b"webhook-id", webhook_id.encode()),
        (b"webhook-timestamp", str(timestamp).encode()),
        (b"webhook-signature", " ".join(signatures).encode()),
    ]
