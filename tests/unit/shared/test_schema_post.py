"""Each rule of a post, by field and message."""

from ipaddress import ip_network
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.errors import FieldError, InvalidPost
from shared.interest import Facets
from shared.schema.post import Post
from shared.schema.problems import read

MINIMAL = {
    "id": "city:news:1",
    "url": "https://city.example/1",
    "title": "Night buses",
    "section": "news",
    "language": "en",
}
FILE = {"url": "https://city.example/1.pdf", "mime_type": "application/pdf"}
CONTEXT = {"timezone": ZoneInfo("Asia/Seoul"), "allowed_networks": ()}
SLUG = "must be a slug: 1 to 64 small letters a-z, digits and hyphens, a hyphen not first"
UNKNOWN = "is not a field of this document; begin the name with _ to pass an extension through"
NOT_WEB = "must be an absolute http or https URL"
NAIVE = (
    "must be an RFC 3339 date-time with an offset, such as 2026-03-01T09:00:00+09:00, "
    "or a date alone"
)
AUDIENCE = 'must be "public" or a list of partner ids'


def accepted(**fields: Any) -> dict[str, Any]:
    return read(Post, {**MINIMAL, **fields}, InvalidPost, CONTEXT).document()


def refused(value: Any) -> tuple[FieldError, ...]:
    with pytest.raises(InvalidPost) as caught:
        read(Post, value, InvalidPost, CONTEXT)
    return caught.value.errors


@pytest.mark.parametrize("field", ["id", "url", "title", "section", "language"])
def test_what_is_required_is_missed_by_name(field: str) -> None:
    without = {name: value for name, value in MINIMAL.items() if name != field}
    assert refused(without) == (FieldError(field, "Field required"),)


RULES: list[tuple[dict[str, Any], str, str]] = [
    ({"id": ""}, "id", "must have at least 1 character"),
    ({"id": "x" * 513}, "id", "must have at most 512 characters"),
    ({"id": 5}, "id", "Input should be a valid string"),
    ({"id": " a"}, "id",
     "must be one line of NFC text without control or outer space characters"),
    ({"id": "a\nb"}, "id",
     "must be one line of NFC text without control or outer space characters"),
    ({"title": ""}, "title", "must have at least 1 character"),
    ({"title": " \x01 "}, "title", "must have at least 1 character"),
    ({"title": "x" * 501}, "title", "must have at most 500 characters"),
    ({"title": None}, "title", "Input should be a valid string"),
    ({"summary": "x" * 2001}, "summary", "must have at most 2000 characters"),
    ({"rights": ""}, "rights", "must have at least 1 character"),
    ({"section": "News"}, "section", SLUG),
    ({"section": "x" * 65}, "section", SLUG),
    ({"section": "-x"}, "section", SLUG),
    ({"section": "news\n"}, "section", SLUG),
    ({"section": "all"}, "section", "'all' is reserved: choose another section"),
    ({"section": "digests"}, "section", "'digests' is reserved: choose another section"),
    ({"section": "tag"}, "section", "'tag' is reserved: choose another section"),
    ({"section": "archive"}, "section", "'archive' is reserved: choose another section"),
    ({"language": "english"}, "language",
     "must be a BCP 47 language tag such as ko, en or en-US"),
    ({"language": "en_US"}, "language", "must be a BCP 47 language tag such as ko, en or en-US"),
    ({"language": ""}, "language", "must be a BCP 47 language tag such as ko, en or en-US"),
    ({"language": "x" * 65}, "language", "must have at most 64 characters"),
    ({"url": "javascript:alert(1)"}, "url", NOT_WEB),
    ({"external_url": "/x"}, "external_url", NOT_WEB),
    ({"image": "data:,"}, "image", NOT_WEB),
    ({"banner_image": "ftp://a.example/"}, "banner_image", NOT_WEB),
    ({"license": "MIT"}, "license", NOT_WEB),
    ({"url": "http://10.0.0.1/"}, "url",
     "must not point into a private network (private network)"),
    ({"date_published": "2026-03-01T09:00:00"}, "date_published", NAIVE),
    ({"date_published": "2026-03-01T09:00+09:00"}, "date_published", NAIVE),
    ({"date_published": "yesterday"}, "date_published", NAIVE),
    ({"date_published": "２０２６-03-01"}, "date_published", NAIVE),
    ({"date_modified": 1772323200}, "date_modified",
     "must be text: an RFC 3339 date-time, or a date alone"),
    ({"date_modified": "2026-13-01"}, "date_modified", "month must be in 1..12"),
    ({"embargo_until": "2026-02-30"}, "embargo_until", "day is out of range for month"),
    ({"embargo_until": "0001-01-01"}, "embargo_until", "is out of range"),
    ({"embargo_until": "9999-12-31T23:59:59-01:00"}, "embargo_until", "is out of range"),
    ({"authors": [{}]}, "authors.0", "must hold a name, a url or an avatar"),
    ({"authors": [{"name": "A"}, {"name": ""}]}, "authors.1.name",
     "must have at least 1 character"),
    ({"authors": [{"url": "x"}]}, "authors.0.url", NOT_WEB),
    ({"authors": [{"email": "a@b"}]}, "authors.0.email",
     "is not a field of this document"),
    ({"authors": "A"}, "authors", "must be a list"),
    ({"authors": ["A"]}, "authors.0", "must be a JSON object"),
    ({"authors": [{"name": "A"}] * 65}, "authors",
     "must have at most 64 items"),
    ({"tags": ["a"] * 65}, "tags", "must have at most 64 items"),
    ({"tags": ["a", ""]}, "tags.1", "must have at least 1 character"),
    ({"tags": ["x" * 101]}, "tags.0", "must have at most 100 characters"),
    ({"tags": "a"}, "tags", "must be a list"),
    ({"attachments": [FILE] * 65}, "attachments",
     "must have at most 64 items"),
    ({"attachments": [{"url": FILE["url"]}]}, "attachments.0.mime_type", "Field required"),
    ({"attachments": [FILE, {**FILE, "url": "javascript:x"}]}, "attachments.1.url", NOT_WEB),
    ({"attachments": [{**FILE, "url": "http://localhost/"}]}, "attachments.0.url",
     "must not point into a private network (loopback)"),
    ({"attachments": [{**FILE, "size_in_bytes": -1}]}, "attachments.0.size_in_bytes",
     "Input should be greater than or equal to 0"),
    ({"attachments": [{**FILE, "size_in_bytes": True}]}, "attachments.0.size_in_bytes",
     "Input should be a valid integer"),
    ({"attachments": [{**FILE, "size_in_bytes": "5"}]}, "attachments.0.size_in_bytes",
     "Input should be a valid integer"),
    ({"attachments": [{**FILE, "duration_in_seconds": "1"}]},
     "attachments.0.duration_in_seconds", "Input should be a valid number"),
    ({"translation_of": ""}, "translation_of", "must have at least 1 character"),
    ({"audience": []}, "audience", AUDIENCE),
    ({"audience": "partners"}, "audience", AUDIENCE),
    ({"audience": None}, "audience", AUDIENCE),
    ({"audience": ["harbour", "No Slug"]}, "audience.1", SLUG),
    ({"content_html": "é" * 524_289}, "content_html",
     "must not be larger than 1048576 bytes in UTF-8"),
    ({"content_text": "x" * 1_048_577}, "content_text",
     "must not be larger than 1048576 bytes in UTF-8"),
    ({"content_html": 1}, "content_html", "Input should be a valid string"),
    ({"subtitle": "x"}, "subtitle", UNKNOWN),
    ({"extensions": {}}, "extensions", UNKNOWN),
    ({"_a.b": 1}, "_a.b", "an extension's name must not have a dot"),
    ({"translation_of": "city:news:1"}, "translation_of", "must be the id of another post"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "field", "message"), RULES, ids=[f"{f}-{i}" for i, (_, f, _) in enumerate(RULES)]
)
def test_a_broken_rule_names_its_field(fields: dict[str, Any], field: str, message: str) -> None:
    (fault,) = refused({**MINIMAL, **fields})
    assert (fault.field, fault.message) == (field, message)


def test_the_media_type_of_a_file_is_type_and_subtype() -> None:
    (fault,) = refused({**MINIMAL, "attachments": [{**FILE, "mime_type": "pdf"}]})
    assert fault.field == "attachments.0.mime_type"


def test_every_fault_is_named_at_once() -> None:
    faults = refused({**MINIMAL, "url": "x", "tags": [""], "bogus": 1})
    assert [fault.field for fault in faults] == ["url", "tags.0", "bogus"]


@pytest.mark.parametrize("value", [None, [], "post", 5])
def test_a_post_is_an_object(value: Any) -> None:
    (fault,) = refused(value)
    assert (fault.field, fault.message) == ("", "must be a JSON object")


def test_a_bad_value_is_shown_in_part() -> None:
    (long,) = refused({**MINIMAL, "title": "x" * 600})
    assert long.value == "x" * 100 + "…"
    (listed,) = refused({**MINIMAL, "tags": {"뉴스": None}})
    assert listed.value == '{"뉴스":null}'


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://user:hunter2@city.example/", "https://***@city.example/"),
        ("https:\\\\user:hunter2@city.example/", "https:\\\\***@city.example/"),
        ("https://us er:hun ter2@city.example/hunter2@x", "https://***@x"),
        ("https://user:hunter2/@city.example:x/", "https://***@city.example:x/"),
        ("https:user:hunter2@city.example/", "***@city.example/"),
        ("user:hunter2@city.example", "***@city.example"),
        ("https://" + "hunter2" * 300 + "@city.example/", "https://***@city.example/"),
        ("https://user:hunter2＠city.example/\u2100", None),
        ("//user:hunter2@[::1/", "//***@[::1/"),
    ],
)  # fmt: skip
def test_no_password_in_an_address_is_told_again(url: str, shown: str | None) -> None:
    for fault in refused({**MINIMAL, "url": url}):
        if shown is not None:
            assert fault.value == shown
            assert "hunter2" not in repr(fault)
        assert "hunter2" not in fault.message


@pytest.mark.parametrize("name", ["password", "api_key", "apiKey", "Authorization", "secretToken"])
def test_no_value_is_told_of_what_is_named_like_a_secret(name: str) -> None:
    (fault,) = refused({**MINIMAL, name: "hunter2"})
    assert fault == FieldError(name, UNKNOWN)


def test_the_hubs_own_secrets_are_masked_in_values() -> None:
    (fault,) = refused({**MINIMAL, "x": "whsec_MDEyMzQ1Njc4OTAx"})
    assert fault.value == "***"


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("2026-03-01", "2026-02-28T15:00:00Z"),
        ("2026-03-01T09:00:00+09:00", "2026-03-01T00:00:00Z"),
        ("2026-03-01t09:00:00z", "2026-03-01T09:00:00Z"),
        ("2026-03-01 09:00:00.1239Z", "2026-03-01T09:00:00.123Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_times_are_stored_in_utc_and_dates_read_in_the_publishers_zone(
    given: str, stored: str
) -> None:
    assert accepted(date_published=given)["date_published"] == stored


@pytest.mark.parametrize(
    ("given", "stored"),
    [("KO", "ko"), ("en-us", "en-US"), ("zh-hant-tw", "zh-Hant-TW"), ("es-419", "es-419"),
     ("de-1996", "de-1996"), ("sl-ROZAJ-biske", "sl-rozaj-biske")],
)  # fmt: skip
def test_languages_are_written_as_bcp_47_recommends(given: str, stored: str) -> None:
    assert accepted(language=given)["language"] == stored


def test_lines_are_cleaned_and_bodies_keep_their_breaks() -> None:
    post = accepted(title=" Night\r\n\tbuses\x01 ", content_text="one\r\ntwo\x00three")
    assert post["title"] == "Night buses"
    assert post["content_text"] == "one\ntwothree"


def test_limits_hold_for_what_is_stored() -> None:
    assert len(accepted(title="x" * 500 + "\x01")["title"]) == 500
    assert len(accepted(content_html="é" * 524_288)["content_html"]) == 524_288


def test_a_post_reads_back_as_it_was_meant() -> None:
    fields: dict[str, Any] = {
        "external_url": "https://other.example/", "summary": "Short", "content_text": "Long",
        "date_published": "2026-03-01T00:00:00Z", "authors": [{"name": "Kim"}], "tags": ["bus"],
        "attachments": [{**FILE, "size_in_bytes": 5, "duration_in_seconds": 1.5}],
        "translation_of": "city:news:0", "license": "https://license.example/", "rights": "City",
        "audience": ["harbour", "library"], "_city": {"ward": [1, None, {"deep": True}]},
    }  # fmt: skip
    assert accepted(**fields) == {**MINIMAL, **fields}


def test_what_the_hub_says_of_a_post_is_ignored_when_it_is_sent_back() -> None:
    assert accepted(_pabal={"revision": 9}, _x=1) == {**MINIMAL, "_x": 1, "audience": "public"}


def test_allowed_networks_admit_private_urls() -> None:
    context = {"allowed_networks": (ip_network("10.0.0.0/8"),)}
    post = read(Post, {**MINIMAL, "url": "http://10.0.0.1/x"}, InvalidPost, context)
    assert post.url == "http://10.0.0.1/x"


def test_a_post_is_matched_by_its_facets() -> None:
    post = read(Post, {**MINIMAL, "tags": ["a", "b"], "audience": ["harbour"]}, InvalidPost, {})
    assert post.facets() == Facets("news", "en", ("a", "b"), ("harbour",))
    assert read(Post, MINIMAL, InvalidPost, {}).facets().audience is None
