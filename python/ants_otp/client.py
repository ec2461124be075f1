"""The client: request, resend, verify, balance."""

from __future__ import annotations

from sys import modules

from ants_otp import _log
from ants_otp._face import Face, result_of
from ants_otp.account import Account
from ants_otp.error import from_native
from ants_otp.sent import Sent, ids_of
from ants_otp.verification import Verification

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType
    from typing import Literal

    from ants_otp._face import Credentials, Path, Result
    from ants_otp._native import Client as Native


class Client(Face):
    """A connection to the OTP service, for any number of threads at once.

    Make one and keep it: its calls share idle connections. It is a context manager, and works on in a forked child, but
    cannot be pickled. What is not given is taken from the environment, where a variable is named below.

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
        max_idle_connections: How many idle connections are kept: 0 to 4096, 64 if not given.
        idle_timeout: How many seconds an idle connection is kept: 0.001 to 600, 30 if not given.
        max_retries: How often a call is tried again while nothing of it was sent: 0 to 2, 2 if not given.
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
        }
        self._connect(options, credentials, asynchronous=False)

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
    ) -> Sent:
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
    ) -> Sent:
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
    ) -> Verification:
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

    def balance(self, *, timeout: float | None = None) -> Account:
        """The account and its credit. Costs nothing, so it also checks the credentials.

        Args:
            timeout: Deadline of this call in seconds instead of the client's: 0.001 to 600.

        Raises:
            AuthenticationError: The credentials are wrong.
            OtpError: Everything else, as in `request`.
        """
        return self._call(Account, "balance", (timeout,))

    def close(self) -> None:
        """Close the idle connections. Calls in flight on other threads end as they would; later ones are refused."""
        self._native = None

    def __enter__(self) -> Client:
        self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _call(self, kind: Callable[..., Result], operation: str, given: tuple[object, ...]) -> Result:
        native = self._native or self._open()
        credentials = None if self._credentials is None else self._credentials()
        if "opentelemetry" in modules:
            from ants_otp._telemetry import observed

            with observed(operation, native.url(operation)) as call:
                return call.ended(_called(kind, native, operation, given, credentials))
        return _called(kind, native, operation, given, credentials)


def _called(
    kind: Callable[..., Result],
    native: Native,
    operation: str,
    given: tuple[object, ...],
    credentials: tuple[str, str] | str | None,
) -> Result:
    raised, parts, failure, raw, lines = native.call(operation, given, credentials, _log.level())
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
