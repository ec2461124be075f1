"""Our package and what a Python program would use instead, each with the command line and report of `harness.h`.

``client.py PEER URL CALLS [--ca FILE] [--threads N] [--tasks N] [--pause MS]``. Each peer keeps its connections, sends
the same headers beside its own, and the same body, has its time-outs set, checks the certificate, and reads the answer
into four values.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

OTP_ID = "0b2f3c5e-8a4d-4f6b-9c1e-2d7a5b8f0e36"
OTP_CODE = "79895"
USER, PASSWORD = "demo", "demo-password"
TIMEOUT, CONNECT_TIMEOUT = 15.0, 5.0
HEADERS = {"Content-Type": "application/json", "Accept": "application/json"}


def question() -> str:
    return json.dumps({"otpId": OTP_ID, "otpCode": OTP_CODE})


def check(status: int, text: bytes | str) -> None:
    answer = json.loads(text)
    verified = answer["result"] and not answer["isErrorCount"] and not answer["isExprCode"]
    if status != 200 or answer["otpId"] != OTP_ID or not verified:
        raise SystemExit(f"not verified: {status} {text!r}")


def basic() -> str:
    import base64

    return "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def ants_otp_client(url: str, ca: str | None) -> Any:
    """One client for all threads."""
    import ants_otp

    return ants_otp.Client(USER, PASSWORD, base_url=url, ca_file=ca, timeout=TIMEOUT, connect_timeout=CONNECT_TIMEOUT)


shared: dict[str, Any] = {}
lock = threading.Lock()


def open_ants_otp(url: str, ca: str | None) -> Callable[[], None]:
    with lock:
        if "client" not in shared:
            shared["client"] = ants_otp_client(url, ca)
    verify = shared["client"].verify

    def call() -> None:
        if not verify(OTP_ID, OTP_CODE):
            raise SystemExit("not verified")

    return call


def open_pycurl(url: str, ca: str | None) -> Callable[[], None]:
    import pycurl

    easy = pycurl.Curl()
    easy.setopt(pycurl.URL, f"{url}/otp/verifyOTP")
    easy.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in HEADERS.items()])
    easy.setopt(pycurl.USERPWD, f"{USER}:{PASSWORD}")
    easy.setopt(pycurl.NOSIGNAL, 1)
    easy.setopt(pycurl.TIMEOUT_MS, int(TIMEOUT * 1000))
    easy.setopt(pycurl.CONNECTTIMEOUT_MS, int(CONNECT_TIMEOUT * 1000))
    if ca:
        easy.setopt(pycurl.CAINFO, ca)

    def call() -> None:
        easy.setopt(pycurl.POSTFIELDS, question())
        check(200, easy.perform_rb())

    return call


def open_http_client(url: str, ca: str | None) -> Callable[[], None]:
    import http.client
    import ssl

    scheme, host = url.split("://")
    if scheme == "https":
        context = ssl.create_default_context(cafile=ca)
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(host, timeout=TIMEOUT, context=context)
    else:
        connection = http.client.HTTPConnection(host, timeout=TIMEOUT)
    headers = HEADERS | {"Authorization": basic()}

    def call() -> None:
        connection.request("POST", "/otp/verifyOTP", question(), headers)
        response = connection.getresponse()
        check(response.status, response.read())

    return call


def open_urllib3(url: str, ca: str | None) -> Callable[[], None]:
    import urllib3

    pool = urllib3.PoolManager(ca_certs=ca, timeout=urllib3.Timeout(connect=CONNECT_TIMEOUT, read=TIMEOUT))
    headers = HEADERS | {"Authorization": basic()}

    def call() -> None:
        response = pool.request("POST", f"{url}/otp/verifyOTP", body=question(), headers=headers)
        check(response.status, response.data)

    return call


def open_requests(url: str, ca: str | None) -> Callable[[], None]:
    import requests

    session = requests.Session()
    session.auth = (USER, PASSWORD)
    session.headers.update(HEADERS)
    session.verify = ca or True

    def call() -> None:
        response = session.post(f"{url}/otp/verifyOTP", data=question(), timeout=(CONNECT_TIMEOUT, TIMEOUT))
        check(response.status_code, response.content)

    return call


def open_httpx(url: str, ca: str | None) -> Callable[[], None]:
    import ssl

    import httpx

    verify = ssl.create_default_context(cafile=ca) if ca else True
    timeout = httpx.Timeout(TIMEOUT, connect=CONNECT_TIMEOUT)
    client = httpx.Client(auth=(USER, PASSWORD), headers=HEADERS, verify=verify, timeout=timeout)

    def call() -> None:
        response = client.post(f"{url}/otp/verifyOTP", content=question())
        check(response.status_code, response.content)

    return call


# As many calls at once as there are tasks, for all alike.
MOST_TASKS = 1000


async def open_aiohttp(url: str, ca: str | None) -> Callable[[], Awaitable[None]]:
    import ssl

    import aiohttp

    context = ssl.create_default_context(cafile=ca) if ca else True
    session = aiohttp.ClientSession(
        auth=aiohttp.BasicAuth(USER, PASSWORD),
        headers=HEADERS,
        timeout=aiohttp.ClientTimeout(total=TIMEOUT, connect=CONNECT_TIMEOUT),
        connector=aiohttp.TCPConnector(limit=MOST_TASKS, ssl=context),
    )

    async def call() -> None:
        async with session.post(f"{url}/otp/verifyOTP", data=question()) as response:
            check(response.status, await response.read())

    return call


async def open_ants_otp_async(url: str, ca: str | None) -> Callable[[], Awaitable[None]]:
    import ants_otp

    client = ants_otp.AsyncClient(
        USER,
        PASSWORD,
        base_url=url,
        ca_file=ca,
        timeout=TIMEOUT,
        connect_timeout=CONNECT_TIMEOUT,
        async_threads=MOST_TASKS,
        max_idle_connections=MOST_TASKS,
    )

    async def call() -> None:
        if not await client.verify(OTP_ID, OTP_CODE):
            raise SystemExit("not verified")

    return call


BLOCKING = {
    "ants-otp": open_ants_otp,
    "pycurl": open_pycurl,
    "http.client": open_http_client,
    "urllib3": open_urllib3,
    "requests": open_requests,
    "httpx": open_httpx,
}
ASYNC = {"aiohttp": open_aiohttp, "ants-otp (asyncio)": open_ants_otp_async}


def peak_kb() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next((int(line.split()[1]) for line in lines if line.startswith("VmHWM:")), 0)


def report(calls: int, wall: int, cpu: int) -> None:
    print(json.dumps({"calls": calls, "wall_us": wall // 1000, "cpu_us": cpu // 1000, "peak_kb": peak_kb()}))


def run_blocking(arguments: argparse.Namespace) -> None:
    """The calls of each thread but the first one are measured, where there are more than one."""
    each = arguments.calls // arguments.threads
    first = int(each > 1)
    barrier = threading.Barrier(arguments.threads + 1)
    pause = arguments.pause / 1000

    def work() -> None:
        call = BLOCKING[arguments.peer](arguments.url, arguments.ca)
        if first:
            call()
        barrier.wait()
        barrier.wait()
        for _ in range(each - first):
            call()
            if pause:
                time.sleep(pause)

    if arguments.threads == 1:
        call = BLOCKING[arguments.peer](arguments.url, arguments.ca)
        if first:
            call()
        wall, cpu = time.perf_counter_ns(), time.process_time_ns()
        for _ in range(each - first):
            call()
    else:
        threads = [threading.Thread(target=work) for _ in range(arguments.threads)]
        for thread in threads:
            thread.start()
        barrier.wait()
        wall, cpu = time.perf_counter_ns(), time.process_time_ns()
        barrier.wait()
        for thread in threads:
            thread.join()
    report(arguments.threads * (each - first), time.perf_counter_ns() - wall, time.process_time_ns() - cpu)


async def run_async(arguments: argparse.Namespace) -> None:
    """`tasks` calls are in flight at any time."""
    call = await ASYNC[arguments.peer](arguments.url, arguments.ca)
    if arguments.calls > 1:
        await call()
    left = iter(range(arguments.calls - int(arguments.calls > 1)))

    async def work() -> None:
        for _ in left:
            await call()

    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    await asyncio.gather(*(work() for _ in range(arguments.tasks)))
    measured = arguments.calls - int(arguments.calls > 1)
    report(measured, time.perf_counter_ns() - wall, time.process_time_ns() - cpu)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("peer", choices=[*BLOCKING, *ASYNC])
    parser.add_argument("url")
    parser.add_argument("calls", type=int)
    parser.add_argument("--ca")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tasks", type=int, default=1)
    parser.add_argument("--pause", type=float, default=0)
    arguments = parser.parse_args()
    if arguments.peer in ASYNC:
        asyncio.run(run_async(arguments))
    else:
        run_blocking(arguments)


if __name__ == "__main__":
    main()
