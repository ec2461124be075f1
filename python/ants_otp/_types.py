"""What only annotations speak of: loaded by whoever evaluates them, such as ``typing.get_type_hints``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias, TypeVar

from ants_otp.account import Account
from ants_otp.aio import AsyncClient
from ants_otp.code import Code
from ants_otp.raw import RawAnswer

if TYPE_CHECKING:
    from typing_extensions import Self
else:
    try:
        from typing import Self
    except ImportError:  # Before Python 3.11.
        Self = TypeVar("Self")

Status: TypeAlias = Literal["verified", "wrong_code", "over_limit", "expired", "already_confirmed"]

__all__ = [
    "Account",
    "Any",
    "AsyncClient",
    "Callable",
    "Code",
    "Decimal",
    "Literal",
    "Mapping",
    "NoReturn",
    "RawAnswer",
    "Self",
    "Status",
    "TracebackType",
]
