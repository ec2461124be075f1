"""The web examples: a person logs in by OTP, in each framework, against the sandbox."""

from __future__ import annotations

import contextlib
import http.cookiejar
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ants_otp.testing import Sandbox

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
COMMANDS = {
    "fastapi": ["-m", "uvicorn", "login_fastapi:app", "--port", "{port}", "--log-level", "warning"],
    "flask": ["-m", "flask", "--app", "login_flask", "run", "--port", "{port}"],
    "django": ["login_django.py", "runserver", "--noreload", "127.0.0.1:{port}"],
}
MOBILE = "081-234-5678"


class Browser:
    """Follows forms and keeps cookies."""

    def __init__(self, url: str) -> None:
        self.url = url
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)
        self.page = ""

    def get(self, path: str = "/") -> str:
        return self._open(urllib.request.Request(self.url + path))

    def post(self, path: str, **fields: str) -> str:
        hidden = re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', self.page)
        body = urllib.parse.urlencode({**dict(hidden), **fields}).encode()
        return self._open(urllib.request.Request(self.url + path, body))

    def _open(self, request: urllib.request.Request) -> str:
        try:
            with self.opener.open(request, timeout=20) as answer:
                self.page = answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                self.page = f"{error.code} {error.read().decode()}"
        return self.page


@contextlib.contextmanager
def served(framework: str) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "REPORT_KEY": "k3y", "ANTS_OTP_NOTIFY_URL": f"{url}/reports/k3y/"}
    command = [part.format(port=port) for part in COMMANDS[framework]]
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", *command],
        cwd=EXAMPLES,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            for _ in range(300):
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                    break
                time.sleep(0.1)
            yield url
        finally:
            server.terminate()
            print(server.communicate(timeout=30)[1])


@pytest.mark.parametrize("framework", COMMANDS)
def test_a_person_logs_in(otp_sandbox: Sandbox, framework: str) -> None:
    pytest.importorskip(framework)
    with served(framework) as url:
        browser = Browser(url)
        assert "Please log in" in browser.get()
        assert "under way" in browser.post("/login", mobile=MOBILE)
        assert otp_sandbox.messages(MOBILE)[0].reference_code in browser.page
        code = otp_sandbox.last_code(MOBILE)
        wrong = "".join("2" if digit == "1" else "1" for digit in code)
        assert browser.post("/verify", code=wrong).startswith("403 ")
        assert "Welcome" not in browser.get()
        otp_sandbox.advance(60)
        for _ in range(100):
            if "DELIVERED" in browser.get():
                break
            time.sleep(0.1)
        assert "DELIVERED" in browser.page
        browser.post("/resend")
        browser.get()
        assert f"Welcome, {MOBILE}" in browser.post("/verify", code=otp_sandbox.last_code(MOBILE))
        stranger = Browser(url)
        assert "Please log in" in stranger.get()
        assert stranger.post("/login", mobile="12345").startswith("400 ")
