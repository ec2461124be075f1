from asyncio import Future
from contextvars import Context
from typing import Any, TypeAlias, final

from ants_otp.delivery_report import DeliveryReport

__all__ = [
    "VERSION",
    "Cancel",
    "Client",
    "Inbox",
    "LogLines",
    "RawAnswer",
    "code_advice",
    "code_table",
    "code_text",
    "end_calls",
    "normalize_mobile",
    "parse_delivery_report",
]

VERSION: str

_Waiter: TypeAlias = tuple[Future[Any], Context]

@final
class Client:
    def __new__(cls, options: dict[str, object], asynchronous: bool, /) -> Client: ...
    def with_options(self, options: dict[str, object], /) -> Client: ...
    def call(
        self,
        operation: str,
        given: tuple[object, ...],
        credentials: tuple[str, str] | str | None,
        /,
    ) -> Any: ...
    def submit(
        self,
        operation: str,
        given: tuple[object, ...],
        credentials: tuple[str, str] | str | None,
        inbox: Inbox,
        waiter: _Waiter,
        /,
    ) -> Cancel: ...
    def url(self, operation: str, /) -> str | None: ...

@final
class Cancel:
    def fire(self) -> None: ...

@final
class Inbox:
    def __new__(cls) -> Inbox: ...
    def fileno(self) -> int: ...
    def take(self) -> tuple[_Waiter, Any, BaseException | None, LogLines | None] | None: ...

@final
class LogLines:
    def write(self) -> None: ...

@final
class RawAnswer:
    def read(self) -> tuple[int, list[tuple[str, str]], str] | None: ...

def code_table() -> list[tuple[int, str, str, str, str]]: ...
def code_text(number: int, language: str, /) -> str: ...
def code_advice(number: int, /) -> str: ...
def end_calls() -> None: ...
def normalize_mobile(mobile: str, /) -> str | None: ...
def parse_delivery_report(body: bytes, content_type: str, /) -> list[DeliveryReport]: ...
