"""The production shape: what compose starts, what it hardens, and what it publishes."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from services.cli.main import app
from shared.broker import QUEUES
from shared.settings import Settings

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
EXAMPLE = (ROOT / "deploy/env.example").read_text()
OURS = sorted(name for name, it in SERVICES.items() if it["image"].startswith("${PABAL_IMAGE"))
WEB = ("console", "feeds", "ingest", "notify")
LASTING = {"postgres": "/var/lib/postgresql/data", "redis": "/data"}


def test_every_process_of_the_hub_has_a_service() -> None:
    assert sorted(SERVICES) == [
        "beat", "console", "feeds", "feeds-worker", "gateway", "ingest", "ingest-worker",
        "migrate", "notify", "notify-engine", "notify-worker", "postgres", "redis",
    ]  # fmt: skip


@pytest.mark.parametrize("name", OURS)
def test_a_command_is_one_that_pabal_has(name: str) -> None:
    program, command, *arguments = SERVICES[name]["command"]
    known = get_command(app)

    context = known.make_context("pabal", [command, *arguments], resilient_parsing=True)
    assert program == "pabal"
    found = known.get_command(context, command)  # type: ignore[attr-defined]
    found.make_context(command, arguments)


def test_the_web_services_are_the_four() -> None:
    assert [SERVICES[name]["command"] for name in WEB] == [["pabal", "serve", it] for it in WEB]


def test_each_queue_has_its_worker_in_a_prefork_pool() -> None:
    for queue in QUEUES:
        command = SERVICES[f"{queue}-worker"]["command"]
        assert command[:6] == ["pabal", "worker", "--queues", queue, "--pool", "prefork"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_container_is_hardened(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service


def test_what_goes_on_restarts_and_migrate_runs_once() -> None:
    restarts = {name: service["restart"] for name, service in SERVICES.items()}

    assert restarts.pop("migrate") == "no"
    assert set(restarts.values()) == {"unless-stopped"}


def test_only_the_gateway_publishes_a_port_on_loopback_by_default() -> None:
    published = {name: it["ports"] for name, it in SERVICES.items() if "ports" in it}

    assert published == {"gateway": ["${GATEWAY_LISTEN:-127.0.0.1:8080}:8080"]}


def test_database_and_redis_are_on_the_internal_network_alone() -> None:
    assert COMPOSE["networks"]["backend"] == {"internal": True}
    assert COMPOSE["networks"]["front"] == {"internal": True}
    assert SERVICES["postgres"]["networks"] == ["backend"]
    assert SERVICES["redis"]["networks"] == ["backend"]
    assert "backend" not in SERVICES["gateway"]["networks"]


def test_what_sends_reaches_the_outside() -> None:
    outward = {name for name, it in SERVICES.items() if "egress" in it["networks"]}

    assert outward == {"notify", "notify-engine", "ingest-worker", "feeds-worker"}


def test_what_must_last_is_in_named_volumes() -> None:
    mounts = {name: SERVICES[name]["volumes"] for name in LASTING}

    assert mounts == {name: [f"{name}:{folder}"] for name, folder in LASTING.items()}
    assert set(COMPOSE["volumes"]) == set(LASTING)


def test_redis_keeps_what_it_holds() -> None:
    command = SERVICES["redis"]["command"]

    assert "--maxmemory-policy noeviction" in command
    assert "--appendonly yes" in command


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_what_goes_on_has_a_health_check(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", sorted(set(OURS) - {"migrate"}))
def test_a_process_waits_for_the_migrated_database(name: str) -> None:
    assert SERVICES[name]["depends_on"]["migrate"] == {
        "condition": "service_completed_successfully"
    }


def test_the_variables_are_settings() -> None:
    ours = {key for name in OURS for key in SERVICES[name]["environment"] if "PABAL" in key}

    assert ours <= {f"PABAL_{name.upper()}" for name in Settings.model_fields}


def test_secrets_are_required_and_stand_in_no_file() -> None:
    environment = SERVICES["notify"]["environment"]

    assert environment["PABAL_SECRET_KEYS"].startswith("${PABAL_SECRET_KEYS:?")
    assert "${POSTGRES_PASSWORD:?" in environment["PABAL_DATABASE_URL"]
    assert SERVICES["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_")


def test_the_bootstrap_key_is_given_to_migrate_alone() -> None:
    holders = [n for n in OURS if "PABAL_BOOTSTRAP_KEY" in SERVICES[n]["environment"]]

    assert holders == ["migrate"]


def test_the_sample_names_every_variable_that_compose_reads() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    read = set(re.findall(r"\$\{(\w+)", text)) | set(re.findall(r"^ +(PABAL_\w+):$", text, re.M))

    assert set(re.findall(r"^#?([A-Z_]+)=", EXAMPLE, re.MULTILINE)) == read


def test_the_sample_has_placeholders_for_every_secret() -> None:
    placeholders = re.findall(r"^(\w+)=replace-me$", EXAMPLE, re.MULTILINE)

    assert placeholders == ["POSTGRES_PASSWORD", "PABAL_SECRET_KEYS", "PABAL_BOOTSTRAP_KEY"]
