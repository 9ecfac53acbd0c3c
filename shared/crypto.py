"""Secrets at rest: Fernet (AES-128-CBC and HMAC-SHA256); the first key encrypts, all decrypt."""

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from shared.settings import MissingSetting, settings


class NoSecretKey(MissingSetting):
    """``PABAL_SECRET_KEYS`` is not set, or has no key for what is stored."""


@lru_cache(maxsize=1)
def _box() -> MultiFernet:
    keys = settings().secret_keys
    if not keys:
        raise NoSecretKey("PABAL_SECRET_KEYS is not set: make one with pabal keys secret")
    try:
        return MultiFernet([Fernet(key.get_secret_value()) for key in keys])
    except ValueError:
        raise NoSecretKey("PABAL_SECRET_KEYS holds a key that is not a Fernet key") from None


def encrypt(text: str) -> bytes:
    """Encrypt a secret for the database."""
    return _box().encrypt(text.encode())


@lru_cache(maxsize=50_000)
def decrypt(token: bytes) -> str:
    """Decrypt a secret from the database; cached, since a hot endpoint's is needed each time.

    Raises ``NoSecretKey`` where no key in ``PABAL_SECRET_KEYS`` fits.
    """
    try:
        return _box().decrypt(token).decode()
    except InvalidToken:
        raise NoSecretKey("no key in PABAL_SECRET_KEYS decrypts what is stored") from None
