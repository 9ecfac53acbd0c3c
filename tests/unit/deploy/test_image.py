"""The image: pinned by hash, unprivileged, without a default command."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
INSTRUCTIONS = [
    " ".join(line.split())
    for line in re.sub(r"^\s*#.*\n", "", DOCKERFILE, flags=re.M).replace("\\\n", " ").splitlines()
    if line.strip()
]
FINAL = INSTRUCTIONS[max(i for i, it in enumerate(INSTRUCTIONS) if it.startswith("FROM")) :]


def test_it_runs_as_a_fixed_user_that_is_not_root() -> None:
    assert [it for it in FINAL if it.startswith("USER")] == ["USER 10001:10001"]


def test_it_has_no_default_command_and_no_health_check() -> None:
    assert [it for it in FINAL if it.startswith(("CMD", "ENTRYPOINT"))] == [
        "ENTRYPOINT []",
        "CMD []",
    ]
    assert not [it for it in INSTRUCTIONS if it.startswith("HEALTHCHECK")]


def test_the_base_is_an_argument_of_both_stages() -> None:
    assert INSTRUCTIONS[0].startswith("ARG BASE=")
    assert [it for it in INSTRUCTIONS if it.startswith("FROM")] == [
        "FROM ${BASE} AS build",
        "FROM ${BASE}",
    ]


def test_whatever_is_fetched_has_its_hash_checked() -> None:
    pips = re.findall(r"/opt/build/bin/pip .*?(?= && |$)", "\n".join(INSTRUCTIONS), re.MULTILINE)

    assert len(pips) == 5
    for pip in pips:
        assert "--no-deps" in pip
        assert "--require-hashes" in pip or "--no-index" in pip


def test_both_locks_pin_every_package_by_hash() -> None:
    for lock in ("deploy/build.lock", "requirements/image.lock"):
        pins = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
        assert pins
        for pin in pins:
            assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+", pin, re.IGNORECASE), pin
            assert "--hash=sha256:" in pin, pin


def test_the_final_stage_takes_only_the_environment() -> None:
    copies = [it for it in FINAL if it.startswith("COPY")]

    assert copies == [
        "COPY --from=build /opt/pabal /opt/pabal",
        "COPY deploy/healthcheck.py /opt/pabal/bin/healthcheck.py",
    ]


def test_the_context_is_closed_but_for_what_is_copied() -> None:
    rules = (ROOT / ".dockerignore").read_text().split("\n")
    named = [rule for rule in rules if rule and not rule.startswith("#")]

    assert named[0] == "*"
    assert [rule[1:] for rule in named if rule.startswith("!")] == [
        "deploy/build.lock",
        "deploy/healthcheck.py",
        "pyproject.toml",
        "README.md",
        "requirements/image.lock",
        "services",
        "shared",
        "wheels",
    ]
