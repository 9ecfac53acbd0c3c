from pathlib import Path

import pytest
from pydantic import SecretStr

from services.embedded.apps import app_environment, children, local_url
from services.embedded.secret_files import Secrets
from services.embedded.servers import Urls
from shared.settings import Settings

MADE = Secrets(database_password="dbpass", secret_key="fernet", admin_key="pabal_made_key")
EMBEDDED = Urls(database="postgresql://embedded", broker="unix:///embedded")
HOME = Path("/srv/pabal")


def settings(**given: object) -> Settings:
    return Settings.model_validate({"home": HOME, "port": 9000} | given)


def test_the_hub_is_four_processes() -> None:
    described = children(("python", "-m", "pabal"), {"A": "b"}, "http://127.0.0.1:9000")

    assert [(child.name, child.argv[3:]) for child in described] == [
        ("web", ("serve", "all")),
        ("engine", ("deliver",)),
        ("worker", ("worker",)),
        ("beat", ("beat",)),
    ]
    assert all(child.argv[:3] == ("python", "-m", "pabal") for child in described)
    assert all(child.environment == {"A": "b"} for child in described)


def test_only_the_web_process_is_asked_whether_it_is_ready() -> None:
    described = children(("pabal",), {}, "http://127.0.0.1:9000")

    assert [child.name for child in described if child.ready is not None] == ["web"]


def test_what_the_hub_made_fills_in_for_what_is_not_given() -> None:
    environment = app_environment({"PATH": "/bin", "PABAL_PORT": "1"}, settings(), MADE, EMBEDDED)

    assert environment == {
        "PATH": "/bin",
        "PABAL_DATABASE_URL": "postgresql://embedded",
        "PABAL_BROKER_URL": "unix:///embedded",
        "PABAL_SECRET_KEYS": "fernet",
        "PABAL_BOOTSTRAP_KEY": "pabal_made_key",
        "PABAL_PUBLIC_URL": "http://localhost:9000",
        "PABAL_HOST": "127.0.0.1",
        "PABAL_PORT": "9000",
        "PABAL_HOME": "/srv/pabal",
    }


def test_what_is_given_wins() -> None:
    given = settings(
        database_url=SecretStr("postgresql://given"),
        broker_url=SecretStr("redis://given"),
        bootstrap_key=SecretStr("pabal_given_keykeykeykeykeykeykeykey"),
        secret_keys=(SecretStr("first"), SecretStr("second")),
        public_url="https://hub.example/",
        host="0.0.0.0",
    )

    environment = app_environment({}, given, MADE, Urls(database=None, broker=None))

    assert environment == {
        "PABAL_DATABASE_URL": "postgresql://given",
        "PABAL_BROKER_URL": "redis://given",
        "PABAL_SECRET_KEYS": "first,second",
        "PABAL_BOOTSTRAP_KEY": "pabal_given_keykeykeykeykeykeykeykey",
        "PABAL_PUBLIC_URL": "https://hub.example",
        "PABAL_HOST": "0.0.0.0",
        "PABAL_PORT": "9000",
        "PABAL_HOME": "/srv/pabal",
    }


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:9000"),
        ("0.0.0.0", "http://127.0.0.1:9000"),
        ("::", "http://[::1]:9000"),
        ("10.1.2.3", "http://10.1.2.3:9000"),
        ("localhost", "http://localhost:9000"),
    ],
)
def test_the_local_address_is_one_that_can_be_called(host: str, url: str) -> None:
    assert local_url(settings(host=host)) == url


def test_secrets_are_not_shown() -> None:
    shown = repr(MADE) + repr(EMBEDDED)

    assert "dbpass" not in shown
    assert "fernet" not in shown
    assert "made_key" not in shown
    assert "postgresql://" not in shown
