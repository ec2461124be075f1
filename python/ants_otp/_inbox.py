"""Where the outcomes of calls arrive that the library's own threads make."""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from ants_otp import _log, _native

if TYPE_CHECKING:
    from typing import TypeAlias

    from typing_extensions import Self

    Ended: TypeAlias = tuple[_native.Parts, _native.Failure | None, _native.RawAnswer | None]

# So many calls are delivered at once, so that a loop comes to its other work.
BATCH = 64


class Inbox(_native.Inbox):
    """The calls of one event loop that have ended."""

    __slots__ = ("__weakref__",)

    def __new__(cls) -> Self:
        inbox = super().__new__(cls)
        _all[id(inbox)] = inbox
        return inbox

    def __del__(self) -> None:
        self.log_rest()

    def log_rest(self) -> None:
        """Write the log lines of calls that have outlived their loop: nobody waits for them, but lines are for all."""
        while (ended := self.take()) is not None:
            if ended[-1] is not None:
                self.log(ended[0], ended[-1])

    def log(self, waiter: Any, lines: list[tuple[int, str]]) -> None:
        """Write the lines of a call."""
        _log.write(lines)


_all: WeakValueDictionary[int, Inbox] = WeakValueDictionary()


def _end() -> None:
    """No worker may be left when the interpreter ends: it would ask for the GIL of an interpreter that is gone."""
    _native.end_calls()
    for reference in _all.valuerefs():
        inbox = reference()
        if inbox is not None:
            inbox.log_rest()


atexit.register(_end)
