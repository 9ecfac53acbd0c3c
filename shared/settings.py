"""Settings: environment variables ``PABAL_*``, read once at start and frozen."""

from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared import mail, urls
from shared.duration import parse_duration
from shared.keys import parse_key

Network = IPv4Network | IPv6Network


def _each(read: Callable[[str], object]) -> BeforeValidator:
    """Read a comma-separated value part by part; leave anything but text alone."""

    def split(value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(read(part.strip()) for part in value.split(",") if part.strip())

    return BeforeValidator(split)


def _zone(value: object) -> object:
    try:
        return ZoneInfo(value) if isinstance(value, str) else value
    except ZoneInfoNotFoundError:
        raise ValueError("must be an IANA time zone such as Asia/Seoul") from None


def _unless_empty(value: object) -> object:
    return None if value == "" else value


_RETRIES = "0s,5s,1m,5m,30m,2h,5h,10h,14h,20h,24h"
SecretList = Annotated[tuple[SecretStr, ...], NoDecode, _each(SecretStr)]
NetworkList = Annotated[tuple[Network, ...], NoDecode, _each(ip_network)]
DurationList = Annotated[tuple[float, ...], NoDecode, _each(parse_duration)]
Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]


class MissingSetting(RuntimeError):
    """A setting that this process needs is not given; says which, and the cure."""


class Settings(BaseSettings):
    """Every knob of every process. Secrets are masked when printed."""

    model_config = SettingsConfigDict(
        env_prefix="PABAL_", frozen=True, extra="ignore", hide_input_in_errors=True
    )

    database_url: SecretStr | None = Field(
        default=None, description="PostgreSQL, postgresql://user:password@host/name"
    )
    broker_url: SecretStr | None = Field(
        default=None, description="Redis or Valkey, redis://host:6379/0 or unix:///path?db=0"
    )
    public_url: str = Field(
        default="", description="The hub's address as others see it; http://localhost:PORT if empty"
    )
    home: Path = Field(
        default=Path("~/.local/share/pabal"), description="Where the embedded servers keep data"
    )
    host: str = Field(default="127.0.0.1", description="The address that servers listen on")
    port: int = Field(default=8080, ge=1, le=65535, description="The port that servers listen on")
    key: SecretStr | None = Field(default=None, description="The API key that client commands use")
    bootstrap_key: SecretStr | None = Field(
        default=None, description="Made the admin key at start: pabal_<id>_<secret>"
    )
    secret_keys: SecretList = Field(
        default=(), description="Fernet keys, comma-separated; the first encrypts, all decrypt"
    )
    timezone: Zone = Field(
        default=ZoneInfo("Asia/Seoul"), description="The publisher's zone, in which dates are read"
    )
    title: str = Field(default="Pabal", description="The publisher's name, as feeds show it")
    allowed_networks: NetworkList = Field(
        default=(), description="Private networks (CIDR) that deliveries may reach all the same"
    )
    allow_http: bool = Field(default=False, description="Whether endpoints may be plain http")
    rate_limit: Annotated[int | None, BeforeValidator(_unless_empty)] = Field(
        default=None, ge=1, description="Requests a second that one key may make; none if empty"
    )
    retry_schedule: DurationList = Field(
        default=tuple(map(parse_duration, _RETRIES.split(","))),
        min_length=1,
        description="The waits before each attempt, such as 0s,5s,1m",
    )
    smtp_url: Annotated[SecretStr | None, BeforeValidator(_unless_empty)] = Field(
        default=None, description="What takes our mail, smtp://user:password@host:587 or smtps://"
    )
    mail_from: str = Field(
        default="", description="Whom mail comes from, City News <digest@hub.example>"
    )
    log_format: str = Field(
        default="auto", pattern="^(auto|json|console)$", description="auto: json off a terminal"
    )
    log_level: str = Field(default="info", pattern="^(debug|info|warning|error)$")

    @field_validator("key", "bootstrap_key")
    @classmethod
    def _have_form(cls, key: SecretStr | None) -> SecretStr | None:
        if key is not None:
            parse_key(key.get_secret_value())
        return key

    @field_validator("public_url")
    @classmethod
    def _in_ascii(cls, url: str) -> str:
        return url if url.isascii() else urls.web_url(url, allowed=urls.ANYWHERE)

    @field_validator("smtp_url")
    @classmethod
    def _names_a_server(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None:
            mail.server(url.get_secret_value())
        return url

    @field_validator("mail_from")
    @classmethod
    def _is_a_mailbox(cls, text: str) -> str:
        if text:
            mail.mailbox(text)
        return text

    @field_validator("home")
    @classmethod
    def _expand_home(cls, home: Path) -> Path:
        return home.expanduser().absolute()

    @property
    def base_url(self) -> str:
        """The public address without a trailing slash."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def public_host(self) -> str:
        """The host of the public address, without a port."""
        return urlsplit(self.base_url).hostname or "localhost"

    @property
    def mail_server(self) -> mail.Server | None:
        """The server that takes our mail; None where mail is kept."""
        return None if self.smtp_url is None else mail.server(self.smtp_url.get_secret_value())

    @property
    def sender(self) -> mail.Mailbox:
        """Whom mail comes from."""
        if self.mail_from:
            return mail.mailbox(self.mail_from)
        return mail.Mailbox(self.title, mail.Address("digests", self.public_host))


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return this process's settings, read from the environment at the first call."""
    return Settings()
