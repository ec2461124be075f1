"""A Python that is setuid takes nothing from the environment: whoever starts it chooses that."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

# Runs in the setuid Python, with the variables of a stranger.
CHILD = """
    import os, threading
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from ants_otp import AsyncClient, Client, InvalidArgumentError, OtpError
    from ants_otp._program import ProgramNotFoundError, find

    class Service(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            # Before the answer: the call ends with that.
            print("asked", flush=True)
            body = b'{"otpId": "OTP-1", "result": true}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    os.environ["ANTS_OTP_BASE_URL"] = f"http://127.0.0.1:{server.server_port}"
    before = dict(os.environ)
    for kind in (Client, AsyncClient):
        try:
            kind()
            print("made")
        except InvalidArgumentError as error:
            print(error)
    with Client("user", "password", otc_id="OTC-1", timeout=3, max_retries=0) as client:
        try:
            print("verified" if client.verify("OTP-1", "12345") else "not verified")
        except OtpError as error:
            print("nobody")
    try:
        print(find())
    except ProgramNotFoundError as error:
        print("no program", error)
    print("unchanged" if dict(os.environ) == before else "changed")
"""

# Nothing of this is seen by others, and nothing leaves the machine.
ALONE = """
    set -e
    ip link set lo up
    mount -t tmpfs -o mode=755 tmpfs /mnt
    cp "$1" /mnt/python
    chmod "$2" /mnt/python
    exec setpriv --reuid "$3" --regid "$3" --clear-groups /mnt/python -c "$4"
"""


@pytest.fixture
def alone() -> list[str]:
    command = ["unshare", "--net", "--mount", "--"]
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    if not all(map(shutil.which, ("unshare", "setpriv", "ip"))) or "NoNewPrivs:\t0" not in status:
        pytest.skip("needs unshare, setpriv, ip, and setuid programs")
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("needs root and namespaces")
    return command


def run(alone: list[str], mode: str, user: str, scripts: Path) -> str:
    environment = {
        "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
        # A copy of the interpreter does not find them by itself.
        "PYTHONHOME": f"{sys.base_prefix}{os.pathsep}{sys.base_exec_prefix}",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "ANTS_OTP_USERNAME": "user",
        "ANTS_OTP_PASSWORD": "password",
        "ANTS_OTP_OTC_ID": "OTC-1",
        "ANTS_OTP_PROGRAM": str(scripts / "ants-otp"),
    }
    python = str(Path(sys.executable).resolve())
    command = [*alone, "sh", "-c", textwrap.dedent(ALONE), "sh", python, mode, user, textwrap.dedent(CHILD)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True).stdout


def test_a_setuid_python_takes_nothing_from_the_environment(alone: list[str], tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    program = tmp_path / "ants-otp"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/was-run\necho nobody\n", encoding="utf-8")
    program.chmod(0o755)
    privileged = run(alone, "4755", "65534", tmp_path).splitlines()
    reason = "the environment is not used, since this program runs setuid or with file capabilities"
    assert [reason in line for line in privileged[:2]] == [True, True]
    assert privileged[2] == "nobody"
    assert privileged[-1] == "unchanged"
    assert "asked" not in privileged
    assert not (tmp_path / "was-run").exists()


def test_the_same_python_without_rights_takes_it(alone: list[str], tmp_path: Path) -> None:
    lines = run(alone, "755", "0", tmp_path).splitlines()
    assert lines[:2] == ["made", "made"]
    assert lines[2:4] == ["asked", "verified"]
