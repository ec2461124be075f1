"""Mobile numbers as the service writes them."""

from __future__ import annotations

from ants_otp import _native
from ants_otp.error import unwrap

__all__ = ["normalize_mobile"]


def normalize_mobile(mobile: str, country_code: str = "66") -> str:
    """Read a mobile number as `Client.request` does: however a person writes it, it comes out the same.

    Use the result as the key of an account, a limit or a session.

    Args:
        mobile: The number as people write or paste it: ``081-234-5678``, ``+66 (0)81 234 5678``, …
        country_code: The country of numbers in national form (081…): its calling code.

    Returns:
        The number in international form without a plus, such as ``66812345678``.

    Raises:
        InvalidArgumentError: This is no mobile number, or may be read as two (−2).
    """
    return unwrap(_native.normalize_mobile(mobile, country_code))
