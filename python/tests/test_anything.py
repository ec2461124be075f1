"""Whatever is put in, and whatever the service answers: only documented exceptions come out."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("hypothesis")

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ants_otp import Code, OtpError, Sent, Verification, normalize_mobile, parse_delivery_report

if TYPE_CHECKING:
    from .conftest import Service

# The examples share one server, which is what makes thousands of them cheap.
few = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# Also what UTF-8 cannot hold.
texts = st.text(st.characters(), max_size=60) | st.sampled_from(["", " ", "\0", "\ud800", "๐๘๑", "081-234-5678"])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | texts
keys = (
    st.sampled_from(["otpId", "otcId", "result", "isErrorCount", " isErrorCount", "isExprCode", "error", "code"])
    | st.sampled_from(["status", "success", "message", "description", "type", "credit", "referenceCode"])
    | texts
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=6), max_leaves=12
)
statuses = st.sampled_from([200, 201, 301, 400, 401, 402, 403, 404, 429, 500, 503])


@few
@given(mobile=texts, otp_id=texts, otp_code=texts, otc_id=texts, url=texts, content_type=texts, data=texts)
def test_any_text_in_every_argument(service: Service, **given: str) -> None:
    service.answer = {"otpId": "OTP-1", "result": False}
    given_url: Any = {"notify_url": given["url"], "notify_content_type": given["content_type"]}
    options = {**given_url, "callback_data": given["data"]}
    with service.client() as client:
        for call in (
            lambda: client.request(given["mobile"], otc_id=given["otc_id"], **options),
            lambda: client.request(given["mobile"], mobile_as_given=True),
            lambda: client.resend(given["otp_id"], otc_id=given["otc_id"], **options),
            lambda: client.verify(given["otp_id"], given["otp_code"], **options),
            lambda: client.verify(given["otp_id"], given["otp_code"]),
            lambda: asyncio.run(service.async_client().request(given["mobile"])),
        ):
            with contextlib.suppress(OtpError):
                call()


@few
@given(value=st.one_of(scalars, st.binary(), st.lists(texts), st.builds(object)), seconds=scalars)
def test_any_value_in_every_argument(service: Service, value: Any, seconds: Any) -> None:
    service.answer = {"otpId": "OTP-1", "result": False}
    with service.client() as client:
        for call in (
            lambda: client.request(value, callback_data=value),
            lambda: client.resend(value),
            lambda: client.verify(value, value),
            lambda: client.with_options(otc_id=value, country_code=value, max_retries=value),
            lambda: client.with_options(timeout=seconds),
            lambda: client.request("0812345678", timeout=seconds, notify_url=value),
            lambda: service.client(timeout=seconds, proxy=value, user_agent=value).close(),
            lambda: service.client(credentials=lambda: value).balance(),
        ):
            with contextlib.suppress(OtpError):
                call()


@few
@given(answer=anything | st.dictionaries(keys, scalars, max_size=8), status=statuses)
def test_any_json_out_of_the_service(service: Service, answer: Any, status: int) -> None:
    service.status, service.answer = status, json.dumps(answer).encode()
    with service.client() as client:
        for call in (
            lambda: client.request("0812345678"),
            lambda: client.resend("OTP-1"),
            lambda: client.verify("OTP-1", "12345"),
            lambda: client.balance(),
        ):
            try:
                result = call()
            except OtpError as error:
                assert error.code in Code  # noqa: PT017 - every error has one
                assert error.raw is not None  # noqa: PT017
                continue
            assert status < 300
            assert repr(result)
            assert result.raw is not None
            if isinstance(result, Verification):
                assert not result or (isinstance(answer, dict) and result.result)
            if isinstance(result, Sent):
                assert result.otp_id


@few
@given(body=st.binary(max_size=400) | anything.map(lambda value: json.dumps(value).encode()), content_type=texts)
def test_any_body_of_a_delivery_report(body: bytes, content_type: str) -> None:
    try:
        reports = parse_delivery_report(body, content_type)
    except OtpError as error:
        assert error.code is Code.ERR_BAD_ANSWER  # noqa: PT017
    else:
        assert all(report.text not in repr(report) or len(report.text) < 3 for report in reports)


@few
@given(mobile=texts)
def test_any_mobile(mobile: str) -> None:
    try:
        normal = normalize_mobile(mobile)
    except OtpError as error:
        assert error.code in {Code.ERR_INVALID_MOBILE, Code.ERR_INVALID_ARGUMENT}  # noqa: PT017
    else:
        assert normal.isascii()
        assert normal.isdigit()
