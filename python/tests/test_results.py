"""Results and errors as values: frozen, equal, hashable, matched, pickled, copied; codes as in the table."""

from __future__ import annotations

import copy
import json
import pickle
from decimal import Decimal
from typing import Any

import pytest

import ants_otp
from ants_otp import (
    Account,
    AuthenticationError,
    BadAnswerError,
    Code,
    ConnectError,
    ConnectionLostError,
    CreditError,
    DeadlineError,
    Delivery,
    DeliveryReport,
    InternalError,
    InvalidArgumentError,
    OtpError,
    RateLimitedError,
    RawAnswer,
    Sent,
    ServiceError,
    Verification,
    _native,
)
from ants_otp.error import from_native
from ants_otp.testing.sandbox import Message

RESULTS: list[Any] = [
    Sent("OTP-1", "OTC-1", "XQPTR", "success", "d"),
    Verification("wrong_code", False, False, False),
    Account("prepaid", Decimal("100.50")),
]
ids = [type(result).__name__ for result in RESULTS]


@pytest.mark.parametrize("result", RESULTS, ids=ids)
def test_results_are_values(result: Any) -> None:
    twin = type(result)(**result.to_dict())
    assert twin == result
    assert hash(twin) == hash(result)
    assert twin is not result
    assert json.loads(json.dumps(result.to_dict())) == result.to_dict()
    assert repr(result).startswith(type(result).__name__ + "(")
    for other in RESULTS:
        assert (result == other) is (result is other)
    assert result != tuple(result.to_dict().values())


@pytest.mark.parametrize("result", RESULTS, ids=ids)
def test_results_cannot_be_changed(result: Any) -> None:
    for name in [*result.__match_args__, "other"]:
        with pytest.raises(AttributeError):
            setattr(result, name, "x")


@pytest.mark.parametrize("result", RESULTS, ids=ids)
def test_results_pickle_and_copy(result: Any) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(result, protocol)) == result
    assert copy.copy(result) == result
    assert copy.deepcopy(result) == result


def test_results_match() -> None:
    match RESULTS[0]:
        case Sent(otp_id, reference_code=reference):
            assert (otp_id, reference) == ("OTP-1", "XQPTR")
        case _:
            pytest.fail("Sent does not match")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("verified", Code.OK),
        ("wrong_code", Code.WRONG_CODE),
        ("over_limit", Code.OVER_LIMIT_USAGE),
        ("expired", Code.CODE_EXPIRED),
        ("already_confirmed", Code.CODE_CONFIRMED),
    ],
)
def test_only_verified_is_true_whatever_the_service_said(status: Any, code: Code) -> None:
    for result in [True, False]:
        verification = Verification(status, result, not result, result)
        assert bool(verification) is (status == "verified")
        assert verification.code is code


def test_there_is_no_other_status() -> None:
    status: Any = "maybe"
    with pytest.raises(ValueError, match="already_confirmed"):
        Verification(status, True)


def test_money_stays_exact() -> None:
    assert Account("prepaid", "0.0000001").to_dict()["credit"] == "0.0000001"
    assert Account("prepaid", "100.50") == Account("prepaid", "100.5")


def test_codes_are_the_native_table() -> None:
    table = _native.code_table()
    assert [(code.value, code.name) for code in Code] == [(number, name) for number, name, *_ in table]
    for number, _, english, thai, advice in table:
        code = Code(number)
        assert (code.text(), code.text("en"), code.text("th"), code.advice) == (english, english, thai, advice)
        assert code.text("\ud800") == english
        assert code.user_text() == code.user_text("en") == code.user_text("\ud800") != code.user_text("th-TH")


def test_what_a_person_reads() -> None:
    assert Code.CODE_EXPIRED.user_text("th") == "รหัส OTP หมดอายุแล้ว กรุณาขอรหัสใหม่"
    assert Code.AUTHENTICATION_FAILED.user_text() == Code.ERR_PROXY.user_text()


CLASSES = {
    AuthenticationError: [9998],
    CreditError: [9995],
    RateLimitedError: [429],
    ServiceError: [1, 2, 301, 302, 303, 304, 305, 306, 307, 9996, 9999],
    InvalidArgumentError: [-1, -2, -3],
    ConnectError: [-10, -11, -12, -13],
    DeadlineError: [-20],
    ConnectionLostError: [-21],
    OtpError: [-22],
    BadAnswerError: [-30, -31],
    InternalError: [-99],
}
BASES: dict[type[OtpError], type[Exception]] = {
    InvalidArgumentError: ValueError,
    ConnectError: ConnectionError,
    ConnectionLostError: ConnectionError,
    DeadlineError: TimeoutError,
    AuthenticationError: ServiceError,
    CreditError: ServiceError,
    RateLimitedError: ServiceError,
}


def make(code: int) -> OtpError:
    return from_native(code, 2, "It did not work.", 429, 777, "slow", "ช้า", 7.5, True)


@pytest.mark.parametrize("code", [code for code in Code if code is not Code.OK])
def test_every_code_has_its_class(code: Code) -> None:
    error = make(code)
    assert code in CLASSES[type(error)]
    assert isinstance(error, BASES.get(type(error), OtpError))
    assert error.code is code
    assert type(error).__module__ == "ants_otp"
    assert getattr(ants_otp, type(error).__name__) is type(error)


@pytest.mark.parametrize("code", [code for code in Code if code is not Code.OK])
def test_errors_pickle_and_copy_with_all_they_know(code: Code) -> None:
    error = make(code)
    error.args = (*error.args, "note")
    pickled = [pickle.loads(pickle.dumps(error, protocol)) for protocol in range(6)]
    for twin in [*pickled, copy.copy(error), copy.deepcopy(error)]:
        assert type(twin) is type(error)
        assert vars(twin) == vars(error)
        assert twin.args == error.args
        assert twin.delivery is Delivery.ANSWERED


def test_the_text_of_an_error_is_its_sentence() -> None:
    for code in [-20, -21, -1, 9998]:
        assert str(make(code)) == "It did not work."
        assert repr(make(code)).endswith("Error('It did not work.')")


def test_delivery_numbers_are_those_of_c() -> None:
    assert {delivery.name: delivery.value for delivery in Delivery} == {"UNKNOWN": 0, "NOT_SENT": 1, "ANSWERED": 2}


def test_an_answer_belongs_to_what_a_call_gives() -> None:
    assert all(hasattr(kind, "raw") for kind in (Sent, Verification, Account, OtpError))
    # Nobody asked a service for these.
    assert not any(hasattr(kind, "raw") for kind in (DeliveryReport, RawAnswer, Message))
