"""What the demo publishes, and to whom. Organisations, dates and texts are invented."""

from importlib.resources import files
from typing import Any

from shared import jsontext

REVISED = "tag:solution.seoul.example,2026:news:clean-air"
WITHDRAWN = "tag:solution.seoul.example,2026:news:tech-pavilion-ko"

PARTNERS: tuple[dict[str, Any], ...] = (
    {
        "id": "hangang-institute",
        "name": "한강도시연구원",
        "language": "ko",
        "timezone": "Asia/Seoul",
        "interest": {"languages": ["ko"]},
        "digest": {"cadence": "daily", "at": "08:00"},
    },
    {
        "id": "harbour-cities",
        "name": "Harbour Cities Network",
        "language": "en",
        "timezone": "Europe/Berlin",
        "interest": {"sections": ["news"], "languages": ["en"]},
        "digest": {"cadence": "daily", "at": "07:30"},
    },
    {
        "id": "lakeside-lab",
        "name": "Lakeside Urban Lab",
        "language": "en",
        "timezone": "Africa/Nairobi",
        "digest": {"cadence": "weekly", "at": "09:00", "weekday": 1},
    },
)

FEEDS = (
    "all", "news", "archives", "sharing-city", "ko/all", "en/all", "ko/news", "en/news",
    "tag/environment", "tag/drones",
)  # fmt: skip
"""The feeds whose changes the demo shows."""


def posts() -> list[dict[str, Any]]:
    """Return the sample posts in the order in which they are published."""
    text = files(__package__).joinpath("posts.ndjson").read_text(encoding="utf-8")
    return [jsontext.loads(line) for line in text.splitlines()]


def revision(post: dict[str, Any]) -> dict[str, Any]:
    """Return a corrected state of a post."""
    return {
        **post,
        "content_html": post["content_html"].replace("bad ones 31", "bad ones 30"),
        "date_modified": "2026-03-13T09:00:00+09:00",
    }
