"""The testing kit: the sandbox as users' own tests see it."""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import subprocess
import sys
import sysconfig
import textwrap
import threading
import time
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import ants_otp
from ants_otp import Client, Code, ConnectionLostError, DeadlineError, OtpError, _program
from ants_otp.testing import ProgramNotFoundError, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

MOBILE = "081-234-5678"


def test_messages_and_codes(otp_sandbox: Sandbox, otp_client: Client) -> None:
    with pytest.raises(LookupError, match="081-234-5678"):
        otp_sandbox.last_code(MOBILE)
    otp = otp_client.request(MOBILE)
    otp_client.request("0899999999")
    message = otp_sandbox.messages("+66 81 234 5678")[-1]
    assert (message.mobile, message.otp_id, message.reference_code) == ("66812345678", otp.otp_id, otp.reference_code)
    assert message.code in message.text
    assert otp_sandbox.last_code(MOBILE) == message.code != otp_sandbox.last_code()
    assert otp_client.verify(otp, message.code)
    assert otp_sandbox.messages(MOBILE)[-1].state == "confirmed"


def test_an_sms_is_waited_for(otp_sandbox: Sandbox, otp_client: Client) -> None:
    begun = time.monotonic()
    with pytest.raises(LookupError, match="081-234-5678"):
        otp_sandbox.last_code(MOBILE, wait=0.3)
    assert time.monotonic() - begun >= 0.3
    later = threading.Timer(0.2, otp_client.request, [MOBILE])
    later.start()
    assert otp_sandbox.last_code("+66 81 234 5678", wait=30) == otp_sandbox.messages()[0].code
    later.join()
    assert time.monotonic() - begun < 20
    with pytest.raises(ValueError, match="wait is a number of seconds from 0 to 60"):
        otp_sandbox.messages(wait=61)
    with pytest.raises(ValueError, match="mobile: "):
        otp_sandbox.messages("nobody")


def test_settings_are_the_programs(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "sandbox.toml"
    config.write_text("sender = 'FILE'\ntries = 1\n")
    text = "--{sender}: รหัส {code} ({reference})"
    with (
        Sandbox(
            config=config, tries=2, codes=["00017", "00018"], text=text, clock="fixed", credit=2, otc_id="MINE"
        ) as box,
        box.client() as client,
    ):
        otps = [client.request(MOBILE) for _ in range(2)]
        assert [message.code for message in box.messages()] == ["00017", "00018"]
        assert box.messages()[0].text == f"--FILE: รหัส 00017 ({otps[0].reference_code})"
        assert box.otc_id == "MINE"
        assert client.balance().credit == 0
        assert [client.verify(otps[0], "9").status for _ in range(2)] == ["wrong_code", "over_limit"]
    with pytest.raises(RuntimeError, match="did not start"):
        Sandbox(code_length=33)
    assert "it must be 1 to 32" in capfd.readouterr().err


def test_each_setting_is_a_flag_of_the_program(otp_sandbox: Sandbox) -> None:
    assert otp_sandbox
    found = subprocess.run([_program.find(), "sandbox", "--help"], capture_output=True, text=True, check=True).stdout
    settings = list(inspect.signature(Sandbox).parameters)[1:]
    assert [name for name in settings if f"--{name.replace('_', '-')} " not in found] == []


def test_the_clock_moves(otp_sandbox: Sandbox, otp_client: Client) -> None:
    otp = otp_client.request(MOBILE)
    otp_sandbox.advance(24 * 3600)
    assert otp_client.verify(otp, otp_sandbox.last_code()).status == "expired"


FAULTS: list[tuple[dict[str, Any], type[OtpError] | Code]] = [
    ({}, Code.EXCEPTION),
    ({"fault": "refuse", "code": Code.CREDIT_NOT_ENOUGH}, Code.CREDIT_NOT_ENOUGH),
    ({"code": 429}, Code.RATE_LIMITED),
    ({"fault": "silent"}, DeadlineError),
    ({"fault": "late", "delay": 5}, DeadlineError),
    ({"fault": "cut-before"}, ConnectionLostError),
    ({"fault": "half"}, ConnectionLostError),
    ({"fault": "html", "status": 503}, Code.ERR_HTTP_STATUS),
]


@pytest.mark.parametrize(("fault", "expected"), FAULTS, ids=str)
def test_the_next_call_fails(otp_sandbox: Sandbox, otp_client: Client, fault: dict[str, Any], expected: Any) -> None:
    otp_sandbox.fail_next(**fault, operation="request")
    otp_client.balance()
    with pytest.raises(OtpError) as raised:
        otp_client.request(MOBILE, timeout=0.5)
    assert raised.value.code is expected if isinstance(expected, Code) else type(raised.value) is expected
    otp_client.request(MOBILE)


def test_several_calls_fail_and_a_reset_ends_it(otp_sandbox: Sandbox, otp_client: Client) -> None:
    otp_sandbox.fail_next(calls=3)
    for _ in range(2):
        with pytest.raises(OtpError):
            otp_client.balance()
    otp_sandbox.reset()
    assert otp_client.balance()
    assert otp_sandbox.messages() == []
    with pytest.raises(ValueError, match="calls"):
        otp_sandbox.fail_next(calls=0)


def test_clients_of_the_sandbox(otp_sandbox: Sandbox) -> None:
    assert Client().balance() == otp_sandbox.client(timeout=5).balance()

    async def main() -> bool:
        async with otp_sandbox.async_client() as client:
            otp = await client.request(MOBILE)
            return bool(await client.verify(otp, otp_sandbox.last_code(MOBILE)))

    assert asyncio.run(main())
    account = (otp_sandbox.username, otp_sandbox.password)
    assert otp_sandbox.client(credentials=lambda: account).balance()


def ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    except FileNotFoundError:
        return True


def within(seconds: float, true: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_it_ends_with_its_parent_however_that_ends(otp_sandbox: Sandbox, number: int) -> None:
    assert otp_sandbox
    script = """
        import time
        from ants_otp.testing import Sandbox
        sandbox = Sandbox()
        print(sandbox._process.pid, flush=True)
        time.sleep(60)
    """
    with subprocess.Popen([sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        assert not ended(child)
        parent.send_signal(number)
        parent.wait()
    assert within(3, lambda: ended(child))


def test_it_is_closed_once_and_by_its_own_process() -> None:
    sandbox = Sandbox()
    process = sandbox._process
    assert process
    sandbox._owner = 1
    sandbox.close()
    assert process.poll() is None
    sandbox._owner, sandbox._process = os.getpid(), process
    assert "127.0.0.1" in repr(sandbox)
    sandbox.close()
    sandbox.close()
    assert process.returncode is not None
    assert repr(sandbox) == "<ants_otp.testing.Sandbox closed>"


def fake(folder: Path, version: str) -> str:
    program = folder / "ants-otp"
    program.write_text(f"#!/bin/sh\necho {version}\n")
    program.chmod(0o755)
    return str(program)


def test_the_order_in_which_the_program_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    current = f"ants-otp {ants_otp.__version__}"
    folders = [tmp_path / name for name in ("given", "environment", "scripts", "path")]
    for folder in folders:
        folder.mkdir()
    given, environment, scripts, path = (fake(folder, current) for folder in folders)
    monkeypatch.setenv("ANTS_OTP_PROGRAM", environment)
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(folders[2]))
    monkeypatch.setenv("PATH", str(folders[3]))
    assert _program.find(given) == given
    assert _program.find(Path(given)) == given
    assert _program.find() == environment
    monkeypatch.delenv("ANTS_OTP_PROGRAM")
    assert _program.find() == scripts
    Path(scripts).unlink()
    assert _program.find() == path
    Path(path).unlink()
    with pytest.raises(ProgramNotFoundError, match=r"pip install 'ants-otp\[testing\]=="):
        _program.find()


@pytest.mark.parametrize("version", ["ants-otp 99.0.0", "another 0.1.0", ""])
def test_another_version_is_refused(tmp_path: Path, version: str) -> None:
    with pytest.raises(ProgramNotFoundError, match=rf"not ants-otp {ants_otp.__version__}: .*pip install"):
        Sandbox(fake(tmp_path, version))


def test_what_is_no_program_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProgramNotFoundError, match="does not run"):
        Sandbox(tmp_path)


def test_the_extra_pins_the_same_version() -> None:
    assert metadata.requires("ants-otp") == [f"ants-otp-cli=={ants_otp.__version__} ; extra == 'testing'"]


def test_the_package_as_a_program(otp_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    assert otp_sandbox
    run = [sys.executable, "-m", "ants_otp", "explain", "305"]
    assert "CODE_EXPIRED" in subprocess.run(run, capture_output=True, text=True, check=True).stdout
    monkeypatch.setenv("ANTS_OTP_PROGRAM", "/nonexistent")
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "pip install" in done.stderr


def test_an_example_project_uses_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_login.py").write_text(
        textwrap.dedent("""
            from ants_otp import Client

            def test_login(otp_sandbox, otp_client):
                otp = otp_client.request("081-234-5678")
                assert otp_client.verify(otp, otp_sandbox.last_code("081-234-5678"))

            def test_the_environment_and_a_clean_box(otp_sandbox):
                assert otp_sandbox.messages() == []
                assert Client().balance().credit > 0
        """)
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout + done.stderr
