"""What the four methods send, and what they make of the answers."""

from __future__ import annotations

import base64
import threading
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from ants_otp import (
    AuthenticationError,
    BadAnswerError,
    Code,
    CreditError,
    DeadlineError,
    Delivery,
    InvalidArgumentError,
    OtpError,
    RateLimitedError,
    Sent,
    ServiceError,
    normalize_mobile,
)

if TYPE_CHECKING:
    from ants_otp import Client

    from .conftest import Service

SENT = {
    "otcId": "OTC-1",
    "otpId": "OTP-1",
    "referenceCode": "XQPTR",
    "success": {"message": "Success", "description": "d"},
}


class OwnSent(Sent):
    """As an application may keep it."""

    def __init__(self) -> None:
        pass

    @property
    def otp_id(self) -> str:
        return "OTP-7"

    @property
    def otc_id(self) -> str:
        return "OTC-7"


@pytest.mark.parametrize(
    "text",
    [
        "081-234-5678",
        "+66 (0)81 234 5678",
        "tel:+66-81-234-5678",
        "\u202a0812345678\u202c\ufe0f\n",
        "66812345678.0",
        "\u0e50\u0e58\u0e51\u0e52\u0e53\u0e54\u0e55\u0e56\u0e57\u0e58",
        "\u06f0\u06f8\u06f1\u06f2\u06f3\u06f4\u06f5\u06f6\u06f7\u06f8",
    ],
)
def test_a_number_is_the_same_however_it_was_written(service: Service, client: Client, text: str) -> None:
    assert normalize_mobile(text) == "66812345678"
    service.answer = SENT
    client.request(text)
    assert service.requests[0][1]["mobile"] == "66812345678"


def test_a_number_of_another_country() -> None:
    assert normalize_mobile("+44 (0)7700 900123") == "447700900123"
    assert normalize_mobile("07700 900123", "44") == "447700900123"
    assert normalize_mobile("07700 900123", country_code="44") == "447700900123"


@pytest.mark.parametrize(
    "text", ["", "+44 7700 900123.5", "+999 81 234 5678", "0091 98765 43210", "\u202e8765432180", "0812345678/9"]
)
def test_what_is_no_number_or_two_is_refused_before_anything_is_sent(
    service: Service, client: Client, text: str
) -> None:
    for call in (lambda: client.request(text), lambda: normalize_mobile(text)):
        with pytest.raises(InvalidArgumentError) as caught:
            call()
        assert caught.value.code is Code.ERR_INVALID_MOBILE
        assert caught.value.delivery is Delivery.NOT_SENT
    assert service.requests == []


def test_what_is_no_text_is_no_number() -> None:
    no_text: Any = 812345678
    with pytest.raises(InvalidArgumentError, match="mobile must be text") as caught:
        normalize_mobile(no_text)
    assert caught.value.code is Code.ERR_INVALID_ARGUMENT


@pytest.mark.parametrize(
    "code",
    ["\u200b12345", "\u202a12345\u202c", "12 345", "12-345\n", "12\u2013345\ufe0f", "\u0661\u0662\u0663\u0664\u0665"],
)
def test_a_pasted_code_is_sent_as_the_person_saw_it(service: Service, client: Client, code: str) -> None:
    service.answer = {"result": True}
    assert client.verify("OTP-1", code)
    assert service.requests[0][1]["otpCode"] == "12345"


def test_a_sent_is_read_by_its_properties(service: Service, client: Client) -> None:
    service.answer = {"result": True}
    assert client.verify(OwnSent(), "12345")
    service.answer = SENT
    client.resend(OwnSent())
    assert [body["otpId"] for _, body, _ in service.requests] == ["OTP-7", "OTP-7"]
    assert service.requests[1][1]["otcId"] == "OTC-7"


def test_request_sends_what_was_given_and_nothing_else(service: Service, client: Client) -> None:
    service.answer = SENT
    assert client.request("081-234-5678") == Sent("OTP-1", "OTC-1", "XQPTR", "Success", "d")
    authorization = "Basic " + base64.b64encode(b"user:hunter2").decode()
    assert service.requests == [("/otp/requestOTP", {"otcId": "OTC-1", "mobile": "66812345678"}, authorization)]


def test_request_sends_every_option(service: Service, client: Client) -> None:
    service.answer = SENT
    client.request(
        "0812345678",
        otc_id="OTC-2",
        notify_url="https://example.com/report",
        notify_content_type="application/xml",
        callback_data="order 7\nก",
        timeout=5,
        mobile_as_given=True,
    )
    assert service.requests[0][1] == {
        "otcId": "OTC-2",
        "mobile": "0812345678",
        "notifyUrl": "https://example.com/report",
        "notifyContentType": "application/xml",
        "callbackData": "order 7\nก",
    }


@pytest.mark.parametrize(
    ("otp", "options", "body"),
    [
        (Sent("OTP-9", "OTC-9"), {}, {"otpId": "OTP-9", "otcId": "OTC-9"}),
        (Sent("OTP-9", "OTC-9"), {"otc_id": "OTC-8"}, {"otpId": "OTP-9", "otcId": "OTC-8"}),
        (Sent("OTP-9"), {}, {"otpId": "OTP-9", "otcId": "OTC-1"}),
        ("OTP-9", {}, {"otpId": "OTP-9", "otcId": "OTC-1"}),
        (None, {}, {"otcId": "OTC-1"}),
    ],
)
def test_resend_sends_the_ids_there_are(
    service: Service, client: Client, otp: Sent | str | None, options: dict[str, Any], body: dict[str, str]
) -> None:
    service.answer = SENT
    assert client.resend(otp, **options).otp_id == "OTP-1"
    assert service.requests[0][:2] == ("/otp/resendOTP", body)


def test_resend_of_nothing_is_refused(service: Service) -> None:
    with service.client(otc_id=None) as client, pytest.raises(InvalidArgumentError, match="neither otp_id nor otc_id"):
        client.resend(None)


@pytest.mark.parametrize("typed", ["00795", " 00795\n", "๐๐๗๙๕", "００７９５"])
def test_verify_sends_the_code_as_text(service: Service, client: Client, typed: str) -> None:
    service.answer = {"otpId": "OTP-1", "result": True, "isErrorCount": False, "isExprCode": False}
    assert client.verify(Sent("OTP-1", "OTC-1"), typed)
    assert service.requests[0][:2] == ("/otp/verifyOTP", {"otpId": "OTP-1", "otpCode": "00795"})


FLAGS = {"result": False, "isErrorCount": False, "isExprCode": False}


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        ({"result": True}, "verified", Code.OK),
        ({"RESULT ": "true", " isErrorCount": "false"}, "verified", Code.OK),
        (FLAGS, "wrong_code", Code.WRONG_CODE),
        ({**FLAGS, "isErrorCount": True}, "over_limit", Code.OVER_LIMIT_USAGE),
        ({**FLAGS, "isExprCode": True}, "expired", Code.CODE_EXPIRED),
        ({"result": True, "isExprCode": True}, "expired", Code.CODE_EXPIRED),
        ({"error": {"message": "Over Limit Usage"}}, "over_limit", Code.OVER_LIMIT_USAGE),
        ({"error": {"message": "OTP Code หมดอายุ"}}, "expired", Code.CODE_EXPIRED),
        ({"error": {"code": "0306"}}, "already_confirmed", Code.CODE_CONFIRMED),
    ],
)
def test_verdicts_are_values_on_both_channels(
    service: Service, client: Client, answer: dict[str, Any], status: str, code: Code
) -> None:
    service.answer = answer
    verification = client.verify("OTP-1", "12345")
    assert (verification.status, verification.code, bool(verification)) == (status, code, status == "verified")


@pytest.mark.parametrize(
    "answer",
    [
        {"result": True, "otpId": "OTP-2"},
        {"result": "yes"},
        {"result": 1},
        {"result": None},
        {},
        [],
        b"",
        b"<html>true</html>",
        b'{"result": false, "result": true}',
        b'{"result": true}' + b" " * 70_000,
        b'\xff{"result": true}',
    ],
)
def test_what_cannot_be_trusted_verifies_nobody(service: Service, client: Client, answer: Any) -> None:
    service.answer = answer
    with pytest.raises(BadAnswerError) as raised:
        client.verify("OTP-1", "12345")
    assert (raised.value.code, raised.value.delivery) == (Code.ERR_BAD_ANSWER, Delivery.UNKNOWN)


@pytest.mark.parametrize(
    ("status", "answer", "kind", "code"),
    [
        (401, {}, AuthenticationError, Code.AUTHENTICATION_FAILED),
        (200, {"error": {"message": "Authentication failed"}}, AuthenticationError, Code.AUTHENTICATION_FAILED),
        (402, {}, CreditError, Code.CREDIT_NOT_ENOUGH),
        (429, {}, RateLimitedError, Code.RATE_LIMITED),
        (200, {"error": {"message": "Invalid OTP Config"}}, ServiceError, Code.INVALID_OTP_CONFIG),
        (200, {"error": "something new"}, ServiceError, Code.REFUSED),
        (200, {"error": {"message": "ผิดพลาด"}}, ServiceError, Code.EXCEPTION),
        (500, {}, BadAnswerError, Code.ERR_HTTP_STATUS),
        (302, {}, BadAnswerError, Code.ERR_HTTP_STATUS),
    ],
)
def test_refusals_are_raised(
    service: Service, client: Client, status: int, answer: Any, kind: type[OtpError], code: Code
) -> None:
    service.status, service.answer = status, answer
    with pytest.raises(OtpError) as raised:
        client.request("0812345678")
    assert (type(raised.value), raised.value.code, raised.value.http_status) == (kind, code, status)
    assert raised.value.delivery is (Delivery.ANSWERED if code > 0 else Delivery.UNKNOWN)


def test_the_services_words_are_kept(service: Service, client: Client) -> None:
    service.status, service.headers = 429, {"Retry-After": "7"}
    service.answer = {"error": {"message": "slow down", "description": "ช้าลง", "code": "0777"}}
    with pytest.raises(OtpError) as raised:
        client.request("0812345678")
    error = raised.value
    assert (error.service_message, error.service_description, error.service_code) == ("slow down", "ช้าลง", 777)
    assert error.retry_after == 7.0


def test_balance(service: Service, client: Client) -> None:
    service.answer = b'{"type": "prepaid", "credit": 100.10}'
    account = client.balance()
    assert (account.type, account.credit) == ("prepaid", Decimal("100.10"))
    assert account.to_dict() == {"type": "prepaid", "credit": "100.10"}
    assert service.requests[0][:2] == ("/account/balance", {})


def test_a_silent_service_ends_at_the_deadline(service: Service, client: Client) -> None:
    service.silent = True
    begun = time.monotonic()
    with pytest.raises(TimeoutError) as raised:
        client.request("0812345678", timeout=0.2)
    assert 0.15 < time.monotonic() - begun < 1
    assert isinstance(raised.value, DeadlineError)
    assert (raised.value.code, raised.value.delivery) == (Code.ERR_TIMEOUT, Delivery.UNKNOWN)
    assert len(service.requests) == 1


def test_no_listener_is_a_connection_error(service: Service) -> None:
    with service.client() as client:
        service.close()
        with pytest.raises(ConnectionError) as raised:
            client.request("0812345678")
    assert isinstance(raised.value, OtpError)
    assert (raised.value.code, raised.value.delivery) == (Code.ERR_CONNECT, Delivery.NOT_SENT)


def test_a_cut_connection_is_a_connection_error(service: Service, client: Client) -> None:
    service.silent = True
    service.let_go.set()
    with pytest.raises(ConnectionError) as raised:
        client.request("0812345678")
    assert isinstance(raised.value, OtpError)
    assert (raised.value.code, raised.value.delivery) == (Code.ERR_CONNECTION_LOST, Delivery.UNKNOWN)
    assert len(service.requests) == 1


def test_threads_wait_at_the_same_time(service: Service, client: Client) -> None:
    """The service answers only when both calls have arrived: with the GIL held, the second would never come."""
    service.together, service.answer = threading.Barrier(2), SENT
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.append(client.request("0812345678").otp_id)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ids == ["OTP-1", "OTP-1"]


def test_a_closed_client_is_refused(service: Service) -> None:
    client = service.client()
    client.close()
    client.close()
    with pytest.raises(InvalidArgumentError, match="closed"):
        client.balance()
    with pytest.raises(InvalidArgumentError, match="closed"), client:
        pass
    assert service.requests == []
