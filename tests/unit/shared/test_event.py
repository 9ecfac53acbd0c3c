"""The envelope: the webhook's body, byte for byte."""

from datetime import UTC, datetime

from shared.schema.event import EventType, envelope

AT = datetime(2026, 3, 1, 0, 0, 0, 250_000, tzinfo=UTC)


def test_the_envelope_is_these_bytes() -> None:
    data = {"id": "a", "title": "파발 </script>", "_x": {"n": 1.0},
            "_pabal": {"revision": 2, "state": "published", "sequence": None}}  # fmt: skip
    text = envelope(id="evt_1", type=EventType.POST_UPDATED, sequence=7, timestamp=AT, data=data)
    assert text == (
        '{"id":"evt_1","type":"post.updated","sequence":7,"timestamp":"2026-03-01T00:00:00.250Z",'
        '"data":{"id":"a","title":"파발 </script>","_x":{"n":1.0},'
        '"_pabal":{"revision":2,"state":"published","sequence":7}}}'
    )
    assert data["_pabal"] == {"revision": 2, "state": "published", "sequence": None}


def test_data_without_a_posts_state_stays_as_it_is() -> None:
    text = envelope(
        id="evt_1", type="webhook.test", sequence=None, timestamp=AT, data={"endpoint": "ep_1"}
    )
    assert text == (
        '{"id":"evt_1","type":"webhook.test","sequence":null,'
        '"timestamp":"2026-03-01T00:00:00.250Z","data":{"endpoint":"ep_1"}}'
    )


def test_the_types_are_these() -> None:
    assert [str(type) for type in EventType] == [
        "post.published", "post.updated", "post.withdrawn", "digest.published",
        "endpoint.disabled", "webhook.test",
    ]  # fmt: skip
