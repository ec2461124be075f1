"""A person is verified against the sandbox, in the README's lines and by the example."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ants_otp import ServiceError

if TYPE_CHECKING:
    from .conftest import Sandbox

LOGIN = Path(__file__).resolve().parents[2] / "examples" / "login.py"


def test_a_person_is_verified_once(sandbox: Sandbox) -> None:
    with sandbox.client() as client:
        otp = client.request("081-234-5678")
        assert otp.reference_code == sandbox.messages()[-1]["reference_code"]
        code = sandbox.last_code()
        wrong = "1" * len(code) if code != "1" * len(code) else "2" * len(code)
        assert client.verify(otp, wrong).status == "wrong_code"
        otp = client.resend(otp)
        assert client.verify(otp, sandbox.last_code())
        assert client.verify(otp, sandbox.last_code()).status == "already_confirmed"
        assert client.balance().credit > 0


def test_an_unknown_otp_is_an_error(sandbox: Sandbox) -> None:
    with sandbox.client() as client, pytest.raises(ServiceError) as raised:
        client.verify("00000000-0000-0000-0000-000000000000", "12345")
    assert raised.value.code == 303


def login(sandbox: Sandbox, *arguments: str) -> subprocess.Popen[str]:
    account = {
        "ANTS_OTP_USERNAME": sandbox.started["username"],
        "ANTS_OTP_PASSWORD": sandbox.started["password"],
        "ANTS_OTP_BASE_URL": sandbox.started["url"],
        "ANTS_OTP_OTC_ID": sandbox.started["otc_id"],
    }
    return subprocess.Popen(
        [sys.executable, LOGIN, *arguments],
        env={**os.environ, **account},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_example_verifies_a_person(sandbox: Sandbox) -> None:
    with login(sandbox, "66812345678") as program:
        assert program.stdin
        assert program.stdout
        assert program.stdout.readline().startswith("SMS sent to 66812345678, reference ")
        program.stdin.write("\n")
        program.stdin.flush()
        assert program.stdout.readline().startswith("SMS sent again, reference ")
        program.stdin.write(f"{sandbox.last_code()}\n")
        program.stdin.flush()
        assert program.stdout.readline().startswith("verified: ")
        program.stdin.close()
        assert program.wait() == 0


def test_the_example_tells_who_is_not_verified(sandbox: Sandbox) -> None:
    with login(sandbox, "66812345678") as program:
        assert program.communicate("")[0].count("\n") == 1
        assert program.returncode == 1


def test_the_example_tells_what_failed(sandbox: Sandbox) -> None:
    with login(sandbox, "12345") as program:
        assert "Nothing was sent: it is safe to try again." in program.communicate("")[1]
        assert program.returncode == 2
