"""What the demo found, as checks and tables."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table

from services.cli.demo import content
from services.cli.demo.scenario import Partner, Seen


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must be true."""

    claim: str
    holds: bool


def checks(seen: Seen) -> list[Check]:
    """Say what must be true of everything that was seen, and whether it is."""
    return [*_feed_checks(seen), *(c for p in seen.partners for c in _partner_checks(p))]


def _feed_checks(seen: Seen) -> Iterator[Check]:
    shown = {item["id"]: item for item in seen.documents["all"]["items"]}
    wanted = {post["id"] for post in seen.published} - {content.WITHDRAWN}
    yield Check("every post but the withdrawn one is in the feed of all", set(shown) == wanted)
    dates = [item["date_published"] for item in seen.documents["all"]["items"]]
    yield Check("newest first", dates == sorted(dates, reverse=True))
    korean = {item["language"] for item in seen.documents["ko/all"]["items"]}
    yield Check("the Korean feed is Korean", korean == {"ko"})
    corrected = "bad ones 30" in shown[content.REVISED]["content_html"]
    yield Check("the revision is shown", corrected)
    yield Check(
        "the revision changed its feeds and no other",
        set(seen.changed["revision"]) == {"all", "news", "en/all", "en/news", "tag/environment"},
    )
    # The English half of the pair no longer names its translation.
    yield Check(
        "the withdrawal changed its feeds and its translation's, and no other",
        set(seen.changed["withdrawal"])
        == {"all", "news", "ko/all", "ko/news", "en/all", "en/news"},
    )


def _partner_checks(partner: Partner) -> Iterator[Check]:
    name = partner.id
    got = partner.received
    yield Check(f"{name}: every signature is genuine", all(r.verified for r in got))
    ids = [r.event.get("id") for r in got]
    yield Check(f"{name}: each event once", len(ids) == len(set(ids)) == partner.expected)
    by_post: dict[str, list[int]] = {}
    for event in partner.of_type("post."):
        by_post.setdefault(event["data"]["id"], []).append(event["sequence"])
    ordered = all(sequences == sorted(sequences) for sequences in by_post.values())
    yield Check(f"{name}: the events of each post in order", ordered)
    told = {event["data"]["id"] for event in partner.of_type("post.published")}
    held = {post["id"] for post in partner.digest["posts"]}
    yield Check(f"{name}: the digest holds them", held == told - {content.WITHDRAWN})
    announced = [event["data"]["id"] for event in partner.of_type("digest.")]
    yield Check(f"{name}: the digest is announced", announced == [partner.digest["id"]])


def show(seen: Seen, found: list[Check], console: Console) -> None:
    """Print the tables, then each check."""
    console.print(_published(seen))
    console.print(_feeds(seen))
    console.print(_delivered(seen))
    for check in found:
        console.print(f"[green]✓[/green] {check.claim}" if check.holds else f"[red]✗ {check.claim}")


def _published(seen: Seen) -> Table:
    table = Table("section", "lang", "title", "files", title="Published", box=box.SIMPLE)
    for post in seen.published:
        notes = {content.REVISED: " (revised)", content.WITHDRAWN: " (withdrawn)"}
        title = post["title"] + notes.get(post["id"], "")
        files = str(len(post.get("attachments", ())))
        table.add_row(post["section"], post["language"], title, files)
    return table


def _feeds(seen: Seen) -> Table:
    table = Table("feed", "entries", "changed by", title="Feeds", box=box.SIMPLE)
    for name in content.FEEDS:
        causes = ["publishing", *(cause for cause, names in seen.changed.items() if name in names)]
        table.add_row(name, str(len(seen.documents[name]["items"])), ", ".join(causes))
    return table


def _delivered(seen: Seen) -> Table:
    table = Table("partner", "zone", "webhooks", "genuine", "digest", title="Delivered",
                  box=box.SIMPLE)  # fmt: skip
    for partner in seen.partners:
        genuine = sum(received.verified for received in partner.received)
        table.add_row(
            partner.record["name"],
            partner.record["timezone"],
            f"{len(partner.received)} of {partner.expected}",
            str(genuine),
            f"{len(partner.digest['posts'])} posts",
        )
    return table
