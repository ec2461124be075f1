"""The service's answer as it came, for whoever looks into a problem."""

from __future__ import annotations

from ants_otp._record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ants_otp import _native


class RawAnswer(Record):
    """An answer as it came: ``result.raw`` or ``error.raw``.

    OTP codes and credentials are masked with ``***``, wherever the service repeats them.
    """

    __slots__ = ("_body", "_headers", "_http_status")
    __match_args__ = ("http_status", "headers", "body")
    _fields = _dict_fields = __match_args__

    def __init__(self, http_status: int, headers: tuple[tuple[str, str], ...], body: str) -> None:
        self._http_status = http_status
        self._headers = tuple((name, value) for name, value in headers)
        self._body = body

    @property
    def http_status(self) -> int:
        """The HTTP status."""
        return self._http_status

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """Names, in small letters, and values, in the order of their coming."""
        return self._headers

    @property
    def body(self) -> str:
        """The body as text; U+FFFD stands for what is neither UTF-8 nor windows-874."""
        return self._body

    def header(self, name: str) -> str | None:
        """The value of a header, or None; several of one name are joined with commas.

        Args:
            name: The header's name, in any letter case.
        """
        values = [value for known, value in self._headers if known == name.lower()]
        return ", ".join(values) if values else None


def from_native(native: _native.RawAnswer | None) -> RawAnswer | None:
    """What a result or an error keeps, made readable."""
    parts = native.read() if native is not None else None
    return None if parts is None else RawAnswer(parts[0], tuple(parts[1]), parts[2])
