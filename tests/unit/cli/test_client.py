"""Client commands wait where the hub says so, for as long as it says, and not for ever."""

from collections.abc import Callable

import httpx
import pytest
import typer

from services.cli.client import LONGEST_WAIT, Hub


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    found: list[float] = []
    # How long it is asked to wait is tested, not the clock: ten times half a minute.
    monkeypatch.setattr("time.sleep", found.append)
    return found


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Hub]:
    def make(*answers: httpx.Response) -> Hub:
        told = iter(answers)
        hub = Hub("http://hub.example", "key")
        hub._http = httpx.Client(
            base_url=hub.base_url, transport=httpx.MockTransport(lambda _: next(told))
        )
        return hub

    return make


def later(status: int, seconds: str) -> httpx.Response:
    return httpx.Response(status, headers={"retry-after": seconds}, json={"title": "Later"})


def test_a_call_is_made_again_when_the_hub_says(
    answering: Callable[..., Hub], waits: list[float]
) -> None:
    hub = answering(later(429, "1"), later(503, "9999"), later(503, "soon"), httpx.Response(200))
    assert hub.call("POST", "/v1/posts/batch", patience=5).status_code == 200
    assert waits == [1.0, LONGEST_WAIT, 1.0]


def test_patience_has_an_end(answering: Callable[..., Hub], waits: list[float]) -> None:
    hub = answering(*[later(503, "2")] * 3)
    with pytest.raises(typer.Exit):
        hub.call("POST", "/v1/posts/batch", patience=2)
    assert waits == [2.0, 2.0]


@pytest.mark.parametrize(("status", "patience"), [(503, 0), (422, 5)])
def test_other_refusals_end_the_command_at_once(
    answering: Callable[..., Hub], waits: list[float], status: int, patience: int
) -> None:
    with pytest.raises(typer.Exit):
        answering(later(status, "1")).call("GET", "/v1/posts", patience=patience)
    assert waits == []
