"""`AsyncClient`: the calls of `Client` for asyncio, which hold no loop up and end with their task."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import inspect
import io
import logging
import threading
import time
import typing
import warnings
import weakref
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import pytest

from ants_otp import AsyncClient, Client, Code, DeadlineError, Delivery, InvalidArgumentError, OtpError, Sent

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Service

SENT = {"otpId": "OTP-1", "otcId": "OTC-1", "referenceCode": "XQPTR"}
METHODS = ["request", "resend", "verify", "balance", "with_options"]


def loops() -> list[Any]:
    """A new loop of each kind."""
    kinds: list[Any] = [asyncio.new_event_loop]
    try:
        import uvloop
    except ImportError:
        return kinds
    return [*kinds, uvloop.new_event_loop]


def run(main: Coroutine[Any, Any, Any], new_loop: Callable[[], Any] = asyncio.new_event_loop) -> Any:
    loop = new_loop()
    try:
        return loop.run_until_complete(main)
    finally:
        loop.close()


@pytest.mark.parametrize("method", METHODS)
def test_the_same_methods_parameters_and_docstrings(method: str) -> None:
    blocking, asynchronous = (getattr(kind, method) for kind in (Client, AsyncClient))
    assert inspect.signature(blocking) == inspect.signature(asynchronous)
    assert inspect.getdoc(blocking) == inspect.getdoc(asynchronous)
    # A coroutine function's annotation is what awaiting it gives.
    assert typing.get_type_hints(blocking) == typing.get_type_hints(asynchronous)


def test_the_same_options() -> None:
    blocking, asynchronous = (dict(inspect.signature(kind).parameters) for kind in (Client, AsyncClient))
    # That of an AsyncClient may be a coroutine function.
    assert blocking.pop("credentials") != asynchronous.pop("credentials")
    assert blocking == asynchronous


@pytest.mark.parametrize("new_loop", loops())
def test_the_four_calls(service: Service, new_loop: Callable[[], Any]) -> None:
    async def main() -> None:
        async with service.async_client() as client:
            service.answer = SENT
            otp = await client.request("081-234-5678")
            assert otp == Sent("OTP-1", "OTC-1", "XQPTR")
            assert await client.resend(otp) == otp
            service.answer = {"result": True}
            assert await client.verify(otp, "12345")
            service.answer = {"type": "prepaid", "credit": 1}
            assert (await client.balance()).credit == 1

    run(main(), new_loop)
    paths = [path for path, _, _ in service.requests]
    assert paths == ["/otp/requestOTP", "/otp/resendOTP", "/otp/verifyOTP", "/account/balance"]


@pytest.mark.parametrize("backend", ["asyncio", "asyncio+uvloop"])
def test_anyio(service: Service, backend: str) -> None:
    anyio = pytest.importorskip("anyio")
    options = {}
    if backend.endswith("uvloop"):
        pytest.importorskip("uvloop")
        options = {"use_uvloop": True}
    service.answer = lambda body: {"otpId": body["mobile"]}
    found: list[Sent] = []

    async def main() -> None:
        client = service.async_client()

        async def one(number: int) -> None:
            found.append(await client.request(f"08123456{number:02}"))

        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(one, number)
        # A method is a coroutine function to anyio, too.
        async with anyio.create_task_group() as group:
            group.start_soon(client.request, "0812345678")
        service.silent = True
        with anyio.move_on_after(0.2):
            await client.request("0812345678")
            pytest.fail("not cancelled")

    with warnings.catch_warnings():
        # Old versions of anyio on new versions of Python.
        warnings.simplefilter("ignore", DeprecationWarning)
        anyio.run(main, backend="asyncio", backend_options=options)
    assert len(found) == 20


def test_failures_are_raised_where_the_call_is_awaited(service: Service) -> None:
    async def main() -> None:
        client = service.async_client()
        service.answer = b"no JSON"
        with pytest.raises(OtpError) as raised:
            await client.verify("OTP-1", "12345")
        assert raised.value.code is Code.ERR_BAD_ANSWER
        assert raised.value.raw is not None
        assert raised.value.raw.body == "no JSON"
        call = client.request("nonsense")
        with pytest.raises(InvalidArgumentError, match="mobile"):
            await call
        service.silent = True
        with pytest.raises(DeadlineError):
            await client.request("0812345678", timeout=0.1)
        await client.close()
        with pytest.raises(InvalidArgumentError, match="closed"):
            await client.balance()

    run(main())


def test_nothing_is_sent_before_it_is_awaited(service: Service) -> None:
    service.answer = {"result": True}

    async def main() -> None:
        client = service.async_client()
        call = client.verify("OTP-1", "12345")
        await asyncio.sleep(0.1)
        assert service.requests == []
        assert isinstance(call, Coroutine)
        assert inspect.isawaitable(call)
        assert asyncio.iscoroutine(call)
        assert await call
        assert len(service.requests) == 1
        with pytest.raises(RuntimeError, match="reuse already awaited"):
            await call

    run(main())


def test_a_call_has_no_truth_value(service: Service) -> None:
    client = service.async_client()
    call: Any = client.verify("OTP-1", "12345")
    with pytest.raises(TypeError, match=r"AsyncClient\.verify.* write await"):
        bool(call)
    with pytest.raises(TypeError, match="write await"):
        assert not call
    call.close()


def test_a_task_can_be_shown_before_and_while_it_runs(service: Service) -> None:
    service.answer = SENT

    async def main() -> None:
        task = asyncio.create_task(service.async_client().request("0812345678"))
        assert "AsyncClient.request" in repr(task)
        await asyncio.sleep(0)
        assert "AsyncClient.request" in repr(task)
        task.print_stack(file=io.StringIO())
        await task
        assert "AsyncClient.request" in repr(task)

    run(main())


def test_a_dropped_call_warns_as_any_coroutine(service: Service) -> None:
    client = service.async_client()
    calls: list[Any] = [client.request("0812345678")]
    with pytest.warns(RuntimeWarning, match=r"coroutine 'AsyncClient\.request' was never awaited"):
        calls.clear()
    assert service.requests == []


def test_tasks_gather_and_wait_for(service: Service) -> None:
    service.answer = SENT

    async def main() -> None:
        client = service.async_client()
        task = asyncio.create_task(client.request("0812345678"))
        assert (await task).otp_id == "OTP-1"
        assert len(await asyncio.gather(*(client.request("0812345678") for _ in range(50)))) == 50
        assert await asyncio.wait_for(client.request("0812345678"), 5)
        assert await asyncio.shield(client.request("0812345678"))
        done = await asyncio.gather(client.request("no"), return_exceptions=True)
        assert isinstance(done[0], InvalidArgumentError)

    loop = asyncio.new_event_loop()
    loop.set_debug(True)
    loop.run_until_complete(main())
    loop.close()


@pytest.mark.parametrize("new_loop", loops())
def test_forty_calls_into_a_silent_server_end_and_the_loop_closes_within_a_second(
    service: Service, new_loop: Callable[[], Any]
) -> None:
    service.silent = True

    async def one(client: AsyncClient) -> type[BaseException]:
        try:
            await asyncio.wait_for(client.request("0812345678"), 0.5)
        except BaseException as error:  # noqa: BLE001 - its kind is what counts
            return type(error)
        raise AssertionError("it ended")

    async def main() -> set[Any]:
        async with service.async_client() as client:
            return set(await asyncio.gather(*(one(client) for _ in range(40))))

    begun = time.monotonic()
    assert run(main(), new_loop) == {asyncio.TimeoutError}
    assert time.monotonic() - begun < 1


def test_a_cancelled_call_frees_its_thread_at_once(service: Service) -> None:
    async def main() -> float:
        client = service.async_client(async_threads=1)
        service.silent = True
        task = asyncio.create_task(client.request("0812345678"))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        service.silent = False
        service.answer = SENT
        begun = time.monotonic()
        await client.request("0812345678")
        return time.monotonic() - begun

    assert run(main()) < 0.3


def test_waiting_for_a_thread_counts_in_the_deadline(service: Service) -> None:
    service.silent = True

    async def main() -> None:
        client = service.async_client(async_threads=1)
        first = asyncio.create_task(client.request("0812345678", timeout=1))
        await asyncio.sleep(0.1)
        with pytest.raises(DeadlineError, match="async_threads") as raised:
            await client.request("0812345678", timeout=0.2)
        assert raised.value.delivery is Delivery.NOT_SENT
        first.cancel()

    run(main())
    assert len(service.requests) == 1


def test_a_thousand_calls_in_flight(service: Service) -> None:
    service.answer = SENT

    async def main() -> int:
        async with service.async_client(timeout=60) as client:
            return len(await asyncio.gather(*(client.request("0812345678") for _ in range(1000))))

    assert run(main()) == 1000
    assert len(service.requests) == 1000


def test_one_client_in_several_loops(service: Service) -> None:
    service.answer = SENT
    client = service.async_client()
    counts: list[int] = []

    async def main() -> None:
        counts.append(len(await asyncio.gather(*(client.request("0812345678") for _ in range(20)))))

    threads = [threading.Thread(target=run, args=(main(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run(main())
    assert counts == [20] * 5


@pytest.mark.parametrize("new_loop", loops())
def test_a_loop_that_is_closed_under_a_call(service: Service, new_loop: Callable[[], Any]) -> None:
    service.silent = True
    client = service.async_client()
    loop = new_loop()
    task = loop.create_task(client.request("0812345678", timeout=0.5))
    loop.run_until_complete(asyncio.sleep(0.1))
    loop.close()
    time.sleep(0.7)
    service.silent = False
    service.answer = SENT
    assert run(client.request("0812345678"))
    # Python says so of any task.
    logging.getLogger("asyncio").disabled = True
    del task
    gc.collect()
    logging.getLogger("asyncio").disabled = False


@pytest.mark.parametrize("new_loop", loops())
def test_a_closed_loop_is_forgotten_and_its_calls_are_logged(
    service: Service, new_loop: Callable[[], Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "ants_otp")
    service.silent = True
    client = service.async_client()
    loop = new_loop()
    task = loop.create_task(client.request("0812345678", timeout=0.3))
    loop.run_until_complete(asyncio.sleep(0.1))
    loop.close()
    time.sleep(0.5)
    caplog.clear()
    logging.getLogger("asyncio").disabled = True
    known = weakref.ref(loop)
    del task, loop
    # Another loop's first call has the closed one forgotten.
    service.silent = False
    service.answer = SENT
    run(client.request("0812345678"))
    gc.collect()
    logging.getLogger("asyncio").disabled = False
    assert known() is None
    ours = [record for record in caplog.records if record.name == "ants_otp"]
    assert sorted(record.getMessage().split(",")[0] for record in ours) == [
        "request to ****5678: -20 ERR_TIMEOUT",
        "request to ****5678: 0 OK",
    ]


def test_a_loop_keeps_no_context_of_a_call(service: Service) -> None:
    service.answer = SENT

    class Session:
        """What a web request may keep in its context."""

    current: contextvars.ContextVar[Session] = contextvars.ContextVar("current")

    async def one(client: AsyncClient) -> weakref.ref[Session]:
        session = Session()
        current.set(session)
        await client.request("0812345678")
        return weakref.ref(session)

    async def main() -> Session | None:
        session = await asyncio.create_task(one(service.async_client()))
        # Until its next turn the loop holds the task.
        await asyncio.sleep(0)
        gc.collect()
        return session()

    assert run(main()) is None


def test_nothing_keeps_a_cancelled_call(service: Service) -> None:
    """Its frames hold what was given: an OTP code."""
    service.silent = True

    class Kept(str):
        """Text that can be watched."""

        __slots__ = ("__weakref__",)

    async def main() -> weakref.ref[Kept]:
        code = Kept("12345")
        task = asyncio.ensure_future(service.async_client().verify("OTP-1", code))
        await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.wait([task])
        return weakref.ref(code)

    gc.disable()
    try:
        assert asyncio.run(main())() is None
    finally:
        gc.enable()


def test_each_thread_may_keep_its_connection(service: Service) -> None:
    service.answer = SENT
    service.together = threading.Barrier(80)

    async def main() -> None:
        client = service.async_client(async_threads=80)
        for _ in range(2):
            await asyncio.gather(*(client.request("0812345678") for _ in range(80)))

    run(main())
    assert service.connections == 80


def test_outside_of_a_loop_it_says_so(service: Service) -> None:
    call = service.async_client().request("0812345678")
    with pytest.raises(RuntimeError, match="no running event loop"):
        call.send(None)
    assert service.requests == []


def test_log_handlers_see_the_context_of_the_call(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    service.answer = SENT
    request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="none")
    seen: list[str] = []

    class Filter(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            assert record
            seen.append(request_id.get())
            return True

    async def one(client: AsyncClient, name: str) -> None:
        request_id.set(name)
        await client.request("0812345678")

    async def main() -> None:
        client = service.async_client()
        await asyncio.gather(*(one(client, name) for name in "abc"))

    keep = Filter()
    caplog.handler.addFilter(keep)
    caplog.set_level(logging.INFO, "ants_otp")
    run(main())
    caplog.handler.removeFilter(keep)
    assert sorted(seen) == ["a", "b", "c"]


def test_a_client_that_is_dropped_with_calls_in_flight(service: Service) -> None:
    service.silent = True

    async def main() -> None:
        task = asyncio.create_task(service.async_client().request("0812345678"))
        await asyncio.sleep(0.1)
        gc.collect()
        task.cancel()

    run(main())
    gc.collect()


def test_a_loop_that_cannot_watch_files_sends_nothing(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    service.answer = SENT
    client = service.async_client()

    async def main() -> None:
        loop = asyncio.get_running_loop()

        def refuse(*_: object) -> None:
            raise NotImplementedError

        monkeypatch.setattr(loop, "add_reader", refuse)
        for _ in range(2):
            with pytest.raises(NotImplementedError):
                await client.request("0812345678")

    asyncio.run(main())
    assert not service.requests


def test_other_tasks_run_while_many_calls_are_delivered(service: Service) -> None:
    service.answer = SENT
    client = service.async_client()

    async def main() -> int:
        calls = asyncio.gather(*(client.request("0812345678") for _ in range(500)))
        turns = 0
        while not calls.done():
            await asyncio.sleep(0)
            turns += 1
        assert len(await calls) == 500
        return turns

    assert run(main()) > 8
