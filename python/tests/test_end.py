"""The interpreter ends while calls are under way: with the program's own exit status, and without a word.

Up to Python 3.13 the end kills each other thread when that asks for the GIL next, by unwinding its stack with the C
library's unwinder; from 3.14 on it hangs them. Each shape ends `--ends` times: crashes of this kind come by chance.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .conftest import Service

AT_ONCE = 8
# Seconds after which a thread must give up the GIL: the default, and so few that threads ask for it all the time.
INTERVALS = 0.005, 1e-6

BEGIN = """
import asyncio, atexit, http.client, logging, os, pathlib, sys, threading, time
from concurrent.futures import ThreadPoolExecutor
from ants_otp import AsyncClient, Client
sys.setswitchinterval(float(sys.argv[1]))
logging.basicConfig(level=0, filename=os.devnull)
url = "{url}"
client = AsyncClient("user", "password", otc_id="OTC-1", base_url=url)
blocking = Client("user", "password", otc_id="OTC-1", base_url=url)

async def calls():
    await asyncio.gather(*(client.request("0812345678") for _ in range(20)), return_exceptions=True)

async def endless():
    while True:
        await calls()

class Slow:
    "Makes the end last: what `sys` keeps goes late, when other threads are killed already."
    def __del__(self, sleep=time.sleep):
        sleep(1)

def in_daemons(work, count=8):
    for _ in range(count):
        threading.Thread(target=work, daemon=True).start()

def keep_at(work):
    def run():
        while True:
            try:
                work()
            except BaseException:
                pass
    in_daemons(run)
"""

# Nothing answers: calls wait when the end comes.
SILENT = {
    "an event loop in a daemon thread": """
        in_daemons(lambda: asyncio.run(calls()), 1)
        time.sleep(0.3)
        sys.exit(3)
    """,
    "an event loop that stands still": """
        loop = asyncio.new_event_loop()
        task = loop.create_task(calls())
        loop.run_until_complete(asyncio.sleep(0.3))
        sys.exit(3)
    """,
    "sys.exit in a task": """
        async def main():
            task = asyncio.create_task(calls())
            await asyncio.sleep(0.3)
            sys.exit(3)
        asyncio.run(main())
    """,
    "daemon threads that begin event loops again and again": """
        keep_at(lambda: asyncio.run(calls()))
        time.sleep(0.3)
        sys.exit(3)
    """,
    "daemon threads whose calls end again and again": """
        keep_at(lambda: blocking.request("0812345678", timeout=0.001))
        time.sleep(0.3)
        sys.exit(3)
    """,
    "daemon threads whose log handler raises": """
        class Broken(logging.Handler):
            def emit(self, record):
                raise RuntimeError
        logging.getLogger("ants_otp").addHandler(Broken())
        stderr, sys.stderr = sys.stderr, open(os.devnull, "w")
        keep_at(lambda: blocking.request("0812345678", timeout=0.001))
        time.sleep(0.3)
        sys.exit(3)
    """,
    "daemon threads that go on making clients": """
        keep_at(lambda: Client("user", "password", ca_file=pathlib.Path("/nonexistent")))
        time.sleep(0.3)
        sys.exit(3)
    """,
    "daemon threads whose clients have a function for their credentials": """
        asked = Client(credentials=lambda: ("user", "password"), otc_id="OTC-1", base_url=url)
        keep_at(lambda: asked.request("0812345678", timeout=0.001))
        time.sleep(0.3)
        sys.exit(3)
    """,
    "a pool of threads whose calls end at their deadline": """
        with ThreadPoolExecutor(8) as pool:
            for _ in range(8):
                pool.submit(blocking.request, "0812345678", timeout=0.3)
            sys.exit(3)
    """,
}

# The service answers after PAUSE: while the end, which `Slow` makes last, is under way.
ANSWERED = {
    "one call returns": """
        sys.slow = Slow()
        in_daemons(lambda: blocking.request("0812345678"), 1)
        time.sleep(0.3)
        sys.exit(3)
    """,
    "many calls return": """
        sys.slow = Slow()
        in_daemons(lambda: blocking.request("0812345678"))
        time.sleep(0.3)
        sys.exit(3)
    """,
    "calls return to an event loop": """
        sys.slow = Slow()
        in_daemons(lambda: asyncio.run(calls()))
        time.sleep(0.3)
        sys.exit(3)
    """,
    "calls return to a pool of threads": """
        sys.slow = Slow()
        pool = ThreadPoolExecutor(8)
        for _ in range(8):
            pool.submit(blocking.request, "0812345678")
        sys.exit(3)
    """,
    "calls return to a pool in a daemon thread": """
        sys.slow = Slow()
        async def main():
            await asyncio.gather(*(asyncio.to_thread(blocking.request, "0812345678") for _ in range(8)))
        in_daemons(lambda: asyncio.run(main()), 1)
        time.sleep(0.3)
        sys.exit(3)
    """,
    "the end itself calls": """
        class Caller:
            def __del__(self, client=blocking):
                client.request("0812345678")
        sys.caller = Caller()
        atexit.register(blocking.request, "0812345678")
        sys.exit(3)
    """,
    # What this machine's Python does without this package: the same shape over the standard library.
    "control: one answer comes over CPython's own sockets": """
        sys.slow = Slow()
        def call():
            connection = http.client.HTTPConnection(url.removeprefix("http://"))
            connection.request("POST", "/", "{}")
            connection.getresponse().read()
        in_daemons(call, 1)
        time.sleep(0.3)
        sys.exit(3)
    """,
}

# Answers come all the time.
BUSY = {
    "daemon threads that go on calling": """
        keep_at(lambda: blocking.request("0812345678"))
        time.sleep(0.3)
        sys.exit(3)
    """,
    "event loops in daemon threads that go on calling": """
        sys.slow = Slow()
        in_daemons(lambda: asyncio.run(endless()), 4)
        time.sleep(0.3)
        sys.exit(3)
    """,
}
PAUSE = 0.6
SERVICES = {"silent": SILENT, "answers": ANSWERED, "busy": BUSY}
SHAPES = [(name, shape) for name, shapes in SERVICES.items() for shape in shapes]


@pytest.fixture
def ends(request: pytest.FixtureRequest) -> int:
    return int(str(request.config.getoption("--ends")))


@pytest.mark.parametrize(("name", "shape"), SHAPES)
def test_it_ends_with_the_programs_own_status(service: Service, ends: int, name: str, shape: str) -> None:
    service.answer = {"otpId": "OTP-1", "otcId": "OTC-1", "referenceCode": "XQPTR"}
    service.silent = name == "silent"
    service.delay = PAUSE if name == "answers" else 0
    script = BEGIN.replace("{url}", service.url) + textwrap.dedent(SERVICES[name][shape])

    def end(number: int) -> tuple[int, str]:
        command = [sys.executable, "-c", script, str(INTERVALS[number % 2])]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stderr

    with ThreadPoolExecutor(max(AT_ONCE, ends // 8)) as pool:
        outcomes = list(pool.map(end, range(ends)))
    # asyncio may tell of tasks that nobody has awaited; what breaks a process calls itself fatal, or a panic.
    bad = [(status, said) for status, said in outcomes if status != 3 or "atal " in said or "panicked" in said]
    assert not bad, f"{len(bad)} of {ends} ends: {bad[:3]}"
