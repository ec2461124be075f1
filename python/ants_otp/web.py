"""Receivers of delivery reports: an ASGI and a WSGI application to mount at a call's ``notify_url``.

::

    from ants_otp.web import asgi_receiver

    async def note(report):
        await orders.sms_ended(report.callback_data, report.status_name)

    app.mount("/otp-reports/9dK2…", asgi_receiver(note))

Anybody can post to that URL, and nothing documented tells the service's posts from others: put a part into it that
cannot be guessed, give each call a ``callback_data`` that cannot be guessed either, and never let a report let anybody
in.

Answered are 200 for a report, 400 for what is none, 405 for what is not posted, 411 and 413 for a body without a length
or above 1 MiB. What the function raises goes on to the server, which answers 500.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from inspect import isawaitable
from typing import Any, TypeAlias

from ants_otp.delivery_report import DeliveryReport, parse_delivery_report
from ants_otp.error import BadAnswerError

_Scope: TypeAlias = MutableMapping[str, Any]
_Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
_Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

__all__ = ["asgi_receiver", "wsgi_receiver"]

_LARGEST = 1 << 20
_REASONS = {
    200: "OK",
    400: "Bad Request",
    405: "Method Not Allowed",
    411: "Length Required",
    413: "Content Too Large",
}


def asgi_receiver(
    function: Callable[[DeliveryReport], Awaitable[object] | None],
) -> Callable[[_Scope, _Receive, _Send], Awaitable[None]]:
    """An ASGI application, for Starlette, FastAPI, Django and their like.

    Args:
        function: Called with each report, one for each SMS; it may be a coroutine function.
    """

    async def application(scope: _Scope, receive: _Receive, send: _Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"a receiver of delivery reports does not speak {scope['type']}")
        status = 405
        if scope["method"] == "POST":
            body = await _read(receive)
            if body is None:
                return
            headers: Iterable[tuple[bytes, bytes]] = scope["headers"]
            content_type = next((value for name, value in headers if name.lower() == b"content-type"), b"")
            status, reports = _parse(body, content_type.decode("latin-1"))
            for report in reports:
                done = function(report)
                if isawaitable(done):
                    await done
        headers_sent = [(name.lower().encode(), value.encode()) for name, value in _headers(status)]
        await send({"type": "http.response.start", "status": status, "headers": headers_sent})
        await send({"type": "http.response.body", "body": b""})

    return application


def wsgi_receiver(
    function: Callable[[DeliveryReport], object],
) -> Callable[[dict[str, Any], Callable[..., object]], Iterable[bytes]]:
    """A WSGI application, for Flask, Django and their like.

    Args:
        function: Called with each report, one for each SMS.
    """

    def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
        status = 405
        if environ["REQUEST_METHOD"] == "POST":
            length: str = environ.get("CONTENT_LENGTH") or ""
            if not (length.isascii() and length.isdigit()):
                status = 411
            elif int(length) > _LARGEST:
                status = 413
            else:
                body: bytes = environ["wsgi.input"].read(int(length))
                status, reports = _parse(body, environ.get("CONTENT_TYPE") or "")
                for report in reports:
                    function(report)
        start_response(f"{status} {_REASONS[status]}", _headers(status))
        return [b""]

    return application


async def _read(receive: _Receive) -> bytes | None:
    """The body, or as much of it as shows that it is too large; None where the sender went away."""
    body = bytearray()
    while len(body) <= _LARGEST:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return bytes(body)


def _parse(body: bytes, content_type: str) -> tuple[int, list[DeliveryReport]]:
    if len(body) > _LARGEST:
        return 413, []
    try:
        return 200, parse_delivery_report(body, content_type)
    except BadAnswerError:
        return 400, []


def _headers(status: int) -> list[tuple[str, str]]:
    headers = [("Content-Type", "text/plain"), ("Content-Length", "0")]
    return [*headers, ("Allow", "POST")] if status == 405 else headers
