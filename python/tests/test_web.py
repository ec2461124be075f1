"""Delivery reports: what the parser takes, and the receivers for web applications."""

from __future__ import annotations

import asyncio
import copy
import io
import json
import pickle
from typing import TYPE_CHECKING, Any
from wsgiref.validate import validator

import pytest

from ants_otp import BadAnswerError, Code, DeliveryReport, parse_delivery_report
from ants_otp.web import asgi_receiver, wsgi_receiver

if TYPE_CHECKING:
    from collections.abc import Callable

DETAIL = {
    "messageId": "m1",
    "to": "66812345678",
    "from": "ANTS",
    "text": "Your OTP is 71828",
    "credit": 1.5,
    "sendDate": "2026-01-01 10:00:00",
    "doneDate": "2026-01-01 10:00:05",
    "status": {"code": "000", "name": "DELIVERED", "description": "Delivered"},
}
BODY = json.dumps({"bulkId": "b1", "details": [DETAIL], "callbackData": "order 7"}).encode()
XML = (
    b"<report><bulkId>b1</bulkId><details><to>66812345678</to><status><name>EXPIRED</name></status></details></report>"
)
REPORT = DeliveryReport(
    "b1",
    "m1",
    "66812345678",
    "ANTS",
    "Your OTP is 71828",
    "1.5",
    "2026-01-01 10:00:00",
    "2026-01-01 10:00:05",
    "000",
    "DELIVERED",
    "Delivered",
    "order 7",
)


def test_json_and_xml() -> None:
    assert parse_delivery_report(BODY, "application/json") == [REPORT]
    assert parse_delivery_report(BODY) == [REPORT]
    [report] = parse_delivery_report(XML, "application/xml")
    assert (report.bulk_id, report.to, report.status_name) == ("b1", "66812345678", "EXPIRED")
    assert REPORT.is_delivered
    assert not report.is_delivered


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b"\xff", b"x" * (1 << 21), b"<!DOCTYPE a><a/>"])
def test_what_is_no_report(body: bytes) -> None:
    with pytest.raises(BadAnswerError) as raised:
        parse_delivery_report(body, "")
    assert raised.value.code is Code.ERR_BAD_ANSWER


def test_a_report_is_a_record_whose_text_is_not_shown() -> None:
    assert pickle.loads(pickle.dumps(REPORT)) == copy.copy(REPORT) == REPORT
    assert hash(REPORT) == hash(copy.deepcopy(REPORT))
    shown = repr(REPORT) + json.dumps(REPORT.to_dict())
    assert "order 7" in shown
    assert "71828" not in shown
    assert REPORT.text == "Your OTP is 71828"


Answer = tuple[int, dict[str, str]]


def post_asgi(function: Callable[[DeliveryReport], Any], method: str, body: bytes, content_type: str) -> Answer:
    parts = [body[at : at + 65536] for at in range(0, len(body), 65536)] or [b""]
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages[-1] = {"type": "http.request", "body": parts[-1]}
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "headers": [(b"Content-Type", content_type.encode())]}

    async def main() -> None:
        await asgi_receiver(function)(scope, receive, send)

    asyncio.run(main())
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}


def post_wsgi(function: Callable[[DeliveryReport], Any], method: str, body: bytes, content_type: str) -> Answer:
    answer: list[Any] = []

    def start_response(
        status: str, headers: list[tuple[str, str]], exc_info: object = None
    ) -> Callable[[bytes], object]:
        answer.extend([int(status.split()[0]), {name.lower(): value for name, value in headers}])
        return answer.append

    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": "/",
        "QUERY_STRING": "",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    checked: Any = validator(wsgi_receiver(function))
    result = checked(environ, start_response)
    assert list(result) == [b""]
    result.close()
    return answer[0], answer[1]


POSTS = [post_asgi, post_wsgi]


@pytest.mark.parametrize("post", POSTS)
@pytest.mark.parametrize(("body", "content_type"), [(BODY, "application/json"), (XML, "text/xml"), (BODY, "")])
def test_reports_reach_the_function(post: Any, body: bytes, content_type: str) -> None:
    found: list[DeliveryReport] = []
    assert post(found.append, "POST", body, content_type) == (
        200,
        {"content-type": "text/plain", "content-length": "0"},
    )
    assert found == parse_delivery_report(body, content_type)


def test_a_coroutine_function_is_awaited() -> None:
    found: list[DeliveryReport] = []

    async def note(report: DeliveryReport) -> None:
        await asyncio.sleep(0)
        found.append(report)

    assert post_asgi(note, "POST", BODY, "application/json")[0] == 200
    assert found == [REPORT]


@pytest.mark.parametrize("post", POSTS)
@pytest.mark.parametrize(
    ("method", "body", "status"),
    [("POST", b"{}", 400), ("POST", b"", 400), ("GET", b"", 405), ("POST", b"x" * (1 << 21), 413)],
)
def test_what_is_refused(post: Any, method: str, body: bytes, status: int) -> None:
    answer = post(lambda _: pytest.fail("called"), method, body, "application/json")
    assert answer[0] == status
    assert answer[1].get("allow") == ("POST" if status == 405 else None)


@pytest.mark.parametrize("post", POSTS)
def test_what_the_function_raises_goes_on_to_the_server(post: Any) -> None:
    def fail(_: DeliveryReport) -> None:
        raise LookupError("database")

    with pytest.raises(LookupError, match="database"):
        post(fail, "POST", BODY, "application/json")


def test_a_sender_that_goes_away_is_not_answered() -> None:
    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        pytest.fail("answered")

    async def main() -> None:
        await asgi_receiver(lambda _: None)({"type": "http", "method": "POST", "headers": []}, receive, send)
        with pytest.raises(RuntimeError, match="lifespan"):
            await asgi_receiver(lambda _: None)({"type": "lifespan"}, receive, send)

    asyncio.run(main())


def test_a_body_that_says_that_it_is_too_large_is_not_read() -> None:
    class Unread:
        def read(self, *_: object) -> bytes:
            pytest.fail("read")

    statuses: list[str] = []
    application = wsgi_receiver(lambda _: pytest.fail("called"))
    environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str((1 << 20) + 1), "wsgi.input": Unread()}
    application(environ, lambda status, _: statuses.append(status))
    assert statuses == ["413 Content Too Large"]


def test_a_body_without_end_is_read_no_further_than_the_limit() -> None:
    received = 0
    statuses: list[int] = []

    async def receive() -> Any:
        nonlocal received
        received += 65536
        if received > 1 << 21:
            pytest.fail("twice the limit was read")
        return {"type": "http.request", "body": bytes(65536), "more_body": True}

    async def send(message: Any) -> None:
        statuses.append(message.get("status"))

    async def main() -> None:
        scope = {"type": "http", "method": "POST", "headers": []}
        await asgi_receiver(lambda _: pytest.fail("called"))(scope, receive, send)

    asyncio.run(main())
    assert statuses[0] == 413
    assert received == (1 << 20) + 65536
