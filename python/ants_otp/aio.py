"""The asynchronous client: the calls of `Client`, for asyncio."""

from __future__ import annotations

import os
from asyncio import ensure_future, get_running_loop, wait
from collections.abc import Coroutine
from contextvars import Context, copy_context
from sys import _getframe, modules  # pyright: ignore[reportPrivateUsage]
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from ants_otp import _log
from ants_otp._base import BaseClient, result_of
from ants_otp._completions import BATCH, Completions
from ants_otp._method import method
from ants_otp._native import Call
from ants_otp.code import Code
from ants_otp.error import DeadlineError, Delivery, from_native, unwrap
from ants_otp.sent import Sent, ids_of
from ants_otp.verification import Verification

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future
    from collections.abc import Awaitable, Callable, Generator

    from typing_extensions import Unpack

    from ants_otp import _native
    from ants_otp import _types as later
    from ants_otp._base import Result
    from ants_otp._completions import Completion
    from ants_otp._options import AsyncClientOptions, RequestOptions, ResendOptions, Secret, Timeout, VerifyOptions
else:
    from ants_otp._later import later

_Result = TypeVar("_Result")


class AsyncClient(BaseClient):
    """A connection to the OTP service, for any number of asyncio tasks and loops at once.

    Make one and keep it: its calls share idle connections. It is an asynchronous context manager, and works on in a
    forked child, there best in a loop of the child's own (``asyncio.run``), but cannot be pickled. Nothing is sent
    before a call is awaited; cancelling its task ends it at once, and an SMS may then have gone out.
    """

    __slots__ = ()

    @method
    def __init__(
        self, username: str | None = None, password: str | None = None, **options: Unpack[AsyncClientOptions]
    ) -> None:
        """What is not given is taken from the environment, where a variable is named.

        Nothing is taken where Python runs setuid or with file capabilities.

        Args:
            username: User name (``ANTS_OTP_USERNAME``). Credentials given here replace all of the environment's.
            password: Password (``ANTS_OTP_PASSWORD``).
            **options: What `ants_otp._options.AsyncClientOptions` lists.

        Raises:
            InvalidArgumentError: Credentials are missing, or an option cannot work (−3). The text says what to change.
        """
        try:
            result = self._connect(username, password, options)
        finally:
            del username, password, options
        self._begin(unwrap(result))

    @method
    def request(self, mobile: str, **options: Unpack[RequestOptions]) -> Coroutine[Any, Any, Sent]:
        """Ask the service to send an OTP to a mobile number.

        Args:
            mobile: The number as people write or paste it: ``081-234-5678``, ``+66 (0)81 234 5678``, in Thai or
                neighbouring digits, … It is certainly right or refused.
            **options: What `ants_otp._options.RequestOptions` lists.

        Returns:
            The OTP on its way: show its `reference_code`, keep it for `verify`.

        Raises:
            InvalidArgumentError: This is no mobile number (−2), there is no otc_id (−1), or an option cannot work (−3).
            ServiceError: The service said no; subclasses for credentials, credit and rate.
            ConnectError: No connection that can be used. `delivery` says whether anything was sent.
            DeadlineError: No answer in time. With `delivery` UNKNOWN an SMS may have gone out.
            OtpError: Everything else, as its `code` says.
        """
        try:
            call = Call.request(mobile, options)
        finally:
            del mobile, options
        return self._made(Sent, call)

    @method
    def resend(self, otp: Sent | str | None, **options: Unpack[ResendOptions]) -> Coroutine[Any, Any, Sent]:
        """Ask the service to send an OTP again. Go on with the one returned: its id may be another.

        Args:
            otp: The OTP, or its otp_id; None for a resend by the OTP configuration alone.
            **options: What `ants_otp._options.ResendOptions` lists.

        Returns:
            The OTP to verify from now on.

        Raises:
            OtpError: As in `request`.
        """
        try:
            call = Call.resend(*ids_of(otp), options)
        finally:
            del otp, options
        return self._made(Sent, call)

    @method
    def verify(
        self, otp: Sent | str, otp_code: str, **options: Unpack[VerifyOptions]
    ) -> Coroutine[Any, Any, Verification]:
        """Ask the service whether this is the code that it sent.

        Args:
            otp: The OTP, or its otp_id.
            otp_code: What the person typed, as text: a number would lose its leading zeros. White space,
                invisible marks and dashes between digits go, digits of other scripts become ASCII.
            **options: What `ants_otp._options.VerifyOptions` lists.

        Returns:
            The verdict: true only for a verified person. Wrong, expired, over-limit and already confirmed codes are a
            false verification, not an exception.

        Raises:
            OtpError: Everything that is no verdict, as in `request`.
        """
        try:
            call = Call.verify(*ids_of(otp), otp_code, options)
        finally:
            del otp, otp_code, options
        return self._made(Verification, call)

    @method
    def balance(self, **options: Unpack[Timeout]) -> Coroutine[Any, Any, later.Account]:
        """The account and its credit. Costs nothing, so it also checks the credentials.

        Args:
            **options: What `ants_otp._options.Timeout` lists.

        Raises:
            AuthenticationError: The credentials are wrong.
            OtpError: Everything else, as in `request`.
        """
        from ants_otp.account import Account

        try:
            call = Call.balance(options)
        finally:
            del options
        return self._made(Account, call)

    async def close(self) -> None:
        """Close the idle connections. Calls in flight end as they would; later ones are refused."""
        self._native = None

    async def __aenter__(self) -> later.Self:
        self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: later.TracebackType | None
    ) -> None:
        await self.close()

    def _made(self, kind: Callable[..., Result], call: Call) -> _Call[Result]:
        coroutine: Any = self._perform(kind, call)
        # What asyncio's debug output and the warning about a call that was never awaited speak of.
        coroutine.__name__ = call.operation
        coroutine.__qualname__ = f"AsyncClient.{call.operation}"
        return _Call(coroutine)

    async def _perform(self, kind: Callable[..., Result], call: Call) -> Result:
        native = self._open()
        if self._credentials is not None:
            await _authorize(call, self._credentials, call.begin(native))
        if "opentelemetry" in modules:
            from ants_otp._telemetry import observed

            with observed(call.operation, native.url(call.operation)) as seen:
                return seen.finish(result_of(kind, *await _submit(native, call)))
        return result_of(kind, *await _submit(native, call))


async def _authorize(call: Call, credentials: Callable[[], Any], seconds: float) -> None:
    given = credentials()
    try:
        call.authorize(await _within(seconds, given) if hasattr(given, "__await__") else given)
    finally:
        del given


async def _within(seconds: float, credentials: Awaitable[Secret]) -> Secret:
    """What a coroutine function gives as credentials, before the call's deadline."""
    task = ensure_future(credentials)
    try:
        await wait([task], timeout=seconds)
        if task.done():
            return task.result()
        raise DeadlineError(
            "The deadline came before the credentials function had given any: raise the timeout.",
            code=Code.ERR_TIMEOUT,
            delivery=Delivery.NOT_SENT,
        )
    finally:
        # The task shows what it has come to.
        task.cancel()
        del task, credentials


class _Call(Coroutine[Any, Any, _Result]):
    """A call that waits to be awaited. Unlike any other coroutine it has no truth value.

    ``if client.verify(otp, code):`` without ``await`` would let everybody in.
    """

    __slots__ = ("__weakref__", "_coroutine")

    def __init__(self, coroutine: Coroutine[Any, Any, _Result]) -> None:
        # Dropped without having begun, it gives Python's own warning.
        self._coroutine = coroutine

    def __bool__(self) -> bool:
        # In CPython 3.12 the repr of a task asks whether it has a coroutine by its truth; 3.13 asks for None.
        if _getframe(1).f_globals.get("__name__") == "asyncio.base_tasks":
            return True
        raise TypeError(f"{self!r} was not awaited and has no truth value: write await before the call")

    def __repr__(self) -> str:
        return f"<call of {self.__qualname__}>"

    def __await__(self) -> Generator[Any, Any, _Result]:
        return self._coroutine.__await__()

    def send(self, value: Any, /) -> Any:
        return self._coroutine.send(value)

    def throw(self, *error: Any) -> Any:
        try:
            return self._coroutine.throw(*error)
        finally:
            # Its traceback keeps this frame.
            del error

    def close(self) -> None:
        self._coroutine.close()

    def __getattr__(self, name: str) -> Any:
        # cr_frame, cr_code and their like, for debuggers and asyncio's debug output.
        return getattr(self._coroutine, name)


async def _submit(native: _native.Client, call: Call) -> Completion:
    loop = get_running_loop()
    future: Future[Completion] = loop.create_future()
    # This frame does not keep them: its loop could not be forgotten.
    failure = native.submit(call, _log.level(), _completions_of(loop), (future, copy_context()))
    if failure is not None:
        raise from_native(*failure)
    try:
        return await future
    except BaseException:
        # Its task was cancelled, or the coroutine closed or thrown into: the call ends now.
        call.cancel()
        raise


class _LoopCompletions(Completions):
    __slots__ = ()

    def log(self, waiter: Any, lines: list[tuple[int, str]]) -> None:
        # Log handlers see the context of the call.
        _, context = waiter
        context.run(_log.write, lines)


# One for each loop that makes calls.
_completions: WeakKeyDictionary[AbstractEventLoop, _LoopCompletions] = WeakKeyDictionary()


def _completions_of(loop: AbstractEventLoop) -> _LoopCompletions:
    completions = _completions.get(loop)
    if completions is None:
        _forget_closed_loops()
        completions = _LoopCompletions()
        # The loop keeps the context that it is told this in: an empty one. A loop that cannot watch it raises here, and
        # nothing is sent.
        Context().run(loop.add_reader, completions.fileno(), _deliver, completions)
        _completions[loop] = completions
    return completions


def _forget_closed_loops() -> None:
    """What a closed loop has not taken would keep the loop, and with it the queue."""
    for reference in _completions.keyrefs():
        loop = reference()
        if loop is not None and loop.is_closed():
            _completions.pop(loop, None)


def _deliver(completions: _LoopCompletions) -> None:
    """Tells those who wait what came of their calls; runs in their loop while there is something to take."""
    for _ in range(BATCH):
        completion = completions.take()
        if completion is None:
            return
        waiter, parts, failure, raw, lines = completion
        if lines is not None:
            completions.log(waiter, lines)
        future, _ = waiter
        if not future.done():
            future.set_result((parts, failure, raw))


# A loop of the parent that goes on in a forked child gets a queue of the child's own. No library can mend that it
# shares the parent's selector.
os.register_at_fork(after_in_child=_completions.clear)
