from typing import Any, TypeAlias, TypeVar, final

from typing_extensions import Self, disjoint_base

from ants_otp._options import (
    AsyncClientOptions,
    Defaults,
    RequestOptions,
    ResendOptions,
    Secret,
    Timeout,
    VerifyOptions,
)

__all__ = [
    "VERSION",
    "Call",
    "Client",
    "Completions",
    "RawAnswer",
    "code_advice",
    "code_table",
    "code_text",
    "code_user_text",
    "connect",
    "end_calls",
    "is_privileged",
    "normalize_mobile",
    "parse_delivery_report",
]

VERSION: str

_T = TypeVar("_T")

Parts: TypeAlias = tuple[Any, ...]
ErrorParts: TypeAlias = tuple[int, int, str, int | None, int | None, str, str, float | None, bool]
Fallible: TypeAlias = tuple[_T, None] | tuple[None, ErrorParts]
_Lines: TypeAlias = list[tuple[int, str]]

@final
class Call:
    operation: str
    @staticmethod
    def request(mobile: str, options: RequestOptions, /) -> Call: ...
    @staticmethod
    def resend(otp_id: str | None, otc_id: str | None, options: ResendOptions, /) -> Call: ...
    @staticmethod
    def verify(otp_id: str, otc_id: str | None, otp_code: str, options: VerifyOptions, /) -> Call: ...
    @staticmethod
    def balance(options: Timeout, /) -> Call: ...
    def begin(self, client: Client, /) -> float: ...
    def authorize(self, credentials: Secret, /) -> None: ...
    def cancel(self) -> None: ...

@final
class Client:
    def with_options(self, options: Defaults, /) -> Fallible[Client]: ...
    def call(
        self, call: Call, level: int, /
    ) -> tuple[BaseException | None, Parts, ErrorParts | None, RawAnswer | None, _Lines | None]: ...
    def submit(self, call: Call, level: int, completions: Completions, waiter: Any, /) -> ErrorParts | None: ...
    def shown(self) -> tuple[str, float]: ...
    def url(self, operation: str, /) -> str | None: ...

@disjoint_base
class Completions:
    def __new__(cls) -> Self: ...
    def fileno(self) -> int: ...
    def take(self) -> tuple[Any, Parts, ErrorParts | None, RawAnswer | None, _Lines | None] | None: ...

@final
class RawAnswer:
    def read(self) -> tuple[int, list[tuple[str, str]], str] | None: ...

def connect(username: object, password: object, options: AsyncClientOptions, /) -> tuple[Fallible[Client], _Lines]: ...
def code_table() -> list[tuple[int, str, str, str, str]]: ...
def code_text(number: int, language: str, /) -> str: ...
def code_user_text(number: int, language: str, /) -> str: ...
def code_advice(number: int, /) -> str: ...
def end_calls() -> None: ...
def is_privileged() -> bool: ...
def normalize_mobile(mobile: str, country_code: str, /) -> Fallible[str]: ...
def parse_delivery_report(body: bytes, content_type: str, /) -> Fallible[list[Parts]]: ...
