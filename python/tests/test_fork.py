"""A client that was made, and has called, before the process forks works on in the child: no shared socket, no hang."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import json
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
import traceback
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ants_otp import Client

    from .conftest import Service

SENT = {"otpId": "OTP-1"}

# That the process has threads when it forks is the point here.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")


def in_child(work: Callable[[], bool]) -> bool:
    """Whether `work` was true in a forked child."""
    child = os.fork()
    if child == 0:
        # Anything that hangs says where, and is ended by the kernel, whatever the interpreter does.
        faulthandler.dump_traceback_later(15, file=2)
        signal.alarm(20)
        try:
            os._exit(0 if work() else 1)
        except BaseException:  # noqa: BLE001 - no child goes on with the tests
            traceback.print_exc()
        finally:
            os._exit(2)
    return os.waitpid(child, 0)[1] == 0


@contextlib.contextmanager
def busy(*calls: Callable[[], object]) -> Iterator[None]:
    """Other threads that call all the time."""
    stop = threading.Event()

    def go_on(call: Callable[[], object]) -> None:
        while not stop.is_set():
            call()

    threads = [threading.Thread(target=go_on, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def test_fork_while_other_threads_are_calling(service: Service) -> None:
    service.answer = SENT
    client = service.client()

    def call() -> bool:
        return client.request("0812345678").otp_id == "OTP-1"

    # What a first call loads it loads before: no fork can help a module that another thread is importing.
    assert call()
    with busy(*[call] * 4):
        assert all(in_child(call) for _ in range(20))
    assert call()


def test_fork_while_other_threads_are_calling_with_opentelemetry(service: Service) -> None:
    """Other libraries load its API, FastAPI among them."""
    pytest.importorskip("opentelemetry")
    test_fork_while_other_threads_are_calling(service)


def test_fork_of_an_asynchronous_client_while_it_is_calling(service: Service) -> None:
    service.answer = SENT
    client = service.async_client()

    async def calls() -> int:
        return len(await asyncio.gather(*(client.request("0812345678") for _ in range(8))))

    def call() -> bool:
        return asyncio.run(calls()) == 8

    assert call()
    with busy(call, call):
        assert all(in_child(call) for _ in range(10))
    assert call()


def test_a_loop_goes_on_in_a_child(service: Service) -> None:
    service.answer = SENT
    client = service.async_client()
    loop = asyncio.new_event_loop()

    def call() -> bool:
        return loop.run_until_complete(client.request("0812345678", timeout=5)).otp_id == "OTP-1"

    assert call()
    assert in_child(call)
    loop.close()


def test_a_child_leaves_through_the_interpreters_end(service: Service) -> None:
    """Also with the parent's calls in flight, and with its own."""
    service.silent = True
    script = f"""
import asyncio, os, sys, threading, time, warnings
warnings.simplefilter("ignore", DeprecationWarning)
from ants_otp import AsyncClient, Client
options = dict(otc_id="OTC-1", base_url="{service.url}")
client, blocking = AsyncClient("user", "password", **options), Client("user", "password", **options)

async def calls():
    await asyncio.gather(*(client.request("0812345678") for _ in range(8)), return_exceptions=True)

threading.Thread(target=lambda: asyncio.run(calls()), daemon=True).start()
threading.Thread(target=lambda: blocking.request("0812345678"), daemon=True).start()
time.sleep(0.5)
child = os.fork()
if child == 0:
    threading.Thread(target=lambda: asyncio.run(calls()), daemon=True).start()
    time.sleep(0.5)
    sys.exit(7)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
"""
    begun = time.monotonic()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert time.monotonic() - begun < 6


_client: Client | None = None


def call_inherited(mobile: str) -> str:
    assert _client
    return _client.request(mobile).otp_id


def test_multiprocessing_fork(service: Service) -> None:
    global _client
    service.answer = SENT
    _client = service.client()
    call_inherited("0812345678")
    with busy(lambda: call_inherited("0812345678")), multiprocessing.get_context("fork").Pool(3) as pool:
        assert pool.map(call_inherited, ["0812345678"] * 30) == ["OTP-1"] * 30
    assert call_inherited("0812345678") == "OTP-1"


def test_multiprocessing_spawn(service: Service, tmp_path: Path) -> None:
    service.answer = SENT
    script = f"""
import multiprocessing
from ants_otp import Client

client = Client("user", "password", otc_id="OTC-1", base_url="{service.url}")

def call(mobile):
    return client.request(mobile).otp_id

if __name__ == "__main__":
    call("0812345678")
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(call, ["0812345678"] * 10) == ["OTP-1"] * 10
        try:
            pool.map(repr, [client])
        except TypeError as error:
            assert "make one in the process that uses it" in str(error)
        else:
            raise SystemExit("it was pickled")
"""
    # A file: the children import it.
    program = tmp_path / "program.py"
    program.write_text(script)
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def get(url: str, seconds: float = 20) -> Any:
    """What a server that is starting answers."""
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(url, timeout=10) as answer:
                return json.load(answer)
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


APPLICATION = """
import json, os, threading
from ants_otp import Client

client = Client("user", "password", otc_id="OTC-1", base_url=os.environ["SERVICE"])
client.request("0812345678")

def keep_calling():
    while True:
        client.request("0812345678")

if os.environ.get("BUSY"):
    # The master goes on calling while it forks.
    threading.Thread(target=keep_calling, daemon=True).start()

def application(environ, start_response):
    otp = client.request("0812345678")
    body = json.dumps([os.getpid(), otp.otp_id]).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
"""


@pytest.mark.parametrize("master", ["quiet", "busy"])
def test_gunicorn_preload(service: Service, tmp_path: Path, master: str) -> None:
    pytest.importorskip("gunicorn")
    service.answer = SENT
    (tmp_path / "application.py").write_text(APPLICATION)
    port = free_port()
    command = ["-m", "gunicorn", "--preload", "--workers", "3", "--bind", f"127.0.0.1:{port}", "--no-control-socket"]
    environment = {**os.environ, "SERVICE": service.url, "BUSY": "1" if master == "busy" else ""}
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", *command, "application:application"],
        cwd=tmp_path,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            answers = [get(f"http://127.0.0.1:{port}/") for _ in range(30)]
        finally:
            server.terminate()
            _, errors = server.communicate(timeout=30)
    assert {otp_id for _, otp_id in answers} == {"OTP-1"}, errors
    assert server.pid not in {pid for pid, _ in answers}
    assert server.returncode == 0, errors


TASKS = """
import os, sys
from celery import Celery
from ants_otp import Client

app = Celery("tasks")
app.conf.update(
    broker_url="filesystem://",
    broker_transport_options={"data_folder_in": "queue", "data_folder_out": "queue", "control_folder": "control"},
    result_backend="file://results",
    worker_hijack_root_logger=False,
)
client = Client("user", "password", otc_id="OTC-1", base_url=os.environ["SERVICE"])
client.request("0812345678")

@app.task
def call(mobile):
    return [os.getpid(), client.request(mobile).otp_id]
"""

CALLER = """
from tasks import call
results = [call.delay("0812345678") for _ in range(20)]
found = [result.get(timeout=60) for result in results]
assert {otp_id for _, otp_id in found} == {"OTP-1"}, found
print(*{pid for pid, _ in found})
"""


def test_celery_prefork(service: Service, tmp_path: Path) -> None:
    pytest.importorskip("celery")
    service.answer = SENT
    (tmp_path / "tasks.py").write_text(TASKS)
    for folder in ("queue", "control", "results"):
        (tmp_path / folder).mkdir()
    environment = {**os.environ, "SERVICE": service.url, "PYTHONPATH": str(tmp_path), "C_FORCE_ROOT": "1"}
    worker = [
        "-m",
        "celery",
        "-A",
        "tasks",
        "worker",
        "--pool",
        "prefork",
        "--concurrency",
        "3",
        "--loglevel",
        "WARNING",
    ]
    log = tmp_path / "log"
    with (
        log.open("w") as into,
        subprocess.Popen(
            [sys.executable, "-W", "ignore", *worker], cwd=tmp_path, env=environment, stdout=into, stderr=into
        ) as server,
    ):
        try:
            done = subprocess.run(
                [sys.executable, "-W", "ignore", "-c", textwrap.dedent(CALLER)],
                cwd=tmp_path,
                env=environment,
                capture_output=True,
                text=True,
                timeout=90,
                check=False,
            )
        finally:
            server.terminate()
            server.wait(30)
    assert done.returncode == 0, done.stderr + log.read_text()
    assert str(server.pid) not in done.stdout.split()
