"""A log line holds no secret, wherever in an event it stands. Each case is a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
KEY = "pabal_0123456789abcdef_" + "s" * 48
SIGNING = "whsec_" + "A+/9" * 11 + "="
TOKEN = "f" * 48
_START = f"""
import logging, structlog
from shared import log
log.configure("test")
KEY, SIGNING, TOKEN = {KEY!r}, {SIGNING!r}, {TOKEN!r}
ours = structlog.get_logger("ours")
"""
_WAYS = {
    "event": "ours.info(f'made {KEY} and {SIGNING}')",
    "value": "ours.info('made', key=KEY, secret=SIGNING)",
    "nested": "ours.info('made', headers={'authorization': ['Bearer ' + KEY]}, s=(SIGNING,))",
    "bytes": "ours.info('made', headers=[(b'authorization', KEY.encode(), SIGNING.encode())])",
    "object": "import types; ours.info('made', o=types.SimpleNamespace(key=KEY, s=SIGNING))",
    "foreign": "logging.getLogger('theirs').warning('made %s %s', KEY, SIGNING)",
    "exception": """
try:
    raise ValueError(KEY, SIGNING)
except ValueError as error:
    ours.error('failed', exc_info=error)
""",
    "foreign exception": """
try:
    raise ValueError(KEY, SIGNING)
except ValueError:
    logging.getLogger('theirs').exception('failed')
""",
}


def lines(program: str, log_format: str) -> str:
    """Return what a process writes to its log."""
    environment = {**os.environ, "PABAL_LOG_FORMAT": log_format, "PABAL_LOG_LEVEL": "info"}
    told = subprocess.run(
        [sys.executable, "-c", _START + program],
        cwd=ROOT, env=environment, capture_output=True, check=True, text=True, timeout=60,
    )  # fmt: skip
    return told.stderr


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_keys_and_signing_secrets_are_masked_everywhere(log_format: str) -> None:
    written = lines("\n".join(_WAYS.values()), log_format)
    assert "s" * 24 not in written
    assert "A+/9" not in written
    assert written.count("pabal_0123456789abcdef_***") >= len(_WAYS)


def events(program: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(program, "json").splitlines()]


def test_a_line_is_an_event_with_its_process_level_and_time() -> None:
    (event,) = events("ours.info('파발', sequence=5)")
    assert event.pop("timestamp").endswith("Z")
    assert event == {"event": "파발", "sequence": 5, "level": "info", "process": "test"}


def test_addresses_that_open_something_are_masked() -> None:
    program = "ours.info('asked', a=f'/p/{TOKEN}/all.atom', b=f'https://h/d/{TOKEN}', c='/p/-/x')"
    (event,) = events(program)
    assert (event["a"], event["b"], event["c"]) == ("/p/***/all.atom", "https://h/d/***", "/p/-/x")


def test_libraries_that_name_whole_urls_are_quiet() -> None:
    assert events("logging.getLogger('httpx').info('GET https://hub/?token=x')") == []
