"""What ``pabal listen`` takes and prints."""

import pytest
from typer.testing import CliRunner

from services.cli import listen
from services.cli.main import app
from services.cli.receiver import Received


@pytest.mark.parametrize("secret", ["a", "whsec_", "é"])
def test_a_secret_that_can_verify_nothing_is_wrong_use(secret: str) -> None:
    done = CliRunner().invoke(app, ["listen", "--secret", secret, "--port", "0", "--count", "1"])
    assert done.exit_code == 2
    assert "whsec_" in done.output


@pytest.mark.parametrize(
    ("event", "line"),
    [
        ({"sequence": 7, "type": "post.published", "data": {"title": "Bus", "id": "a"}},
         "verified       7  post.published     Bus\n"),
        ({"type": "webhook.test", "data": {}}, "verified       -  webhook.test       \n"),
        ({"type": 5, "data": []}, "verified       -  5                  \n"),
        ({"type": "t", "data": {"title": "\x1b[2Jred\nx"}},
         "verified       -  t                  [2Jred x\n"),
    ],
)  # fmt: skip
def test_an_event_is_one_line_of_plain_text(
    capsys: pytest.CaptureFixture[str], event: dict[str, object], line: str
) -> None:
    listen._print(Received("/", event, verified=True), as_json=False)
    assert capsys.readouterr().out == line
