"""Confirm a person's mobile number with a one-time password (OTP) that the ANTS service sends by SMS.

::

    from ants_otp import Client

    with Client("user", "password", otc_id="0DC8E7AD-0168-440C-AF10-BF556B164D83") as client:
        otp = client.request("081-234-5678")
        if client.verify(otp, input(f"Code for {otp.reference_code}: ")):
            print("verified")

A verification is true only for a verified person. A wrong, expired or used code is a false `Verification`; everything
else that goes wrong raises an `OtpError`, whose ``delivery`` says whether the request can have reached the service.
"""

from ants_otp._native import VERSION as __version__  # noqa: N811 - a constant in Rust
from ants_otp.client import Client
from ants_otp.code import Code
from ants_otp.error import (
    AuthenticationError,
    BadAnswerError,
    ConnectError,
    ConnectionLostError,
    CreditError,
    DeadlineError,
    Delivery,
    InternalError,
    InvalidArgumentError,
    OtpError,
    RateLimitedError,
    ServiceError,
)
from ants_otp.sent import Sent
from ants_otp.verification import Verification

# False; type checkers know the name, and take it for true. Said so that jedi cannot tell, and reads both branches.
TYPE_CHECKING = bool()  # noqa: UP018
if TYPE_CHECKING:
    from ants_otp.account import Account
    from ants_otp.aio import AsyncClient
    from ants_otp.delivery_report import DeliveryReport, parse_delivery_report
    from ants_otp.mobile import normalize_mobile
    from ants_otp.raw import RawAnswer

__all__ = [
    "Account",
    "AsyncClient",
    "AuthenticationError",
    "BadAnswerError",
    "Client",
    "Code",
    "ConnectError",
    "ConnectionLostError",
    "CreditError",
    "DeadlineError",
    "Delivery",
    "DeliveryReport",
    "InternalError",
    "InvalidArgumentError",
    "OtpError",
    "RateLimitedError",
    "RawAnswer",
    "Sent",
    "ServiceError",
    "Verification",
    "__version__",
    "normalize_mobile",
    "parse_delivery_report",
]


# What a blocking call does not need is loaded by whoever uses it: asyncio costs more than all of this package.
_LATER = {
    "Account": "ants_otp.account",
    "AsyncClient": "ants_otp.aio",
    "DeliveryReport": "ants_otp.delivery_report",
    "RawAnswer": "ants_otp.raw",
    "normalize_mobile": "ants_otp.mobile",
    "parse_delivery_report": "ants_otp.delivery_report",
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    thing: object = getattr(__import__(_LATER[name], fromlist=(name,)), name)
    globals()[name] = thing
    return thing


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
