"""An OTP on its way to a person: what a request or a resend gives."""

from __future__ import annotations

from ants_otp._answered import Answered

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ants_otp import _types as later
else:
    from ants_otp._later import later


class Sent(Answered):
    """An OTP that the service has taken for sending. Holds no secret: the code itself is only in the SMS.

    To keep it between two requests of a web application, store `to_dict()` and read it
    with `from_dict`, or store the `otp_id` alone.
    """

    __slots__ = ("_description", "_message", "_otc_id", "_otp_id", "_reference_code")
    __match_args__ = ("otp_id", "otc_id", "reference_code", "message", "description")
    _fields = _dict_fields = __match_args__

    def __init__(
        self, otp_id: str, otc_id: str = "", reference_code: str = "", message: str = "", description: str = ""
    ) -> None:
        self._otp_id = otp_id
        self._otc_id = otc_id
        self._reference_code = reference_code
        self._message = message
        self._description = description

    @classmethod
    def from_dict(cls, fields: later.Mapping[str, object]) -> later.Self:
        """The OTP that `to_dict` was asked of. What a newer version wrote beside is left out.

        Raises:
            TypeError: There is no ``otp_id``.
        """
        return cls._of(fields)

    @property
    def otp_id(self) -> str:
        """The id to verify and to resend. After a resend it may be another."""
        return self._otp_id

    @property
    def otc_id(self) -> str:
        """The OTP configuration used; a resend of this OTP sends it along."""
        return self._otc_id

    @property
    def reference_code(self) -> str:
        """Shown to the person, so that he finds the right SMS; empty where the answer had none."""
        return self._reference_code

    @property
    def message(self) -> str:
        """The service's words beside the answer, usually ``success``."""
        return self._message

    @property
    def description(self) -> str:
        """The service's description beside the answer, often empty."""
        return self._description


def ids_of(otp: Sent | str | None) -> tuple[later.Any, later.Any]:
    """The otp_id and, of a `Sent`, the otc_id, as they were given: the native module refuses what is no text.

    No OTP at all is ``(None, None)``; a `Sent` is never that, whatever stands in it.
    """
    if not isinstance(otp, Sent):
        return otp, None
    otc_id: later.Any = otp.otc_id
    return otp.otp_id, "" if otc_id is None else otc_id
