"""Code that the documentation shows runs as it stands."""

import re
import time
from collections.abc import Callable
from pathlib import Path

from services.notify.signing import new_secret, signed_headers

README = (Path(__file__).parents[3] / "README.md").read_text()
SNIPPET = re.search(r"```python\n(.*?)```", README, re.DOTALL)
Verify = Callable[[str, dict[str, str], bytes], bool]


def shown_verifier() -> Verify:
    assert SNIPPET is not None
    names: dict[str, Verify] = {}
    exec(SNIPPET[1], names)
    return names["verify"]


def headers(secrets: list[str], timestamp: int, body: bytes) -> dict[str, str]:
    signed = signed_headers(secrets, "evt_1", timestamp, body)
    return {name.decode(): value.decode() for name, value in signed}


def test_the_readme_verifies_what_the_hub_signs() -> None:
    secret, body = new_secret(), '{"title":"밤 버스"}'.encode()
    assert shown_verifier()(secret, headers([secret], int(time.time()), body), body)


def test_the_readme_verifies_while_a_secret_rotates() -> None:
    old, new, body = new_secret(), new_secret(), b"{}"
    assert shown_verifier()(old, headers([new, old], int(time.time()), body), body)


def test_the_readme_refuses_another_body_secret_or_an_old_one() -> None:
    secret, body, now = new_secret(), b"{}", int(time.time())
    verify = shown_verifier()
    assert not verify(secret, headers([secret], now, body), b"{ }")
    assert not verify(new_secret(), headers([secret], now, body), body)
    assert not verify(secret, headers([secret], now - 301, body), body)
