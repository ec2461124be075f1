"""What the blocking and the asynchronous client have in common: options, copies, closing."""

from __future__ import annotations

from ants_otp import _log
from ants_otp._native import connect
from ants_otp.code import Code
from ants_otp.error import Delivery, InvalidArgumentError, from_native, got

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike
    from typing import Any, NoReturn, TypeAlias, TypeVar

    from typing_extensions import Self

    from ants_otp._native import Client as Native
    from ants_otp._native import Failure, Parts, RawAnswer
    from ants_otp._record import Record

    Path: TypeAlias = str | PathLike[str]
    Credentials: TypeAlias = Callable[[], tuple[str, str] | str]
    Result = TypeVar("Result", bound=Record)


class Face:
    """A native client, while it is open, and the function that gives the credentials of each call, if there is one."""

    __slots__ = ("__weakref__", "_credentials", "_native")

    _native: Native | None
    _credentials: Credentials | None

    def _connect(self, options: dict[str, object], credentials: Credentials | None, *, asynchronous: bool) -> None:
        self._native = None
        self._credentials = credentials
        if credentials is not None and not callable(credentials):
            raise _refused(Code.ERR_INVALID_OPTION, "credentials must be a function without parameters")
        for name in ("ca_file", "client_certificate"):
            options[name] = _plain(options[name])
        tried, lines = connect(options, asynchronous)
        _log.write(lines)
        self._native = got(tried)

    def with_options(
        self,
        *,
        otc_id: str | None = None,
        timeout: float | None = None,
        country_code: str | None = None,
        max_retries: int | None = None,
    ) -> Self:
        """A cheap copy with other defaults, over the same connections.

        Each is closed by itself; the connections are closed with the last.

        Args:
            otc_id: The OTP configuration of calls that do not name one.
            timeout: Deadline of a call in seconds: 0.001 to 600.
            country_code: The country of mobile numbers that begin with 0: its calling code.
            max_retries: How often a call is tried again while nothing of it was sent: 0 to 2.

        Raises:
            InvalidArgumentError: An option cannot work (−3).
        """
        options: dict[str, object] = {
            "otc_id": otc_id,
            "timeout": timeout,
            "country_code": country_code,
            "max_retries": max_retries,
        }
        copy = type(self).__new__(type(self))
        copy._native = got(self._open().with_options(options))
        copy._credentials = self._credentials
        return copy

    def __reduce__(self) -> NoReturn:
        name = type(self).__name__
        raise TypeError(f"a {name} cannot be pickled or copied: make one in the process that uses it")

    def __repr__(self) -> str:
        return f"<ants_otp.{type(self).__name__} {'open' if self._native else 'closed'}>"

    def _open(self) -> Native:
        if self._native is None:
            raise _refused(Code.ERR_INVALID_ARGUMENT, "The client is closed: make a new one.")
        return self._native


def _refused(code: Code, message: str) -> InvalidArgumentError:
    return InvalidArgumentError(message, code=code, delivery=Delivery.NOT_SENT)


def _plain(value: Any) -> Any:
    """A path-like object as the path that it stands for, also in a tuple of such."""
    if isinstance(value, tuple):
        return tuple(map(_plain, value))  # pyright: ignore[reportUnknownArgumentType]
    return value.__fspath__() if hasattr(value, "__fspath__") else value


def result_of(
    kind: Callable[..., Result],
    parts: Parts,
    failure: Failure | None,
    raw: RawAnswer | None,
) -> Result:
    """The result of a call, or else its exception, with the answer if one came."""
    if failure is not None:
        raise from_native(*failure, raw)
    result = kind(*parts)
    if raw is not None:
        result._raw = raw  # pyright: ignore[reportPrivateUsage]
    return result
