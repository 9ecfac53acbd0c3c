"""The columns by which events and revisions are matched in SQL."""

import pytest

from shared.interest import Facets
from shared.outbox import facet_columns


@pytest.mark.parametrize(
    ("facets", "columns"),
    [
        (
            Facets("news", "zh-Hant-TW", ("bus",), ("harbour",)),
            {"section": "news", "language": "zh-Hant-TW",
             "ranges": ["zh", "zh-Hant", "zh-Hant-TW"], "tags": ["bus"],
             "audience": ["harbour"]},
        ),
        (
            Facets("news", "ko"),
            {"section": "news", "language": "ko", "ranges": ["ko"], "tags": [], "audience": None},
        ),
        (
            None,
            {"section": None, "language": None, "ranges": None, "tags": None, "audience": None},
        ),
    ],
)  # fmt: skip
def test_facets_are_columns(facets: Facets | None, columns: dict[str, object]) -> None:
    assert facet_columns(facets) == columns
