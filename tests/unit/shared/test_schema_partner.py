"""Each rule of a partner and its digest schedule."""

from datetime import time
from typing import Any

import pytest

from shared.errors import FieldError, InvalidPartner
from shared.interest import Interest
from shared.schema.partner import DigestSchedule, Partner
from shared.schema.problems import read

MINIMAL = {"id": "harbour", "name": "Harbour Institute", "timezone": "Asia/Seoul"}
SLUG = "must be a slug: 1 to 64 small letters a-z, digits and hyphens, a hyphen not first"
ADDRESS = r"String should match pattern '^[^@\s,<>]{1,64}@[^@\s,<>]{1,255}$'"
MINUTE = r"String should match pattern '^([01]\d|2[0-3]):[0-5]\d$'"


def refused(fields: dict[str, Any]) -> tuple[FieldError, ...]:
    with pytest.raises(InvalidPartner) as caught:
        read(Partner, {**MINIMAL, **fields}, InvalidPartner)
    return caught.value.errors


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"id": "Harbour"}, "id", SLUG),
        ({"id": ""}, "id", SLUG),
        ({"name": " "}, "name", "must have at least 1 character"),
        ({"name": "x" * 201}, "name", "must have at most 200 characters"),
        ({"contact": "x" * 301}, "contact", "must have at most 300 characters"),
        ({"language": "english"}, "language",
         "must be a BCP 47 language tag such as ko, en or en-US"),
        ({"timezone": "Mars/Olympus"}, "timezone", "must be an IANA time zone such as Asia/Seoul"),
        ({"timezone": "../etc/passwd"}, "timezone",
         "must be an IANA time zone such as Asia/Seoul"),
        ({"timezone": ""}, "timezone", "must be an IANA time zone such as Asia/Seoul"),
        ({"interest": {"sections": ["all"]}}, "interest.sections.0",
         "'all' is reserved: choose another section"),
        ({"interest": {"languages": ["en", "!"]}}, "interest.languages.1",
         "must be a BCP 47 language tag such as ko, en or en-US"),
        ({"interest": {"tags": [""]}}, "interest.tags.0", "must have at least 1 character"),
        ({"interest": {"authors": []}}, "interest.authors",
         "is not a field of this document"),
        ({"interest": []}, "interest", "must be a JSON object"),
        ({"digest": {"cadence": "hourly"}}, "digest.cadence",
         "Input should be 'none', 'daily' or 'weekly'"),
        ({"digest": {"at": "24:00"}}, "digest.at", MINUTE),
        ({"digest": {"at": "8:00"}}, "digest.at", MINUTE),
        ({"digest": {"weekday": 0}}, "digest.weekday",
         "Input should be greater than or equal to 1"),
        ({"digest": {"weekday": 8}}, "digest.weekday", "Input should be less than or equal to 7"),
        ({"digest": {"weekday": True}}, "digest.weekday", "Input should be a valid integer"),
        ({"digest": {"email": ["a@b", "nobody"]}}, "digest.email.1", ADDRESS),
        ({"digest": {"email": ["a@b, c@d"]}}, "digest.email.0", ADDRESS),
        ({"digest": {"email": ["a@b\n"]}}, "digest.email.0", ADDRESS),
        ({"digest": {"email": ["a@b"] * 51}}, "digest.email",
         "must have at most 50 items"),
        ({"digest": {"empty": "maybe"}}, "digest.empty", "Input should be 'skip' or 'send'"),
        ({"token": "x"}, "token",
         "is not a field of this document"),
    ],
)  # fmt: skip
def test_a_broken_rule_names_its_field(fields: dict[str, Any], field: str, message: str) -> None:
    (fault,) = refused(fields)
    assert (fault.field, fault.message) == (field, message)


@pytest.mark.parametrize("field", ["id", "name", "timezone"])
def test_what_is_required_is_missed_by_name(field: str) -> None:
    without = {name: value for name, value in MINIMAL.items() if name != field}
    with pytest.raises(InvalidPartner) as caught:
        read(Partner, without, InvalidPartner)
    assert caught.value.errors == (FieldError(field, "Field required"),)


def test_a_partner_has_defaults_for_all_else() -> None:
    assert read(Partner, MINIMAL, InvalidPartner).model_dump(mode="json") == {
        **MINIMAL,
        "language": "en",
        "interest": {"sections": [], "languages": [], "tags": []},
        "digest": {"cadence": "none", "at": "08:00", "weekday": 1, "email": [], "empty": "skip"},
        "contact": None,
    }


def test_an_interest_is_the_matchers() -> None:
    wishes = {"sections": ["news"], "languages": ["KO-kr"], "tags": ["bus"]}
    partner = read(Partner, {**MINIMAL, "interest": wishes}, InvalidPartner)
    assert partner.interest.value() == Interest(("news",), ("ko-KR",), ("bus",))


def test_the_time_of_day_is_local() -> None:
    assert DigestSchedule(at="23:05").time() == time(23, 5)
