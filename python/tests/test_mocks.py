"""Mocks, decorators and frameworks take the methods of a client for functions and for coroutine functions."""

from __future__ import annotations

import asyncio
import copy
import functools
import inspect
import pickle
import warnings
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest

from ants_otp import AsyncClient, Client, OtpError, Sent

if TYPE_CHECKING:
    from .conftest import Service

CALLS = ["request", "resend", "verify", "balance"]
SENT = {"otpId": "OTP-1", "otcId": "OTC-1"}


def is_coroutine_function(function: Any) -> set[bool]:
    """What everybody says who can be asked."""
    with warnings.catch_warnings():
        # asyncio's is deprecated from Python 3.14 on.
        warnings.simplefilter("ignore", DeprecationWarning)
        return {inspect.iscoroutinefunction(function), asyncio.iscoroutinefunction(function)}


@pytest.mark.parametrize("method", [*CALLS, "close"])
def test_the_methods_of_an_async_client_are_coroutine_functions(method: str) -> None:
    asynchronous, blocking = AsyncClient("user", "password"), Client("user", "password")
    for function in (getattr(AsyncClient, method), getattr(asynchronous, method)):
        assert is_coroutine_function(function) == {True}
        assert is_coroutine_function(functools.partial(function, "OTP-1")) == {True}
    for function in (getattr(Client, method), getattr(blocking, method), asynchronous.with_options):
        assert is_coroutine_function(function) == {False}


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("method", [*CALLS, "with_options"])
def test_the_methods_pass_for_functions(kind: Any, method: str) -> None:
    function: Any = getattr(kind, method)
    assert inspect.isfunction(function)
    assert inspect.isroutine(function)
    assert inspect.ismethod(getattr(kind("user", "password"), method))
    assert (function.__name__, function.__module__) == (
        method,
        kind.__module__ if method in CALLS else "ants_otp._base",
    )
    assert f".{method} at " in repr(function)
    assert f"def {method}(" in inspect.getsource(function)
    assert pickle.loads(pickle.dumps(function)) is function is copy.deepcopy(function)
    with pytest.raises(AttributeError):
        getattr(function, "nothing")  # noqa: B009 - for type checkers


def test_a_method_can_be_called_on_the_class(service: Service) -> None:
    service.answer = SENT
    assert Client.request(service.client(), "0812345678").otp_id == "OTP-1"
    assert asyncio.run(_await(AsyncClient.request(service.async_client(), mobile="0812345678"))).otp_id == "OTP-1"


async def _await(call: Any) -> Any:
    return await call


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("method", [*CALLS, "with_options", "close"])
def test_a_method_of_an_instance_can_be_replaced(kind: Any, method: str) -> None:
    client, other = kind("user", "password"), kind("user", "password")
    setattr(client, method, mock.Mock(return_value="mocked"))
    assert getattr(client, method)("anything") == "mocked"
    assert inspect.ismethod(getattr(other, method))
    delattr(client, method)
    with mock.patch.object(client, method) as patched:
        assert getattr(client, method) is patched
    with mock.patch.object(kind, method) as patched:
        assert getattr(other, method) is patched
    assert inspect.ismethod(getattr(client, method))


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_any_other_attribute_is_an_error(kind: Any) -> None:
    client = kind("user", "password")
    for name in ("time_out", "request_", "otc_id"):
        with pytest.raises(AttributeError, match=name):
            setattr(client, name, 5)
        with pytest.raises(AttributeError, match=name):
            getattr(client, name)

    class Own(kind):  # type: ignore[misc, valid-type, unused-ignore]
        """One without slots, as any class has attributes of its own."""

    own = Own("user", "password")
    own.tenant = "shop"
    assert own.tenant == "shop"


def test_a_mock_of_the_class_takes_what_the_methods_take() -> None:
    client = mock.create_autospec(Client, instance=True)
    client.request.return_value = Sent("OTP-1")
    assert client.request("0812345678", timeout=5).otp_id == "OTP-1"
    client.request.assert_called_once_with("0812345678", timeout=5)
    for wrong in ({"time_out": 5}, {"mobile": "0812345678"}):
        with pytest.raises(TypeError):
            client.request("0812345678", **wrong)
    with pytest.raises(TypeError):
        client.verify("OTP-1")
    with pytest.raises(AttributeError):
        client.nothing()
    assert mock.create_autospec(Client)("user", "password").balance() is not None
    with pytest.raises(TypeError):
        mock.create_autospec(Client)("user", "password", time_out=5)
    with mock.patch.object(Client, "balance", autospec=True) as balance:
        real = Client("user", "password")
        real.balance(timeout=1)
        balance.assert_called_once_with(real, timeout=1)


@pytest.mark.parametrize(
    "make",
    [
        lambda: mock.create_autospec(AsyncClient, instance=True),
        lambda: mock.create_autospec(AsyncClient("user", "password")),
        lambda: mock.AsyncMock(spec=AsyncClient),
        lambda: mock.MagicMock(spec_set=AsyncClient),
    ],
)
def test_a_mock_of_an_async_client_is_awaited(make: Any) -> None:
    client = make()

    async def main() -> None:
        for method in CALLS:
            # `inspect` does not know the mock of a bound method on CPython 3.13.0, whatever it is a mock of.
            assert True in is_coroutine_function(getattr(client, method))
        client.request.return_value = Sent("OTP-1")
        assert (await client.request("0812345678", timeout=5)).otp_id == "OTP-1"
        client.request.assert_awaited_once_with("0812345678", timeout=5)
        client.verify.side_effect = OtpError
        with pytest.raises(TypeError):
            await client.verify("OTP-1", "12345")

    asyncio.run(main())


def test_an_autospec_of_an_async_client_knows_the_options() -> None:
    client = mock.create_autospec(AsyncClient, instance=True)

    async def main() -> None:
        with pytest.raises(TypeError):
            await client.request("0812345678", time_out=5)
        with pytest.raises(TypeError):
            await client.verify("OTP-1")

    asyncio.run(main())


def test_an_async_mock_in_the_place_of_a_method() -> None:
    client = AsyncClient("user", "password")

    async def main() -> None:
        with mock.patch.object(client, "request", autospec=True) as request:
            request.return_value = Sent("OTP-1")
            assert (await client.request("0812345678")).otp_id == "OTP-1"
        with mock.patch.object(client, "verify") as verify:
            assert isinstance(verify, mock.AsyncMock)

    asyncio.run(main())


def test_tenacity(service: Service) -> None:
    tenacity = pytest.importorskip("tenacity")
    service.answer = b"no JSON"
    again = tenacity.retry(stop=tenacity.stop_after_attempt(3), retry=tenacity.retry_if_exception_type(OtpError))

    async def main() -> None:
        balance = again(service.async_client().balance)
        assert is_coroutine_function(balance) == {True}
        with pytest.raises(tenacity.RetryError):
            await balance(timeout=5)

    asyncio.run(main())
    assert len(service.requests) == 3
    with pytest.raises(tenacity.RetryError):
        again(service.client().balance)()
    assert len(service.requests) == 6


def test_stamina(service: Service) -> None:
    stamina = pytest.importorskip("stamina")
    service.answer = b"no JSON"
    again = stamina.retry(on=OtpError, attempts=2, wait_initial=0.01, wait_max=0.01)

    async def main() -> None:
        with pytest.raises(OtpError):
            await again(service.async_client().balance)()
        with pytest.raises(OtpError):
            await stamina.AsyncRetryingCaller(attempts=2, wait_initial=0.01)(OtpError, service.async_client().balance)

    asyncio.run(main())
    assert len(service.requests) == 4


def test_asgiref(service: Service) -> None:
    sync = pytest.importorskip("asgiref.sync")
    service.answer = SENT
    client = service.async_client()
    assert sync.async_to_sync(client.request)("0812345678", timeout=5).otp_id == "OTP-1"
    # As of any coroutine function.
    with pytest.raises(TypeError):
        sync.sync_to_async(client.request)

    async def main() -> Any:
        return await sync.sync_to_async(service.client().request)("0812345678")

    assert asyncio.run(main()).otp_id == "OTP-1"


def test_fastapi(service: Service) -> None:
    fastapi = pytest.importorskip("fastapi")
    client = service.async_client()
    app = fastapi.FastAPI()

    asked = fastapi.Depends(client.balance)

    def credit(account: Any = asked) -> float:
        return float(account.credit)

    app.get("/credit")(credit)
    service.answer = {"type": "prepaid", "credit": 7}
    sent: list[Any] = []

    async def main() -> None:
        scope = {"type": "http", "method": "GET", "path": "/credit", "headers": [], "query_string": b"timeout=5"}

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b""}

        async def send(message: Any) -> None:
            sent.append(message)

        await app(scope, receive, send)

    asyncio.run(main())
    assert (sent[0]["status"], sent[1]["body"]) == (200, b"7.0")
