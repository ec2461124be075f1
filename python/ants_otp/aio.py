"""The asynchronous client: the calls of `Client`, for asyncio."""

from __future__ import annotations

import atexit
import os
from asyncio import get_running_loop
from collections.abc import Coroutine
from contextvars import Context, copy_context
from sys import _getframe, modules  # pyright: ignore[reportPrivateUsage]
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakKeyDictionary

from ants_otp import _log, _native
from ants_otp._face import Face, result_of
from ants_otp.account import Account
from ants_otp.error import got
from ants_otp.sent import Sent, ids_of
from ants_otp.verification import Verification

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop, Future
    from collections.abc import Callable, Generator
    from types import TracebackType
    from typing import Literal, TypeAlias

    from ants_otp._face import Credentials, Path, Result

    _Ended: TypeAlias = tuple[_native.Parts, _native.Failure | None, _native.RawAnswer | None]

_Result = TypeVar("_Result")


class AsyncClient(Face):
    """A connection to the OTP service, for any number of asyncio tasks and loops at once.

    Make one and keep it: its calls share idle connections. It is an asynchronous context manager, and works on in a
    forked child, there best in a loop of the child's own (``asyncio.run``), but cannot be pickled. Nothing is sent
    before a call is awaited; cancelling its task ends it at once, and an SMS may then have gone out. What is not
    given is taken from the environment, where a variable is named below.

    Args:
        username: User name (``ANTS_OTP_USERNAME``). Credentials given here replace all of the environment's.
        password: Password (``ANTS_OTP_PASSWORD``).
        token: A bearer token instead of user name and password, for the services that use one (``ANTS_OTP_TOKEN``).
            One that begins with ``"Basic "`` or ``"Bearer "`` is sent with that scheme.
        credentials: A function that gives the credentials instead, for those that change: it is called before each
            call, on the calling thread, and returns ``(username, password)`` or a token.
        base_url: The service's address, if it is not the provider's own (``ANTS_OTP_BASE_URL``).
        otc_id: The OTP configuration of calls that do not name one (``ANTS_OTP_OTC_ID``).
        timeout: Deadline of a call in seconds, over all that it does: 0.001 to 600, 15 if not given.
        connect_timeout: How many seconds of it a connection may take to be made: 0.001 to 600, 5 if not given.
        country_code: The country of mobile numbers that begin with 0: its calling code, ``"66"`` if not given.
        ca_file: A PEM file of certificates to trust beside the roots (``ANTS_OTP_CA_FILE``). Single ones that cannot be
            used are left out, with a warning from the logger ``ants_otp``.
        root_certificates: Which roots are trusted: ``"bundled"`` (Mozilla's, the default), ``"system"`` or ``"none"``:
            the certificates of `ca_file` alone.
        client_certificate: The client's own certificate chain and its key, two PEM files.
        proxy: URL of a proxy: ``http://``, ``https://``, ``socks5://`` or ``socks5h://`` (``ANTS_OTP_PROXY``).
        proxy_from_env: Take the proxy from ``HTTPS_PROXY`` or ``ALL_PROXY``, and exceptions from ``NO_PROXY``.
        allow_plain_http: Allow ``http://`` to another machine: credentials and codes then travel unencrypted.
        max_idle_connections: How many idle connections are kept: 0 to 4096; if not given, 64, or as many as there are
            async_threads if those are more.
        idle_timeout: How many seconds an idle connection is kept: 0.001 to 600, 30 if not given.
        max_retries: How often a call is tried again while nothing of it was sent: 0 to 2, 2 if not given.
        async_threads: How many threads make calls at the same time: 1 to 1024, 64 if not given. They are started on
            demand, and waiting for one counts in a call's deadline.
        user_agent: The User-Agent header, ``ants-otp/VERSION`` if not given.

    Raises:
        InvalidArgumentError: Credentials are missing, or an option cannot work (−3). The text says what to change.
    """

    __slots__ = ()

    def __init__(
        self,
        username: str | None = None,
        password: str | None = None,
        *,
        token: str | None = None,
        credentials: Credentials | None = None,
        base_url: str | None = None,
        otc_id: str | None = None,
        timeout: float | None = None,
        connect_timeout: float | None = None,
        country_code: str | None = None,
        ca_file: Path | None = None,
        root_certificates: Literal["bundled", "system", "none"] | None = None,
        client_certificate: tuple[Path, Path] | None = None,
        proxy: str | None = None,
        proxy_from_env: bool = False,
        allow_plain_http: bool = False,
        max_idle_connections: int | None = None,
        idle_timeout: float | None = None,
        max_retries: int | None = None,
        user_agent: str | None = None,
        async_threads: int | None = None,
    ) -> None:
        options: dict[str, object] = {
            "username": username,
            "password": password,
            "token": token,
            "credentials": credentials,
            "base_url": base_url,
            "otc_id": otc_id,
            "timeout": timeout,
            "connect_timeout": connect_timeout,
            "country_code": country_code,
            "ca_file": ca_file,
            "root_certificates": root_certificates,
            "client_certificate": client_certificate,
            "proxy": proxy,
            "proxy_from_env": proxy_from_env,
            "allow_plain_http": allow_plain_http,
            "max_idle_connections": max_idle_connections,
            "idle_timeout": idle_timeout,
            "max_retries": max_retries,
            "user_agent": user_agent,
            "async_threads": async_threads,
        }
        self._connect(options, credentials, asynchronous=True)

    def request(
        self,
        mobile: str,
        *,
        otc_id: str | None = None,
        notify_url: str | None = None,
        notify_content_type: Literal["application/json", "application/xml"] | None = None,
        callback_data: str | None = None,
        timeout: float | None = None,
        mobile_as_given: bool = False,
    ) -> Coroutine[Any, Any, Sent]:
        """Ask the service to send an OTP to a mobile number.

        Args:
            mobile: The number as people write it: ``081-234-5678``, ``+66 81 234 5678``, with Thai digits, …
            otc_id: The OTP configuration of this call instead of the client's.
            notify_url: Where the service posts its delivery report: an http or https URL that it can reach.
            notify_content_type: The form of the delivery report.
            callback_data: Text that comes back with the delivery report, and links it to this call: at most 4096 bytes.
            timeout: Deadline of this call in seconds instead of the client's: 0.001 to 600.
            mobile_as_given: Send the number untouched, for numbers that this library does not understand.

        Returns:
            The OTP on its way: show its `reference_code`, keep it for `verify`.

        Raises:
            InvalidArgumentError: This is no mobile number (−2), there is no otc_id (−1), or an option cannot work (−3).
            ServiceError: The service said no; subclasses for credentials, credit and rate.
            ConnectError: No connection; nothing was sent.
            DeadlineError: No answer in time. With `delivery` UNKNOWN an SMS may have gone out.
            OtpError: Everything else, as its `code` says.
        """
        return self._call(
            Sent, "request", (mobile, timeout, notify_url, notify_content_type, callback_data, otc_id, mobile_as_given)
        )

    def resend(
        self,
        otp: Sent | str | None,
        *,
        otc_id: str | None = None,
        notify_url: str | None = None,
        notify_content_type: Literal["application/json", "application/xml"] | None = None,
        callback_data: str | None = None,
        timeout: float | None = None,
    ) -> Coroutine[Any, Any, Sent]:
        """Ask the service to send an OTP again. Go on with the one returned: its id may be another.

        Args:
            otp: The OTP, or its otp_id; None for a resend by the OTP configuration alone.
            otc_id: The OTP configuration, if it is neither the OTP's nor the client's.
            notify_url: As in `request`.
            notify_content_type: As in `request`.
            callback_data: As in `request`.
            timeout: Deadline of this call in seconds instead of the client's: 0.001 to 600.

        Returns:
            The OTP to verify from now on.

        Raises:
            OtpError: As in `request`.
        """
        otp_id, its_otc_id = ids_of(otp)
        return self._call(
            Sent,
            "resend",
            (otp_id, its_otc_id, timeout, notify_url, notify_content_type, callback_data, otc_id),
        )

    def verify(
        self,
        otp: Sent | str,
        otp_code: str,
        *,
        notify_url: str | None = None,
        notify_content_type: Literal["application/json", "application/xml"] | None = None,
        callback_data: str | None = None,
        timeout: float | None = None,
    ) -> Coroutine[Any, Any, Verification]:
        """Ask the service whether this is the code that it sent.

        Args:
            otp: The OTP, or its otp_id.
            otp_code: What the person typed, as text: a number would lose its leading zeros. Outer white space
                goes, Thai and full-width digits become ASCII.
            notify_url: As in `request`.
            notify_content_type: As in `request`.
            callback_data: As in `request`.
            timeout: Deadline of this call in seconds instead of the client's: 0.001 to 600.

        Returns:
            The verdict: true only for a verified person. Wrong, expired, over-limit and already confirmed codes are a
            false verification, not an exception.

        Raises:
            OtpError: Everything that is no verdict, as in `request`.
        """
        otp_id, otc_id = ids_of(otp)
        return self._call(
            Verification, "verify", (otp_id, otc_id, otp_code, timeout, notify_url, notify_content_type, callback_data)
        )

    def balance(self, *, timeout: float | None = None) -> Coroutine[Any, Any, Account]:
        """The account and its credit. Costs nothing, so it also checks the credentials.

        Args:
            timeout: Deadline of this call in seconds instead of the client's: 0.001 to 600.

        Raises:
            AuthenticationError: The credentials are wrong.
            OtpError: Everything else, as in `request`.
        """
        return self._call(Account, "balance", (timeout,))

    async def close(self) -> None:
        """Close the idle connections. Calls in flight end as they would; later ones are refused."""
        self._native = None

    async def __aenter__(self) -> AsyncClient:
        self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def _call(self, kind: Callable[..., Result], operation: str, given: tuple[object, ...]) -> _Call[Result]:
        coroutine: Any = self._perform(kind, operation, given)
        # What asyncio's debug output and the warning about a call that was never awaited speak of.
        coroutine.__name__ = operation
        coroutine.__qualname__ = f"AsyncClient.{operation}"
        return _Call(coroutine)

    async def _perform(self, kind: Callable[..., Result], operation: str, given: tuple[object, ...]) -> Result:
        native = self._open()
        credentials = None if self._credentials is None else self._credentials()
        if "opentelemetry" in modules:
            from ants_otp._telemetry import observed

            with observed(operation, native.url(operation)) as call:
                return call.ended(result_of(kind, *await _submit(native, operation, given, credentials)))
        return result_of(kind, *await _submit(native, operation, given, credentials))


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


async def _submit(
    native: _native.Client,
    operation: str,
    given: tuple[object, ...],
    credentials: tuple[str, str] | str | None,
) -> _Ended:
    loop = get_running_loop()
    future: Future[_Ended] = loop.create_future()
    # This frame keeps no inbox: its loop could not be forgotten.
    cancel = got(native.submit(operation, given, credentials, _log.level(), _inbox_of(loop), (future, copy_context())))
    try:
        return await future
    except BaseException:
        # Its task was cancelled, or the coroutine closed or thrown into: the call ends now.
        cancel.fire()
        raise


class _Inbox(_native.Inbox):
    """The calls of one loop that have ended."""

    __slots__ = ()

    def __del__(self) -> None:
        self.log_rest()

    def log_rest(self) -> None:
        """Write the log lines of calls that have outlived their loop: nobody waits for them, but lines are for all."""
        while (ended := self.take()) is not None:
            (_, context), _, _, _, lines = ended
            if lines is not None:
                context.run(_log.write, lines)


# One for each loop that makes calls.
_inboxes: WeakKeyDictionary[AbstractEventLoop, _Inbox] = WeakKeyDictionary()


def _inbox_of(loop: AbstractEventLoop) -> _Inbox:
    inbox = _inboxes.get(loop)
    if inbox is None:
        _forget_closed_loops()
        inbox = _Inbox()
        # The loop keeps the context that it is told this in: an empty one. A loop that cannot watch it raises here, and
        # nothing is sent.
        Context().run(loop.add_reader, inbox.fileno(), _deliver, inbox)
        _inboxes[loop] = inbox
    return inbox


def _forget_closed_loops() -> None:
    """What lies in the inbox of a closed loop would keep the loop, and with it the inbox."""
    for reference in _inboxes.keyrefs():
        loop = reference()
        if loop is not None and loop.is_closed():
            _inboxes.pop(loop, None)


# So many calls are delivered at once, so that the loop comes to its other work.
_BATCH = 64


def _deliver(inbox: _Inbox) -> None:
    """Tells those who wait what came of their calls; runs in their loop while there is something in the inbox."""
    for _ in range(_BATCH):
        ended = inbox.take()
        if ended is None:
            return
        (future, context), parts, failure, raw, lines = ended
        if lines is not None:
            # Log handlers see the context of the call.
            context.run(_log.write, lines)
        if not future.done():
            future.set_result((parts, failure, raw))


def _end() -> None:
    """No worker may be left when the interpreter ends: it would ask for the GIL of an interpreter that is gone."""
    _native.end_calls()
    for reference in _inboxes.keyrefs():
        loop = reference()
        inbox = None if loop is None else _inboxes.get(loop)
        if inbox is not None:
            inbox.log_rest()


atexit.register(_end)
# A loop of the parent that goes on in a forked child gets an inbox of the child's own. No library can mend that it
# shares the parent's selector.
os.register_at_fork(after_in_child=_inboxes.clear)
