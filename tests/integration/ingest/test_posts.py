"""Posts over HTTP: publish, revise, read, withdraw."""

from tests.support.session import Api, settle

POST = {
    "id": "city:news:1",
    "url": "https://city.example/news/1",
    "title": "Night buses",
    "section": "news",
    "language": "en",
    "content_html": "<p>Until <a href='/four'>four</a>.</p>",
    "date_published": "2026-03-01",
}


def test_a_new_post_is_201_and_reads_back(admin: Api) -> None:
    created = admin("POST", "/v1/posts", json=POST)
    assert created.status_code == 201
    assert created.json() == {
        "id": "city:news:1",
        "url": "https://city.example/news/1",
        "title": "Night buses",
        "section": "news",
        "language": "en",
        "content_html": '<p>Until <a href="https://city.example/four" '
        'rel="noopener noreferrer">four</a>.</p>',
        "content_text": "Until four.",
        "date_published": "2026-02-28T15:00:00Z",
        "audience": "public",
        "_pabal": {"revision": 1, "state": "published", "sequence": None, "changed": True},
    }
    settle()
    read = admin("GET", "/v1/posts/city:news:1").json()
    assert read["_pabal"] == {"revision": 1, "state": "published", "sequence": 1}


def test_the_same_post_again_changes_nothing(admin: Api) -> None:
    admin("POST", "/v1/posts", json=POST)
    again = admin("POST", "/v1/posts", json=POST)
    assert again.status_code == 200
    assert again.json()["_pabal"]["changed"] is False
    settle()
    assert admin("GET", "/v1/posts/city:news:1").json()["_pabal"]["sequence"] == 1
