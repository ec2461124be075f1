"""No repr, error or traceback text holds a password, token or OTP code; a client does not leave its process."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import signal
import subprocess
import sys
import traceback
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import ants_otp
from ants_otp import AsyncClient, Client, OtpError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .conftest import Service


def test_a_client_shows_no_secret(service: Service) -> None:
    client = service.client(proxy="http://proxy-user:hunter2@127.0.0.1:1")
    assert repr(client) == f"<ants_otp.Client {service.url} timeout=15 open>"
    client.close()
    assert repr(client) == f"<ants_otp.Client {service.url} timeout=15 closed>"
    assert "hunter2" not in repr(client._native)


@pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_client_is_neither_pickled_nor_copied(client: Client, copied: Callable[[Client], object]) -> None:
    with pytest.raises(TypeError, match="make one in the process that uses it"):
        copied(client)


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.verify("OTP-1", "71828\x00"),
        lambda client: client.verify("OTP-1", "71828" * 100),
        lambda client: client.verify("OTP-1", "71828\ud800"),
        lambda client: client.verify("OTP-1", 71828),
        lambda client: client.verify("OTP-1", "71828", timeout=-1),
        lambda client: client.verify("OTP-1", "71828"),
        lambda client: client.request("0812345678"),
    ],
)
def test_a_traceback_shows_no_secret(service: Service, client: Client, call: Callable[[Any], object]) -> None:
    # The service repeats what it was sent.
    service.answer = {"otpId": "OTP-2", "result": True, "otpCode": "71828", "password": "hunter2"}
    service.status = 500
    with pytest.raises(OtpError) as raised:
        call(client)
    shown = (
        "".join(traceback.format_exception(raised.value, chain=True)) + repr(raised.value) + repr(vars(raised.value))
    )
    assert "hunter2" not in shown
    # The line of this file that made the call is shown too.
    library = "".join(line for line in shown.splitlines(keepends=True) if "client.verify(" not in line)
    assert "71828" not in library


PACKAGE = Path(ants_otp.__file__).parent
SECRETS = ("71828", "hunter2", "to.ken")


class Unreadable:
    """A path that cannot be read."""

    def __fspath__(self) -> str:
        raise LookupError("no path")


def unavailable() -> str:
    raise LookupError("vault")


CLIENTS: dict[str, Callable[[Any], object]] = {
    "an option that cannot work": lambda kind: kind("user", "hunter2", timeout=-1),
    "a misspelt option": lambda kind: kind("user", "hunter2", time_out=1),
    "a token and a password": lambda kind: kind("user", "hunter2", token="to.ken"),
    "a token that cannot be": lambda kind: kind(token="to.ken\n"),
    "credentials that are no function": lambda kind: kind(credentials=("user", "hunter2")),
    "a path that raises": lambda kind: kind("user", "hunter2", token="to.ken", ca_file=Unreadable()),
    "a proxy with a password": lambda kind: kind("user", "hunter2", proxy="ftp://user:hunter2@127.0.0.1"),
    "too many arguments": lambda kind: kind("user", "hunter2", "to.ken"),
}
CALLS: dict[str, Callable[[Any], Any]] = {
    "a code that cannot be": lambda client: client.verify("OTP-1", "71828\0"),
    "a code given as a number": lambda client: client.verify("OTP-1", 71828),
    "an option that cannot work": lambda client: client.verify("OTP-1", "71828", timeout=-1),
    "a misspelt option": lambda client: client.verify("OTP-1", "71828", time_out=1),
    "a code as an option": lambda client: client.balance(otp_code="71828"),
    "a code and an id that changed places": lambda client: client.verify("71828", None),
    "an answer that is none": lambda client: client.verify("OTP-1", "71828"),
}


async def awaited() -> tuple[str, str]:
    await asyncio.sleep(0.01)
    return "us:er", "hunter2"


CREDENTIALS: dict[str, Callable[[], Any]] = {
    "that raise": unavailable,
    "that cannot be": lambda: ("us:er", "hunter2"),
    "of another shape": lambda: ["user", "hunter2"],
    "that are a token": lambda: "to.ken",
    "of a coroutine function": awaited,
}


def frames(error: BaseException) -> Iterator[tuple[str, dict[str, Any]]]:
    """Our own frames that the error went through, with their variables."""
    seen: list[BaseException | None] = [error]
    for error_or_none in seen:
        if error_or_none is None:
            continue
        for frame, _ in traceback.walk_tb(error_or_none.__traceback__):
            if Path(frame.f_code.co_filename).is_relative_to(PACKAGE):
                yield f"{frame.f_code.co_filename}:{frame.f_code.co_name}", dict(frame.f_locals)
        seen += [other for other in (error_or_none.__cause__, error_or_none.__context__) if other not in seen]


def assert_no_secret(error: BaseException, at_least: int = 1) -> None:
    ours = list(frames(error))
    assert len(ours) >= at_least
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    kept = [str(frame.locals) for frame in shown.stack if Path(frame.filename).is_relative_to(PACKAGE)]
    for secret in SECRETS:
        assert secret not in repr(ours)
        assert secret not in str(kept)


def raised_by(work: Callable[[], object]) -> BaseException:
    try:
        result = work()
        if asyncio.iscoroutine(result):
            asyncio.run(_awaited(result))
    except BaseException as error:  # noqa: BLE001 - whatever it is
        return error
    raise AssertionError("nothing was raised")


async def _awaited(call: Any) -> object:
    return await call


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("case", CLIENTS)
def test_no_frame_of_a_constructor_keeps_a_secret(kind: Any, case: str) -> None:
    error = raised_by(lambda: CLIENTS[case](kind))
    assert isinstance(error, (OtpError, TypeError, LookupError))
    assert_no_secret(error, at_least=0 if isinstance(error, TypeError) else 1)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("case", CALLS)
def test_no_frame_of_a_call_keeps_a_secret(service: Service, kind: Any, case: str) -> None:
    service.status = 500
    client = kind("user", "hunter2", base_url=service.url)
    assert_no_secret(raised_by(lambda: CALLS[case](client)))
    closed = kind("user", "hunter2", base_url=service.url)
    closed._native = None
    assert_no_secret(raised_by(lambda: CALLS[case](closed)))


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize("case", CREDENTIALS)
def test_no_frame_that_asks_for_credentials_keeps_a_secret(service: Service, kind: Any, case: str) -> None:
    service.status = 401
    if kind is Client and CREDENTIALS[case] is awaited:
        pytest.skip("for AsyncClient alone")
    client = kind(credentials=CREDENTIALS[case], base_url=service.url)
    assert_no_secret(raised_by(lambda: client.verify("OTP-1", "71828")))


@pytest.mark.parametrize("when", ["before it begins", "in flight"])
def test_no_frame_of_a_cancelled_call_keeps_a_secret(service: Service, when: str) -> None:
    service.silent = True
    errors: list[BaseException] = []

    async def main() -> None:
        task = asyncio.ensure_future(service.async_client().verify("OTP-1", "71828"))
        if when == "in flight":
            await asyncio.sleep(0.1)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError as error:
            errors.append(error)

    asyncio.run(main())
    assert_no_secret(errors[0], at_least=0 if when == "before it begins" else 1)


@pytest.mark.thread_unsafe(reason="only the main thread sets signal handlers")
def test_no_frame_that_a_signal_ends_keeps_a_secret(service: Service) -> None:
    service.silent = True

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        error = raised_by(lambda: service.client().verify("OTP-1", "71828"))
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert isinstance(error, KeyboardInterrupt)
    assert_no_secret(error)


def test_sentry_gets_no_secret(service: Service) -> None:
    """In a process of its own, since Sentry patches much of it."""
    pytest.importorskip("sentry_sdk")
    service.status = 500
    done = subprocess.run(
        [sys.executable, __file__, service.url], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    events = json.loads(done.stdout)
    assert len(events) == 3 * len(CALLS) + len(CLIENTS)
    ours = [
        frame
        for event in events
        for error in event["exception"]["values"]
        for frame in error["stacktrace"]["frames"]
        if Path(frame["abs_path"]).is_relative_to(PACKAGE)
    ]
    # It does send variables.
    assert any(frame["vars"] for frame in ours)
    for secret in SECRETS:
        assert secret not in json.dumps(ours)


def sentry(url: str) -> None:
    """What Sentry sends with its defaults, of each case."""
    import sentry_sdk
    from sentry_sdk.transport import Transport

    events: list[Any] = []

    class Kept(Transport):
        """Keeps what it is to send."""

        def capture_envelope(self, envelope: Any) -> None:
            events.append(envelope.get_event())

    sentry_sdk.init(dsn="http://public@127.0.0.1:1/1", transport=Kept)
    clients: list[Any] = [kind("user", "hunter2", base_url=url) for kind in (Client, AsyncClient)]
    clients.append(Client(credentials=unavailable, base_url=url))
    for case in CALLS.values():
        for client in clients:
            sentry_sdk.capture_exception(raised_by(partial(case, client)))
    for case in CLIENTS.values():
        sentry_sdk.capture_exception(raised_by(partial(case, Client)))
    print(json.dumps(events, default=str))


if __name__ == "__main__":
    sentry(sys.argv[1])
