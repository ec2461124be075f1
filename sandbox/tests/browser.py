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
# axe-core, as a package of PyPI brings it: the package itself, which needs another browser driver, is not used.
AXE = next(Path(sys.prefix).glob("lib/python*/site-packages/axe_playwright_python/axe.min.js")).read_text()
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
        still = {"name": "prefers-reduced-motion", "value": "reduce"}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme, still]})
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

    def opened(self, otp_id: str) -> WebElement:
        message = self.message(otp_id)
        message.find_element(By.CSS_SELECTOR, ".open").click()
        return message

    def filtered(self, words: str) -> list[str]:
        """The numbers that are left where the filter says this."""
        script = """
            const filter = document.getElementById("filter");
            filter.value = arguments[0];
            filter.dispatchEvent(new Event("input"));
        """
        self.driver.execute_script(script, words)
        return self.seen(".list .mobile")

    def failure(self) -> str:
        """What the toast says, which is in sight."""
        self.until(lambda: self.seen("#failure") not in ([], [""]))
        return self.seen("#failure")[0]

    def problems(self) -> list[tuple[str, str]]:
        """What axe finds: the rule, and where it is broken."""
        self.driver.execute_script(AXE)
        script = "axe.run({resultTypes: ['violations']}).then((found) => arguments[0](found.violations), arguments[0])"
        violations = self.driver.execute_async_script(script)
        return [(rule["id"], node["html"]) for rule in violations for node in rule["nodes"]]

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
            self.until(lambda: self.seen("#messages .mobile") == ["66812345678"])
            code = self.one("#messages .digits").text
            said, _ = login.communicate(code + "\n", timeout=10)
        assert login.returncode == 0, said
        self.until(lambda: self.seen(".state") == ["confirmed"])

    def test_newest_first_and_all_there_after_a_reload(self) -> None:
        for mobile in ["66811111111", "66822222222"]:
            self.message(self.box.request(mobile))
        assert self.seen("#messages .mobile") == ["66822222222", "66811111111"]
        self.open()
        self.until(lambda: self.seen("#messages .mobile") == ["66822222222", "66811111111"])
        assert self.seen("[role=tab]") == ["Messages 2", "Requests 2"]

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
        assert self.seen("#messages .mobile") == ["66822222222"]
        assert self.one("#count").text == "1 of 2"
        self.one("#filter").clear()
        self.one("#filter").send_keys(self.box.code(confirmed))
        assert "66811111111" in self.seen("#messages .mobile")
        self.one("#filter").send_keys(" nothing like it")
        assert self.seen(".none h2") == ["No message matches the filter"]
        self.one("#messages-panel .show-all").click()
        assert len(self.seen("#messages .mobile")) == 2
        Select(self.one("#state")).select_by_value("confirmed")
        self.until(lambda: self.seen("#messages .mobile") == ["66811111111"])

    def test_the_filter_understands_a_number_however_it_is_written(self) -> None:
        for mobile in ["66898765432", "66812345678"]:
            otp_id = self.box.request(mobile)
            self.message(otp_id)
        for written in ["081-234-5678", "+66 81 234 5678", "๐๘๑-๒๓๔-๕๖๗๘", otp_id[:8], otp_id.upper()]:
            assert self.filtered(written) == ["66812345678"], written
        # Codes and ids are random: what else the filter understands, of given ones.
        script = """
            const done = arguments[1];
            import("/sandbox/page/filter.js").then(({ matcher, fold }) => done(arguments[0].map((query) => {
                const textOf = (mobile) => fold(`${mobile} SANDBOX Your OTP is 09266, รหัส confirmed`);
                const entries = ["66812345678", "66898765432", "447700900123", null].map((mobile) => ({
                    mobile, otp_id: `55081555-${mobile}`, text: textOf(mobile),
                }));
                return entries.filter((entry) => matcher(query)(entry.text, entry)).map(({ mobile }) => mobile);
            })));
        """
        thai, other, british = "66812345678", "66898765432", "447700900123"
        cases: list[tuple[list[str], list[str | None]]] = [
            (["081", "081 234 5678", "0812345", "+66 (0) 81-234-5678", "0066 81 234", "001 66 81 234"], [thai]),
            (["tel:+66-81-234-5678", "+๖๖ ๘๑", "0812\u200b345678", "０８１２", "234 5678", "66 81", "12345"], [thai]),
            (["081\u2013234 Confirmed", "รหัส ๐๘๑"], [thai]),
            (["+66", "0066", "sandbox +๖๖"], [thai, other]),
            (["+44 (0)7700 900123", "7700 900"], [british]),
            # A beginning stands at the beginning, and a number is not taken to pieces.
            (["081 98 765", "098", "+66 98", "081 waiting", "5508", "+81"], []),
            (["09266", "55081555", "otp sandbox"], [thai, other, british, None]),
        ]
        for queries, expected in cases:
            found = self.driver.execute_async_script(script, queries)
            assert dict(zip(queries, found, strict=True)) == dict.fromkeys(queries, expected)

    def test_ten_messages_are_in_sight(self) -> None:
        self.addCleanup(self.browser.look, 1200, 860)
        self.browser.look(1280, 800)
        for digit in range(10):
            last = self.message(self.box.request(f"6681234567{digit}"))
        assert len(self.seen("#messages > li")) == 10
        assert last.rect["y"] < 300
        ends = "return document.querySelector('#messages').getBoundingClientRect().bottom"
        assert self.driver.execute_script(ends) <= 800

    def test_older_messages_are_on_further_pages(self) -> None:
        for number in range(301):
            self.box.request(f"66812{number:06}")
        self.until(lambda: self.seen("[role=tab]") == ["Messages 301", "Requests 301"])
        self.until(lambda: self.seen("#messages-panel .pages p") == ["1–100 of 301"])
        # No list is longer than a page, whatever there is.
        assert len(self.seen("#messages > li")) == 100

        def go(where: str) -> tuple[str, str, str]:
            self.one(f"#messages-panel [data-go={where}]").click()
            mobiles = self.seen("#messages .mobile")
            return self.seen("#messages-panel .pages p")[0], mobiles[0], mobiles[-1]

        assert go("older") == ("101–200 of 301", "66812000200", "66812000101")
        # What comes does not move what a person looks at.
        self.box.request("66899999999")
        self.until(lambda: self.seen("#messages-panel .pages p") == ["102–201 of 302"])
        assert self.seen("#messages .mobile")[0] == "66812000200"
        assert go("oldest") == ("203–302 of 302", "66812000099", "66812000000")
        assert not self.one("#messages-panel [data-go=older]").is_enabled()
        assert go("newer")[0] == "103–202 of 302"
        assert go("newest") == ("1–100 of 302", "66899999999", "66812000202")
        # The arrows go on where a page ends, and the filter looks through all of them.
        self.driver.execute_script("document.querySelector('#messages').lastElementChild.focus()")
        self.press(Keys.ARROW_DOWN)
        assert "66812000201" in self.driver.switch_to.active_element.text
        assert self.filtered("66812000000") == ["66812000000"]
        assert self.seen("#count") == ["1 of 302"]

    def test_ten_thousand_messages_stay_fluid(self) -> None:
        message = self.message(self.box.request("66812345678"))
        self.box.verify(message.get_attribute("data-id"), "none")
        script = """
            const done = arguments[0];
            (async () => {
                const { List } = await import("/sandbox/page/list.js");
                const { messages } = await import("/sandbox/page/messages.js");
                const { matcher } = await import("/sandbox/page/filter.js");
                const [like] = await (await fetch("/sandbox/messages")).json();
                const one = (_, at) => ({ ...like, otp_id: `id-${at}`, mobile: String(66810000000 + at) });
                const all = Array.from({ length: 10001 }, one);
                const panel = document.getElementById("messages-panel").cloneNode(true);
                panel.querySelector(".pages").remove();
                document.querySelector("main").append(panel);
                const list = new List(panel, messages(() => {}));
                const times = [];
                const timed = (act) => {
                    const start = performance.now();
                    act();
                    panel.getBoundingClientRect();
                    times.push(performance.now() - start);
                };
                timed(() => list.replace(all));
                timed(() => list.show(matcher("081 000 000")));
                const found = list.found;
                timed(() => list.show(null));
                timed(() => panel.querySelector("[data-go=oldest]").click());
                done([list.total, found, panel.querySelector(".list").lastElementChild.dataset.id, Math.max(...times)]);
            })();
        """
        total, found, oldest, longest = self.driver.execute_async_script(script)
        # One more than are kept: the oldest is gone.
        assert (total, found, oldest) == (10_000, 9, "id-1")
        # 50 ms on an idle machine; without pages it was seconds.
        assert longest < 1000, longest

    def test_the_log_tells_what_was_asked_and_why_it_was_refused(self) -> None:
        otp_id = self.box.request("66812345678")
        self.box.verify(otp_id, "no code")
        self.box.call("/otp/requestOTP", {"otcId": self.box.otc_id, "mobile": "0812345678"})
        self.box.call("/sandbox/faults", {"fault": "cut-after"})
        self.box.call("/account/balance", {})
        self.one("#requests-tab").click()
        self.until(lambda: len(self.seen("#requests > li")) == 4)
        assert self.seen("#requests .operation") == ["balance", "request", "verify", "request"]
        assert self.seen("#requests .mobile") == ["0812345678", "66812345678", "66812345678"]
        assert self.seen("#requests .status") == ["200", "200", "200", "200"]
        assert self.seen("#requests .name") == ["OK", "NUMBER_PREFIX_MISSING", "WRONG_CODE", "OK"]
        assert self.seen("#requests .reason")[0] == "Fault: cut after answer."
        self.one("#failed").click()
        assert self.seen("#requests .operation") == ["balance", "request", "verify"]
        assert self.seen("#count") == ["3 of 4"]
        assert self.filtered("+66 81") == ["0812345678", "66812345678"]
        assert self.filtered("wrong_code") == ["66812345678"]
        self.one("#requests .open").click()
        assert self.seen("#requests .reason-whole") == ["The code is not the one of the SMS."]
        assert self.seen("#requests .line") == ["POST /otp/verifyOTP"]
        asked = self.seen("#requests .asked")[0]
        assert "Authorization: Basic ***" in asked
        assert "no code" not in asked
        assert f'{{\n  "otpId": "{otp_id}",\n  "otpCode": "***"\n}}' in asked
        assert '\n  "otpId"' in self.seen("#requests .answered")[0]

    def test_a_request_leads_to_its_message_and_back(self) -> None:
        otp_id, other = self.box.request("66812345678"), self.box.request("66812345679")
        self.box.verify(otp_id, self.box.code(otp_id))
        self.opened(otp_id).find_element(By.CSS_SELECTOR, ".to-calls").click()
        assert self.seen("#requests .operation") == ["verify", "request"]
        assert self.driver.switch_to.active_element.get_attribute("aria-label").endswith("verify, OK")
        self.one("#requests .to-message").click()
        assert self.seen("#messages .mobile") == ["66812345678"]
        assert self.driver.switch_to.active_element.get_attribute("data-id") == otp_id
        assert self.filtered("") == ["66812345679", "66812345678"]
        assert self.message(other)
        # One that was refused has no message.
        self.box.call("/otp/requestOTP", {"otcId": "none", "mobile": "66812345678"})
        self.one("#requests-tab").click()
        self.until(lambda: "INVALID_OTP_CONFIG" in self.seen("#requests .name"))
        self.one("#requests .open").click()
        assert self.seen("#requests > li:first-child .line") == ["POST /otp/requestOTP"]
        assert self.seen("#requests > li:first-child .to-message") == []

    def test_json_is_shown_as_it_travelled(self) -> None:
        script = "import('/sandbox/page/requests.js').then(({ indented }) => arguments[1](indented(arguments[0])))"
        for text, shown in [
            (
                '{"a":[1.0,12345678901234567890, {}],"a":"{\\"x\\": 1}" , " b":[ ]}',
                '{\n  "a": [\n    1.0,\n    12345678901234567890,\n    {}\n  ],\n  "a": "{\\"x\\": 1}",\n  " b": []\n}',
            ),
            ("<html>{,}", "<html>{,}"),
            ('{"cut":"off…', '{"cut":"off…'),
            ("", ""),
        ]:
            assert self.driver.execute_async_script(script, text) == shown

    def test_a_failure_is_in_sight_until_it_is_closed_or_something_succeeds(self) -> None:
        for _ in range(100):
            self.box.call("/sandbox/faults", {"fault": "silent"})
        self.one("#faults [data-fault*=silent]").click()
        assert self.failure() == "Setting the fault failed: there are too many faults: remove them first"
        self.one("#close-toast").click()
        assert self.seen("#toast") == []
        self.one("#faults [data-fault*=silent]").click()
        self.failure()
        self.one("#clear-faults").click()
        self.until(lambda: self.seen("#toast") == [])
        self.box.stop()
        self.one("#advance [data-seconds='60']").click()
        assert self.failure() == "Moving the clock failed: the sandbox does not answer. Is it still running?"
        self.press(Keys.ESCAPE)
        assert self.seen("#toast") == []
        self.driver.get_log("browser")

    def test_a_notification_comes_on_demand(self) -> None:
        def permit(setting: str) -> None:
            permission = {"permission": {"name": "notifications"}, "setting": setting, "origin": self.box.url}
            self.driver.execute_cdp_cmd("Browser.setPermission", permission)

        permit("denied")
        self.one("#notify").click()
        assert self.failure().startswith("The browser blocks notifications of this page. Allow them in its settings")
        assert self.one("#notify").get_attribute("aria-pressed") == "false"
        permit("granted")
        self.one("#close-toast").click()
        self.one("#notify").click()
        self.until(lambda: self.one("#notify").get_attribute("aria-pressed") == "true")
        script = """
            window.told = [];
            const real = window.Notification;
            window.Notification = class extends real {
                constructor(title, options) { super(title, options); told.push([title, options.body]); }
            };
            document.hasFocus = () => window.isLooking;
            window.isLooking = true;
        """
        self.driver.execute_script(script)

        def told() -> list[list[str]]:
            return self.driver.execute_script("return told")

        self.message(self.box.request("66811111111"))
        self.until(lambda: self.one("#said").get_attribute("textContent").startswith("New message to 66811111111"))
        assert told() == []
        self.driver.execute_script("window.isLooking = false")
        otp_id = self.box.request("66812345678")
        self.until(lambda: told() == [[f"OTP {self.box.code(otp_id)}", "to 66812345678"]])
        # Where it cannot be, the page says so.
        self.driver.execute_script("Object.defineProperty(window, 'isSecureContext', { value: false })")
        self.one("#notify").click()
        assert "on localhost alone: open this page as localhost:" in self.failure()
        # It is remembered, and a click ends it.
        self.open()
        assert self.one("#notify").get_attribute("aria-pressed") == "true"
        self.one("#notify").click()
        self.until(lambda: self.one("#notify").get_attribute("aria-pressed") == "false")

    def test_axe_finds_nothing(self) -> None:
        self.addCleanup(self.browser.look, 1200, 860)
        looks = [(1280, 800, False), (1280, 800, True), (390, 844, False)]

        def look() -> None:
            for width, height, dark in looks:
                self.browser.look(width, height, dark=dark)
                assert self.problems() == [], (width, dark)

        look()
        otp_id = self.box.request("66812345678")
        for number in range(101):
            self.box.request(f"66812{number:06}")
        self.box.verify(otp_id, self.box.code(otp_id))
        locked = self.box.request("66822222222")
        for _ in range(4):
            self.box.verify(locked, "none")
        self.box.call("/sandbox/faults", {"fault": "late", "operation": "verify", "rate": 0.5})
        self.opened(locked)
        look()
        self.one(".to-calls").click()
        self.one("#requests .open").click()
        look()
        self.filtered("nothing like it")
        self.box.stop()
        self.one("#clear-faults").click()
        self.failure()
        look()
        self.driver.get_log("browser")

    def test_everything_can_be_done_by_keyboard(self) -> None:
        older, newer = self.box.request("66811111111"), self.box.request("66822222222")
        self.message(newer)
        self.clipboard()
        self.press("/", "1111")
        assert self.seen("#messages .mobile") == ["66811111111"]
        self.press(Keys.ESCAPE)
        assert len(self.seen("#messages .mobile")) == 2
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
        self.press(Keys.ARROW_DOWN, Keys.ARROW_UP, Keys.ENTER)
        assert self.seen("#messages .id") == [newer]
        self.press(Keys.ENTER)
        assert self.seen("#messages .id") == []
        self.one("#messages-tab").send_keys(Keys.ARROW_RIGHT)
        assert self.driver.switch_to.active_element == self.one("#requests-tab")
        assert self.seen("#requests .operation") == ["request", "request"]
        self.press(Keys.HOME)
        assert self.driver.switch_to.active_element == self.one("#messages-tab")
        assert self.seen("#messages .mobile") == ["66822222222", "66811111111"]

    def test_every_control_has_a_name(self) -> None:
        self.opened(self.box.request("66812345678"))
        for control in self.driver.find_elements(By.CSS_SELECTOR, "button, input, select, a, [tabindex='0']"):
            if control.is_displayed():
                assert control.accessible_name, control.get_attribute("outerHTML")

    def test_a_fault_set_by_a_button_acts(self) -> None:
        Select(self.one("#operation")).select_by_value("balance")
        self.one("#faults [title^='Called too often']").click()
        self.until(lambda: self.seen("#set li") == ["HTTP 429 on balance\n1 left"])
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
        message = self.opened(self.box.request("66812345678"))
        Select(message.find_element(By.CSS_SELECTOR, ".decide select")).select_by_visible_text("REJECTED")
        message.find_element(By.CSS_SELECTOR, ".decide button").click()
        self.until(lambda: self.seen(".delivery") == ["rejected"])

    def test_a_reset_asks_first(self) -> None:
        self.message(self.box.request("66812345678"))
        self.one("#reset").click()
        assert len(self.seen("#messages .mobile")) == 1
        assert self.one("#reset").text == "Click again to delete all"
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
        self.until(lambda: self.seen("#messages .mobile") == ["66812345678"])
        self.one("#messages .open").click()
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
            self.until(lambda: self.seen("#messages .mobile"))
            self.one("#messages .open").click()
            assert self.driver.execute_script("return document.documentElement.scrollWidth") <= width
            self.one(".to-calls").click()
            assert self.driver.execute_script("return document.documentElement.scrollWidth") <= width


def screenshots() -> None:
    """The pictures of the documentation: the page with messages in several states, and the log of requests."""
    box, browser = Box(), Browser()
    try:
        for mobile in ["66811111111", "66898765432", "66844444444", "66855555555", "66866666666"]:
            otp_id = box.request(mobile)
            box.verify(otp_id, box.code(otp_id))
        box.request("66800000703")
        box.request("66877777777")
        box.call("/sandbox/clock", {"advance_seconds": 300})
        locked = box.request("66822222222")
        for _ in range(3):
            box.verify(locked, "none")
        replaced = box.request("66833333333")
        box.call("/otp/resendOTP", {"otpId": replaced, "otcId": box.otc_id})
        box.call("/sandbox/clock", {"advance_seconds": 60})
        box.call("/otp/requestOTP", {"otcId": box.otc_id, "mobile": "0812345678"})
        box.request("66812345678")
        box.call("/sandbox/clock", {"advance_seconds": 4})
        box.call("/sandbox/faults", {"fault": "late", "operation": "verify", "calls": 3})
        refused = ["#requests-tab", "#requests > li:nth-child(2) .open"]
        for name, width, height, dark, clicks in [
            ("inbox.png", 1280, 800, False, []),
            ("inbox-dark.png", 1280, 800, True, []),
            ("inbox-phone.png", 390, 844, False, []),
            ("inbox-requests.png", 1280, 800, False, refused),
        ]:
            browser.look(width, height, dark=dark)
            browser.driver.get(box.url)
            wait = WebDriverWait(browser.driver, 5)
            wait.until(lambda driver: len(driver.find_elements(By.CSS_SELECTOR, "#messages > li")) == 11)
            # By script, so that no pointer stays on what is shown.
            for selector in clicks:
                browser.driver.execute_script("document.querySelector(arguments[0]).click()", selector)
            browser.picture(name)
    finally:
        browser.close()
        box.stop()


if __name__ == "__main__":
    if "--screenshots" in sys.argv:
        screenshots()
    unittest.main(argv=[sys.argv[0], "-v"])
