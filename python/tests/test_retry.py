"""`safe_to_retry`, and the retries in the README that ask it: tenacity's and celery's."""

from __future__ import annotations

import pickle
import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ants_otp import Client, OtpError
from ants_otp.error import Delivery, _restore

if TYPE_CHECKING:
    from .conftest import Service

README = (Path(__file__).resolve().parents[1] / "README.md").read_text()
SENT = {"otpId": "OTP-1", "otcId": "OTC-1", "referenceCode": "XQPTR"}


def shown(library: str) -> dict[str, Any]:
    """What the README's lines with `library` define."""
    blocks = re.findall(r"^```python\n(.+?)^```", README, re.MULTILINE | re.DOTALL)
    (lines,) = [block for block in blocks if f"from {library} " in block]
    names: dict[str, Any] = {}
    exec(compile(lines, "README.md", "exec"), names)  # noqa: S102 - our own lines
    return names


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def unreachable() -> Client:
    return Client("u", "p", otc_id="OTC-1", base_url=f"http://127.0.0.1:{free_port()}", max_retries=0)


def error_of(client: Client, mobile: str = "0812345678", **options: Any) -> OtpError:
    with pytest.raises(OtpError) as raised:
        client.request(mobile, **options)
    return raised.value


def test_it_is_true_where_nothing_was_sent_and_another_try_may_help() -> None:
    error = error_of(unreachable())
    assert error.safe_to_retry
    assert pickle.loads(pickle.dumps(error)).safe_to_retry


def test_it_is_false_where_the_same_call_ends_alike_or_may_have_been_sent(service: Service) -> None:
    client = service.client()
    errors = [error_of(client, "no number"), error_of(client, timeout=0)]
    service.status = 429
    errors.append(error_of(client))
    service.silent = True
    errors.append(error_of(client, timeout=0.1))
    client.close()
    errors.append(error_of(client))
    assert [error.delivery.name for error in errors] == ["NOT_SENT", "NOT_SENT", "ANSWERED", "UNKNOWN", "NOT_SENT"]
    assert not any(error.safe_to_retry for error in errors)


def test_an_error_that_an_older_version_pickled_is_not_safe() -> None:
    older = _restore(OtpError, ("no",), {"delivery": Delivery.NOT_SENT})
    assert not older.safe_to_retry


def test_tenacity_tries_again_what_was_not_sent_alone(service: Service) -> None:
    tenacity = pytest.importorskip("tenacity")
    request = shown("tenacity")["request"]
    request.retry.wait = tenacity.wait_none()
    with pytest.raises(ConnectionError):
        request(unreachable(), "0812345678")
    assert request.retry.statistics["attempt_number"] == 5
    service.silent = True
    with pytest.raises(TimeoutError):
        request(service.client(timeout=0.2), "0812345678")
    assert request.retry.statistics["attempt_number"] == 1
    assert len(service.requests) == 1


def test_celery_tries_again_what_was_not_sent_alone(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("celery")
    names = shown("celery")
    task = names["send_otp"]
    made: list[Client] = []

    def client() -> Client:
        # The third time the service is there.
        made.append(service.client() if len(made) >= 2 else unreachable())
        return made[-1]

    # In the names that the task's own lines see.
    monkeypatch.setitem(names, "Client", client)
    service.answer = SENT
    assert task.apply(args=["0812345678"]).get()["otp_id"] == "OTP-1"
    assert (len(made), len(service.requests)) == (3, 1)
    service.status, service.answer = 200, b"{"
    failed = task.apply(args=["0812345678"])
    assert failed.failed()
    assert (len(made), len(service.requests)) == (4, 2)
