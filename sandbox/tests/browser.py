"""The inbox page in headless Chromium, as a person uses it. Run by browser.sh, which sets up what it needs."""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait

SERVE = sys.argv[1]
IMAGES = Path(__file__).parents[2] / "docs" / "images"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]


class Box:
    """A sandbox of its own, and a caller of it."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen([SERVE, *arguments], stdout=subprocess.PIPE, text=True)
        self.__dict__.update(json.loads(self.process.stdout.readline()))

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def call(self, path: str, body: dict) -> tuple[int, dict]:
        """The HTTP status and the answer."""
        credentials = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {credentials}"}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error)

    def request(self, mobile: str) -> str:
        return self.call("/otp/requestOTP", {"otcId": self.otc_id, "mobile": mobile})[1]["otpId"]

    def verify(self, otp_id: str, code: str) -> dict:
        return self.call("/otp/verifyOTP", {"otpId": otp_id, "otpCode": code})[1]

    def code(self, otp_id: str) -> str:
        with urllib.request.urlopen(self.url + "/sandbox/messages", timeout=10) as answer:
            return next(message["code"] for message in json.load(answer) if message["otp_id"] == otp_id)


class Browser:
    def __init__(self) -> None:
        self.profile = tempfile.mkdtemp()
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        for flag in [*FLAGS, f"--user-data-dir={self.profile}"]:
            options.add_argument(flag)
        service = Service(shutil.which("chromedriver"), log_output=os.devnull)
        self.driver = webdriver.Chrome(options=options, service=service)
        self.look(1200, 860)

    def look(self, width: int, height: int, *, dark: bool = False) -> None:
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def picture(self, name: str) -> None:
        IMAGES.mkdir(parents=True, exist_ok=True)
        picture = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
        (IMAGES / name).write_bytes(base64.b64decode(picture["data"]))

    def close(self) -> None:
        self.driver.quit()
        shutil.rmtree(self.profile, ignore_errors=True)


class InboxPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.browser = Browser()
        cls.driver = cls.browser.driver

    @classmethod
    def tearDownClass(cls) -> None:
        cls.browser.close()

    def setUp(self) -> None:
        self.box = Box()
        self.addCleanup(self.box.stop)
        self.open()

    def tearDown(self) -> None:
        # A broken Content-Security-Policy, a missing file or an exception would stand in the console.
        said = [line["message"] for line in self.driver.get_log("browser") if line["level"] == "SEVERE"]
        # Away from the page before its sandbox ends.
        self.driver.get("about:blank")
        assert said == []

    def open(self) -> None:
        self.driver.get(self.box.url)
        self.until(lambda: self.one("#live").text == "Live")

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def seen(self, selector: str) -> list[str]:
        """The texts of what matches and can be seen, at one moment: the page may change between two questions."""
        script = """
            const found = [...document.querySelectorAll(arguments[0])];
            return found.filter((element) => element.checkVisibility()).map((element) => element.innerText.trim());
        """
        texts: list[str] = self.driver.execute_script(script, selector)
        return texts

    def until(self, condition: Callable[[], object]) -> object:
        wait = WebDriverWait(self.driver, 5, 0.05, [StaleElementReferenceException])
        return wait.until(lambda _: condition())

    def message(self, otp_id: str) -> WebElement:
        return self.until(lambda: self.one(f'#messages > li[data-id="{otp_id}"]'))

    def press(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    def clipboard(self) -> str:
        grant = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": self.box.url}
        self.driver.execute_cdp_cmd("Browser.grantPermissions", grant)
        return self.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])")

    def test_an_otp_appears_without_a_reload_and_its_code_verifies(self) -> None:
        assert self.seen("#empty h2") == ["No messages yet"]
        otp_id = self.box.request("66812345678")
        message = self.message(otp_id)
        assert message.find_element(By.CSS_SELECTOR, ".mobile").text == "66812345678"
        assert message.get_attribute("data-state") == "waiting"
        assert self.seen("#empty h2") == []
        code = message.find_element(By.CSS_SELECTOR, ".digits").text
        assert code in message.find_element(By.CSS_SELECTOR, ".text").text
        assert self.box.verify(otp_id, code)["result"]
        self.until(lambda: self.seen(".state") == ["confirmed"])
        self.until(lambda: self.seen(".delivery") == ["delivered"])

    def test_an_otp_requested_through_the_c_library_appears_without_a_reload_and_verifies(self) -> None:
        environment = {
            **os.environ,
            "ANTS_OTP_BASE_URL": self.box.url,
            "ANTS_OTP_USERNAME": self.box.username,
            "ANTS_OTP_PASSWORD": self.box.password,
            "ANTS_OTP_OTC_ID": self.box.otc_id,
        }
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        command = [os.environ["ANTS_OTP_LOGIN_C"], "081-234-5678"]
        with subprocess.Popen(command, env=environment, text=True, **pipes) as login:
            self.until(lambda: self.seen(".mobile") == ["66812345678"])
            code = self.one("#messages .digits").text
            said, _ = login.communicate(code + "\n", timeout=10)
        assert login.returncode == 0, said
        self.until(lambda: self.seen(".state") == ["confirmed"])

    def test_newest_first_and_all_there_after_a_reload(self) -> None:
        for mobile in ["66811111111", "66822222222"]:
            self.message(self.box.request(mobile))
        assert self.seen(".mobile") == ["66822222222", "66811111111"]
        self.open()
        self.until(lambda: self.seen(".mobile") == ["66822222222", "66811111111"])
        assert self.one("#count").text == "2 messages"

    def test_the_button_copies_the_code(self) -> None:
        otp_id = self.box.request("66812345678")
        self.clipboard()
        button = self.message(otp_id).find_element(By.CSS_SELECTOR, ".code")
        button.click()
        self.until(lambda: self.seen(".hint") == ["Copied"])
        assert self.clipboard() == self.box.code(otp_id)
        assert button.get_attribute("aria-label") == f"Copy the code {self.box.code(otp_id)}"

    def test_the_filter_shows_what_matches(self) -> None:
        confirmed = self.box.request("66811111111")
        self.box.verify(confirmed, self.box.code(confirmed))
        waiting = self.box.request("66822222222")
        self.message(waiting)
        self.one("#filter").send_keys("2222")
        assert self.seen(".mobile") == ["66822222222"]
        assert self.one("#count").text == "1 of 2"
        self.one("#filter").clear()
        self.one("#filter").send_keys(self.box.code(confirmed))
        assert "66811111111" in self.seen(".mobile")
        self.one("#filter").send_keys(" nothing like it")
        assert self.seen("#none h2") == ["Nothing matches the filter"]
        self.one("#clear-filter").click()
        assert len(self.seen(".mobile")) == 2
        Select(self.one("#state")).select_by_value("confirmed")
        self.until(lambda: self.seen(".mobile") == ["66811111111"])

    def test_everything_can_be_done_by_keyboard(self) -> None:
        older, newer = self.box.request("66811111111"), self.box.request("66822222222")
        self.message(newer)
        self.clipboard()
        self.press("/", "1111")
        assert self.seen(".mobile") == ["66811111111"]
        self.press(Keys.ESCAPE)
        assert len(self.seen(".mobile")) == 2
        self.driver.execute_script("document.activeElement.blur()")

        def focused() -> str | None:
            return self.driver.switch_to.active_element.get_attribute("data-id")

        self.press(Keys.ARROW_DOWN)
        assert focused() == newer
        self.press(Keys.ARROW_DOWN)
        assert focused() == older
        self.press("c")
        self.until(lambda: self.clipboard() == self.box.code(older))
        self.press(Keys.ARROW_UP)
        assert focused() == newer
        self.press(Keys.TAB)
        assert self.driver.switch_to.active_element.get_attribute("class") == "code"

    def test_every_control_has_a_name(self) -> None:
        self.message(self.box.request("66812345678"))
        self.one("#messages summary").click()
        for control in self.driver.find_elements(By.CSS_SELECTOR, "button, input, select, summary, a, [tabindex='0']"):
            if control.is_displayed():
                assert control.accessible_name, control.get_attribute("outerHTML")

    def test_a_fault_set_by_a_button_acts(self) -> None:
        Select(self.one("#operation")).select_by_value("balance")
        self.one("#faults [title='Called too often']").click()
        self.until(lambda: self.seen("#set li") == ["refuse 429 on balance\n1 to go"])
        assert self.box.call("/account/balance", {})[0] == 429
        self.until(lambda: self.seen("#set li") == [])
        assert self.box.call("/account/balance", {})[0] == 200
        self.one("#faults [title='No answer ever comes']").click()
        self.until(lambda: len(self.seen("#set li")) == 1)
        self.one("#clear-faults").click()
        self.until(lambda: self.seen("#set li") == [])

    def test_a_button_moves_the_clock_and_codes_expire(self) -> None:
        otp_id = self.box.request("66812345678")
        self.message(otp_id)
        assert self.seen(".state")[0].startswith("waiting")
        self.one("#advance [data-seconds='300']").click()
        self.until(lambda: self.seen(".state") == ["expired"])
        assert self.one("#moved").text == "moved ahead by 5 min"
        assert self.box.verify(otp_id, self.box.code(otp_id))["isExprCode"]

    def test_a_report_is_decided_by_a_button(self) -> None:
        message = self.message(self.box.request("66812345678"))
        message.find_element(By.CSS_SELECTOR, "summary").click()
        Select(message.find_element(By.CSS_SELECTOR, ".decide select")).select_by_visible_text("REJECTED")
        message.find_element(By.CSS_SELECTOR, ".decide button").click()
        self.until(lambda: self.seen(".delivery") == ["rejected"])

    def test_forgetting_everything_asks_first(self) -> None:
        self.message(self.box.request("66812345678"))
        self.one("#reset").click()
        assert len(self.seen(".mobile")) == 1
        assert self.one("#reset").text == "Really forget everything?"
        self.one("#reset").click()
        self.until(lambda: self.seen("#empty h2") == ["No messages yet"])

    def test_what_looks_like_html_stays_text(self) -> None:
        status, _ = self.box.call(
            "/otp/requestOTP",
            {
                "otcId": self.box.otc_id,
                "mobile": "66812345678",
                "notifyUrl": "http://127.0.0.1/<img src=x onerror=alert(1)>",
            },
        )
        assert status == 200
        self.until(lambda: self.seen(".mobile") == ["66812345678"])
        self.one("#messages summary").click()
        assert "<img" in self.one("#messages .report").text
        assert self.driver.find_elements(By.CSS_SELECTOR, "#messages img") == []

    def test_it_comes_back_when_the_sandbox_does(self) -> None:
        port = self.box.url.rsplit(":", 1)[1]
        self.box.stop()
        self.until(lambda: self.one("#live").text == "Reconnecting")
        self.box = Box("--port", port)
        self.addCleanup(self.box.stop)
        WebDriverWait(self.driver, 15).until(lambda _: self.one("#live").text == "Live")
        self.message(self.box.request("66812345678"))
        # While the sandbox was away, the browser itself said so.
        self.driver.get_log("browser")

    def test_nothing_is_wider_than_a_telephone(self) -> None:
        self.addCleanup(self.browser.look, 1200, 860)
        for width in [320, 390, 768]:
            self.browser.look(width, 844)
            self.open()
            self.box.request("668123456789012")
            self.until(lambda: self.seen(".mobile"))
            self.one("#messages summary").click()
            assert self.driver.execute_script("return document.documentElement.scrollWidth") <= width


def screenshots() -> None:
    """The pictures of the documentation: the page with messages in several states."""
    box, browser = Box(), Browser()
    try:
        confirmed = box.request("66811111111")
        box.verify(confirmed, box.code(confirmed))
        box.request("66800000703")
        box.call("/sandbox/clock", {"advance_seconds": 300})
        locked = box.request("66822222222")
        for _ in range(3):
            box.verify(locked, "none")
        box.call("/sandbox/clock", {"advance_seconds": 60})
        box.request("66812345678")
        box.call("/sandbox/clock", {"advance_seconds": 4})
        box.call("/sandbox/faults", {"fault": "late", "operation": "verify", "calls": 3})
        for name, width, dark in [
            ("inbox.png", 1200, False),
            ("inbox-dark.png", 1200, True),
            ("inbox-phone.png", 390, False),
        ]:
            browser.look(width, 844, dark=dark)
            browser.driver.get(box.url)
            wait = WebDriverWait(browser.driver, 5)
            wait.until(lambda driver: len(driver.find_elements(By.CSS_SELECTOR, "#messages > li")) == 4)
            browser.picture(name)
    finally:
        browser.close()
        box.stop()


if __name__ == "__main__":
    if "--screenshots" in sys.argv:
        screenshots()
    unittest.main(argv=[sys.argv[0], "-v"])
