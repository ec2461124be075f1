"""The public methods of the clients, as whoever looks at them sees them.

A method takes its options as ``**options: Unpack[…]`` with a TypedDict of `ants_otp._options`. Its signature and its
help name each option, and are made when somebody asks for them (`ants_otp._describe`).
"""

from __future__ import annotations

from types import FunctionType, MethodType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    _Function = TypeVar("_Function", bound=Callable[..., Any])

_CO_COROUTINE = 0x80
_COROUTINE = "Coroutine[Any, Any, "


class Method:
    """Stands in a class for a function, and passes for it: only its description is another.

    One that returns a coroutine passes for an ``async def``: all versions of ``inspect`` and ``asyncio`` go by the
    flags of ``__code__``. A call runs the function itself, without a frame of this class.
    """

    __slots__ = ("__code__", "_function")

    # No annotation may stand here: it would pass for the function's.
    __class__ = property(lambda _: FunctionType)  # pyright: ignore
    __doc__ = property(lambda self: _describe().documentation(self._function))  # pyright: ignore[reportAssignmentType]
    __signature__ = property(lambda self: _describe().signature(self._function))
    __globals__ = property(lambda self: _describe().names(self._function))

    def __init__(self, function: Any) -> None:
        self._function: FunctionType = function
        self.__code__ = function.__code__

    def __get__(self, instance: object, owner: type | None = None) -> Any:
        return self if instance is None else MethodType(self, instance)

    def __call__(self, *given: Any, **options: Any) -> Any:
        """Is the function itself in the class of each method."""
        raise NotImplementedError

    def __getattr__(self, name: str) -> Any:
        return getattr(self._function, name)

    def __repr__(self) -> str:
        return repr(self._function)

    def __reduce__(self) -> str:
        return self._function.__qualname__


def _describe() -> Any:
    from ants_otp import _describe

    return _describe


def method(function: _Function) -> _Function:
    """A method of a client."""
    own: Any = function
    attributes = {
        "__slots__": (),
        "__call__": staticmethod(own),
        # Whoever asks a class without annotations for them leaves an empty dict in it, which would hide the function's.
        "__annotations__": own.__annotations__,
        "__doc__": Method.__dict__["__doc__"],
        "__module__": own.__module__,
    }
    made: Any = type("function", (Method,), attributes)(own)
    returned = own.__annotations__["return"]
    if returned.startswith(_COROUTINE):
        # What awaiting it gives, as in the annotation of any coroutine function.
        own.__annotations__["return"] = returned[len(_COROUTINE) : -1]
        made.__code__ = own.__code__.replace(co_flags=own.__code__.co_flags | _CO_COROUTINE)
    passing: _Function = made
    return passing
