"""Log lines for the logger ``ants_otp``: those of a call or of a new client are collected in Rust, and written here.

A program that has not imported ``logging`` listens to nobody, so this never imports it.
"""

from __future__ import annotations

from sys import modules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from logging import Logger

_logger: Logger | None = None


def level() -> int:
    """The least level that the logger lets through, of those that calls have: 10, 20, or 0 for none."""
    logger = _logger or _find()
    if logger is None or not logger.isEnabledFor(20):
        return 0
    return 10 if logger.isEnabledFor(10) else 20


def write(lines: Iterable[tuple[int, str]]) -> None:
    """Hand lines to the logger. Whatever a filter or handler raises must not stand for the call's outcome."""
    logger = _logger or _find()
    if logger is None:
        return
    for number, line in lines:
        try:
            logger.log(number, "%s", line)
        except BaseException as error:  # noqa: BLE001, PERF203 - of each line, and whatever it is
            _Unraisable(error)


class _Unraisable:
    """Has `sys.unraisablehook` told of an error by raising it where nothing can be raised: when it is dropped, at once.

    There is no other way from Python.
    """

    __slots__ = ("_error",)

    def __init__(self, error: BaseException) -> None:
        self._error = error

    def __del__(self) -> None:
        try:
            raise self._error
        finally:
            # The traceback keeps this object, which must not keep the traceback.
            del self._error


def _find() -> Logger | None:
    global _logger
    # A module that is being imported by another thread may not have it yet.
    get = getattr(modules.get("logging"), "getLogger", None)
    if get is not None:
        _logger = get("ants_otp")
    return _logger
