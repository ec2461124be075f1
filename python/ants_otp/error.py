"""What went wrong, and whether the request can have reached the service."""

from __future__ import annotations

from enum import Enum

from ants_otp.code import Code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from ants_otp import _native
    from ants_otp import _types as later

    _T = TypeVar("_T")
else:
    from ants_otp._later import later


class Delivery(Enum):
    """Whether a request can have reached the service."""

    UNKNOWN = 0
    """It may have been carried out: for a request or resend, an SMS may be on its way."""
    NOT_SENT = 1
    """The service cannot have acted: calling again is safe."""
    ANSWERED = 2
    """The service answered."""


class OtpError(Exception):
    """A call that did not succeed. Its text is a sentence, and holds no secret.

    Attributes:
        code: What came of the call.
        delivery: Whether the request can have reached the service. Only with ``NOT_SENT`` calling again cannot send a
            second SMS.
        http_status: The HTTP status of the answer, if there was one.
        service_code: The code that the service sent, also where the table does not know it.
        service_message: The service's own message, or empty.
        service_description: The service's own description, or empty.
        retry_after: Seconds that the service asks to wait before the next call, if it told.
        safe_to_retry: Whether nothing was sent *and* the same call may end otherwise a moment later: what a retry
            should ask. False for an argument, an option, a certificate or a cancel, and for any answer. The library has
            asked this itself, `max_retries` times, before it raised.
    """

    code: Code
    delivery: Delivery
    http_status: int | None
    service_code: int | None
    service_message: str
    service_description: str
    retry_after: float | None
    safe_to_retry: bool = False

    def __init__(
        self,
        message: str,
        *,
        code: Code,
        delivery: Delivery,
        http_status: int | None = None,
        service_code: int | None = None,
        service_message: str = "",
        service_description: str = "",
        retry_after: float | None = None,
        safe_to_retry: bool = False,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.delivery = delivery
        self.http_status = http_status
        self.service_code = service_code
        self.service_message = service_message
        self.service_description = service_description
        self.retry_after = retry_after
        self.safe_to_retry = safe_to_retry

    @property
    def raw(self) -> later.RawAnswer | None:
        """The answer as it came, with secrets masked; None if there was none, and in a copy."""
        from ants_otp.raw import from_native

        return from_native(self.__dict__.get("_raw"))

    def __reduce__(self) -> tuple[later.Callable[..., OtpError], tuple[object, ...]]:
        # Not the inherited way, which calls the class with the positional arguments alone.
        attributes = {name: value for name, value in self.__dict__.items() if name != "_raw"}
        return _restore, (type(self), self.args, attributes)


class InvalidArgumentError(OtpError, ValueError):
    """Refused here, so that nothing was sent: an argument, a mobile number or an option that cannot work (−1 to −3).

    The same call ends the same way: never safe to retry.
    """


class ConnectError(OtpError, ConnectionError):
    """No connection to the service that can be used: name, address, TLS or proxy (−10 to −13).

    Nobody was verified. Nothing was sent, but in one case that `delivery` tells: a service may refuse the client's
    certificate under TLS 1.3 only after the request has left (−12, UNKNOWN).
    """


class DeadlineError(OtpError, TimeoutError):
    """No answer before the deadline (−20).

    Whether the request was sent, `delivery` says: NOT_SENT where it came before the connection was ready, else UNKNOWN.
    """


class ConnectionLostError(OtpError, ConnectionError):
    """The connection was cut before the whole answer came (−21).

    Nobody was verified. Whether the request was sent, `delivery` says: mostly UNKNOWN.
    """


class BadAnswerError(OtpError):
    """An answer that cannot be read or trusted, or an HTTP status that is none (−30, −31).

    Nobody was verified. The request was sent, and may have been carried out: `delivery` is UNKNOWN.
    """


class InternalError(OtpError):
    """A defect of this library (−99). Nobody was verified; whether anything was sent, `delivery` says."""


class ServiceError(OtpError):
    """The service answered, and said no (every positive code): `delivery` is ANSWERED, and nobody was verified."""


class AuthenticationError(ServiceError):
    """Wrong user name, password or token (9998)."""


class CreditError(ServiceError):
    """The account cannot pay for the SMS (9995)."""


class RateLimitedError(ServiceError):
    """Called too often (429): wait for `retry_after`, where the service told it."""


_CLASSES: dict[Code, type[OtpError]] = {
    Code.ERR_INVALID_ARGUMENT: InvalidArgumentError,
    Code.ERR_INVALID_MOBILE: InvalidArgumentError,
    Code.ERR_INVALID_OPTION: InvalidArgumentError,
    Code.ERR_RESOLVE: ConnectError,
    Code.ERR_CONNECT: ConnectError,
    Code.ERR_TLS: ConnectError,
    Code.ERR_PROXY: ConnectError,
    Code.ERR_TIMEOUT: DeadlineError,
    Code.ERR_CONNECTION_LOST: ConnectionLostError,
    Code.ERR_INTERRUPTED: OtpError,
    Code.ERR_HTTP_STATUS: BadAnswerError,
    Code.ERR_BAD_ANSWER: BadAnswerError,
    Code.ERR_INTERNAL: InternalError,
    Code.AUTHENTICATION_FAILED: AuthenticationError,
    Code.CREDIT_NOT_ENOUGH: CreditError,
    Code.RATE_LIMITED: RateLimitedError,
}


def from_native(
    code: int,
    delivery: int,
    message: str,
    http_status: int | None,
    service_code: int | None,
    service_message: str,
    service_description: str,
    retry_after: float | None,
    safe_to_retry: bool,
    raw: _native.RawAnswer | None = None,
) -> OtpError:
    """The exception for a failure of the native module, and the answer if one came."""
    error = _CLASSES.get(Code(code), ServiceError)(
        message,
        code=Code(code),
        delivery=Delivery(delivery),
        http_status=http_status,
        service_code=service_code,
        service_message=service_message,
        service_description=service_description,
        retry_after=retry_after,
        safe_to_retry=safe_to_retry,
    )
    if raw is not None:
        error.__dict__["_raw"] = raw
    return error


def unwrap(result: _native.Fallible[_T]) -> _T:
    """What the native module gave, or else the exception that says why there is nothing."""
    if result[1] is not None:
        raise from_native(*result[1])
    return result[0]


def _restore(cls: type[OtpError], args: tuple[object, ...], attributes: dict[str, object]) -> OtpError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(attributes)
    return error


for _public in (Delivery, OtpError, ServiceError, *_CLASSES.values()):
    # A traceback and a pickle name what users import.
    _public.__module__ = "ants_otp"
