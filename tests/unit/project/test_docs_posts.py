"""The page about posts says what the code does: fields, limits, the HTML that stays."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from services.ingest import batch, sanitise
from services.ingest.schemas import PATH
from services.ingest.submit import REASON_LIMIT
from shared import jsontext, urls
from shared.errors import InvalidPost
from shared.schema import fields
from shared.schema.post import Attachment, Author, Post, json_schema
from shared.schema.problems import read
from shared.web import body

PAGE = (Path(__file__).parents[3] / "docs/posts.md").read_text()
MEBIBYTE = 1024 * 1024


def section(heading: str) -> str:
    """Return what stands below a heading of the page."""
    found = re.search(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    assert found is not None, heading
    return found[1]


def tables(text: str) -> list[list[list[str]]]:
    """Return the cells of each table, without its head."""
    found = re.findall(r"(?:^\|.*\n)+", text, re.M)
    rows = [[line.strip("| ").split("|") for line in table.splitlines()] for table in found]
    return [[[cell.strip() for cell in row] for row in table[2:]] for table in rows]


def code(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def rows_of(model: type[BaseModel]) -> list[list[str]]:
    return [
        [
            "`_…`" if name == "extensions" else f"`{name}`",
            "yes" if field.is_required() else "",
            str(field.description),
        ]
        for name, field in model.model_fields.items()
    ]


@pytest.mark.parametrize(("number", "model"), list(enumerate([Post, Author, Attachment])))
def test_every_field_stands_there_with_its_rule(number: int, model: type[BaseModel]) -> None:
    assert tables(section("Fields"))[number] == rows_of(model)


def limits(value: Any, names: tuple[str, ...]) -> set[int]:
    """Return the limits that a part of the schema sets."""
    if isinstance(value, list):
        return {limit for item in value for limit in limits(item, names)}
    if not isinstance(value, dict):
        return set()
    own = {value[name] for name in names if isinstance(value.get(name), int)}
    return own | {limit for item in value.values() for limit in limits(item, names)}


def test_every_limit_is_the_schemas() -> None:
    schema = json_schema("https://hub.example/x")
    models = {"": schema, **schema["$defs"]}
    for model, rows in zip(("", "Author", "Attachment"), tables(section("Fields")), strict=True):
        for name, _, rule in rows:
            part = models[model]["properties"].get(name.strip("`"), {})
            enforced = limits(part, ("maxLength", "maxItems"))
            said = {int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*", rule)}
            assert enforced <= said, (name, enforced, said)


def test_the_sections_that_are_reserved_are_named() -> None:
    (rule,) = [rule for name, _, rule in tables(section("Fields"))[0] if name == "`section`"]
    assert all(name in rule for name in fields.RESERVED_SECTIONS)


def test_the_html_that_stays_is_the_codes() -> None:
    text = section("HTML")
    lists = [code(line) for line in text.splitlines() if re.fullmatch(r"(`\w+`(, )?)+", line)]
    assert [set(found) for found in lists] == [set(sanitise.TAGS), set(sanitise.DROPPED)]
    (attributes,) = tables(text)
    shown = {"*" if on == "every element" else code(on)[0]: set(code(names))
             for on, names in attributes}  # fmt: skip
    assert shown == sanitise.ATTRIBUTES
    (schemes,) = [line for line in text.splitlines() if "schemes other than" in line]
    named = code(schemes[schemes.index("schemes other than") : schemes.index(" are dropped")])
    assert set(named) == sanitise.SCHEMES


def test_the_numbers_are_the_codes() -> None:
    numbers = {
        "Fields": [
            f"at most {body.LIMIT // MEBIBYTE} MiB",
            f"batch {batch.BATCH_LIMIT // MEBIBYTE}",
        ],
        "Text": [f"deeper than {jsontext.MAX_DEPTH} levels"],
        "HTML": [f"over {sanitise.LONGEST_SRCSET:,} characters"],
        "URLs": [f"at most {urls.MAX_URL:,} characters"],
        "Revisions": [f"at most {REASON_LIMIT} characters"],
    }
    for heading, said in numbers.items():
        for each in said:
            assert each in section(heading), each
    assert fields.BODY_LIMIT == MEBIBYTE


def test_the_problem_that_is_shown_is_one_that_the_hub_gives() -> None:
    found = re.search(r"```json\n(.*?)```", section("Refusals"), re.S)
    assert found is not None
    shown = json.loads(found[1])
    (fault,) = shown["errors"]
    post = {"id": "a", "url": "https://city.example/", "title": "T", "section": "news",
            "language": "en",
            "attachments": [{"url": fault["value"], "mime_type": "application/pdf"}]}  # fmt: skip
    with pytest.raises(InvalidPost) as caught:
        read(Post, post, InvalidPost)
    (given,) = caught.value.errors
    assert (given.field, given.message, given.value) == tuple(fault.values())
    assert (shown["title"], shown["status"]) == (caught.value.title, caught.value.status)
    assert shown["detail"] == caught.value.detail


def test_the_schemas_address_is_named() -> None:
    assert f"GET {PATH}" in PAGE
