"""pytest's fixtures `otp_sandbox` and `otp_client`. pytest loads this by itself, so it imports little."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ants_otp import Client
    from ants_otp.testing import Sandbox


@pytest.fixture(scope="session")
def _otp_sandbox_process() -> Iterator[Sandbox]:
    from ants_otp.testing import Sandbox

    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def otp_sandbox(_otp_sandbox_process: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox, without messages or faults; `Client()` uses it, since the environment says so."""
    _otp_sandbox_process.reset()
    for name in ("ANTS_OTP_TOKEN", "ANTS_OTP_PROXY", "ANTS_OTP_CA_FILE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in _otp_sandbox_process.environment.items():
        monkeypatch.setenv(name, value)
    return _otp_sandbox_process


@pytest.fixture
def otp_client(otp_sandbox: Sandbox) -> Iterator[Client]:
    """A client of `otp_sandbox`."""
    with otp_sandbox.client() as client:
        yield client
