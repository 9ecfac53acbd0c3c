"""Whatever posts the door takes, their feed keeps every rule."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conformance import (
    test_feed_rules_atom,
    test_feed_rules_json,
    test_feed_rules_rss,
    test_feed_rules_xml,
)
from tests.conformance.feed_documents import documents_of
from tests.conformance.test_jsonfeed_schema import VALIDATOR
from tests.support import posted
from tests.unit.feeds.render.test_render_accepted import POST

_RULES = [
    rule
    for rules in (
        test_feed_rules_xml,
        test_feed_rules_rss,
        test_feed_rules_atom,
        test_feed_rules_json,
    )
    for rule in rules.RULES
]


@settings(max_examples=60)
@given(st.lists(POST, max_size=4, unique_by=lambda post: str(post["id"])))
def test_any_posts(posts: list[dict[str, Any]]) -> None:
    docs = documents_of(posted.snapshot(map(posted.stored, posts)))

    for rule in _RULES:
        rule(docs)
    VALIDATOR.validate(docs.json)
