"""What the results of calls have in common: beside the record, the answer that they were read from."""

from __future__ import annotations

from ants_otp._record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ants_otp import _native
    from ants_otp import _types as later
else:
    from ants_otp._later import later


class Answered(Record):
    """A record that a call gives."""

    __slots__ = ("_raw",)
    if TYPE_CHECKING:
        _raw: _native.RawAnswer

    @property
    def raw(self) -> later.RawAnswer | None:
        """The answer as it came, with secrets masked; None where no call gave this, and in a copy."""
        from ants_otp.raw import from_native

        return from_native(getattr(self, "_raw", None))
