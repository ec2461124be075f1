"""Delivery reports, which the service posts to a call's ``notify_url``."""

from __future__ import annotations

from ants_otp import _native
from ants_otp._record import Record
from ants_otp.error import unwrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ants_otp import _types as later
else:
    from ants_otp._later import later


class DeliveryReport(Record):
    """What became of one SMS. What the report does not hold is empty.

    Anybody can post to a ``notify_url``: a report proves nothing about who sent it, and must never let anybody in.
    """

    __match_args__ = (
        "bulk_id",
        "message_id",
        "to",
        "sender",
        "text",
        "credit",
        "sent_date",
        "done_date",
        "status_code",
        "status_name",
        "status_description",
        "callback_data",
    )
    __slots__ = tuple(f"_{name}" for name in __match_args__)
    _fields = __match_args__
    # The text holds the code.
    _dict_fields = tuple(name for name in __match_args__ if name != "text")

    def __init__(
        self,
        bulk_id: str = "",
        message_id: str = "",
        to: str = "",
        sender: str = "",
        text: str = "",
        credit: str = "",
        sent_date: str = "",
        done_date: str = "",
        status_code: str = "",
        status_name: str = "",
        status_description: str = "",
        callback_data: str = "",
    ) -> None:
        self._bulk_id = bulk_id
        self._message_id = message_id
        self._to = to
        self._sender = sender
        self._text = text
        self._credit = credit
        self._sent_date = sent_date
        self._done_date = done_date
        self._status_code = status_code
        self._status_name = status_name
        self._status_description = status_description
        self._callback_data = callback_data

    @classmethod
    def from_dict(cls, fields: later.Mapping[str, object]) -> later.Self:
        """The report that `to_dict` was asked of, without its text. What a newer version wrote beside is left out."""
        return cls._of(fields)

    @property
    def bulk_id(self) -> str:
        """The id of the batch that the SMS was sent in. An OTP's answer does not hold it."""
        return self._bulk_id

    @property
    def message_id(self) -> str:
        """The SMS's id. An OTP's answer does not hold it."""
        return self._message_id

    @property
    def to(self) -> str:
        """The mobile number that the SMS went to, in the service's form."""
        return self._to

    @property
    def sender(self) -> str:
        """The sender's name: ``from`` on the wire."""
        return self._sender

    @property
    def text(self) -> str:
        """The SMS's text. It holds the OTP code: a secret, which must not be logged; `repr` shows stars."""
        return self._text

    @property
    def credit(self) -> str:
        """What the SMS cost, as decimal text."""
        return self._credit

    @property
    def sent_date(self) -> str:
        """When the SMS was sent, as the service wrote it."""
        return self._sent_date

    @property
    def done_date(self) -> str:
        """When the SMS reached its end, as the service wrote it."""
        return self._done_date

    @property
    def status_code(self) -> str:
        """The status's code, such as ``000``."""
        return self._status_code

    @property
    def status_name(self) -> str:
        """ACCEPTED, PENDING, UNDELIVERED, DELIVERED, EXPIRED, REJECTED or COMPLETED, as the service wrote it."""
        return self._status_name

    @property
    def status_description(self) -> str:
        """The status in words."""
        return self._status_description

    @property
    def callback_data(self) -> str:
        """What the call gave as `callback_data`: the only link between a report and an OTP."""
        return self._callback_data

    @property
    def is_delivered(self) -> bool:
        """Whether the SMS reached the telephone."""
        return self._status_name.upper() == "DELIVERED"

    def to_dict(self) -> dict[str, later.Any]:
        """The fields by name, as JSON can hold them, without `text`, which is a secret."""
        return super().to_dict()

    def __repr__(self) -> str:
        shown = ("bulk_id", "message_id", "status_name", "done_date", "callback_data")
        return f"DeliveryReport({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)}, …)"


def parse_delivery_report(body: bytes, content_type: str = "") -> list[DeliveryReport]:
    """Read the body of a delivery report: JSON or XML, one report or a list.

    Args:
        body: The request's body: 1 MiB at most, 10 000 messages at most, XML without DTD and entities.
        content_type: The request's Content-Type header. Where it names neither JSON nor XML, the body decides.

    Returns:
        One entry for each SMS.

    Raises:
        BadAnswerError: This is no delivery report (−31).
    """
    return [DeliveryReport(*parts) for parts in unwrap(_native.parse_delivery_report(body, content_type))]
