"""WebSub: a hub that a source names is asked, answered, and listened to if it signs."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from services.ingest.sources.poll import poll_due
from shared.clock import utc_now
from tests.integration.ingest.sources.conftest import LATER
from tests.integration.ingest.sources.feeds import Item, rss
from tests.support.origin import Origin
from tests.support.session import Api

Add = Callable[..., str]
Poll = Callable[[str], dict[str, Any]]
LEASE = 864_000


@pytest.fixture
def asked(origin: Origin, add: Add, polled: Poll) -> dict[str, str]:
    """What a hub was asked for, by a source that names it in its document."""
    hub = origin.page("/hub", status=202)
    topic = origin.url + "/feed"
    channel = f'<atom:link rel="hub" href="{hub}"/><atom:link rel="self" href="{topic}"/>'
    id = add(origin.page("/feed", rss([Item("urn:1")], channel)))
    polled(id)
    poll_due(utc_now())
    (request,) = origin.requests("/hub")
    form = parse_qs(request.body.decode())
    return {"id": id, **{name.removeprefix("hub."): values[0] for name, values in form.items()}}


def path(asked: dict[str, str]) -> str:
    """Return the callback's path on the hub."""
    return urlsplit(asked["callback"]).path


def confirm(api: Api, asked: dict[str, str], **changed: str) -> Any:
    """Ask us back as a hub does."""
    given = {"mode": "subscribe", "topic": asked["topic"], "challenge": "c&1", **changed}
    given = {"lease_seconds": str(LEASE), **given}
    return api("GET", path(asked), params={f"hub.{name}": value for name, value in given.items()})


def push(api: Api, asked: dict[str, str], body: bytes, secret: str, method: str = "sha256") -> Any:
    """Push a body, signed with a secret."""
    digest = hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()
    headers = {"X-Hub-Signature": f"{method}={digest}", "Content-Type": "application/rss+xml"}
    return api("POST", path(asked), content=body, headers=headers)


def titles(admin: Api) -> dict[str, str]:
    """Return the posts' titles by id."""
    return {post["id"]: post["title"] for post in admin("GET", "/v1/posts").json()["items"]}


def test_a_hub_is_asked_once(origin: Origin, asked: dict[str, str], polled: Poll) -> None:
    assert asked["mode"] == "subscribe"
    assert asked["topic"] == origin.url + "/feed"
    assert asked["lease_seconds"] == str(LEASE)
    assert asked["callback"].startswith("https://hub.example/v1/sources/callback/")
    assert len(asked["secret"]) == 64
    poll_due(utc_now())
    assert len(origin.requests("/hub")) == 1


def test_the_header_goes_before_the_document(origin: Origin, add: Add, polled: Poll) -> None:
    origin.page("/hub", status=202)
    link = f'<{origin.url}/hub>; rel="hub", <{origin.url}/other>; rel="self"'
    add(origin.page("/feed", rss([Item("urn:1")]), Link=link))
    poll_due(utc_now())
    poll_due(utc_now())
    (request,) = origin.requests("/hub")
    assert parse_qs(request.body.decode())["hub.topic"] == [origin.url + "/other"]


def test_only_what_was_asked_is_confirmed(
    admin: Api, caller: Callable[..., Api], asked: dict[str, str]
) -> None:
    hub = caller()
    assert confirm(hub, asked, topic="https://else.example/").status_code == 404
    assert confirm(hub, asked, mode="unsubscribe").status_code == 404
    assert confirm(hub, {**asked, "callback": "https://hub.example/v1/sources/callback/x"}) \
        .status_code == 404  # fmt: skip
    assert admin("GET", f"/v1/sources/{asked['id']}").json()["pushed_until"] is None
    confirmed = confirm(hub, asked)
    assert (confirmed.status_code, confirmed.text) == (200, "c&1")
    assert admin("GET", f"/v1/sources/{asked['id']}").json()["pushed_until"] is not None


def test_a_lease_is_renewed_before_it_ends(
    caller: Callable[..., Api], origin: Origin, asked: dict[str, str]
) -> None:
    confirm(caller(), asked)
    poll_due(utc_now() + LATER / 6)
    assert len(origin.requests("/hub")) == 1
    poll_due(utc_now() + LATER / 3.5)
    assert len(origin.requests("/hub")) == 2


def test_a_signed_push_is_taken_in(
    admin: Api, caller: Callable[..., Api], asked: dict[str, str]
) -> None:
    body = rss([Item("urn:1", title="Corrected"), Item("urn:2", link="https://city.example/2")])
    assert push(caller(), asked, body, asked["secret"]).status_code == 202
    assert titles(admin) == {"urn:1": "Corrected", "urn:2": "Night buses"}
    again = rss([Item("urn:1", title="Once more")])
    assert push(caller(), asked, again, asked["secret"], "sha1").status_code == 202
    assert titles(admin)["urn:1"] == "Once more"


@pytest.mark.parametrize(
    "signature", [None, "", "sha256=", "sha256=" + "0" * 64, "md5=0", "sha256=é"]
)
def test_what_is_not_signed_by_the_hub_is_left_alone(
    admin: Api, caller: Callable[..., Api], asked: dict[str, str], signature: str | None
) -> None:
    headers = {} if signature is None else {"X-Hub-Signature": signature.encode()}
    body = rss([Item("urn:9")])
    answer = caller()("POST", path(asked), content=body, headers=headers)
    assert answer.status_code == 202
    assert list(titles(admin)) == ["urn:1"]


def test_a_push_that_cannot_be_read_lets_the_source_be_polled(
    caller: Callable[..., Api], origin: Origin, asked: dict[str, str]
) -> None:
    push(caller(), asked, b"<rss", asked["secret"])
    poll_due(utc_now())
    assert len(origin.requests("/feed")) == 2


def test_a_hub_that_is_no_longer_named_is_left(
    admin: Api, caller: Callable[..., Api], origin: Origin, asked: dict[str, str], polled: Poll
) -> None:
    confirm(caller(), asked)
    origin.page("/feed", rss([Item("urn:1")]))
    shown = polled(asked["id"])
    assert (shown["hub"], shown["pushed_until"]) == (None, None)
    assert push(caller(), asked, rss([Item("urn:2")]), asked["secret"]).status_code == 404


def test_a_denied_subscription_leaves_polling(
    admin: Api, caller: Callable[..., Api], asked: dict[str, str]
) -> None:
    confirm(caller(), asked)
    assert confirm(caller(), asked, mode="denied").status_code == 200
    shown = admin("GET", f"/v1/sources/{asked['id']}").json()
    assert shown["pushed_until"] is None
    assert shown["state"] == "active"


def test_nobody_is_called_back_once_the_source_is_deleted(
    admin: Api, caller: Callable[..., Api], asked: dict[str, str]
) -> None:
    admin("DELETE", f"/v1/sources/{asked['id']}")
    assert confirm(caller(), asked).status_code == 404
    assert push(caller(), asked, rss([Item("urn:2")]), asked["secret"]).status_code == 404
