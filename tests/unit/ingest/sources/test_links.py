"""Link headers."""

import pytest

from services.ingest.sources.links import first_link

ADDRESS = "https://city.example/feeds/news"


@pytest.mark.parametrize(
    ("header", "hub"),
    [
        (None, None),
        ("", None),
        ("<https://hub.example/>; rel=hub", "https://hub.example/"),
        ('<https://hub.example/>; rel="self hub"', "https://hub.example/"),
        ('</hub>; title="a, b; rel=self"; rel="HUB"', "https://city.example/hub"),
        ('<a>; rel=self, <b>; rel=hub, <c>; rel="hub"', "https://city.example/feeds/b"),
        ("<https://hub.example/>", None),
        ("<https://hub.example/>; rel=nothub", None),
        ("<http://[>; rel=hub", None),
        ("<" * 10_000, None),
    ],
)
def test_the_first_link_of_a_kind(header: str | None, hub: str | None) -> None:
    assert first_link(header, "hub", ADDRESS) == hub
