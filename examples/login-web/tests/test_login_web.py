"""The sample application in headless Chromium, as a person uses it, and its forms as an attacker would.

Run it with a Python that has ants_otp, requirements.txt and selenium, and ANTS_OTP_PROGRAM naming the program.
"""

from __future__ import annotations

import base64
import concurrent.futures
import contextlib
import http.cookiejar
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

from ants_otp import Code
from ants_otp.testing import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable

    from selenium.webdriver.remote.webelement import WebElement

HERE = Path(__file__).parents[1]
MOBILE = "081-234-5678"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--hide-scrollbars",
    "--lang=en",
]
FLAGS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]


class Application:
    """The application and its sandbox, as `python -m login_web` starts them."""

    def __init__(self, pause: float, sandbox: Sandbox | None = None, database: str | None = None) -> None:
        """With a sandbox and a database of another application, it is a second server process of the same."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ANTS_OTP_")}
        environment["ANTS_OTP_PROGRAM"] = os.environ["ANTS_OTP_PROGRAM"]
        if sandbox:
            environment |= sandbox.environment
        self.folder = tempfile.TemporaryDirectory()
        self.database = database or f"{self.folder.name}/login.sqlite"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "login_web", "--port", "0", "--json", "--database", self.database],
            cwd=HERE,
            env={**environment, "LOGIN_WEB_PAUSE": str(pause)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        started = json.loads(self.process.stdout.readline())
        self.url, self.inbox = started["url"], sandbox.url if sandbox else started["inbox"]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)
        assert self.process.stdout
        self.process.stdout.close()
        self.folder.cleanup()

    def messages(self) -> list[dict[str, str]]:
        with urllib.request.urlopen(f"{self.inbox}/sandbox/messages", timeout=10) as answer:
            messages: list[dict[str, str]] = json.load(answer)
        return messages


class Visitor:
    """A browser without JavaScript, pictures or manners."""

    def __init__(self, url: str) -> None:
        self.url, self.jar = url, http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.page = self.open(url)

    def open(self, url: str, form: dict[str, str] | None = None, **headers: str) -> str:
        data = urllib.parse.urlencode(form).encode() if form is not None else None
        with self.opener.open(urllib.request.Request(url, data, headers), timeout=20) as answer:
            text: str = answer.read().decode()
        return text

    def token(self) -> str:
        found = re.search(r'name="token" value="([^"]+)"', self.page)
        assert found
        return found[1]

    def post(self, path: str, **form: str) -> str:
        self.page = self.open(self.url + path, {"token": self.token(), **form})
        return self.page


class Case(unittest.TestCase):
    pause = 0.0

    def setUp(self) -> None:
        self.app = Application(self.pause)
        self.addCleanup(self.app.stop)


class Forms(Case):
    def test_a_form_of_another_site_does_nothing(self) -> None:
        visitor = Visitor(self.app.url)
        for form, headers in (
            ({"mobile": MOBILE}, {}),
            ({"mobile": MOBILE, "token": "x" * 43}, {}),
            ({"mobile": MOBILE, "token": visitor.token()}, {"Origin": "https://evil.example"}),
            ({"mobile": MOBILE, "token": Visitor(self.app.url).token()}, {}),
        ):
            page = visitor.open(f"{self.app.url}send", form, **headers)
            assert "This page has expired" in page
        assert self.app.messages() == []

    def test_sms_are_limited_for_a_number_and_for_a_source(self) -> None:
        page = ""
        for way in ("0891234567", "+66 89 123 4567", "089-123-4567", "๐๘๙๑๒๓๔๕๖๗", "66891234567", "0891234567"):
            page = Visitor(self.app.url).post("send", mobile=way)
        assert "Too many SMS" in page
        assert len(self.app.messages()) == 5
        for number in range(16):
            page = Visitor(self.app.url).post("send", mobile=f"668123456{number:02}")
        assert "Too many SMS" in page
        assert len(self.app.messages()) == 20

    def test_what_sends_no_sms_costs_nobody_anything(self) -> None:
        visitor = Visitor(self.app.url)
        for typed in ("123", "hello", "0812", "66800009995", "66800000307") * 5:
            page = visitor.post("send", mobile=typed)
            assert 'role="alert"' in page
            assert "Too many" not in page
        assert 'value="0812"' in visitor.post("send", mobile="0812"), "what was typed is there to be corrected"
        visitor.post("send", mobile=MOBILE)
        assert len(self.app.messages()) == 1

    def test_however_it_is_written_a_number_is_one_person(self) -> None:
        for way in ("0812340001", "081-234-0001", "+66812340001", "๐๘๑๒๓๔๐๐๐๑"):
            visitor = Visitor(self.app.url)
            visitor.post("send", mobile=way)
            page = visitor.post("verify", code=self.app.messages()[-1]["code"])
            assert "as 081-234-0001." in page
        with contextlib.closing(sqlite3.connect(self.app.database)) as database:
            assert database.execute("SELECT mobile FROM person").fetchall() == [("66812340001",)]

    def test_one_number_has_one_limit_however_it_is_written(self) -> None:
        page = ""
        for text in (
            "0812345678",
            "+66 (0)81 234 5678",
            "0812345678.0",
            "66812345678.00",
            "0066812345678",
            "tel:0812345678",
        ):
            page = Visitor(self.app.url).post("send", mobile=text)
        assert "Too many SMS" in page
        assert len(self.app.messages()) == 5
        # What is no number costs nobody's limit.
        for _ in range(6):
            assert "Too many SMS" not in Visitor(self.app.url).post("send", mobile="0812345678.5")

    def test_the_session_changes_its_name_at_login_and_the_number_is_the_otps(self) -> None:
        visitor = Visitor(self.app.url)
        visitor.post("send", mobile=MOBILE)
        before = {cookie.value for cookie in visitor.jar}
        page = visitor.post("verify", code=self.app.messages()[0]["code"], mobile="66899999999")
        assert f"as {MOBILE}." in page
        assert before.isdisjoint({cookie.value for cookie in visitor.jar})
        old = urllib.request.Request(self.app.url, headers={"Cookie": f"login={before.pop()}"})
        with urllib.request.urlopen(old, timeout=10) as answer:
            assert "You are logged in" not in answer.read().decode()

    def test_what_was_typed_is_shown_as_text(self) -> None:
        page = Visitor(self.app.url).post("send", mobile='"><script>alert(1)</script>')
        assert "<script>alert" not in page
        assert 'role="alert"' in page

    def test_refusals_speak_the_persons_language(self) -> None:
        visitor = Visitor(self.app.url)
        visitor.post("language", language="th")
        assert '<html lang="th">' in visitor.page
        page = visitor.post("send", mobile="66800009995")
        assert Code.CREDIT_NOT_ENOUGH.user_text("th") in page
        assert "เครดิต" not in page


class Clicks(Case):
    """The pause between two SMS, however many requests, sessions and server processes ask at once."""

    pause = 30.0

    def setUp(self) -> None:
        super().setUp()
        self.stack = contextlib.ExitStack()
        self.addCleanup(self.stack.close)

    def at_once(self, *posts: Callable[[], str]) -> list[str]:
        with concurrent.futures.ThreadPoolExecutor(len(posts)) as pool:
            return [future.result() for future in [pool.submit(post) for post in posts]]

    def test_two_clicks_send_one_sms(self) -> None:
        for number in range(10):
            visitor = Visitor(self.app.url)
            form = {"token": visitor.token(), "mobile": f"08123456{number:02}"}
            pages = self.at_once(*[lambda v=visitor, f=form: v.open(f"{v.url}send", f)] * 2)
            for page in pages:
                assert 'id="code"' in page, "both clicks lead to the page that asks for the code"
                assert 'role="alert"' not in page
        assert len(self.app.messages()) == 10

    def test_two_clicks_of_ten_people_at_once_send_ten_sms(self) -> None:
        posts: list[Callable[[], str]] = []
        for number in range(10):
            visitor = Visitor(self.app.url)
            form = {"token": visitor.token(), "mobile": f"08123456{number:02}"}
            posts += [lambda v=visitor, f=form: v.open(f"{v.url}send", f)] * 2  # type: ignore[misc]
        for page in self.at_once(*posts):
            assert 'id="code"' in page
            assert 'role="alert"' not in page
        assert sorted(message["mobile"] for message in self.app.messages()) == [f"668123456{n:02}" for n in range(10)]

    def test_sessions_and_processes_share_the_pause_of_a_number(self) -> None:
        sandbox = self.stack.enter_context(Sandbox())
        one = Application(self.pause, sandbox)
        self.addCleanup(one.stop)
        other = Application(self.pause, sandbox, one.database)
        self.addCleanup(other.stop)
        visitors = [Visitor(app.url) for app in (one, other) for _ in range(4)]
        pages = self.at_once(*[lambda v=visitor: v.post("send", mobile=MOBILE) for visitor in visitors])
        assert len(sandbox.messages()) == 1
        assert sum("Please wait" in page for page in pages) == len(visitors) - 1

    def test_a_login_ends_the_pause_of_its_number(self) -> None:
        visitor = Visitor(self.app.url)
        visitor.post("send", mobile=MOBILE)
        assert "Please wait" in Visitor(self.app.url).post("send", mobile=MOBILE)
        visitor.post("verify", code=self.app.messages()[-1]["code"])
        assert 'id="code"' in Visitor(self.app.url).post("send", mobile=MOBILE)
        assert len(self.app.messages()) == 2

    def test_a_refusal_is_no_pause(self) -> None:
        visitor = Visitor(self.app.url)
        visitor.post("send", mobile="66800009995")
        assert 'id="code"' in visitor.post("send", mobile=MOBILE)

    def test_one_request_does_not_undo_what_another_did_meanwhile(self) -> None:
        visitor = Visitor(self.app.url)
        form = {"token": visitor.token(), "mobile": MOBILE}
        language = {"token": visitor.token(), "language": "th"}
        self.at_once(
            lambda: visitor.open(f"{visitor.url}send", form), lambda: visitor.open(f"{visitor.url}language", language)
        )
        page = visitor.open(visitor.url)
        assert 'id="code"' in page
        assert '<html lang="th">' in page


class InBrowser(Case):
    pause = 2.0
    driver: webdriver.Chrome
    profile: str

    @classmethod
    def setUpClass(cls) -> None:
        cls.profile = tempfile.mkdtemp()
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        for flag in [*FLAGS, f"--user-data-dir={cls.profile}"]:
            options.add_argument(flag)
        service = Service(shutil.which("chromedriver"), log_output=subprocess.DEVNULL)
        cls.driver = webdriver.Chrome(options=options, service=service)

    @classmethod
    def tearDownClass(cls) -> None:
        cls.driver.quit()
        shutil.rmtree(cls.profile, ignore_errors=True)

    def setUp(self) -> None:
        super().setUp()
        # The telephone lies beside the page, and stays as it was opened.
        self.driver.get(self.app.inbox)
        self.telephone = self.driver.current_window_handle
        self.driver.switch_to.new_window("tab")
        self.login = self.driver.current_window_handle
        self.look(1000, 800)
        self.driver.get(self.app.url)

    def tearDown(self) -> None:
        log = self.driver.get_log("browser")  # type: ignore[no-untyped-call]
        said = [line["message"] for line in log if line["level"] == "SEVERE"]
        self.driver.delete_all_cookies()
        self.driver.close()
        self.driver.switch_to.window(self.telephone)
        self.driver.get("about:blank")
        assert said == []

    def look(self, width: int, height: int, *, dark: bool = False) -> None:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def one(self, selector: str) -> WebElement:
        found: list[WebElement] = self.until(lambda: self.driver.find_elements(By.CSS_SELECTOR, selector))
        return found[0]

    def until(self, condition: Callable[[], Any]) -> Any:
        wait = WebDriverWait(self.driver, 10, 0.05, [StaleElementReferenceException])
        return wait.until(lambda _: condition())

    def fill(self, selector: str, text: str) -> None:
        """Types and presses Enter: no mouse is needed."""
        page, field = self.one("html"), self.one(selector)
        field.clear()
        field.send_keys(text, Keys.ENTER)
        self.gone(page)

    def press(self, selector: str) -> None:
        page = self.one("html")
        self.one(selector).click()
        self.gone(page)

    def gone(self, page: WebElement) -> None:
        def is_stale() -> bool:
            try:
                page.is_enabled()
            except Exception as error:  # noqa: BLE001 - drivers differ in what they raise while a page changes
                return (
                    "stale" in str(error).lower() or "no such" in str(error).lower() or "does not belong" in str(error)
                )
            return False

        self.until(is_stale)

    def newest_code(self, count: int) -> str:
        """What the telephone shows, which nobody has reloaded."""
        self.driver.switch_to.window(self.telephone)
        self.until(lambda: len(self.driver.find_elements(By.CSS_SELECTOR, "#messages > li .digits")) == count)
        codes = {item["otp_id"]: item["code"] for item in self.app.messages()}
        newest = self.app.messages()[-1]["otp_id"]
        shown = self.one(f'#messages > li[data-id="{newest}"] .digits').text
        assert shown == codes[newest]
        self.driver.switch_to.window(self.login)
        return shown

    def test_a_person_logs_in_after_a_wrong_code(self) -> None:
        self.fill("#mobile", MOBILE)
        assert MOBILE in self.one("main").text
        code = self.newest_code(1)
        assert self.one("#reference").text == self.app.messages()[0]["reference_code"]
        self.fill("#code", "00000" if code != "00000" else "11111")
        assert self.one("[role=alert]").text == Code.WRONG_CODE.user_text()
        assert self.one("#code").get_attribute("aria-describedby") == "message"
        self.fill("#code", f" {code} ")
        assert self.one("h1").text == "You are logged in"
        assert MOBILE in self.one("#person").text
        self.driver.refresh()
        assert self.one("h1").text == "You are logged in"
        cookie = self.driver.get_cookie("login")
        assert cookie
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
        self.press("main button")
        assert self.one("[role=status]").text == "You are logged out."

    def test_a_double_click_sends_one_sms(self) -> None:
        for number in range(10):
            self.driver.get(self.app.url)
            self.driver.delete_all_cookies()
            self.driver.get(self.app.url)
            self.one("#mobile").send_keys(f"08123456{number:02}")
            ActionChains(self.driver).double_click(self.one("main button")).perform()
            self.one("#code")
            assert self.driver.find_elements(By.CSS_SELECTOR, "[role=alert]") == []
        assert len(self.app.messages()) == 10

    def test_another_sms_comes_after_the_count_down(self) -> None:
        self.fill("#mobile", MOBILE)
        button = self.one("#resend")
        assert re.search(r"^Send again in [12] s$", button.text)
        assert not button.is_enabled()
        self.until(button.is_enabled)
        assert button.text == "Send again"
        self.press("#resend")
        assert "new code" in self.one("[role=status]").text
        self.fill("#code", self.newest_code(2))
        assert self.one("h1").text == "You are logged in"

    def test_thai_page_and_thai_messages(self) -> None:
        self.press("button[value=th]")
        assert self.one("html").get_attribute("lang") == "th"
        self.fill("#mobile", "12")
        assert re.search("[ก-๙]", self.one("[role=alert]").text)
        self.fill("#mobile", MOBILE)
        code = self.newest_code(1)
        self.fill("#code", "00000" if code != "00000" else "11111")
        assert re.search("[ก-๙]", self.one("[role=alert]").text)
        self.fill("#code", code.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")))
        assert self.one("h1").text == "เข้าสู่ระบบแล้ว"

    def test_without_javascript_everything_works_and_the_server_counts(self) -> None:
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
        self.fill("#mobile", MOBILE)
        self.press("#resend")
        assert "Please wait" in self.one("[role=alert]").text
        assert len(self.app.messages()) == 1
        self.fill("#code", self.app.messages()[0]["code"])
        assert self.one("h1").text == "You are logged in"
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    def test_it_fits_a_telephone_and_each_field_has_a_label(self) -> None:
        for dark in (False, True):
            self.look(320, 640, dark=dark)
            self.driver.get(self.app.url)
            assert self.driver.execute_script("return document.documentElement.scrollWidth") <= 320
            self.picture(f"login-{'dark' if dark else 'light'}.png")
        for field in self.driver.find_elements(By.CSS_SELECTOR, "input:not([type=hidden])"):
            assert self.driver.find_elements(By.CSS_SELECTOR, f"label[for={field.get_attribute('id')}]")
        assert self.driver.switch_to.active_element.get_attribute("id") == "mobile"

    def picture(self, name: str) -> None:
        """Where LOGIN_WEB_PICTURES names a folder, pictures go there."""
        folder = os.environ.get("LOGIN_WEB_PICTURES")
        if folder:
            picture = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
            (Path(folder) / name).write_bytes(base64.b64decode(picture["data"]))


if __name__ == "__main__":
    unittest.main()
