"""No repr, error or traceback text holds a password, token or OTP code; a client does not leave its process."""

from __future__ import annotations

import copy
import pickle
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from ants_otp import Client, OtpError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Service


def test_a_client_shows_no_secret(service: Service) -> None:
    client = service.client(proxy="http://proxy-user:hunter2@127.0.0.1:1")
    assert repr(client) == "<ants_otp.Client open>"
    client.close()
    assert repr(client) == "<ants_otp.Client closed>"
    assert "hunter2" not in repr(client._native)


@pytest.mark.parametrize("copied", [pickle.dumps, copy.copy, copy.deepcopy])
def test_a_client_is_neither_pickled_nor_copied(client: Client, copied: Callable[[Client], object]) -> None:
    with pytest.raises(TypeError, match="make one in the process that uses it"):
        copied(client)


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.verify("OTP-1", "71828\x00"),
        lambda client: client.verify("OTP-1", "71828" * 100),
        lambda client: client.verify("OTP-1", "71828\ud800"),
        lambda client: client.verify("OTP-1", 71828),
        lambda client: client.verify("OTP-1", "71828", timeout=-1),
        lambda client: client.verify("OTP-1", "71828"),
        lambda client: client.request("0812345678"),
    ],
)
def test_a_traceback_shows_no_secret(service: Service, client: Client, call: Callable[[Any], object]) -> None:
    # The service repeats what it was sent.
    service.answer = {"otpId": "OTP-2", "result": True, "otpCode": "71828", "password": "hunter2"}
    service.status = 500
    with pytest.raises(OtpError) as raised:
        call(client)
    shown = (
        "".join(traceback.format_exception(raised.value, chain=True)) + repr(raised.value) + repr(vars(raised.value))
    )
    assert "hunter2" not in shown
    # The line of this file that made the call is shown too.
    library = "".join(line for line in shown.splitlines(keepends=True) if "client.verify(" not in line)
    assert "71828" not in library
