"""Each kind of input at the door: what is stored of it, or why it is turned away."""

from collections.abc import Callable
from typing import Any

import jsonschema
import pytest

from shared.keys import Scope
from tests.integration.ingest.refused import FIELDS, WHOLE, Fault
from tests.integration.ingest.submissions import JSON, NOTHING, a_post, stored
from tests.integration.ingest.taken import TAKEN
from tests.support.session import Api

SCHEDULED = ("time: the future", "time: an embargo")


def read(api: Api, id: str) -> dict[str, Any]:
    """Return the one post that is held, as the API lists it; its id is right."""
    (post,) = api("GET", "/v1/posts").json()["items"]
    assert post["id"] == id
    return dict(post)


def faults(answer: Any, status: int, name: str) -> list[Fault]:
    """Check that an answer is this problem; return its faults."""
    document = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, document["status"]) == (status, status)
    assert document["type"] == f"https://hub.example/problems/{name}"
    return [
        (fault["field"], fault["message"], fault.get("value"))
        for fault in document.get("errors", [])
    ]


@pytest.mark.parametrize("case", TAKEN)
def test_what_is_taken_is_stored_exactly_so(admin: Api, case: str) -> None:
    given, wanted = TAKEN[case]
    answer = admin("POST", "/v1/posts", json=a_post(**given))
    assert answer.status_code == 201, answer.text
    held = read(admin, answer.json()["id"])
    state = held.pop("_pabal")["state"]
    assert held == {**a_post(), "audience": "public", **wanted}
    assert state == ("scheduled" if case in SCHEDULED else "published")
    assert {**held, "_pabal": answer.json()["_pabal"]} == answer.json()


@pytest.mark.parametrize("case", TAKEN)
def test_what_is_read_back_changes_nothing_when_it_is_sent_again(admin: Api, case: str) -> None:
    given = a_post(**TAKEN[case][0])
    held = admin("POST", "/v1/posts", json=given).json()
    for again in (given, held):
        answer = admin("POST", "/v1/posts", json=again)
        assert answer.status_code == 200, answer.text
        assert answer.json()["_pabal"]["changed"] is False
    assert stored()["revision"] == 1


@pytest.mark.parametrize("case", FIELDS)
def test_what_is_refused_is_named_with_its_rule(admin: Api, case: str) -> None:
    given, fault = FIELDS[case]
    whole = a_post(**given)
    sent = {name: value for name, value in whole.items() if value is not ...}
    answer = admin("POST", "/v1/posts", json=sent)
    assert faults(answer, 422, "invalid-post") == [fault]
    assert "hunter2" not in answer.text
    assert stored() == NOTHING


@pytest.mark.parametrize("case", WHOLE)
def test_a_body_that_cannot_be_is_named_with_its_rule(admin: Api, case: str) -> None:
    body, status, name, wanted = WHOLE[case]
    answer = admin("POST", "/v1/posts", content=body, headers=JSON)
    assert faults(answer, status, name) == wanted
    assert stored() == NOTHING


def test_the_published_schema_takes_what_the_door_takes(admin: Api) -> None:
    schema = admin("GET", "/schemas/post.json").json()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    beyond = "text: a title is counted once it is clean"
    for case, (given, _) in TAKEN.items():
        found = [error.message for error in validator.iter_errors(a_post(**given))]
        assert bool(found) == (case == beyond), (case, found)


@pytest.mark.parametrize(
    "case",
    ["no title", "an empty id", "a long title", "a section in capitals", "the section all",
     "65 tags", "a file without a type", "a file with half a type", "a negative length",
     "no audience", "an unknown field", "an extension with a dot", "a number as HTML"],
)  # fmt: skip
def test_the_published_schema_refuses_what_a_schema_can(admin: Api, case: str) -> None:
    schema = admin("GET", "/schemas/post.json").json()
    whole = a_post(**FIELDS[case][0])
    sent = {name: value for name, value in whole.items() if value is not ...}
    assert not jsonschema.Draft202012Validator(schema).is_valid(sent)


def test_the_schema_is_for_everybody_and_the_api_leads_to_it(caller: Callable[..., Api]) -> None:
    anybody = caller()
    answer = anybody("GET", "/schemas/post.json")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.headers["access-control-allow-origin"] == "*"
    schema = answer.json()
    assert schema["$id"] == "https://hub.example/schemas/post.json"
    assert schema["required"] == ["id", "url", "title", "section", "language"]
    document = anybody("GET", "/openapi.json").json()
    publish = document["paths"]["/v1/posts"]["post"]
    assert publish["externalDocs"]["url"] == "/schemas/post.json"
    assert "/schemas/post.json" in document["paths"]
    shown = publish["requestBody"]["content"]["application/json"]["examples"]
    for example in shown.values():
        assert jsonschema.Draft202012Validator(schema).is_valid(example["value"])
        assert caller(Scope.ADMIN)("POST", "/v1/posts", json=example["value"]).status_code == 201


def test_there_are_enough_inputs_to_trust_the_door() -> None:
    assert len(TAKEN) + len(FIELDS) + len(WHOLE) >= 120
