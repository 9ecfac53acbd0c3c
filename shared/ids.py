"""Identifiers: a prefix that names the kind, then a time-ordered UUID (version 7, RFC 9562)."""

import secrets

from uuid_utils import uuid7


def new_id(prefix: str) -> str:
    """Return a fresh id such as ``evt_0198...``; ids made later sort later."""
    return f"{prefix}_{uuid7().hex}"


def new_token() -> str:
    """Return 192 random bits as 48 hexadecimal digits: safe in a URL, impossible to guess."""
    return secrets.token_hex(24)
