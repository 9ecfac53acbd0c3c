"""The documentation is true where that can be checked: links, settings, commands, targets."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from services.cli.main import app
from shared.settings import Settings

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
COMMAND = re.compile(r"^(?:\$ )?pabal ([a-z]+)(?: ([a-z-]+))?", re.MULTILINE)
TARGET = re.compile(r"\bmake ([a-z]+)\b")
FENCED = re.compile(r"```(?:sh|console)\n(.*?)```", re.DOTALL)


def anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def broken(page: Path, link: str) -> bool:
    if link.startswith(("http://", "https://", "mailto:")):
        return False
    path, _, fragment = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.exists():
        return True
    if not fragment:
        return False
    return fragment not in {anchor(heading) for heading in HEADING.findall(target.read_text())}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = LINK.findall(page.read_text())
    assert [link for link in links if broken(page, link)] == []


def test_every_setting_is_documented_once() -> None:
    named = re.findall(r"^\| `PABAL_([A-Z_]+)`", (ROOT / "docs/settings.md").read_text(), re.M)
    assert sorted(named) == sorted(name.upper() for name in Settings.model_fields)


def test_commands_in_the_docs_exist() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    for page in PAGES:
        for block in FENCED.findall(page.read_text()):
            for name, verb in COMMAND.findall(block):
                assert name in commands, f"{page.name}: pabal {name}"
                verbs = getattr(commands[name], "commands", None)
                assert not (verbs and verb) or verb in verbs, f"{page.name}: pabal {name} {verb}"


def test_make_targets_in_the_docs_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    for page in PAGES:
        for block in FENCED.findall(page.read_text()):
            assert set(TARGET.findall(block)) <= targets, page.name


def test_no_file_names_a_package_index_or_this_machine() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.split("\0")
    forbidden = re.compile(r"pypi\.org|pythonhosted|--index-url|find-links [a-z]+:|/ro" + "ot/")
    found = [
        name
        for name in tracked
        if name
        and Path(name) != Path(__file__).relative_to(ROOT)
        and forbidden.search((ROOT / name).read_bytes().decode("utf-8", "replace"))
    ]
    assert found == []


def test_every_command_has_help() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "services.cli", "--help"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    for name in get_command(app).commands:  # type: ignore[attr-defined]
        assert name in result.stdout
