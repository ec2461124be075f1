"""Where the outcomes of calls arrive that the library's own threads make."""

from __future__ import annotations

import atexit
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from ants_otp import _log, _native

if TYPE_CHECKING:
    from typing import TypeAlias

    from typing_extensions import Self

    Completion: TypeAlias = tuple[_native.Parts, _native.ErrorParts | None, _native.RawAnswer | None]

# So many calls are delivered at once, so that a loop comes to its other work.
BATCH = 64


class Completions(_native.Completions):
    """The calls of one event loop that have ended."""

    __slots__ = ("__weakref__",)

    def __new__(cls) -> Self:
        completions = super().__new__(cls)
        _all[id(completions)] = completions
        return completions

    def __del__(self) -> None:
        self.log_rest()

    def log_rest(self) -> None:
        """Write the log lines of calls that have outlived their loop: nobody waits for them, but lines are for all."""
        while (completion := self.take()) is not None:
            if completion[-1] is not None:
                self.log(completion[0], completion[-1])

    def log(self, waiter: Any, lines: list[tuple[int, str]]) -> None:
        """Write the lines of a call."""
        _log.write(lines)


_all: WeakValueDictionary[int, Completions] = WeakValueDictionary()


def _end() -> None:
    """No worker may be left when the interpreter ends: it would ask for the GIL of an interpreter that is gone."""
    _native.end_calls()
    for reference in _all.valuerefs():
        completions = reference()
        if completions is not None:
            completions.log_rest()


atexit.register(_end)
