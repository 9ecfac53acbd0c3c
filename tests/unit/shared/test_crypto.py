"""Secrets at rest: the first key encrypts, all decrypt. Each case is a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
FIRST = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
SECOND = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVpBQkNERUY="

_PROGRAM = """
import json, sys
from shared.crypto import NoSecretKey, decrypt, encrypt
work, text = sys.argv[1:]
try:
    done = encrypt(text).decode() if work == "encrypt" else decrypt(text.encode())
    print(json.dumps({"done": done}))
except NoSecretKey as error:
    print(json.dumps({"error": str(error)}))
"""


def with_keys(keys: str, work: str, text: str) -> dict[str, str]:
    """Encrypt or decrypt in a process whose settings hold these keys."""
    environment = {**os.environ, "PABAL_SECRET_KEYS": keys}
    told = subprocess.run(
        [sys.executable, "-c", _PROGRAM, work, text],
        cwd=ROOT, env=environment, capture_output=True, check=True, timeout=60,
    )  # fmt: skip
    answer: dict[str, str] = json.loads(told.stdout)
    return answer


def test_keys_rotate_without_losing_what_was_stored() -> None:
    old = with_keys(FIRST, "encrypt", "whsec_비밀")["done"]
    assert "whsec" not in old
    assert with_keys(f"{SECOND},{FIRST}", "decrypt", old) == {"done": "whsec_비밀"}

    new = with_keys(f"{SECOND},{FIRST}", "encrypt", "whsec_비밀")["done"]
    assert with_keys(SECOND, "decrypt", new) == {"done": "whsec_비밀"}
    gone = {"error": "no key in PABAL_SECRET_KEYS decrypts what is stored"}
    assert with_keys(FIRST, "decrypt", new) == gone


def test_no_key_and_a_bad_key_are_told_apart_and_not_repeated() -> None:
    missing = {"error": "PABAL_SECRET_KEYS is not set: make one with pabal keys secret"}
    assert with_keys("", "encrypt", "x") == missing
    bad = {"error": "PABAL_SECRET_KEYS holds a key that is not a Fernet key"}
    assert with_keys("hunter2", "encrypt", "x") == bad
