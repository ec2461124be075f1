"""The options of clients and of calls: each is here once, with its type and its text.

Type checkers and editors read this file; at run time it is loaded by whoever asks for a signature or for help
(`ants_otp._describe`). The native module reads the values by their names (`call.rs`, `options.rs`).
"""

from collections.abc import Awaitable, Callable
from os import PathLike
from typing import Literal, TypeAlias, TypedDict

Path: TypeAlias = str | PathLike[str]
Secret: TypeAlias = tuple[str, str] | str


class Timeout(TypedDict, total=False):
    """The option of every call."""

    timeout: float | None
    """Deadline of this call in seconds instead of the client's: 0.001 to 600."""


class VerifyOptions(Timeout, total=False):
    """The options of a verification."""

    notify_url: str | None
    """Where the service posts its delivery report: an http or https URL that it can reach."""
    notify_content_type: Literal["application/json", "application/xml"] | None
    """The form of the delivery report."""
    callback_data: str | None
    """Text that comes back with the delivery report, and links it to this call: at most 4096 bytes."""


class ResendOptions(VerifyOptions, total=False):
    """The options of a resend."""

    otc_id: str | None
    """The OTP configuration of this call instead of the client's, and for a resend instead of the OTP's own."""


class RequestOptions(ResendOptions, total=False):
    """The options of a request."""

    mobile_as_given: bool
    """Send the number untouched, for numbers that this library does not understand."""


class Defaults(TypedDict, total=False):
    """The options that a copy of a client may have of its own."""

    otc_id: str | None
    """The OTP configuration of calls that do not name one (``ANTS_OTP_OTC_ID``)."""
    timeout: float | None
    """Deadline of a call in seconds, over all that it does: 0.001 to 600, 15 by default."""
    country_code: str | None
    """The country of mobile numbers in national form (081…): its calling code, ``"66"`` by default."""
    max_retries: int | None
    """How often a call is tried again while nothing of it was sent: 0 to 2, 2 by default."""


class _Common(Defaults, total=False):
    token: str | None
    """A bearer token instead of user name and password, for the services that use one (``ANTS_OTP_TOKEN``).
    One that begins with ``"Basic "`` or ``"Bearer "`` is sent with that scheme."""
    base_url: str | None
    """The service's address, if it is not the provider's own (``ANTS_OTP_BASE_URL``)."""
    connect_timeout: float | None
    """How many seconds of the deadline a connection may take to be made: 0.001 to 600, 5 by default."""
    ca_file: Path | None
    """A PEM file of certificates to trust beside the roots (``ANTS_OTP_CA_FILE``). Single ones that cannot be
    used are left out, with a warning from the logger ``ants_otp``."""
    root_certificates: Literal["bundled", "system", "none"] | None
    """Which roots are trusted: ``"bundled"`` (Mozilla's, the default), ``"system"`` or ``"none"``: the
    certificates of `ca_file` alone."""
    client_certificate: tuple[Path, Path] | None
    """The client's own certificate chain and its key, two PEM files."""
    proxy: str | None
    """URL of a proxy: ``http://``, ``https://``, ``socks5://`` or ``socks5h://`` (``ANTS_OTP_PROXY``). With an
    ``http://`` base URL it must be on this machine, or plain HTTP be allowed."""
    proxy_from_env: bool
    """Take the proxy from ``HTTPS_PROXY`` or ``ALL_PROXY``, and exceptions from ``NO_PROXY``. For a base URL on this
    machine no proxy of the environment is used, nor ``ANTS_OTP_PROXY``."""
    allow_plain_http: bool
    """Allow ``http://`` to another machine, or through a proxy there: credentials and codes then travel unencrypted."""
    max_idle_connections: int | None
    """How many idle connections are kept: 0 to 4096; by default 64, or as many as there are async_threads if more."""
    idle_timeout: float | None
    """How many seconds an idle connection is kept: 0.001 to 600, 30 by default."""
    async_threads: int | None
    """How many threads make calls at the same time under asyncio, gevent and eventlet: 1 to 1024, 64 by default. They
    are started on demand, and waiting for one counts in a call's deadline."""
    user_agent: str | None
    """The User-Agent header, ``ants-otp/VERSION`` by default."""


class ClientOptions(_Common, total=False):
    """The options of a `Client`."""

    credentials: Callable[[], Secret] | None
    """A function that gives the credentials instead, for those that change: it is called before each call, on the
    calling thread, and returns ``(username, password)`` or a token."""


class AsyncClientOptions(_Common, total=False):
    """The options of an `AsyncClient`."""

    credentials: Callable[[], Secret | Awaitable[Secret]] | None
    """A function that gives the credentials instead, for those that change: it is called before each call, in the
    call's task, and returns ``(username, password)`` or a token. It may be a coroutine function: what it waits for
    counts in the call's deadline."""
