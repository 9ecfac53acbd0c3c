"""Settings as the environment gives them."""

import os
from ipaddress import ip_network
from pathlib import Path
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from shared.settings import Settings


def told(**variables: str) -> Settings:
    """Read settings from an environment that holds nothing else of ours."""
    ours = {f"PABAL_{name}": value for name, value in variables.items()}
    rest = {name: value for name, value in os.environ.items() if not name.startswith("PABAL_")}
    with mock.patch.dict(os.environ, {**rest, **ours}, clear=True):
        return Settings()


def test_without_variables_there_are_defaults() -> None:
    settings = told()
    assert settings.database_url is None
    assert settings.timezone == ZoneInfo("Asia/Seoul")
    assert settings.allowed_networks == ()
    assert settings.allow_http is False
    assert settings.base_url == "http://localhost:8080"
    assert settings.retry_schedule == (
        0, 5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400,
    )  # fmt: skip


def test_lists_are_separated_by_commas() -> None:
    settings = told(
        ALLOWED_NETWORKS="10.0.0.0/8, fd00::/8,", RETRY_SCHEDULE="0s, 5s,1m", SECRET_KEYS="one,two"
    )
    assert settings.allowed_networks == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert settings.retry_schedule == (0.0, 5.0, 60.0)
    assert [key.get_secret_value() for key in settings.secret_keys] == ["one", "two"]


@pytest.mark.parametrize(
    ("public_url", "base"),
    [("https://hub.example/", "https://hub.example"), ("", "http://localhost:9000")],
)
def test_the_public_address_has_no_slash_at_its_end(public_url: str, base: str) -> None:
    assert told(PUBLIC_URL=public_url, PORT="9000").base_url == base


def test_home_is_an_absolute_path() -> None:
    assert told(HOME="~/hub").home == Path("~/hub").expanduser()
    assert told(HOME="hub").home == Path.cwd() / "hub"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TIMEZONE", "Mars/Olympus"), ("TIMEZONE", "../zone"), ("ALLOWED_NETWORKS", "10.0.0.1/8"),
        ("ALLOWED_NETWORKS", "everything"), ("RETRY_SCHEDULE", "5"), ("RETRY_SCHEDULE", ""),
        ("PORT", "0"), ("PORT", "65536"), ("LOG_FORMAT", "xml"), ("LOG_LEVEL", "loud"),
        ("ALLOW_HTTP", "perhaps"),
    ],
)  # fmt: skip
def test_a_bad_value_is_an_error_that_names_its_setting(name: str, value: str) -> None:
    with pytest.raises(ValidationError) as caught:
        told(**{name: value})
    assert [error["loc"][0] for error in caught.value.errors()] == [name.lower()]


def test_secrets_are_masked_when_settings_are_shown() -> None:
    shown = repr(
        told(
            DATABASE_URL="postgresql://u:hunter2@h/d",
            BROKER_URL="redis://:hunter2@h",
            KEY="pabal_0000_hunter2hunter2hunter2hunter2",
            BOOTSTRAP_KEY="pabal_0000_hunter2hunter2hunter2hunter2",
            SECRET_KEYS="hunter2,hunter2",
        )
    )
    assert "hunter2" not in shown


def test_a_key_of_another_form_is_refused_without_being_shown() -> None:
    with pytest.raises(ValidationError, match="of the form pabal_<id>_<secret>") as caught:
        told(BOOTSTRAP_KEY="hunter2")
    assert "hunter2" not in str(caught.value)


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        told().port = 1  # type: ignore[misc]
