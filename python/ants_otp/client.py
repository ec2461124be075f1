"""The client: request, resend, verify, balance."""

from __future__ import annotations

from sys import modules

from ants_otp import _log
from ants_otp._base import BaseClient, result_of
from ants_otp._method import method
from ants_otp._native import Call
from ants_otp.error import from_native, unwrap
from ants_otp.sent import Sent, ids_of
from ants_otp.verification import Verification

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Unpack

    from ants_otp import _types as later
    from ants_otp._base import Result
    from ants_otp._native import Client as Native
    from ants_otp._options import ClientOptions, RequestOptions, ResendOptions, Timeout, VerifyOptions
else:
    from ants_otp._later import later


class Client(BaseClient):
    """A connection to the OTP service, for any number of threads at once.

    Make one and keep it: its calls share idle connections. It is a context manager, and works on in a forked child, but
    cannot be pickled.
    """

    __slots__ = ()

    @method
    def __init__(
        self, username: str | None = None, password: str | None = None, **options: Unpack[ClientOptions]
    ) -> None:
        """What is not given is taken from the environment, where a variable is named.

        Nothing is taken where Python runs setuid or with file capabilities.

        Args:
            username: User name (``ANTS_OTP_USERNAME``). Credentials given here replace all of the environment's.
            password: Password (``ANTS_OTP_PASSWORD``).
            **options: What `ants_otp._options.ClientOptions` lists.

        Raises:
            InvalidArgumentError: Credentials are missing, or an option cannot work (−3). The text says what to change.
        """
        try:
            result = self._connect(username, password, options)
        finally:
            del username, password, options
        self._begin(unwrap(result))

    @method
    def request(self, mobile: str, **options: Unpack[RequestOptions]) -> Sent:
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
    def resend(self, otp: Sent | str | None, **options: Unpack[ResendOptions]) -> Sent:
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
    def verify(self, otp: Sent | str, otp_code: str, **options: Unpack[VerifyOptions]) -> Verification:
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
    def balance(self, **options: Unpack[Timeout]) -> later.Account:
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

    def close(self) -> None:
        """Close the idle connections. Calls in flight on other threads end as they would; later ones are refused."""
        self._native = None

    def __enter__(self) -> later.Self:
        self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: later.TracebackType | None
    ) -> None:
        self.close()

    def _made(self, kind: Callable[..., Result], call: Call) -> Result:
        native = self._native or self._open()
        if self._credentials is not None:
            call.authorize(self._credentials())
        if "opentelemetry" in modules:
            from ants_otp._telemetry import observed

            with observed(call.operation, native.url(call.operation)) as seen:
                return seen.finish(_called(kind, native, call))
        return _called(kind, native, call)


def _called(kind: Callable[..., Result], native: Native, call: Call) -> Result:
    if "greenlet" in modules:
        from ants_otp import _green

        hub = _green.hub()
        if hub is not None:
            return result_of(kind, *hub.make(native, call))
    raised, parts, failure, raw, lines = native.call(call, _log.level())
    if lines is not None:
        _log.write(lines)
    if raised is not None:
        # By a signal handler: what came of the call is then its cause.
        if failure is not None and raised.__cause__ is None:
            raised.__cause__ = from_native(*failure, raw)
        context = raised.__context__
        try:
            raise raised
        finally:
            # Its own, not that of this call; and no cycle through this frame.
            raised.__context__ = context
            del raised, context
    return result_of(kind, parts, failure, raw)
