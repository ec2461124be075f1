"""What the blocking and the asynchronous client have in common: options, copies, closing."""

from __future__ import annotations

from ants_otp import _log
from ants_otp._method import method
from ants_otp._native import connect
from ants_otp.code import Code
from ants_otp.error import Delivery, InvalidArgumentError, from_native, unwrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    from typing_extensions import Self, Unpack

    from ants_otp import _types as later
    from ants_otp._answered import Answered
    from ants_otp._native import Client as Native
    from ants_otp._native import ErrorParts, Fallible, Parts, RawAnswer
    from ants_otp._options import Defaults

    Result = TypeVar("Result", bound=Answered)
else:
    from ants_otp._later import later


class BaseClient:
    """A native client, while it is open, and the function that gives the credentials of each call, if there is one.

    Error trackers show the variables of each frame that an error passes through: none of this package's then holds a
    password, a token or a code. So what was given goes first into the native module, and then out of the frame.
    """

    # With a __dict__, which takes what tests put in the place of methods.
    __slots__ = ("__dict__", "__weakref__", "_credentials", "_native", "_shown")

    if TYPE_CHECKING:
        _native: Native | None
        _credentials: Callable[[], Any] | None
        _shown: tuple[str, float]

    def _connect(self, username: object, password: object, options: Any) -> Fallible[Native]:
        self._native = None
        self._shown = "", 0.0
        try:
            self._credentials = options.get("credentials")
            for name in ("ca_file", "client_certificate"):
                if name in options:
                    options[name] = _plain(options[name])
            result, lines = connect(username, password, options)
        finally:
            del username, password, options
        _log.write(lines)
        return result

    @method
    def with_options(self, **options: Unpack[Defaults]) -> Self:
        """A cheap copy with other defaults, over the same connections.

        What is not given stays as it is. Each is closed by itself; the connections are closed with the last.

        Args:
            **options: What `ants_otp._options.Defaults` lists.

        Raises:
            InvalidArgumentError: An option cannot work (−3).
        """
        copy = type(self).__new__(type(self))
        copy._begin(unwrap(self._open().with_options(options)))
        copy._credentials = self._credentials
        return copy

    @property
    def base_url(self) -> str:
        """The service's address."""
        return self._shown[0]

    @property
    def timeout(self) -> float:
        """The deadline of a call that names none, in seconds."""
        return self._shown[1]

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._native is None

    def __setattr__(self, name: str, value: object) -> None:
        # A class with slots takes no other attribute, and neither do instances with a __dict__ for their methods alone.
        if not hasattr(type(self), name) and "__slots__" in vars(type(self)):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        object.__setattr__(self, name, value)

    def __reduce__(self) -> later.NoReturn:
        name = type(self).__name__
        raise TypeError(f"a {name} cannot be pickled or copied: make one in the process that uses it")

    def __repr__(self) -> str:
        state = "closed" if self.is_closed else "open"
        # In a traceback of the constructor there is nothing to show yet.
        shown = f"{self.base_url} timeout={self.timeout:g} " if self.base_url else ""
        return f"<ants_otp.{type(self).__name__} {shown}{state}>"

    def _begin(self, native: Native) -> None:
        self._native = native
        self._shown = native.shown()

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
    failure: ErrorParts | None,
    raw: RawAnswer | None,
) -> Result:
    """The result of a call, or else its exception, with the answer if one came."""
    if failure is not None:
        raise from_native(*failure, raw)
    result = kind(*parts)
    if raw is not None:
        result._raw = raw  # pyright: ignore[reportPrivateUsage]
    return result
