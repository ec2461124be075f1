"""The account behind the credentials, and its credit."""

from __future__ import annotations

from ants_otp._answered import Answered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ants_otp import _types as later
else:
    from ants_otp._later import later


class Account(Answered):
    """What a balance call gives."""

    __slots__ = ("_credit", "_type")
    __match_args__ = ("type", "credit")
    _fields = _dict_fields = __match_args__

    def __init__(self, type: str, credit: later.Decimal | str) -> None:  # noqa: A002 - the service's own name
        from decimal import Decimal  # Only who asks for the balance pays for it.

        self._type = type
        self._credit = Decimal(credit)

    @classmethod
    def from_dict(cls, fields: later.Mapping[str, object]) -> later.Self:
        """The account that `to_dict` was asked of. What a newer version wrote beside is left out.

        Raises:
            TypeError: There is no ``type`` or no ``credit``.
        """
        return cls._of(fields)

    @property
    def type(self) -> str:
        """``prepaid`` or ``postpaid``, as the service wrote it."""
        return self._type

    @property
    def credit(self) -> later.Decimal:
        """The credit, exact: money is no floating-point number."""
        return self._credit

    def to_dict(self) -> dict[str, later.Any]:
        """The fields by name, as JSON can hold them: the credit is decimal text."""
        return {"type": self._type, "credit": f"{self._credit:f}"}
