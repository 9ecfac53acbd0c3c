"""Commands against a running hub: keys, a listening receiver, refusals and exit statuses."""

import json
import signal
import subprocess
import sys

import pytest

from tests.support.hub import PABAL, Hub
from tests.support.mailbox import Mailbox
from tests.support.origin import running_origin
from tests.support.polling import until
from tests.support.scene import post
from tests.support.session import Api


def test_a_key_publishes_until_it_is_deleted(hub: Hub) -> None:
    made = hub.pabal("keys", "create", "--scope", "publish", "--name", "portal", "--json")
    assert made.returncode == 0, made.stderr
    key = json.loads(made.stdout)
    assert {key["scope"], key["name"], key["partner"]} == {"publish", "portal", None}
    api = hub.api(key["key"])
    assert api("POST", "/v1/posts", json=post("by-key")).status_code == 201
    assert api("GET", "/v1/keys").status_code == 403
    assert hub.pabal("keys", "delete", key["id"], "--yes").returncode == 0
    until(lambda: api("POST", "/v1/posts", json=post("by-key")).status_code == 401, "it is dead", 2)
    api.close()


def test_listen_prints_what_a_partner_would_get_and_takes_its_endpoint_away(hub: Hub) -> None:
    partner = ("partners", "create", "listener", "--name", "L", "--timezone", "UTC")
    assert hub.pabal(*partner).returncode == 0
    command = [*PABAL, "listen", "--partner", "listener", "--port", "0", "--count", "1", "--json"]
    with subprocess.Popen(
        command, env=hub.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as listening:
        assert listening.stderr is not None
        assert listening.stderr.readline().startswith("listening on http://127.0.0.1:")
        api = hub.api()
        assert api("POST", "/v1/posts", json=post("heard")).status_code == 201
        out, _ = listening.communicate(timeout=30)
    (line,) = out.splitlines()
    heard = json.loads(line)
    assert listening.returncode == 0
    assert heard["verified"] is True
    assert (heard["event"]["type"], heard["event"]["data"]["id"]) == ("post.published", "heard")
    assert api("GET", "/v1/endpoints?partner=listener").json()["items"] == []
    api.close()


def test_a_source_is_polled_without_being_asked(hub: Hub) -> None:
    feed = (
        b'<rss version="2.0"><channel><title>City</title><item><guid>urn:polled</guid>'
        b"<title>Polled</title><link>https://city.example/polled</link></item></channel></rss>"
    )
    with running_origin() as origin:
        url = origin.page("/feed", feed)
        made = hub.pabal("sources", "create", url, "--section", "news", "--json")
        assert made.returncode == 0, made.stderr
        id = json.loads(made.stdout)["id"]
        api = hub.api()
        until(lambda: api("GET", "/v1/posts/urn:polled").status_code == 200, "the post", 10)
        api.close()
        shown = json.loads(hub.pabal("sources", "show", id, "--json").stdout)
        assert (shown["last_status"], shown["last_report"]["stored"]) == (200, 1)
        assert hub.pabal("sources", "delete", id, "--yes").returncode == 0


def test_a_refused_row_is_named_and_makes_the_status_1(hub: Hub) -> None:
    rows = [post("good"), {**post("bad"), "language": "no language"}]
    text = "\n".join(json.dumps(row) for row in rows)
    done = hub.pabal("import", "-", "--json", input=text)
    result = json.loads(done.stdout)
    assert done.returncode == 1
    assert [result[name] for name in ("stored", "refused")] == [1, 1]
    assert [error["field"] for error in result["results"][1]["errors"]] == ["language"]


def test_a_refusal_of_the_hub_is_status_1_with_its_reason(hub: Hub) -> None:
    done = hub.pabal("posts", "show", "never-published", "--json")
    assert (done.returncode, done.stdout) == (1, "")
    assert "404" in done.stderr


def test_wrong_use_is_status_2(hub: Hub) -> None:
    assert hub.pabal("keys", "create", "--scope", "everything").returncode == 2
    assert hub.pabal("no-such-command").returncode == 2


def test_a_hub_that_cannot_be_reached_is_status_1(hub: Hub) -> None:
    environment = {**hub.environment, "PABAL_PUBLIC_URL": "http://127.0.0.1:9"}
    done = subprocess.run(
        [*PABAL, "status"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr


@pytest.mark.soak
def test_the_demo_shows_that_all_of_it_holds() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "services.cli", "demo", "--exit"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as demo:
        try:
            out, problems = demo.communicate(timeout=110)
        except subprocess.TimeoutExpired:
            demo.send_signal(signal.SIGINT)
            raise
    assert demo.returncode == 0, out + problems
    assert "✗" not in out


def test_an_issue_is_mailed_and_the_mails_link_ends_that(hub: Hub, mailbox: Mailbox) -> None:
    api, address = hub.api(), "desk@mailed.example"
    schedule = {"cadence": "daily", "email": [address], "empty": "send"}
    partner = {"id": "mailed", "name": "Mailed", "timezone": "UTC", "digest": schedule}
    assert api("POST", "/v1/partners", json=partner).status_code == 201
    assert hub.pabal("digests", "issue", "mailed").returncode == 0
    (mail,) = until(lambda: mailbox.to(address), "the mail")
    link = mail.message["List-Unsubscribe"].strip("<>").removeprefix(hub.url)
    (issue,) = api("GET", "/v1/partners/mailed/digests").json()["items"]
    until(lambda: states(api) == ["sent"], "its record")
    assert mail.message["Message-ID"].startswith(f"<{issue['id']}.")
    assert mail.message["From"].addresses[0].display_name == "서울솔루션"
    assert suppressions(hub) == []
    stranger = hub.api("pabal_none_" + "0" * 24)
    assert stranger("POST", link).status_code == 200
    assert suppressions(hub) == [(address, "unsubscribed")]
    assert hub.pabal("digests", "issue", "mailed").returncode == 0
    assert states(api) == ["suppressed"]
    lift = ("digests", "suppressions", "mailed", "--lift", address)
    assert [hub.pabal(*lift).returncode for _ in range(2)] == [0, 1]
    secret = link.rpartition("/")[2]
    assert secret not in (hub.home.parent / "hub.log").read_text()
    api.close()
    stranger.close()


def states(api: Api) -> list[str]:
    """Return the states of the latest issue's mails."""
    items = api("GET", "/v1/partners/mailed/digests").json()["items"]
    return [mail["state"] for mail in items[0]["mail"]]


def suppressions(hub: Hub) -> list[tuple[str, str]]:
    """Return the suppressed addresses, each with its reason."""
    listed = json.loads(hub.pabal("digests", "suppressions", "mailed", "--json").stdout)
    return [(row["address"], row["reason"]) for row in listed["items"]]
