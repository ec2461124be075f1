from collections.abc import Callable
from typing import Any, final

from ants_otp.delivery_report import DeliveryReport

__all__ = [
    "VERSION",
    "Cancel",
    "Client",
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

@final
class Client:
    def __new__(cls, options: dict[str, object], asynchronous: bool, /) -> Client: ...
    def with_options(self, options: dict[str, object], /) -> Client: ...
    def call(
        self,
        operation: str,
        arguments: tuple[object, ...],
        options: tuple[object, ...],
        credentials: tuple[str, str] | str | None,
        /,
    ) -> Any: ...
    def submit(
        self,
        operation: str,
        arguments: tuple[object, ...],
        options: tuple[object, ...],
        credentials: tuple[str, str] | str | None,
        done: Callable[[Any, BaseException | None, LogLines | None], object],
        /,
    ) -> Cancel: ...
    def stop(self) -> None: ...
    def url(self, operation: str, /) -> str | None: ...

@final
class Cancel:
    def fire(self) -> None: ...

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
