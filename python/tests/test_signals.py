"""Ctrl-C ends a call of the main thread; other signals do not."""

from __future__ import annotations

import gc
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
import weakref
from typing import TYPE_CHECKING

import pytest

from ants_otp import Client, Code, Delivery, OtpError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Service


@pytest.fixture(autouse=True, scope="module")
def ctrl_c_counts() -> Iterator[None]:
    """A shell starts what runs in its background with SIGINT ignored, and so would be each child of these tests."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def send_soon(number: int, delay: float = 0.1) -> threading.Timer:
    timer = threading.Timer(delay, os.kill, (os.getpid(), number))
    timer.start()
    return timer


def test_ctrl_c_ends_a_call_and_tells_the_delivery(service: Service, client: Client) -> None:
    service.silent = True
    begun = time.monotonic()
    timer = send_soon(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt) as raised:
        client.request("0812345678")
    timer.join()
    assert time.monotonic() - begun < 0.4
    cause = raised.value.__cause__
    assert isinstance(cause, OtpError)
    assert (cause.code, cause.delivery) == (Code.ERR_INTERRUPTED, Delivery.UNKNOWN)


def test_ctrl_c_ends_a_call_where_no_signal_wakes_the_main_thread(service: Service) -> None:
    """The kernel may give the signal to another thread: the wait must look for itself."""
    service.silent = True
    script = f"""
        import signal, threading, time, os
        from ants_otp import Client
        client = Client("user", "password", otc_id="OTC-1", base_url="{service.url}")

        def interrupt():
            time.sleep(0.3)
            signal.pthread_kill(threading.get_ident(), signal.SIGINT)
            globals()["sent"] = time.monotonic()

        threading.Thread(target=interrupt).start()
        try:
            client.request("0812345678")
        except KeyboardInterrupt as error:
            print(error.__cause__.delivery.name, time.monotonic() - sent < 0.3)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout == "UNKNOWN True\n"


def test_a_signal_whose_handler_returns_stops_nothing(service: Service, client: Client) -> None:
    service.silent = True
    handled: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: handled.append(number))
    try:
        timer = send_soon(signal.SIGUSR1)
        begun = time.monotonic()
        with pytest.raises(TimeoutError):
            client.request("0812345678", timeout=0.5)
        assert time.monotonic() - begun > 0.45
        timer.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert handled == [signal.SIGUSR1]


def test_what_a_handler_raises_keeps_its_own_cause(service: Service, client: Client) -> None:
    service.silent = True

    def handler(_: int, __: object) -> None:
        raise RuntimeError("stop") from LookupError("why")

    before = signal.signal(signal.SIGUSR1, handler)
    try:
        timer = send_soon(signal.SIGUSR1)
        with pytest.raises(RuntimeError, match="stop") as raised:
            client.request("0812345678")
        timer.join()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert isinstance(raised.value.__cause__, LookupError)


def test_what_a_handler_raises_keeps_its_context_and_nothing_keeps_it(service: Service, client: Client) -> None:
    service.silent = True

    class StopError(Exception):
        pass

    def handler(_: int, __: object) -> None:
        try:
            raise KeyError("inner")
        except KeyError:
            raise StopError  # noqa: B904 - the context is the point

    known: list[weakref.ref[StopError]] = []
    context: list[type[BaseException]] = []

    def call() -> None:
        try:
            raise LookupError("outer")
        except LookupError:
            try:
                client.request("0812345678")
            except StopError as error:
                known.append(weakref.ref(error))
                inner = error.__context__
                while inner is not None:
                    context.append(type(inner))
                    inner = inner.__context__

    before = signal.signal(signal.SIGUSR1, handler)
    gc.disable()
    try:
        timer = send_soon(signal.SIGUSR1)
        call()
        timer.join()
        assert known[0]() is None
    finally:
        gc.enable()
        signal.signal(signal.SIGUSR1, before)
    assert context == [KeyError, LookupError]


def test_a_call_of_another_thread_goes_on(service: Service, client: Client) -> None:
    service.silent = True
    outcome: list[Code] = []

    def call() -> None:
        try:
            client.request("0812345678", timeout=0.6)
        except OtpError as error:
            outcome.append(error.code)

    thread = threading.Thread(target=call)
    thread.start()
    timer = send_soon(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        time.sleep(5)
    timer.join()
    thread.join()
    assert outcome == [Code.ERR_TIMEOUT]


def test_ctrl_c_ends_a_handshake_that_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        client = Client("user", "hunter2", otc_id="OTC-1", base_url=f"https://127.0.0.1:{silent.getsockname()[1]}")
        timer = send_soon(signal.SIGINT)
        begun = time.monotonic()
        with pytest.raises(KeyboardInterrupt) as raised:
            client.request("0812345678")
        timer.join()
    assert time.monotonic() - begun < 0.4
    cause = raised.value.__cause__
    assert isinstance(cause, OtpError)
    assert cause.delivery is Delivery.NOT_SENT
