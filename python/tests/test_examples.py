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
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ants_otp import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ants_otp.testing import Sandbox

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "login-web"
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
def served(framework: str, pause: float = 0) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "REPORT_KEY": "k3y", "ANTS_OTP_NOTIFY_URL": f"{url}/reports/k3y/"}
    environment["LOGIN_WEB_PAUSE"] = str(pause)
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
        assert "Welcome, 66812345678" in browser.post("/verify", code=otp_sandbox.last_code(MOBILE))
        stranger = Browser(url)
        assert "Please log in" in stranger.get()
        assert stranger.post("/login", mobile="12345").startswith("400 ")
        assert Code.ERR_INVALID_MOBILE.user_text("th") in stranger.page


@pytest.mark.parametrize("framework", COMMANDS)
def test_one_click_sends_one_sms_and_what_sends_none_costs_nothing(otp_sandbox: Sandbox, framework: str) -> None:
    pytest.importorskip(framework)

    def visitor() -> Browser:
        browser = Browser(url)
        browser.get()
        return browser

    with served(framework, pause=30) as url, ThreadPoolExecutor(8) as pool:
        clicks = [visitor() for _ in range(4)]
        pages = list(pool.map(lambda browser: browser.post("/login", mobile=MOBILE), [*clicks, *clicks]))
        assert len(otp_sandbox.messages()) == 1
        assert sum(page.startswith("429 ") for page in pages) == 7
        # A login ends the pause of its number, however that is written.
        winner = next(browser for browser in clicks if "Code" in browser.get())
        assert "Welcome, 66812345678" in winner.post("/verify", code=otp_sandbox.last_code(MOBILE))
        assert "Code" in visitor().post("/login", mobile="+66 81 234 5678")
        # Refusals, here and of the service, are no pause and count nothing.
        other = visitor()
        for _ in range(25):
            assert other.post("/login", mobile="0812").startswith("400 ")
            other.get()
            assert Code.CREDIT_NOT_ENOUGH.user_text("th") in other.post("/login", mobile="66800009995")
            other.get()
        assert "Code" in other.post("/login", mobile="0899999999")
