"""The sandbox as a child process, and the inbox that its messages reach."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import urlencode, urlsplit

from ants_otp._program import find
from ants_otp._record import Record
from ants_otp.client import Client

if TYPE_CHECKING:
    from ants_otp import _types as later
else:
    from ants_otp._later import later

Fault: TypeAlias = Literal["refuse", "silent", "late", "slow", "cut-before", "cut-after", "half", "html"]
Operation: TypeAlias = Literal["request", "resend", "verify", "balance"]

_TIMEOUT = 30


class Message(Record):
    """An SMS as the inbox shows it."""

    __slots__ = ("_code", "_mobile", "_otp_id", "_reference_code", "_state", "_text")
    __match_args__ = ("mobile", "text", "code", "reference_code", "otp_id", "state")
    _fields = _dict_fields = __match_args__

    def __init__(self, mobile: str, text: str, code: str, reference_code: str, otp_id: str, state: str) -> None:
        self._mobile = mobile
        self._text = text
        self._code = code
        self._reference_code = reference_code
        self._otp_id = otp_id
        self._state = state

    @property
    def mobile(self) -> str:
        """To whom it went, in the service's form: ``66812345678``."""
        return self._mobile

    @property
    def text(self) -> str:
        """What it says."""
        return self._text

    @property
    def code(self) -> str:
        """The OTP code in it."""
        return self._code

    @property
    def reference_code(self) -> str:
        """The reference code in it."""
        return self._reference_code

    @property
    def otp_id(self) -> str:
        """The id of its OTP."""
        return self._otp_id

    @property
    def state(self) -> str:
        """What has become of its OTP: ``waiting``, ``confirmed``, ``expired`` or ``locked``."""
        return self._state


class Sandbox:
    """A sandbox of the OTP service: a child process that serves on a free port of this machine until it is closed.

    It is a context manager, and ends with the process that started it, however that ends.

    Args:
        program: The program ``ants-otp``; else ``ANTS_OTP_PROGRAM``, the one beside this Python, or the PATH's.
        config: A TOML file of settings, all that the program has: docs/sandbox.md. Those below come before it.
        port: The port to listen on, instead of a free one.
        otc_id: The OTP configuration's otcId.
        code_length: How many characters a code has: 1 to 32.
        life: For how many seconds a code can be verified.
        tries: How many wrong codes may be typed.
        resend_limit: How often a request may be resent.
        sender: The sender's name.
        alphabet: The characters of which codes are made: ASCII letters and digits.
        text: What the SMS says, with ``{code}``, ``{reference}`` and ``{sender}`` where they belong.
        codes: These codes one after the other, instead of random ones.
        credit: Makes the account prepaid, with credit for so many SMS.
        clock: ``"fixed"``, or the time at which the clock stands still: ``"2026-01-01T00:00:00Z"``.
        dialect: How answers are written: docs/sandbox.md lists the names.
        database: Keeps the state in this SQLite file.

    Raises:
        ProgramNotFoundError: It is not there, or of another version. The text holds the command that installs it.
        RuntimeError: It did not start. What cannot work is told on the standard error stream.
    """

    def __init__(
        self,
        program: str | os.PathLike[str] | None = None,
        *,
        config: str | os.PathLike[str] | None = None,
        port: int | None = None,
        otc_id: str | None = None,
        code_length: int | None = None,
        life: float | None = None,
        tries: int | None = None,
        resend_limit: int | None = None,
        sender: str | None = None,
        alphabet: str | None = None,
        text: str | None = None,
        codes: list[str] | tuple[str, ...] | None = None,
        credit: float | str | None = None,
        clock: str | None = None,
        dialect: str | None = None,
        database: str | os.PathLike[str] | None = None,
    ) -> None:
        settings = {
            "config": config and os.fspath(config),
            "port": port,
            "otc-id": otc_id,
            "code-length": code_length,
            "life": life,
            "tries": tries,
            "resend-limit": resend_limit,
            "sender": sender,
            "alphabet": alphabet,
            "text": text,
            "codes": None if codes is None else ",".join(codes),
            "credit": credit,
            "clock": clock,
            "dialect": dialect,
            "database": database and os.fspath(database),
        }
        flags = [f"--{name}={value}" for name, value in settings.items() if value is not None]
        self._process: subprocess.Popen[str] | None = None
        self._owner = os.getpid()
        self._process = subprocess.Popen(  # noqa: S603 - the program is the caller's choice
            [find(program), "sandbox", "--exit-with-parent", *flags],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            line = self._process.stdout.readline() if self._process.stdout else ""
            self._account: dict[str, str] = json.loads(line)
        except ValueError:
            self.close()
            raise RuntimeError("The sandbox did not start; what it says stands on the standard error stream.") from None
        self._address = urlsplit(self.url).netloc

    @property
    def url(self) -> str:
        """The service's address."""
        return self._account["url"]

    @property
    def username(self) -> str:
        """The user name of its account."""
        return self._account["username"]

    @property
    def password(self) -> str:
        """The password of its account."""
        return self._account["password"]

    @property
    def otc_id(self) -> str:
        """Its OTP configuration."""
        return self._account["otc_id"]

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which `Client()` uses the sandbox, for the program under test."""
        return {
            "ANTS_OTP_BASE_URL": self.url,
            "ANTS_OTP_USERNAME": self.username,
            "ANTS_OTP_PASSWORD": self.password,
            "ANTS_OTP_OTC_ID": self.otc_id,
        }

    def client(self, **options: Any) -> Client:
        """A client of the sandbox.

        Args:
            options: Further options of `Client`.
        """
        return Client(**self._options(options))

    def async_client(self, **options: Any) -> later.AsyncClient:
        """An asynchronous client of the sandbox.

        Args:
            options: Further options of `AsyncClient`.
        """
        from ants_otp.aio import AsyncClient

        return AsyncClient(**self._options(options))

    def messages(self, mobile: str | None = None, wait: float = 0) -> list[Message]:
        """The SMS "sent" so far, oldest first.

        Args:
            mobile: Only those to this number, written in any form.
            wait: For how many seconds to wait for the first, where there is none yet: up to 60.

        Raises:
            ValueError: The number is none, or the wait too long. The text says what to change.
        """
        query = {} if mobile is None else {"mobile": mobile}
        if wait:
            query["wait"] = str(wait)
        found = self._ask("GET", "/sandbox/messages" + (f"?{urlencode(query)}" if query else ""), wait=wait)
        return [Message(*(message[name] for name in Message.__match_args__)) for message in found]

    def last_code(self, mobile: str | None = None, wait: float = 0) -> str:
        """The code in the newest SMS.

        Args:
            mobile: To this number, written in any form; to any number if not given.
            wait: For how many seconds to wait for the first SMS, where there is none yet: up to 60.

        Raises:
            LookupError: There is none.
            ValueError: The number is none, or the wait too long. The text says what to change.
        """
        messages = self.messages(mobile, wait)
        if not messages:
            raise LookupError("no SMS was sent" + (f" to {mobile}" if mobile is not None else ""))
        return messages[-1].code

    def advance(self, seconds: float) -> None:
        """Move the sandbox's clock on: codes expire, limits are lifted.

        Args:
            seconds: By how much: not negative.
        """
        self._ask("POST", "/sandbox/clock", {"advance_seconds": seconds})

    def fail_next(
        self,
        fault: Fault = "refuse",
        *,
        code: later.Code | int | None = None,
        operation: Operation | None = None,
        calls: int = 1,
        status: int | None = None,
        delay: float | None = None,
    ) -> None:
        """Let the next calls fail.

        All but ``refuse`` hit the answer only: the call itself is carried out, as in the worst case of a real line.

        Args:
            fault: ``refuse`` (the service says no with `code`), ``silent`` (no answer), ``late`` or ``slow`` (after, or
                over, `delay` seconds), ``cut-before``, ``cut-after`` or ``half`` (the connection is cut), ``html`` (a
                page with `status`).
            code: What is refused with: 9999 if not given.
            operation: Only calls of this operation.
            calls: How many calls.
            status: The HTTP status of ``html``.
            delay: Seconds, of ``late`` and ``slow``.
        """
        body: dict[str, Any] = {"fault": fault, "calls": calls}
        if fault == "refuse":
            body["code"] = 9999 if code is None else int(code)
        others = {"operation": operation, "status": status, "delay_seconds": delay}
        body |= {name: value for name, value in others.items() if value is not None}
        self._ask("POST", "/sandbox/faults", body)

    def reset(self) -> None:
        """Forget every message, fault, OTP and the moved clock."""
        self._ask("POST", "/sandbox/reset", {})

    def close(self) -> None:
        """End the service."""
        process, self._process = self._process, None
        # In a forked child it is not this process's to end.
        if process is not None and self._owner == os.getpid():
            process.terminate()
            process.communicate()

    def __enter__(self) -> later.Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: later.TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ants_otp.testing.Sandbox {self.url if self._process else 'closed'}>"

    def _options(self, options: dict[str, Any]) -> dict[str, Any]:
        account: dict[str, Any] = {"base_url": self.url, "otc_id": self.otc_id}
        if not {"token", "credentials", "username"} & options.keys():
            account |= {"username": self.username, "password": self.password}
        return account | options

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None, *, wait: float = 0) -> Any:
        # Not urllib.request: it would go through a proxy of the environment.
        connection = http.client.HTTPConnection(self._address, timeout=_TIMEOUT + wait)
        try:
            headers = {"Content-Type": "application/json"} if body is not None else {}
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= 400:
            raise ValueError(f"The sandbox refuses {path} with HTTP {answer.status}: {text}")
        return json.loads(text)
