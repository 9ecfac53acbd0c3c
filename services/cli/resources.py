"""Nouns with verbs: keys, partners, endpoints, posts, sources, deliveries."""

from typing import Annotated, Any

import typer

from services.cli.client import confirm, hub, path
from services.cli.output import AsJson, Limit, Yes, show, show_list
from shared.keys import Scope

keys = typer.Typer(no_args_is_help=True, help="API keys.")
partners = typer.Typer(no_args_is_help=True, help="Partner organisations.")
endpoints = typer.Typer(no_args_is_help=True, help="Webhook endpoints.")
posts = typer.Typer(no_args_is_help=True, help="Posts.")
sources = typer.Typer(no_args_is_help=True, help="Feeds that the hub polls.")
deliveries = typer.Typer(no_args_is_help=True, help="Deliveries and their attempts.")


@keys.command("create")
def create_key(
    scope: Annotated[Scope, typer.Option(help="How far the key reaches")],
    partner: Annotated[str | None, typer.Option(help="Whose key, for the scope partner")] = None,
    name: Annotated[str | None, typer.Option(help="A name for people")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key; it is shown only now."""
    with hub() as api:
        show(api.post("/v1/keys", {"scope": scope, "partner": partner, "name": name}), as_json)


@keys.command("list")
def list_keys(limit: Limit = 50, as_json: AsJson = False) -> None:
    """List keys, without their secrets."""
    with hub() as api:
        items = api.listed("/v1/keys", limit)
    show_list(items, ("id", "scope", "partner", "name", "created_at"), as_json)


@keys.command("delete")
def delete_key(id: str, yes: Yes = False) -> None:
    """Delete a key; it is dead at once."""
    confirm(f"Delete the key {id}?", yes)
    with hub() as api:
        api.call("DELETE", path("keys", id))


@keys.command("secret")
def make_secret() -> None:
    """Print a fresh key for PABAL_SECRET_KEYS."""
    from cryptography.fernet import Fernet

    typer.echo(Fernet.generate_key().decode())


@partners.command("create")
def create_partner(
    id: str,
    name: Annotated[str, typer.Option(help="The organisation's name")],
    timezone: Annotated[str, typer.Option(help="IANA zone, such as Asia/Seoul")],
    language: Annotated[str, typer.Option(help="BCP 47, such as ko or en")] = "en",
    section: Annotated[list[str] | None, typer.Option(help="Of interest; none means all")] = None,
    interest_language: Annotated[list[str] | None, typer.Option(help="Of interest")] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Of interest")] = None,
    digest: Annotated[str, typer.Option(help="none, daily or weekly")] = "none",
    at: Annotated[str, typer.Option(help="When digests are issued, local time")] = "08:00",
    as_json: AsJson = False,
) -> None:
    """Make a partner; its token is shown only now."""
    document: dict[str, Any] = {
        "id": id,
        "name": name,
        "language": language,
        "timezone": timezone,
        "interest": {
            "sections": section or [],
            "languages": interest_language or [],
            "tags": tag or [],
        },
        "digest": {"cadence": digest, "at": at},
    }
    with hub() as api:
        show(api.post("/v1/partners", document), as_json)


@partners.command("list")
def list_partners(limit: Limit = 50, as_json: AsJson = False) -> None:
    """List partners."""
    with hub() as api:
        items = api.listed("/v1/partners", limit)
    show_list(items, ("id", "name", "language", "timezone", "digest.cadence"), as_json)


@partners.command("show")
def show_partner(id: str, as_json: AsJson = False) -> None:
    """Show one partner."""
    with hub() as api:
        show(api.get(path("partners", id)), as_json)


@partners.command("delete")
def delete_partner(id: str, yes: Yes = False) -> None:
    """Delete a partner, its endpoints and what they are owed."""
    confirm(f"Delete the partner {id} and its endpoints?", yes)
    with hub() as api:
        api.call("DELETE", path("partners", id))


@partners.command("token")
def renew_token(id: str, as_json: AsJson = False) -> None:
    """Give a partner a new token; the old one is dead at once."""
    with hub() as api:
        show(api.post(path("partners", id, "token")), as_json)


@endpoints.command("create")
def create_endpoint(
    partner: str,
    url: str,
    event_type: Annotated[list[str] | None, typer.Option(help="None means all")] = None,
    ordering: Annotated[str, typer.Option(help="post or strict")] = "post",
    as_json: AsJson = False,
) -> None:
    """Make an endpoint; its secret is shown only now."""
    document = {"partner": partner, "url": url, "event_types": event_type or [],
                "ordering": ordering}  # fmt: skip
    with hub() as api:
        show(api.post("/v1/endpoints", document), as_json)


@endpoints.command("list")
def list_endpoints(partner: str | None = None, limit: Limit = 50, as_json: AsJson = False) -> None:
    """List endpoints."""
    with hub() as api:
        items = api.listed("/v1/endpoints", limit, partner=partner)
    show_list(items, ("id", "partner", "url", "state", "failing_since"), as_json)


@endpoints.command("show")
def show_endpoint(id: str, as_json: AsJson = False) -> None:
    """Show one endpoint."""
    with hub() as api:
        show(api.get(path("endpoints", id)), as_json)


@endpoints.command("delete")
def delete_endpoint(id: str, yes: Yes = False) -> None:
    """Delete an endpoint and what it is owed."""
    confirm(f"Delete the endpoint {id}?", yes)
    with hub() as api:
        api.call("DELETE", path("endpoints", id))


def _act(verb: str, summary: str) -> None:
    def act(id: str, as_json: AsJson = False) -> None:
        with hub() as api:
            show(api.post(path("endpoints", id, verb)), as_json)

    act.__doc__ = summary
    endpoints.command(verb)(act)


_act("pause", "Hold what comes until the endpoint is resumed.")
_act("resume", "Deliver again, what was held first.")
_act("disable", "Hold what comes until the endpoint is enabled.")
_act("enable", "Deliver again, what was held first.")
_act("test", "Send a test event.")


@posts.command("list")
def list_posts(
    section: str | None = None,
    language: str | None = None,
    tag: str | None = None,
    state: str | None = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List posts, the newest first."""
    with hub() as api:
        items = api.listed(
            "/v1/posts", limit, section=section, language=language, tag=tag, state=state
        )
    columns = ("id", "title", "section", "language", "date_published", "_pabal.state")
    show_list(items, columns, as_json)


@posts.command("show")
def show_post(id: str, as_json: AsJson = False) -> None:
    """Show one post."""
    with hub() as api:
        show(api.get(path("posts", id)), as_json)


@posts.command("withdraw")
def withdraw_post(
    id: str,
    reason: Annotated[str | None, typer.Option(help="Told to those who had it")] = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Withdraw a post from every exit."""
    confirm(f"Withdraw {id}?", yes)
    with hub() as api:
        params = {"reason": reason} if reason else {}
        show(api.call("DELETE", path("posts", id), params=params).json(), as_json)


@sources.command("create")
def create_source(
    url: str,
    section: Annotated[str, typer.Option(help="Of the posts that its entries become")],
    language: Annotated[str | None, typer.Option(help="Of entries that do not say")] = None,
    as_json: AsJson = False,
) -> None:
    """Poll a feed (RSS, Atom or JSON Feed) from now on."""
    document = {"url": url, "section": section, "language": language}
    with hub() as api:
        show(api.post("/v1/sources", document), as_json)


@sources.command("list")
def list_sources(limit: Limit = 50, as_json: AsJson = False) -> None:
    """List sources, and how the last poll of each went."""
    with hub() as api:
        items = api.listed("/v1/sources", limit)
    columns = ("id", "url", "section", "state", "last_status", "last_error", "next_poll_at")
    show_list(items, columns, as_json)


@sources.command("show")
def show_source(id: str, as_json: AsJson = False) -> None:
    """Show one source, and what became of its entries."""
    with hub() as api:
        show(api.get(path("sources", id)), as_json)


@sources.command("poll")
def poll_source(id: str, as_json: AsJson = False) -> None:
    """Poll a source at once, also one that was stopped."""
    with hub() as api:
        show(api.post(path("sources", id, "poll")), as_json)


@sources.command("delete")
def delete_source(id: str, yes: Yes = False) -> None:
    """Poll a source no more; its posts stay."""
    confirm(f"Delete the source {id}?", yes)
    with hub() as api:
        api.call("DELETE", path("sources", id))


@deliveries.command("list")
def list_deliveries(
    endpoint: str, state: str | None = None, limit: Limit = 50, as_json: AsJson = False
) -> None:
    """List an endpoint's deliveries, the newest first."""
    with hub() as api:
        items = api.listed(path("endpoints", endpoint, "deliveries"), limit, state=state)
    show_list(items, ("id", "event_type", "sequence", "state", "created_at"), as_json)


@deliveries.command("show")
def show_delivery(id: str, as_json: AsJson = False) -> None:
    """Show one delivery with its attempts."""
    with hub() as api:
        show(api.get(path("deliveries", id)), as_json)


@deliveries.command("retry")
def retry_delivery(id: str, as_json: AsJson = False) -> None:
    """Send a delivery again now."""
    with hub() as api:
        show(api.post(path("deliveries", id, "retry")), as_json)


def register(app: typer.Typer) -> None:
    """Add the nouns."""
    nouns = {"keys": keys, "partners": partners, "endpoints": endpoints, "posts": posts,
             "sources": sources, "deliveries": deliveries}  # fmt: skip
    for name, noun in nouns.items():
        app.add_typer(noun, name=name)
