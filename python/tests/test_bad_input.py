"""Whatever cannot work is refused before anything is sent, with a sentence that says what to change."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ants_otp import Client, Code, Delivery, InvalidArgumentError, OtpError, Sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Service

TEXTS = ["", " ", "\0", "a\0b", "a\x07b", "a\x1b[31m", "\ud800", "a\udfff", "x" * (1 << 20)]
NO_TEXTS = [12345, 1.5, True, b"0812345678", ["0812345678"], object()]


def refused(call: Callable[[], object], code: Code) -> InvalidArgumentError:
    with pytest.raises(ValueError, match=r"\w+ \w+") as raised:
        call()
    error = raised.value
    assert isinstance(error, InvalidArgumentError)
    assert (error.code, error.delivery) == (code, Delivery.NOT_SENT)
    return error


@pytest.mark.parametrize(
    "mobile",
    [*TEXTS, "12345", "021234567", "081234567x", "812345678", "0812345678\x07", "\u202e8765432180", "+", "²³¹"],
)
def test_a_mobile_that_is_none(service: Service, client: Client, mobile: str) -> None:
    code = Code.ERR_INVALID_ARGUMENT if any("\ud800" <= c <= "\udfff" for c in mobile) else Code.ERR_INVALID_MOBILE
    refused(lambda: client.request(mobile), code)
    assert service.requests == []


@pytest.mark.parametrize("value", [*NO_TEXTS, None])
def test_what_is_no_text(service: Service, client: Client, value: Any) -> None:
    calls: list[Callable[[], object]] = [
        lambda: client.request(value),
        lambda: client.verify(value, "12345"),
        lambda: client.verify("OTP-1", value),
        # A resend without an otp_id would be one of another OTP.
        lambda: client.resend(Sent(value)),
        lambda: client.resend(Sent(value, "OTC-1")),
        lambda: client.verify(Sent(value), "12345"),
    ]
    if value is not None:
        calls.append(lambda: client.resend(value))
    for call in calls:
        error = refused(call, Code.ERR_INVALID_ARGUMENT)
        assert "must be text (str), not " in str(error)
    assert service.requests == []


@pytest.mark.parametrize("option", ["username", "password", "token", "base_url", "otc_id", "proxy", "user_agent"])
def test_a_path_is_no_text(option: str) -> None:
    """Not the secret that the file holds, and never its name instead."""
    given: dict[str, Any] = {"username": "user", "password": "hunter2", option: Path("/run/secrets/otp")}
    error = refused(lambda: Client(**given), Code.ERR_INVALID_OPTION)
    assert f"{option} must be text (str), not PosixPath" in str(error)


def test_a_code_given_as_a_number_is_told_why(client: Client) -> None:
    code: Any = 795
    error = refused(lambda: client.verify("OTP-1", code), Code.ERR_INVALID_ARGUMENT)
    assert str(error) == "otp_code must be text (str), not int: a number loses its leading zeros"


@pytest.mark.parametrize("text", TEXTS)
def test_ids_and_codes_that_cannot_be(service: Service, client: Client, text: str) -> None:
    refused(lambda: client.verify(text, "12345"), Code.ERR_INVALID_ARGUMENT)
    refused(lambda: client.verify("OTP-1", text), Code.ERR_INVALID_ARGUMENT)
    refused(lambda: client.resend(text), Code.ERR_INVALID_ARGUMENT)
    assert service.requests == []


@pytest.mark.parametrize("option", ["otc_id", "notify_url", "notify_content_type"])
@pytest.mark.parametrize("value", [*TEXTS, *NO_TEXTS])
def test_options_of_a_call(service: Service, client: Client, option: str, value: Any) -> None:
    options: dict[str, Any] = {option: value}
    error = refused(lambda: client.request("0812345678", **options), Code.ERR_INVALID_OPTION)
    assert option in str(error)
    assert service.requests == []


@pytest.mark.parametrize("value", ["\ud800", "x" * 4097, 7, b"x"])
def test_callback_data_that_cannot_be_carried(service: Service, client: Client, value: Any) -> None:
    error = refused(lambda: client.request("0812345678", callback_data=value), Code.ERR_INVALID_OPTION)
    assert "callback_data" in str(error)
    assert service.requests == []


@pytest.mark.parametrize("value", [1, 0, "yes", b""])
def test_a_switch_is_true_or_false(service: Service, client: Client, value: Any) -> None:
    refused(lambda: client.request("0812345678", mobile_as_given=value), Code.ERR_INVALID_OPTION)
    refused(lambda: service.client(allow_plain_http=value), Code.ERR_INVALID_OPTION)
    refused(lambda: service.client(proxy_from_env=value), Code.ERR_INVALID_OPTION)


DURATIONS = [0, -0.0, -1, 0.0001, 600.1, 1e300, 10**400, float("inf"), float("-inf"), float("nan"), "5", b"5", True, []]


@pytest.mark.parametrize("seconds", DURATIONS)
def test_durations_out_of_bounds(service: Service, client: Client, seconds: Any) -> None:
    for option in ["timeout", "connect_timeout", "idle_timeout"]:
        make = partial(service.client, **{option: seconds})
        assert option in str(refused(make, Code.ERR_INVALID_OPTION))
    calls: list[Callable[[], object]] = [
        lambda: client.request("0812345678", timeout=seconds),
        lambda: client.resend("OTP-1", timeout=seconds),
        lambda: client.verify("OTP-1", "12345", timeout=seconds),
        lambda: client.balance(timeout=seconds),
    ]
    for call in calls:
        assert "timeout" in str(refused(call, Code.ERR_INVALID_OPTION))
    assert service.requests == []


@pytest.mark.parametrize("seconds", [0.001, 1, 600, 600.0])
def test_durations_within_bounds(service: Service, seconds: float) -> None:
    service.client(timeout=seconds, connect_timeout=seconds, idle_timeout=seconds).close()


@pytest.mark.parametrize(
    "options",
    [
        {"base_url": "api-service.example.com"},
        {"base_url": "ftp://example.com"},
        {"base_url": "https://user:pw@example.com"},
        {"base_url": "https://example.com:70000"},
        {"base_url": "https://example.com/?a=b"},
        {"base_url": "http://example.com"},
        {"base_url": 7},
        {"otc_id": ""},
        {"country_code": "066"},
        {"country_code": 66},
        {"ca_file": ""},
        {"ca_file": 7},
        {"ca_file": "\ud800"},
        {"ca_file": "a\0b"},
        {"ca_file": "/nonexistent/ca.pem"},
        {"ca_file": Path("/nonexistent/ca.pem")},
        {"ca_file": __file__},
        {"root_certificates": "all"},
        {"root_certificates": "none"},
        {"client_certificate": "/nonexistent/cert.pem"},
        {"client_certificate": ("/nonexistent/cert.pem",)},
        {"client_certificate": ("/nonexistent/cert.pem", "/nonexistent/key.pem")},
        {"client_certificate": (1, 2)},
        {"proxy": "example.com"},
        {"proxy": ""},
        {"proxy": "ftp://127.0.0.1:1"},
        {"max_idle_connections": -1},
        {"max_idle_connections": 4097},
        {"max_idle_connections": 1 << 40},
        {"max_idle_connections": True},
        {"max_retries": 3},
        {"max_retries": 1.0},
        {"user_agent": "a\r\nb: c"},
    ],
    ids=str,
)
def test_options_that_cannot_work(options: dict[str, Any]) -> None:
    error = refused(lambda: Client("user", "hunter2", **options), Code.ERR_INVALID_OPTION)
    assert next(iter(options)) in str(error)


@pytest.mark.parametrize(
    ("arguments", "options", "what"),
    [
        ((), {}, "ANTS_OTP_USERNAME and ANTS_OTP_PASSWORD, or ANTS_OTP_TOKEN"),
        (("user",), {}, "password"),
        ((None, "hunter2"), {}, "username"),
        (("", "hunter2"), {}, "user name"),
        (("user", ""), {}, "password"),
        (("us:er", "hunter2"), {}, "colon"),
        (("user\n", "hunter2"), {}, "control character"),
        (("user", "\ud800hunter2"), {}, "surrogate"),
        (("user", 12345), {}, "password must be text"),
        (("user", "hunter2"), {"token": "t"}, "both"),
        ((), {"token": "hunter 2"}, "token"),
        ((), {"token": b"hunter2"}, "token"),
    ],
)
def test_credentials_that_cannot_work(arguments: tuple[Any, ...], options: dict[str, Any], what: str) -> None:
    error = refused(lambda: Client(*arguments, **options), Code.ERR_INVALID_OPTION)
    assert what in str(error)
    assert "hunter2" not in str(error)


def test_unknown_keywords_are_type_errors() -> None:
    options: dict[str, Any] = {"time_out": 5}
    with pytest.raises(TypeError):
        Client("user", "hunter2", **options)


def test_every_failure_of_a_client_is_one_family() -> None:
    with pytest.raises(OtpError):
        Client()
