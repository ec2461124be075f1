"""What is not given is taken from the environment."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING

import pytest

from ants_otp import Client, ConnectError, InvalidArgumentError

if TYPE_CHECKING:
    from .conftest import Service


def authorization(service: Service) -> object:
    service.answer = {"type": "prepaid", "credit": 1}
    Client().balance()
    return service.requests[-1][2]


def test_everything_from_the_environment(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTS_OTP_USERNAME", "env")
    monkeypatch.setenv("ANTS_OTP_PASSWORD", "ironment")
    monkeypatch.setenv("ANTS_OTP_BASE_URL", service.url)
    monkeypatch.setenv("ANTS_OTP_OTC_ID", "OTC-E")
    assert authorization(service) == "Basic " + base64.b64encode(b"env:ironment").decode()
    service.answer = {"otpId": "OTP-1"}
    assert Client().request("0812345678").otc_id == "OTC-E"


def test_a_token_from_the_environment(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTS_OTP_TOKEN", "to.ken")
    monkeypatch.setenv("ANTS_OTP_BASE_URL", service.url)
    assert authorization(service) == "Bearer to.ken"


def test_a_ready_made_token_is_sent_with_its_scheme(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = base64.b64encode(b"user:hunter2").decode()
    monkeypatch.setenv("ANTS_OTP_TOKEN", "basic " + pair)
    monkeypatch.setenv("ANTS_OTP_BASE_URL", service.url)
    assert authorization(service) == "Basic " + pair


def test_credentials_in_code_replace_all_of_the_environments(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTS_OTP_TOKEN", "to.ken")
    service.answer = {"type": "prepaid", "credit": 1}
    service.client().balance()
    assert service.requests[0][2] == "Basic " + base64.b64encode(b"user:hunter2").decode()


def test_the_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTS_OTP_USERNAME", "env")
    with pytest.raises(InvalidArgumentError, match="ANTS_OTP_PASSWORD"):
        Client()


def test_the_missing_otc_id_is_named(service: Service) -> None:
    with service.client(otc_id=None) as client, pytest.raises(InvalidArgumentError, match="ANTS_OTP_OTC_ID"):
        client.request("0812345678")


@pytest.mark.parametrize("name", ["ANTS_OTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize("kind", ["http", "https", "socks5", "socks5h"])
def test_no_proxy_of_the_environment_stands_before_a_service_on_this_machine(
    service: Service, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    monkeypatch.setenv(name, f"{kind}://127.0.0.1:1")
    service.answer = {"type": "prepaid", "credit": 1}
    assert service.client(proxy_from_env=True).balance().credit == 1
    asyncio.run(service.async_client(proxy_from_env=True).balance())
    with pytest.raises(ConnectError):
        service.client(proxy=f"{kind}://127.0.0.1:1", max_retries=0).balance()


def test_plain_http_takes_no_proxy_on_another_machine(service: Service) -> None:
    proxy = "http://proxy.example.com:3128"
    with pytest.raises(InvalidArgumentError, match="through a proxy on another machine"):
        service.client(proxy=proxy)
    service.client(proxy=proxy, allow_plain_http=True).close()


def test_the_environment_never_hides_a_refused_setting(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTS_OTP_USERNAME", "env")
    monkeypatch.setenv("ANTS_OTP_PASSWORD", "ironment")
    monkeypatch.setenv("ANTS_OTP_BASE_URL", service.url)
    with pytest.raises(InvalidArgumentError, match="base_url"):
        Client(base_url="nonsense")
    with pytest.raises(InvalidArgumentError, match="password"):
        Client("user")
    with pytest.raises(InvalidArgumentError, match="user name is empty"):
        Client("", "")
