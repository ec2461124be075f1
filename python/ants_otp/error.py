"""What went wrong, and whether the request can have reached the service."""

from __future__ import annotations

from enum import Enum

from ants_otp.code import Code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from ants_otp import _native
    from ants_otp.raw import RawAnswer

    _T = TypeVar("_T")


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
    """

    code: Code
    delivery: Delivery
    http_status: int | None
    service_code: int | None
    service_message: str
    service_description: str
    retry_after: float | None

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
    ) -> None:
        super().__init__(message)
        self.code = code
        self.delivery = delivery
        self.http_status = http_status
        self.service_code = service_code
        self.service_message = service_message
        self.service_description = service_description
        self.retry_after = retry_after

    @property
    def raw(self) -> RawAnswer | None:
        """The answer as it came, with secrets masked; None if there was none, and in a copy."""
        from ants_otp.raw import from_native

        return from_native(self.__dict__.get("_raw"))

    def __reduce__(self) -> tuple[Callable[..., OtpError], tuple[object, ...]]:
        # Not the inherited way, which calls the class with the positional arguments alone.
        attributes = {name: value for name, value in self.__dict__.items() if name != "_raw"}
        return _restore, (type(self), self.args, attributes)


class InvalidArgumentError(OtpError, ValueError):
    """Refused before anything was sent: an argument, a mobile number or an option that cannot work (−1, −2, −3)."""


class ConnectError(OtpError, ConnectionError):
    """No connection to the service: name, address, TLS or proxy (−10 to −13). Nothing was sent."""


class DeadlineError(OtpError, TimeoutError):
    """No answer before the deadline (−20)."""


class ConnectionLostError(OtpError, ConnectionError):
    """The connection was cut before the whole answer came (−21)."""


class BadAnswerError(OtpError):
    """An answer that cannot be read or trusted, or an HTTP status that is none (−30, −31). Nobody was verified."""


class InternalError(OtpError):
    """A defect of this library (−99)."""


class ServiceError(OtpError):
    """The service answered, and said no (every positive code)."""


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
    )
    if raw is not None:
        error.__dict__["_raw"] = raw
    return error


def got(tried: _native.Tried[_T]) -> _T:
    """What the native module gave, or else the exception that says why there is nothing."""
    if tried[1] is not None:
        raise from_native(*tried[1])
    return tried[0]


def _restore(cls: type[OtpError], args: tuple[object, ...], attributes: dict[str, object]) -> OtpError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(attributes)
    return error


for _public in (Delivery, OtpError, ServiceError, *_CLASSES.values()):
    # A traceback and a pickle name what users import.
    _public.__module__ = "ants_otp"
