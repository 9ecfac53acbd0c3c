"""What commands print for people and for programs."""

import json
from collections.abc import Callable

import pytest

from services.cli.output import show, show_list

ADDRESS = f"http://hub.example/p/{'a' * 90}/all.atom"


def test_one_thing_is_a_line_a_field_and_nothing_is_cut(
    capsys: pytest.CaptureFixture[str],
) -> None:
    thing = {
        "id": "harbour",
        "interest": {"sections": [], "tags": ["a", "[b]"]},
        "contact": None,
        "name": "ends with \\",
        "posts": 3,
        "feeds": {"all": ADDRESS},
    }
    show(thing, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "id                 harbour",
        "interest.sections  –",
        "interest.tags      a, [b]",
        "contact            –",
        "name               ends with \\",
        "posts              3",
        f"feeds.all          {ADDRESS}",
    ]


def test_things_inside_are_a_line_each_and_in_a_table_a_number(
    capsys: pytest.CaptureFixture[str],
) -> None:
    posts = [{"id": "a", "title": "한강"}, {"id": "b", "title": None}]
    show({"state": "sent", "posts": posts}, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "state    sent",
        "posts.1  a · 한강",
        "posts.2  b · –",
    ]
    show_list([{"posts": posts}], ("posts",), as_json=False)
    assert capsys.readouterr().out.split()[-1] == "2"


def test_a_list_is_a_table_and_what_is_too_wide_goes_on_below(
    capsys: pytest.CaptureFixture[str],
) -> None:
    items = [{"id": "k" * 100, "scope": "[publish]", "deep": {"er": 1}, "more": "unseen"}]
    show_list(items, ("id", "scope", "deep.er", "none"), as_json=False)
    out = capsys.readouterr().out
    assert out.count("k") == 100
    assert "…" not in out
    words = [word for word in out.split() if not set(word) <= {"k", "─"}]
    assert words == ["id", "scope", "deep.er", "none", "[publish]", "1", "–"]


@pytest.mark.parametrize(
    ("print_it", "printed"),
    [
        (lambda: show({"name": "한강"}, as_json=True), {"name": "한강"}),
        (lambda: show_list([{"id": 1}], ("id",), as_json=True), {"items": [{"id": 1}]}),
    ],
)
def test_programs_get_json(
    print_it: Callable[[], None], printed: object, capsys: pytest.CaptureFixture[str]
) -> None:
    print_it()
    assert json.loads(capsys.readouterr().out) == printed
