"""Mobile numbers as the service writes them."""

from __future__ import annotations

from ants_otp import _native
from ants_otp.error import got


def normalize_mobile(mobile: str, country_code: str = "66") -> str:
    """A mobile number as it is sent, such as ``"66812345678"`` for ``"081-234-5678"``.

    However a person writes a number, it comes out the same: use this as the key of an account, a limit or a session.

    Args:
        mobile: In any form that `Client.request` takes.
        country_code: The calling code of the country that a national number belongs to.

    Raises:
        InvalidArgumentError: This is no mobile number (−2).
    """
    return got(_native.normalize_mobile(mobile, country_code))
