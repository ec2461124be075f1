"""Spans and metrics for OpenTelemetry, with the names of its conventions for HTTP clients.

Used where the program has imported ``opentelemetry``; what it has not set up costs next to nothing. Neither holds a
mobile number, an id or a secret.
"""

from __future__ import annotations

from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from ants_otp._native import VERSION
from ants_otp.error import OtpError
from ants_otp.verification import Verification

if TYPE_CHECKING:
    from collections.abc import Generator

_Result = TypeVar("_Result")
_SCHEMA = "https://opentelemetry.io/schemas/1.27.0"

# Got once. As long as nothing is set up, OpenTelemetry keeps every meter and instrument that it gives, and gives them
# behind locks: a forked child may find those held by a thread that it does not have.
try:
    from opentelemetry import metrics, trace
except ImportError:
    # Another part of opentelemetry alone is there.
    _tracer = None
else:
    _KIND, _FAILED = trace.SpanKind.CLIENT, trace.StatusCode.ERROR
    _tracer = trace.get_tracer("ants_otp", VERSION, schema_url=_SCHEMA)
    _histogram = metrics.get_meter("ants_otp", VERSION, schema_url=_SCHEMA).create_histogram(
        "http.client.request.duration", unit="s", description="Duration of HTTP client requests."
    )


class Observed:
    """One call while it is made."""

    def __init__(self) -> None:
        self.outcome: dict[str, Any] = {}

    def finish(self, result: _Result) -> _Result:
        """Notes what came of the call."""
        code = result.code.name if isinstance(result, Verification) else "OK"
        self.outcome = {"ants_otp.code": code, "ants_otp.delivery": "ANSWERED"}
        raw = getattr(result, "raw", None)
        if raw is not None:
            self.outcome["http.response.status_code"] = raw.http_status
        return result

    def failed(self, error: BaseException) -> None:
        """Notes why there is no result."""
        known = error if isinstance(error, OtpError) else error.__cause__
        self.outcome = {"error.type": type(error).__qualname__}
        if isinstance(known, OtpError):
            self.outcome |= {"ants_otp.code": known.code.name, "ants_otp.delivery": known.delivery.name}
            if known.http_status is not None:
                self.outcome["http.response.status_code"] = known.http_status


@contextmanager
def observed(operation: str, url: str | None) -> Generator[Observed]:
    """Makes the span of a call, and measures how long it takes."""
    if _tracer is None:
        yield Observed()
        return
    parts = urlsplit(url or "")
    common: dict[str, Any] = {
        "http.request.method": "POST",
        "server.address": parts.hostname or "",
        "server.port": parts.port or (80 if parts.scheme == "http" else 443),
        "url.scheme": parts.scheme,
        "url.template": parts.path,
        "ants_otp.operation": operation,
    }
    call = Observed()
    begun = perf_counter()
    with _tracer.start_as_current_span(
        f"POST {parts.path}",
        kind=_KIND,
        attributes={**common, "url.full": url or ""},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield call
        except BaseException as error:
            call.failed(error)
            # The text of an OtpError holds no secret; that of another error is not ours to tell.
            span.set_status(_FAILED, str(error) if isinstance(error, OtpError) else None)
            raise
        finally:
            span.set_attributes(call.outcome)
            _histogram.record(perf_counter() - begun, {**common, **call.outcome})
