"""Signatures, against the Standard Webhooks project's own verifier."""

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from services.notify.signing import new_secret, secret_bytes, signature, signed_headers

BODY = '{"id":"evt_1","data":{"title":"파발"}}'.encode()
SECRET = new_secret()


def sent(*secrets: str, body: bytes = BODY) -> dict[str, str]:
    found = signed_headers(secrets, "evt_1", int(time.time()), body)
    return {name.decode(): value.decode() for name, value in found}


def test_an_independent_verifier_takes_the_signature() -> None:
    assert Webhook(SECRET).verify(BODY, sent(SECRET)) == {"id": "evt_1", "data": {"title": "파발"}}


def test_the_verifier_refuses_another_secret_body_or_id() -> None:
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, sent(SECRET))
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY.replace(b"evt_1", b"evt_2"), sent(SECRET))
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(BODY, {**sent(SECRET), "webhook-id": "evt_2"})


def test_while_a_secret_rotates_both_holders_can_verify() -> None:
    former = new_secret()
    headers = sent(SECRET, former)
    assert len(headers["webhook-signature"].split(" ")) == 2
    for secret in (SECRET, former):
        Webhook(secret).verify(BODY, headers)


@given(st.text(st.characters(codec="utf-8")), st.binary(min_size=24, max_size=64))
def test_any_body_and_any_secret_verify(text: str, key: bytes) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    body = text.encode()
    Webhook(secret).verify(body, sent(secret, body=body), json_parse=False)


def test_the_standards_own_example() -> None:
    # https://github.com/standard-webhooks/standard-webhooks, spec, "Signature scheme".
    signed = signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_headers_are_three_and_their_time_is_the_attempts() -> None:
    names = [name for name, _ in signed_headers([SECRET], "evt_1", 1772323200, BODY)]
    assert names == [b"webhook-id", b"webhook-timestamp", b"webhook-signature"]
    assert signed_headers([SECRET], "evt_1", 1772323200, BODY)[1][1] == b"1772323200"


def test_a_secret_has_a_prefix_and_256_random_bits() -> None:
    made = {new_secret() for _ in range(200)}
    assert len(made) == 200
    assert all(secret.startswith("whsec_") and len(secret_bytes(secret)) == 32 for secret in made)


@pytest.mark.parametrize("secret", ["whsec_!", "whsec_abc", "whsec_YWJj\n"])
def test_a_secret_that_is_not_base64_is_an_error(secret: str) -> None:
    with pytest.raises(ValueError, match=r"base64|padding|characters"):
        secret_bytes(secret)
