"""The transport's results in httpx's words."""

import ssl

import httpx

from services.notify.transport.outcome import AttemptError, ErrorCode
from services.notify.transport.response import ResponseReader

_ERRORS: dict[ErrorCode, type[httpx.TransportError]] = {
    ErrorCode.DNS: httpx.ConnectError,
    ErrorCode.REFUSED: httpx.ConnectError,
    ErrorCode.BLOCKED: httpx.ConnectError,
    ErrorCode.TLS: httpx.ConnectError,
    ErrorCode.TIMEOUT: httpx.TimeoutException,
    ErrorCode.RESET: httpx.RemoteProtocolError,
    ErrorCode.PROTOCOL: httpx.RemoteProtocolError,
}


def httpx_error(failure: AttemptError, request: httpx.Request) -> httpx.TransportError:
    """Return the exception with which httpx tells of such a failure."""
    return _ERRORS[failure.code](f"{failure.code}: {failure}", request=request)


def httpx_response(answer: ResponseReader) -> httpx.Response:
    """Return what was read as an httpx response, with the body as it came over the wire.

    No compression was asked for, so a ``Content-Encoding`` is dropped: httpx would inflate the
    body without a bound.
    """
    headers = [pair for pair in answer.headers if pair[0].lower() != b"content-encoding"]
    return httpx.Response(
        answer.status,
        headers=headers,
        stream=httpx.ByteStream(bytes(answer.body)),
        extensions={"http_version": b"HTTP/1.1", "truncated": not answer.body_complete},
    )


def shared_context() -> ssl.SSLContext:
    """Return a verifying TLS context (certifi's authorities, or ``SSL_CERT_FILE``'s).

    It costs about 20 ms of CPU: one per process, never one per request.
    """
    context = httpx.create_ssl_context()
    context.set_alpn_protocols(["http/1.1"])
    return context
