"""Credentials for each call, copies with other defaults, and the raw answer."""

from __future__ import annotations

import asyncio
import base64
import copy
import inspect
import pickle
import pydoc
import re
import threading
import time
import typing
from typing import TYPE_CHECKING, Any

import pytest

from ants_otp import (
    AsyncClient,
    Client,
    Code,
    DeadlineError,
    Delivery,
    InvalidArgumentError,
    OtpError,
    RateLimitedError,
    RawAnswer,
    _describe,
)

if TYPE_CHECKING:
    from .conftest import Service

SENT = {"otpId": "OTP-1", "otcId": "OTC-1"}
ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "request": ("0812345678",),
    "resend": ("OTP-1",),
    "verify": ("OTP-1", "12345"),
    "balance": (),
}
NOT_CHECKED = {"self", "credentials", "username", "password", "token"}


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_every_option_of_a_client_reaches_it(kind: Any) -> None:
    for name in set(inspect.signature(kind).parameters) - NOT_CHECKED:
        with pytest.raises(InvalidArgumentError, match=name):
            kind("user", "password", **{name: object()})


@pytest.mark.parametrize("method", ["request", "resend", "verify", "balance"])
def test_every_option_of_a_call_reaches_it(service: Service, method: str) -> None:
    client, asynchronous = service.client(), service.async_client()
    parameters = inspect.signature(getattr(Client, method)).parameters.values()
    for name in [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]:
        options: Any = {name: object()}
        with pytest.raises(InvalidArgumentError, match=name):
            getattr(client, method)(*ARGUMENTS[method], **options)
        with pytest.raises(InvalidArgumentError, match=name):
            asyncio.run(getattr(asynchronous, method)(*ARGUMENTS[method], **options))
    assert service.requests == []


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("method", ["__init__", "request", "resend", "verify", "balance", "with_options"])
def test_help_shows_each_option_with_its_text(kind: Any, method: str) -> None:
    function = getattr(kind, method)
    shown = pydoc.plain(pydoc.render_doc(function))
    parameters = [*inspect.signature(function).parameters.values()][1:]
    assert not [parameter for parameter in parameters if parameter.kind is parameter.VAR_KEYWORD]
    assert "**options" not in shown
    for parameter in parameters:
        assert re.search(rf"^ +{parameter.name}: \w.+\.", shown, re.MULTILINE | re.DOTALL)
        assert f"{parameter.name}: " in shown[: shown.index(") ->")]
        assert not isinstance(parameter.annotation, str)
    assert set(typing.get_type_hints(function)) > {"return"}


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_hints_are_the_functions_whoever_has_asked_its_class_for_its_own(kind: Any) -> None:
    for asked in (type(kind.request), *type(kind.request).__mro__):
        getattr(asked, "__annotations__", None)
        inspect.get_annotations(asked)
    assert set(typing.get_type_hints(kind.request)) > {"return"}


def test_the_signature_of_a_subclass_is_its_own() -> None:
    class Own(Client):
        def __init__(self, tenant: str) -> None:
            super().__init__(tenant, "password")
            self.tenant = tenant

    assert list(inspect.signature(Own).parameters) == ["tenant"]
    assert Own("user").tenant == "user"


def test_without_the_source_help_names_the_options_still(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_source(_: object) -> str:
        raise OSError

    monkeypatch.setattr(inspect, "getsource", no_source)
    _describe._texts.cache_clear()
    assert "RequestOptions" in (inspect.getdoc(Client.request) or "")
    assert "mobile_as_given" in str(inspect.signature(Client.request))
    _describe._texts.cache_clear()


@pytest.mark.parametrize("method", ARGUMENTS)
@pytest.mark.parametrize("value", [None, "anything"])
def test_an_option_of_another_method_is_pythons_own_error(service: Service, method: str, value: Any) -> None:
    """Of a misspelt one, too, and where the method is called: nothing has to be awaited."""
    known = set(inspect.signature(getattr(Client, method)).parameters)
    others = {*inspect.signature(Client.request).parameters, *inspect.signature(AsyncClient).parameters, "time_out"}
    for client in (service.client(), service.async_client()):
        for name in others - known:
            options: Any = {name: value}
            with pytest.raises(TypeError, match=rf"{method}\(\) got an unexpected keyword argument '{name}'$"):
                getattr(client, method)(*ARGUMENTS[method], **options)
    assert service.requests == []


@pytest.mark.parametrize("value", [None, "anything"])
def test_an_unknown_option_of_a_client_is_pythons_own_error(service: Service, value: Any) -> None:
    for name in ("time_out", "notify_url", "\ud800"):
        options: Any = {name: value}
        with pytest.raises(TypeError, match=r"__init__\(\) got an unexpected keyword argument "):
            Client("user", "hunter2", **options)
        with pytest.raises(TypeError, match=r"with_options\(\) got an unexpected keyword argument "):
            service.client().with_options(**options)


def test_credentials_are_asked_for_before_each_call_on_its_thread(service: Service) -> None:
    service.answer = SENT
    asked: list[int] = []

    def credentials() -> tuple[str, str] | str:
        asked.append(threading.get_ident())
        return ("user", f"secret{len(asked)}") if len(asked) < 3 else "to.ken"

    with Client(credentials=credentials, base_url=service.url, otc_id="OTC-1") as client:
        for _ in range(3):
            client.request("0812345678")
        thread = threading.Thread(target=client.request, args=("0812345678",))
        thread.start()
        thread.join()
    authorizations = [authorization for _, _, authorization in service.requests]
    assert authorizations == [basic("user", "secret1"), basic("user", "secret2"), "Bearer to.ken", "Bearer to.ken"]
    assert len(set(asked)) == 2
    assert asked[0] == threading.get_ident()


def test_credentials_of_an_asynchronous_client(service: Service) -> None:
    service.answer = SENT
    asked: list[int] = []

    def credentials() -> tuple[str, str]:
        asked.append(threading.get_ident())
        return "user", "secret"

    async def main() -> None:
        client = AsyncClient(credentials=credentials, base_url=service.url, otc_id="OTC-1")
        call = client.request("0812345678")
        assert asked == []
        await call

    asyncio.run(main())
    assert asked == [threading.get_ident()]
    assert service.requests[0][2] == basic("user", "secret")


@pytest.mark.parametrize(
    "given",
    [None, 5, ("user",), ("user", "hunter2", 1), ("us:er", "hunter2"), ("user", ""), "hunter 2", b"x", ("u", 2)],
)
def test_credentials_that_cannot_work_are_refused(service: Service, given: Any) -> None:
    client = Client(credentials=lambda: given, base_url=service.url, otc_id="OTC-1")
    with pytest.raises(InvalidArgumentError) as raised:
        client.request("0812345678")
    assert raised.value.code is Code.ERR_INVALID_OPTION
    assert "hunter" not in str(raised.value)
    assert service.requests == []


def test_what_the_function_raises_is_raised(service: Service) -> None:
    def credentials() -> str:
        raise LookupError("vault")

    client = Client(credentials=credentials, base_url=service.url, otc_id="OTC-1")
    with pytest.raises(LookupError, match="vault"):
        client.request("0812345678")
    with pytest.raises(LookupError, match="vault"):
        asyncio.run(AsyncClient(credentials=credentials, base_url=service.url).balance())


@pytest.mark.parametrize("kind", ["a coroutine function", "a future", "an object with __await__"])
def test_credentials_of_a_coroutine_function(service: Service, kind: str) -> None:
    service.answer = SENT
    asked: list[asyncio.AbstractEventLoop] = []

    async def credentials() -> tuple[str, str]:
        asked.append(asyncio.get_running_loop())
        await asyncio.sleep(0.01)
        return "user", "secret"

    class Waits:
        def __await__(self) -> Any:
            return credentials().__await__()

    functions: dict[str, Any] = {
        "a coroutine function": credentials,
        "a future": lambda: asyncio.ensure_future(credentials()),
        "an object with __await__": Waits,
    }

    async def main() -> None:
        client = AsyncClient(credentials=functions[kind], base_url=service.url, otc_id="OTC-1")
        await asyncio.gather(client.request("0812345678"), client.with_options(timeout=5).request("0812345678"))
        assert asked == [asyncio.get_running_loop()] * 2

    asyncio.run(main())
    assert [authorization for _, _, authorization in service.requests] == [basic("user", "secret")] * 2


def test_waiting_for_credentials_counts_in_the_deadline(service: Service) -> None:
    ended: list[str] = []

    async def credentials() -> str:
        try:
            await asyncio.sleep(0.3)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        return "to.ken"

    async def main() -> None:
        client = AsyncClient(credentials=credentials, base_url=service.url, otc_id="OTC-1")
        begun = time.monotonic()
        with pytest.raises(DeadlineError, match="credentials function") as raised:
            await client.request("0812345678", timeout=0.1)
        assert raised.value.delivery is Delivery.NOT_SENT
        assert time.monotonic() - begun < 0.25
        await asyncio.sleep(0)
        assert ended == ["cancelled"]
        # What is left of the deadline is the call's.
        service.silent = True
        begun = time.monotonic()
        with pytest.raises(DeadlineError):
            await client.request("0812345678", timeout=0.6)
        assert time.monotonic() - begun < 0.75
        # A cancel ends the wait, too.
        task = asyncio.ensure_future(client.request("0812345678"))
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.wait([task])
        await asyncio.sleep(0)
        assert ended == ["cancelled"] * 2

    asyncio.run(main())
    assert len(service.requests) == 1


def test_what_a_coroutine_function_raises_is_raised(service: Service) -> None:
    async def unavailable() -> str:
        raise TimeoutError("vault")

    async def nothing() -> Any:
        return None

    async def main() -> None:
        with pytest.raises(TimeoutError, match="vault"):
            await AsyncClient(credentials=unavailable, base_url=service.url).balance()
        with pytest.raises(InvalidArgumentError, match="credentials must return"):
            await AsyncClient(credentials=nothing, base_url=service.url).balance()

    asyncio.run(main())
    assert service.requests == []


def test_credentials_replace_the_environments_and_stand_alone(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTS_OTP_TOKEN", "env")
    service.answer = SENT
    Client(credentials=lambda: "to.ken", base_url=service.url, otc_id="OTC-1").request("0812345678")
    assert service.requests[0][2] == "Bearer to.ken"
    with pytest.raises(InvalidArgumentError, match="one of the two"):
        Client("user", "hunter2", credentials=lambda: "to.ken")
    wrong: Any = ("user", "hunter2")
    with pytest.raises(InvalidArgumentError, match="function"):
        Client(credentials=wrong)


def test_a_copy_has_other_defaults_and_the_same_connections(service: Service) -> None:
    service.answer = lambda body: {"otpId": body["mobile"], "otcId": body["otcId"]}
    client = service.client()
    client.request("0812345678")
    other = client.with_options(otc_id="OTC-2", country_code="65", timeout=0.2)
    assert type(other) is Client
    other.request("081234567")
    assert service.requests[1][1] == {"otcId": "OTC-2", "mobile": "6581234567"}
    assert service.connections == 1
    service.silent = True
    with pytest.raises(DeadlineError):
        other.request("081234567")
    service.silent = False
    client.close()
    assert other.request("081234567")
    other.close()
    with pytest.raises(InvalidArgumentError, match="closed"):
        other.with_options(timeout=1)


def test_a_copy_of_an_asynchronous_client(service: Service) -> None:
    service.answer = SENT

    async def main() -> None:
        async with service.async_client() as client:
            assert type(client.with_options()) is AsyncClient
            await client.with_options(otc_id="OTC-2").request("0812345678")

    asyncio.run(main())
    assert service.requests[0][1]["otcId"] == "OTC-2"


def test_a_copy_keeps_the_credentials_function(service: Service) -> None:
    service.answer = SENT
    client = Client(credentials=lambda: "to.ken", base_url=service.url, otc_id="OTC-1")
    client.with_options(timeout=5).request("0812345678")
    assert service.requests[0][2] == "Bearer to.ken"


def test_the_raw_answer_of_a_result(service: Service) -> None:
    service.answer = b'{"otpId": "OTP-1", "otpCode": "71828", "more": 1}'
    service.headers = {"X-Request-Id": "r1", "Set-Cookie": "session=1"}
    with service.client() as client:
        raw = client.request("0812345678").raw
    assert raw
    assert (raw.http_status, raw.body) == (200, '{"otpId": "OTP-1", "otpCode": "***", "more": 1}')
    assert raw.header("x-request-ID") == "r1"
    assert raw.header("set-cookie") == "***"
    assert raw.header("nothing") is None
    assert pickle.loads(pickle.dumps(raw)) == raw == copy.deepcopy(raw)
    assert hash(raw) == hash(RawAnswer(raw.http_status, raw.headers, raw.body))


def test_the_raw_answer_of_an_error_is_masked(service: Service) -> None:
    service.status = 429
    service.answer = b'{"error": "hunter2 said 71828 to dXNlcjpodW50ZXIy"}'
    with service.client() as client, pytest.raises(RateLimitedError) as raised:
        client.verify("OTP-1", "71828")
    raw = raised.value.raw
    assert raw
    assert (raw.http_status, raw.body) == (429, '{"error": "*** said *** to ***"}')
    assert pickle.loads(pickle.dumps(raised.value)).raw is None
    assert vars(pickle.loads(pickle.dumps(raised.value)))["code"] is Code.RATE_LIMITED


def test_without_an_answer_there_is_none() -> None:
    with Client("user", "password", base_url="http://127.0.0.1:1") as client, pytest.raises(OtpError) as raised:
        client.balance()
    assert raised.value.raw is None
