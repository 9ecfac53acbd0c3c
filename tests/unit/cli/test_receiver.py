"""The local receiver tells genuine requests from others."""

from datetime import UTC, datetime

from services.cli.receiver import Received, Receiver
from services.notify.signing import new_secret, signed_headers

BODY = b'{"id":"evt_1","type":"webhook.test"}'


def headers(secret: str, body: bytes = BODY) -> dict[str, str]:
    now = int(datetime.now(UTC).timestamp())
    return {n.decode(): v.decode() for n, v in signed_headers([secret], "evt_1", now, body)}


def taken(path: str, sent: dict[str, str], body: bytes, secret: str) -> Received:
    seen: list[Received] = []
    receiver = Receiver(0, seen.append)
    receiver.secrets["/mine"] = secret
    receiver.take(path, sent, body)
    receiver.close()
    return seen[0]


def test_a_signed_request_is_genuine() -> None:
    secret = new_secret()
    got = taken("/mine", headers(secret), BODY, secret)
    assert got.verified
    assert got.event == {"id": "evt_1", "type": "webhook.test"}


def test_another_body_path_or_secret_is_not() -> None:
    secret = new_secret()
    assert not taken("/mine", headers(secret), BODY + b" ", secret).verified
    assert not taken("/other", headers(secret), BODY, secret).verified
    assert not taken("/mine", headers(new_secret()), BODY, secret).verified
    assert not taken("/mine", {}, BODY, secret).verified
