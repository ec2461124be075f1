"""The verdict on what a person typed."""

from __future__ import annotations

from ants_otp._answered import Answered
from ants_otp.code import Code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ants_otp import _types as later
else:
    from ants_otp._later import later

_CODES: dict[str, Code] = {
    "verified": Code.OK,
    "wrong_code": Code.WRONG_CODE,
    "over_limit": Code.OVER_LIMIT_USAGE,
    "expired": Code.CODE_EXPIRED,
    "already_confirmed": Code.CODE_CONFIRMED,
}


class Verification(Answered):
    """How a verification ended. Its truth is the verdict: ``if client.verify(otp, code):``.

    The rest explains a no, and none of it lets anybody in.
    """

    __slots__ = ("_said", "_status")
    __match_args__ = ("status", "result", "is_error_count", "is_expr_code")
    _fields = _dict_fields = __match_args__

    def __init__(
        self, status: later.Status, result: bool, is_error_count: bool = False, is_expr_code: bool = False
    ) -> None:
        if status not in _CODES:
            raise ValueError(f"status must be one of {', '.join(_CODES)}")
        self._status: later.Status = status
        # As the service said it.
        self._said = (result, is_error_count, is_expr_code)

    def __bool__(self) -> bool:
        return self._status == "verified"

    @property
    def status(self) -> later.Status:
        """How it ended.

        * ``verified``: the person holds the mobile number.
        * ``wrong_code``: the person may try again.
        * ``over_limit``: too many wrong tries; request a new OTP.
        * ``expired``: the code's time is over; request or resend an OTP.
        * ``already_confirmed``: this OTP was confirmed before, and verifies nobody a second time.
        """
        return self._status

    @property
    def code(self) -> Code:
        """The status as a code, with a sentence for the person: ``verification.code.user_text("th")``."""
        return _CODES[self._status]

    @property
    def result(self) -> bool:
        """``result`` as the service said it. Not the verdict: a flag beside it may say otherwise."""
        return self._said[0]

    @property
    def is_error_count(self) -> bool:
        """Too many wrong tries, said by the flag ``isErrorCount`` or by the code 0304."""
        return self._said[1]

    @property
    def is_expr_code(self) -> bool:
        """The code's time is over, said by the flag ``isExprCode`` or by the code 0305."""
        return self._said[2]
