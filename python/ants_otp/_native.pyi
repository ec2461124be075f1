from asyncio import Future
from contextvars import Context
from typing import Any, TypeAlias, TypeVar, final

from typing_extensions import Self, disjoint_base

__all__ = [
    "VERSION",
    "Cancel",
    "Client",
    "Inbox",
    "RawAnswer",
    "code_advice",
    "code_table",
    "code_text",
    "code_user_text",
    "connect",
    "end_calls",
    "normalize_mobile",
    "parse_delivery_report",
]

VERSION: str

_T = TypeVar("_T")

Parts: TypeAlias = tuple[Any, ...]
Failure: TypeAlias = tuple[int, int, str, int | None, int | None, str, str, float | None]
Tried: TypeAlias = tuple[_T, None] | tuple[None, Failure]
_Lines: TypeAlias = list[tuple[int, str]]
_Waiter: TypeAlias = tuple[Future[Any], Context]

@final
class Client:
    def with_options(self, options: dict[str, object], /) -> Tried[Client]: ...
    def call(
        self,
        operation: str,
        given: tuple[object, ...],
        credentials: tuple[str, str] | str | None,
        level: int,
        /,
    ) -> tuple[BaseException | None, Parts, Failure | None, RawAnswer | None, _Lines | None]: ...
    def submit(
        self,
        operation: str,
        given: tuple[object, ...],
        credentials: tuple[str, str] | str | None,
        level: int,
        inbox: Inbox,
        waiter: _Waiter,
        /,
    ) -> Tried[Cancel]: ...
    def url(self, operation: str, /) -> str | None: ...

@final
class Cancel:
    def fire(self) -> None: ...

@disjoint_base
class Inbox:
    def __new__(cls) -> Self: ...
    def fileno(self) -> int: ...
    def take(self) -> tuple[_Waiter, Parts, Failure | None, RawAnswer | None, _Lines | None] | None: ...

@final
class RawAnswer:
    def read(self) -> tuple[int, list[tuple[str, str]], str] | None: ...

def connect(options: dict[str, object], asynchronous: bool, /) -> tuple[Tried[Client], _Lines]: ...
def code_table() -> list[tuple[int, str, str, str, str]]: ...
def code_text(number: int, language: str, /) -> str: ...
def code_user_text(number: int, language: str, /) -> str: ...
def code_advice(number: int, /) -> str: ...
def end_calls() -> None: ...
def normalize_mobile(mobile: str, country_code: str, /) -> Tried[str]: ...
def parse_delivery_report(body: bytes, content_type: str, /) -> Tried[list[Parts]]: ...
