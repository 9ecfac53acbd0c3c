"""Modules stay small enough to hold one idea."""

from pathlib import Path

ROOT = Path(__file__).parents[3]
LONGEST = 400


def test_no_module_is_longer_than_400_lines() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines())
        for folder in ("services", "shared", "tests", "bench")
        for path in (ROOT / folder).rglob("*.py")
    }
    assert {path: count for path, count in lengths.items() if count > LONGEST} == {}


def test_every_package_says_what_it_is_for() -> None:
    for folder in ("services", "shared"):
        for path in (ROOT / folder).rglob("__init__.py"):
            assert path.read_text().startswith('"""'), path
