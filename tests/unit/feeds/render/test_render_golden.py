"""Documents are, byte for byte, what was reviewed."""

import pytest

from services.feeds.render.formats import Format, render
from tests.unit.feeds.render.samples import SNAPSHOTS
from tests.unit.feeds.render.write_golden import GOLDEN, golden


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize("name", SNAPSHOTS)
def test_document_equals_the_golden_one(name: str, form: Format) -> None:
    assert render(form, SNAPSHOTS[name]) == golden(name, form).read_bytes()


def test_no_golden_document_is_left_over() -> None:
    expected = {golden(name, form) for name in SNAPSHOTS for form in Format}

    assert set(GOLDEN.iterdir()) == expected
