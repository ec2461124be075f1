"""The logger ``ants_otp``: one line a call, never a secret, nothing where nobody listens; and OpenTelemetry."""

from __future__ import annotations

import asyncio
import logging
import re
import subprocess
import sys
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from ants_otp import AsyncClient, Client, OtpError

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Service

SENT = {"otpId": "OTP-1", "otcId": "OTC-1"}


# openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -days 36500 \\
#   -subj "/CN=an authority of the tests"
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBoDCCAUWgAwIBAgIUdgpn9OW+Dv9ToSRselSOP+DgJJowCgYIKoZIzj0EAwIw
JDEiMCAGA1UEAwwZYW4gYXV0aG9yaXR5IG9mIHRoZSB0ZXN0czAgFw0yNjExMjgy
MDExNDZaGA8yMTI2MTEwNDIwMTE0NlowJDEiMCAGA1UEAwwZYW4gYXV0aG9yaXR5
IG9mIHRoZSB0ZXN0czBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABGPQdFMQ3Ubt
JzGxMcdCVhXcbYgoMrXTe6JU4Qw7TtxfB4xiNQRhJSXugDOMy1Xk/8u7W2agqx3L
+mB6U1y6oq2jUzBRMB0GA1UdDgQWBBT69AATGxZm/32MzQWE3admH6nQdjAfBgNV
HSMEGDAWgBT69AATGxZm/32MzQWE3admH6nQdjAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMCA0kAMEYCIQC4a/Xel1aRZx/mTItlsjrQxJkKjuvPsJRgKiHRluKr
zgIhAM6SlTVZp6NjtZqgV72YDSaw8dfEavn9g3Akps0sY3A/
-----END CERTIFICATE-----
"""


def lines(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    found = [(record.levelname, re.sub(r"\d+ ms$", "N ms", record.getMessage())) for record in caplog.records]
    assert {record.name for record in caplog.records} <= {"ants_otp"}
    caplog.clear()
    return found


def test_one_line_a_call(service: Service, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "ants_otp")
    service.answer = SENT
    client.request("081-234-5678")
    assert lines(caplog) == [("INFO", "request to ****5678: 0 OK, ANSWERED, N ms")]
    service.answer = {"result": False}
    client.verify("OTP-1", "71828")
    assert lines(caplog) == [("INFO", "verify: 1 WRONG_CODE, ANSWERED, N ms")]
    service.answer = b"71828"
    with pytest.raises(OtpError):
        client.verify("OTP-1", "71828")
    assert lines(caplog) == [("INFO", "verify: -31 ERR_BAD_ANSWER, UNKNOWN, N ms")]


def test_a_certificate_that_is_left_out_is_a_warning(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    ca_file = tmp_path / "bundle.pem"
    ca_file.write_text(CERTIFICATE + CERTIFICATE.replace("MII", "%", 1))
    for make in (Client, AsyncClient):
        make("user", "hunter2", ca_file=ca_file, root_certificates="none")
        ((level, line),) = lines(caplog)
        assert level == "WARNING"
        assert line.startswith("left out of ca_file: 1 unreadable certificate, of 2 in all; number 2 cannot be read")
    ca_file.write_text("\ufeff" + CERTIFICATE, encoding="utf-8")
    Client("user", "hunter2", ca_file=ca_file)
    assert lines(caplog) == []


def test_debug_tells_the_connection(service: Service, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "ants_otp")
    service.answer = SENT
    client.request("0812345678")
    assert lines(caplog)[0] == ("DEBUG", "request: HTTP 200 on a new connection")
    client.request("0812345678")
    assert lines(caplog)[0] == ("DEBUG", "request: HTTP 200 on a kept connection")


def test_debug_tells_of_attempts(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "ants_otp")
    client = Client("user", "hunter2", base_url="http://127.0.0.1:1", max_retries=1)
    with pytest.raises(ConnectionError):
        client.balance()
    assert [level for level, _ in lines(caplog)] == ["DEBUG", "INFO"]


def test_asynchronous_calls_have_the_same_lines(service: Service, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "ants_otp")
    service.answer = SENT

    async def main() -> None:
        client = service.async_client(async_threads=1)
        await client.request("0812345678")
        assert [level for level, _ in lines(caplog)] == ["DEBUG", "INFO"]
        service.silent = True
        task = asyncio.create_task(client.request("0812345678"))
        await asyncio.sleep(0.1)
        with pytest.raises(TimeoutError):
            await client.request("0812345678", timeout=0.1)
        assert lines(caplog) == [("INFO", "request: -20 ERR_TIMEOUT, NOT_SENT, not begun")]
        task.cancel()
        while not caplog.records:
            await asyncio.sleep(0.01)
        assert lines(caplog) == [("INFO", "request to ****5678: -22 ERR_INTERRUPTED, UNKNOWN, N ms")]

    asyncio.run(main())


def test_no_line_below_the_level(service: Service, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "ants_otp")
    service.answer = b"no JSON"
    with pytest.raises(OtpError):
        client.request("0812345678")
    assert caplog.records == []


def test_no_line_holds_a_secret(service: Service, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    service.answer = {"otpId": "OTP-2", "result": True, "otpCode": "71828", "error": "hunter2"}
    for call in (
        lambda: client.verify("OTP-1", "71828"),
        lambda: client.request("0812345678", callback_data="hunter2"),
    ):
        with pytest.raises(OtpError):
            call()
    assert caplog.records
    assert not re.search("hunter2|71828|0812345678|66812345678", caplog.text)


def test_a_handler_that_raises_changes_no_outcome(
    service: Service, client: Client, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, "ants_otp")
    service.answer = SENT
    seen: list[weakref.ref[BaseException]] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda told: seen.append(weakref.ref(told.exc_value)))

    class FilterError(Exception):
        pass

    class Broken(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            raise FilterError(record.levelname)

    broken = Broken()
    logging.getLogger("ants_otp").addFilter(broken)
    try:
        assert client.request("0812345678")
    finally:
        logging.getLogger("ants_otp").removeFilter(broken)
    assert len(seen) == 1
    # Nobody keeps what a handler raised, nor with it the frames of the call.
    assert seen[0]() is None


def test_nothing_is_configured_or_imported(service: Service) -> None:
    service.answer = SENT
    script = f"""
import sys
from ants_otp import Client
client = Client("user", "password", otc_id="OTC-1", base_url="{service.url}")
client.request("0812345678")
assert "logging" not in sys.modules and "opentelemetry" not in sys.modules
import logging
client.request("0812345678")
logger = logging.getLogger("ants_otp")
assert (logger.handlers, logger.level, logger.propagate) == ([], 0, True)
assert logging.getLogger().handlers == []
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout + done.stderr == ""


def test_opentelemetry_is_asked_for_its_instruments_once(service: Service) -> None:
    """As long as nothing is set up, its API keeps all that it gives: with each call, memory would grow."""
    pytest.importorskip("opentelemetry")
    service.answer = SENT
    script = f"""
from opentelemetry import metrics, trace
from ants_otp import Client

asked = []
for module, name in ((metrics, "get_meter"), (trace, "get_tracer")):
    def ask(*given, get=getattr(module, name), **named):
        asked.append(get)
        return get(*given, **named)
    setattr(module, name, ask)

client = Client("user", "password", otc_id="OTC-1", base_url="{service.url}")
for _ in range(3):
    client.request("0812345678")
assert len(asked) == 2, asked
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_spans_and_metrics(service: Service, client: Client) -> None:
    pytest.importorskip("opentelemetry.sdk")
    from opentelemetry import metrics, trace
    from opentelemetry.sdk.metrics import MeterProvider
    from opentelemetry.sdk.metrics.export import InMemoryMetricReader
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, reader = InMemorySpanExporter(), InMemoryMetricReader()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(MeterProvider(metric_readers=[reader]))

    service.answer = SENT
    client.request("0812345678")
    asyncio.run(service.async_client().request("0812345678"))
    service.status, service.answer = 429, {}
    with pytest.raises(OtpError):
        client.verify("OTP-1", "71828")

    request, again, verify = exporter.get_finished_spans()
    assert request.name == again.name == "POST /otp/requestOTP"
    assert request.kind is trace.SpanKind.CLIENT
    port = service.server.server_address[1]
    assert dict(request.attributes or {}) == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "server.address": "127.0.0.1",
        "server.port": port,
        "url.full": f"{service.url}/otp/requestOTP",
        "url.scheme": "http",
        "url.template": "/otp/requestOTP",
        "ants_otp.operation": "request",
        "ants_otp.code": "OK",
        "ants_otp.delivery": "ANSWERED",
    }
    assert request.attributes == again.attributes
    assert not verify.status.is_ok
    assert verify.attributes
    assert verify.attributes["error.type"] == "RateLimitedError"
    assert verify.attributes["http.response.status_code"] == 429
    shown = "".join(span.to_json() for span in (request, again, verify))
    assert not re.search("71828|hunter2|81234", shown)

    data = reader.get_metrics_data()
    assert data
    [metric] = data.resource_metrics[0].scope_metrics[0].metrics
    assert (metric.name, metric.unit) == ("http.client.request.duration", "s")
    points: Any = metric.data.data_points
    assert sum(point.count for point in points) == 3
