"""Each rule of an endpoint; the hub's own headers cannot be given."""

from typing import Any

import pytest

from shared.errors import FieldError, InvalidEndpoint
from shared.schema.endpoint import Endpoint, Ordering
from shared.schema.problems import read

MINIMAL = {"partner": "harbour", "url": "https://hooks.harbour.example/"}


def refused(fields: dict[str, Any]) -> tuple[FieldError, ...]:
    with pytest.raises(InvalidEndpoint) as caught:
        read(Endpoint, {**MINIMAL, **fields}, InvalidEndpoint)
    return caught.value.errors


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"partner": "No"}, "partner",
         "must be a slug: 1 to 64 small letters a-z, digits and hyphens, a hyphen not first"),
        ({"url": "x" * 2049}, "url", "must have at most 2048 characters"),
        ({"event_types": ["post.deleted"]}, "event_types.0",
         ("Input should be 'post.published', 'post.updated', 'post.withdrawn', "
         "'digest.published', 'endpoint.disabled' or 'webhook.test'")),
        ({"event_types": "post.published"}, "event_types", "must be a list"),
        ({"ordering": "none"}, "ordering", "Input should be 'post' or 'strict'"),
        ({"rate_per_second": 0}, "rate_per_second", "Input should be greater than 0"),
        ({"rate_per_second": 10_001}, "rate_per_second",
         "Input should be less than or equal to 10000"),
        ({"rate_per_second": "5"}, "rate_per_second", "Input should be a valid number"),
        ({"max_in_flight": 0}, "max_in_flight", "Input should be greater than or equal to 1"),
        ({"max_in_flight": 101}, "max_in_flight", "Input should be less than or equal to 100"),
        ({"max_in_flight": True}, "max_in_flight", "Input should be a valid integer"),
        ({"description": "x" * 501}, "description", "must have at most 500 characters"),
        ({"headers": []}, "headers", "must be a JSON object"),
        ({"headers": {f"X-{n}": "" for n in range(21)}}, "headers",
         "must have at most 20 items"),
        ({"secret": "whsec_x"}, "secret",
         "is not a field of this document"),
    ],
)  # fmt: skip
def test_a_broken_rule_names_its_field(fields: dict[str, Any], field: str, message: str) -> None:
    (fault,) = refused(fields)
    assert (fault.field, fault.message) == (field, message)


def test_a_header_is_given_once_whatever_its_case() -> None:
    (fault,) = refused({"headers": {"X-Desk": "1", "x-desk": "2"}})
    message = "the header 'x-desk' is given twice; case makes no difference"
    assert fault == FieldError("headers", message)


@pytest.mark.parametrize(
    "name",
    ["webhook-id", "Webhook-Signature", "webhook-anything", "Host", "Content-Type",
     "content-length", "CONTENT-ENCODING", "User-Agent", "Connection", "Keep-Alive", "TE",
     "Trailer", "Transfer-Encoding", "Upgrade", "Proxy-Authorization", "Accept-Encoding",
     "Expect", "Proxy-Connection"],
)  # fmt: skip
def test_the_hubs_own_headers_cannot_be_given(name: str) -> None:
    (fault,) = refused({"headers": {name: "secret-value"}})
    message = f"the header {name!r} is set by the hub and cannot be given"
    assert fault == FieldError("headers", message)


@pytest.mark.parametrize("name", ["X y", "", "X:y", "X\ny", "é", "x" * 65])
def test_a_header_has_a_name_that_http_knows(name: str) -> None:
    (fault,) = refused({"headers": {name: "secret-value"}})
    assert fault.field == f"headers.{name}"


@pytest.mark.parametrize("value", ["a\nb", "a\r\nX: y", "\x00", "é", "x" * 1001, "a\n"])
def test_a_header_value_is_printable_ascii_and_never_shown(value: str) -> None:
    (fault,) = refused({"headers": {"X-Token": value}})
    assert fault.field == "headers.X-Token"
    assert fault.value is None


def test_an_endpoint_has_defaults_for_all_else() -> None:
    endpoint = read(Endpoint, MINIMAL, InvalidEndpoint)
    assert endpoint.event_types == ()
    assert endpoint.ordering is Ordering.POST
    assert endpoint.rate_per_second is None
    assert endpoint.max_in_flight == 8
    assert endpoint.headers == {}


def test_headers_of_ones_own_are_taken() -> None:
    headers = {"Authorization": "Bearer abc", "X-City": ""}
    assert read(Endpoint, {**MINIMAL, "headers": headers}, InvalidEndpoint).headers == headers
