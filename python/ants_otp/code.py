"""What came of a call, as a number that is the same in every language."""

from __future__ import annotations

from enum import IntEnum

from ants_otp import _native

# The members are written out so that editors and type-checkers see them; a test compares them with the native table.


class Code(IntEnum):
    """What came of a call.

    0 is success. A positive code is an answer: the service said no. A negative code is the lack of an answer. The names
    are those of C without ``ANTS_OTP_``.
    """

    OK = 0
    """Success: done; for verify, the person is verified."""
    WRONG_CODE = 1
    """The OTP code is wrong."""
    REFUSED = 2
    """The service refused, in words that are not in the code table."""
    INVALID_OTP_CONFIG = 301
    """Invalid OTP config: the service does not know this otcId."""
    NUMBER_PREFIX_MISSING = 302
    """Number prefix missing: the mobile number has no country prefix."""
    NO_DATA_AVAILABLE = 303
    """No OTP data available: the service does not know this otpId."""
    OVER_LIMIT_USAGE = 304
    """Over limit: too many wrong tries, or too many resends."""
    CODE_EXPIRED = 305
    """The OTP code has expired."""
    CODE_CONFIRMED = 306
    """The OTP code has been confirmed already."""
    INVALID_NUMBER = 307
    """Invalid number: the service does not take this mobile number."""
    RATE_LIMITED = 429
    """Called too often: the service limits the rate (HTTP 429)."""
    CREDIT_NOT_ENOUGH = 9995
    """Credit not enough: the account cannot pay for the SMS."""
    BAD_REQUEST = 9996
    """Bad request: the service could not use the request."""
    AUTHENTICATION_FAILED = 9998
    """Authentication failed: wrong user name, password or token."""
    EXCEPTION = 9999
    """Exception: the service failed inside."""
    ERR_INVALID_ARGUMENT = -1
    """An argument is missing or cannot be used; nothing was sent."""
    ERR_INVALID_MOBILE = -2
    """This is not a mobile number; nothing was sent."""
    ERR_INVALID_OPTION = -3
    """An option of the client cannot work; nothing was sent."""
    ERR_RESOLVE = -10
    """The service's host name could not be resolved; nothing was sent."""
    ERR_CONNECT = -11
    """No connection to the service could be made; nothing was sent."""
    ERR_TLS = -12
    """No trusted TLS connection could be made."""
    ERR_PROXY = -13
    """The proxy could not be used; nothing was sent."""
    ERR_TIMEOUT = -20
    """No answer before the deadline."""
    ERR_CONNECTION_LOST = -21
    """The connection was cut before the whole answer came."""
    ERR_INTERRUPTED = -22
    """The caller stopped the call."""
    ERR_HTTP_STATUS = -30
    """The service answered with an HTTP status that is no answer to the call."""
    ERR_BAD_ANSWER = -31
    """The answer cannot be read or trusted."""
    ERR_INTERNAL = -99
    """A defect of this library."""

    def text(self, language: str = "en") -> str:
        """What happened, for developers and logs. Show people :meth:`user_text`.

        Args:
            language: ``"en"`` or ``"th"``, also with a region (``"th-TH"``); any other gives English.
        """
        return _native.code_text(self, language)

    def user_text(self, language: str = "en") -> str:
        """What to show people.

        It says what that person can do. All that they cannot mend is one sentence.

        Args:
            language: as for :meth:`text`.
        """
        return _native.code_user_text(self, language)

    @property
    def advice(self) -> str:
        """What a developer or operator can do about it, in English."""
        return _native.code_advice(self)
