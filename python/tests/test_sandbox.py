"""A person is verified against the sandbox, by the package and by the example."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ants_otp import ServiceError

if TYPE_CHECKING:
    from ants_otp import Client
    from ants_otp.testing import Sandbox

LOGIN = Path(__file__).resolve().parents[2] / "examples" / "login.py"


def test_a_person_is_verified_once(otp_sandbox: Sandbox, otp_client: Client) -> None:
    otp = otp_client.request("081-234-5678")
    assert otp.reference_code == otp_sandbox.messages()[-1].reference_code
    code = otp_sandbox.last_code()
    wrong = "1" * len(code) if code != "1" * len(code) else "2" * len(code)
    assert otp_client.verify(otp, wrong).status == "wrong_code"
    otp = otp_client.resend(otp)
    assert otp_client.verify(otp, otp_sandbox.last_code())
    assert otp_client.verify(otp, otp_sandbox.last_code()).status == "already_confirmed"
    assert otp_client.balance().credit > 0


def test_an_unknown_otp_is_an_error(otp_client: Client) -> None:
    with pytest.raises(ServiceError) as raised:
        otp_client.verify("00000000-0000-0000-0000-000000000000", "12345")
    assert raised.value.code == 303


def login(*arguments: str) -> subprocess.Popen[str]:
    """The example as a program; the sandbox's account stands in the environment."""
    return subprocess.Popen(
        [sys.executable, LOGIN, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_example_verifies_a_person(otp_sandbox: Sandbox) -> None:
    with login("66812345678") as program:
        assert program.stdin
        assert program.stdout
        assert program.stdout.readline().startswith("SMS sent to 66812345678, reference ")
        program.stdin.write("\n")
        program.stdin.flush()
        assert program.stdout.readline().startswith("SMS sent again, reference ")
        program.stdin.write(f"{otp_sandbox.last_code()}\n")
        program.stdin.flush()
        assert program.stdout.readline().startswith("verified: ")
        program.stdin.close()
        assert program.wait() == 0


@pytest.mark.usefixtures("otp_sandbox")
def test_the_example_tells_who_is_not_verified() -> None:
    with login("66812345678") as program:
        assert program.communicate("")[0].count("\n") == 1
        assert program.returncode == 1


@pytest.mark.usefixtures("otp_sandbox")
def test_the_example_tells_what_failed() -> None:
    with login("12345") as program:
        assert "Nothing was sent: it is safe to try again." in program.communicate("")[1]
        assert program.returncode == 2
