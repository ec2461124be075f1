"""Calls of `Client` under gevent and eventlet: one slow answer stops no other greenlet.

The programs under test patch the standard library, so each is a process of its own.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .conftest import Service

ACCOUNT = {"type": "prepaid", "credit": 1}

# `threading` and `time` are greenlets and the hub's sleep, once they are patched.
HEAD = """
import logging, os, socket, sys, threading, time
from ants_otp import Client, ConnectionLostError, DeadlineError, Delivery, InvalidArgumentError, OtpError

client = Client("user", "password", base_url=os.environ["SERVICE"], otc_id="OTC-1", timeout=5)
gaps = []

def tick():
    last = time.monotonic()
    while True:
        time.sleep(0.005)
        now = time.monotonic()
        gaps.append(now - last)
        last = now

def at_once(work, count=5):
    'How long it takes, and the longest pause of another greenlet.'
    del gaps[:]
    begun = time.monotonic()
    threads = [threading.Thread(target=work) for _ in range(count)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    took = time.monotonic() - begun
    time.sleep(0.02)
    return took, max(gaps)

def call():
    assert client.balance().credit == 1

def sleep():
    time.sleep(0.5)
"""
PATCH = {
    "gevent": "from gevent import monkey; monkey.patch_all(); import gevent as green\n",
    "eventlet": "import eventlet as green; green.monkey_patch()\n",
}
KINDS = sorted(PATCH)


def installed(*names: str) -> None:
    for name in names:
        # They are not imported here: the programs have to be the first to do so.
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"{name} is not installed")


def environment(service: Service) -> dict[str, str]:
    # Both say what they think of this Python, and of each other.
    return {**os.environ, "SERVICE": service.url, "PYTHONWARNINGS": "ignore"}


def run(service: Service, kind: str, script: str, expected: int = 0) -> str:
    """What a program prints under `kind`."""
    installed(kind)
    command = [sys.executable, "-c", PATCH[kind] + HEAD + script]
    done = subprocess.run(command, env=environment(service), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == expected, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout


def assert_others_go_on(runs: list[dict[str, list[float]]]) -> None:
    """Of the best run: five calls of 0.5 s, and as many pauses of the hub's own."""
    assert min(run["call"][0] for run in runs) < 1.5
    assert min(run["call"][1] - run["sleep"][1] for run in runs) < 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_calls_wait_side_by_side_and_others_go_on(service: Service, kind: str) -> None:
    service.answer, service.delay = ACCOUNT, 0.5
    script = """
import json
threading.Thread(target=tick, daemon=True).start()
print(json.dumps([{"call": at_once(call), "sleep": at_once(sleep)} for _ in range(3)]))
"""
    assert_others_go_on(json.loads(run(service, kind, script)))
    assert len(service.requests) == 15


@pytest.mark.parametrize("kind", KINDS)
def test_a_timeout_of_the_hub_ends_the_call_and_its_socket(service: Service, kind: str) -> None:
    installed(kind)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed: list[float] = []

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                while connection.recv(1 << 16):
                    pass
            closed.append(time.monotonic())

        thread = threading.Thread(target=serve)
        thread.start()
        service.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        script = """
lines = []
class Keep(logging.Handler):
    def emit(self, record):
        time.sleep(0.01)
        lines.append(record.getMessage())
logging.getLogger("ants_otp").addHandler(Keep())
logging.getLogger("ants_otp").setLevel(logging.INFO)
begun = time.monotonic()
try:
    with green.Timeout(0.2):
        client.balance()
except green.Timeout:
    assert time.monotonic() - begun < 0.4
else:
    raise AssertionError
time.sleep(0.3)
assert len(lines) == 1 and "-22 ERR_INTERRUPTED, UNKNOWN" in lines[0], lines
print(time.monotonic())
time.sleep(0.5)
"""
        ended = float(run(service, kind, script))
        thread.join(10)
    # Long before the process ended.
    assert closed[0] < ended


@pytest.mark.parametrize("kind", KINDS)
def test_a_killed_greenlet_ends_its_call(service: Service, kind: str) -> None:
    service.silent = True
    script = """
def wait():
    client.balance()
thread = green.spawn(wait)
time.sleep(0.2)
begun = time.monotonic()
thread.kill()
time.sleep(0)
assert time.monotonic() - begun < 0.5
"""
    run(service, kind, script)


@pytest.mark.parametrize("kind", KINDS)
def test_errors_and_the_deadline_are_those_of_any_call(service: Service, kind: str) -> None:
    service.answer = b"no JSON"
    script = """
def fails(kind, **options):
    begun = time.monotonic()
    try:
        client.request("0812345678", **options)
    except kind as error:
        return error, time.monotonic() - begun
    raise AssertionError

time.sleep(0)
assert fails(OtpError)[0].raw.body == "no JSON"
assert fails(InvalidArgumentError, timeout=-1)[0].delivery is Delivery.NOT_SENT
try:
    client.request("0812345678", time_out=1)
except TypeError as error:
    assert "time_out" in str(error)
client.close()
assert "closed" in str(fails(InvalidArgumentError)[0])
given = {"username": "user", "password": "password", "otc_id": "OTC-1"}
client = Client(**given, base_url="http://127.0.0.1:1")
assert fails(ConnectionError)[0].delivery is Delivery.NOT_SENT
silent = socket.create_server(("127.0.0.1", 0))
given["base_url"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
client = Client(**given)
took = fails(DeadlineError, timeout=0.3)[1]
assert 0.3 <= took < 0.45, took
# The deadline runs from the call, and so while others are in front of it.
client = Client(**given, async_threads=1)
results = []
threads = [threading.Thread(target=lambda: results.append(fails(DeadlineError, timeout=0.3))) for _ in range(3)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert all(0.3 <= took < 0.6 for _, took in results), results
assert [error.delivery for error, _ in results].count(Delivery.NOT_SENT) == 2
"""
    run(service, kind, script)


def test_the_threads_of_the_hub_stay_free(service: Service) -> None:
    service.answer, service.delay = ACCOUNT, 0.5
    script = """
pool = green.get_hub().threadpool
assert pool.size == 0
threads = [threading.Thread(target=call) for _ in range(20)]
[thread.start() for thread in threads]
time.sleep(0.2)
assert pool.size == 0, pool.size
socket.getaddrinfo("localhost", 80)
[thread.join() for thread in threads]
"""
    run(service, "gevent", script)


def test_where_no_greenlet_can_wait_the_thread_does(service: Service) -> None:
    """In a thread of the hub's pool, in the hub itself, and where there is no hub yet."""
    service.answer = ACCOUNT
    script = """
from ants_otp import _green
assert _green.hub() is None
call()
hub = green.get_hub()
assert _green.hub() is not None
assert hub.threadpool.apply(lambda: (_green.hub(), client.balance().credit)) == (None, 1)
seen = []
hub.loop.run_callback(lambda: seen.append((_green.hub(), client.balance().credit)))
time.sleep(0.1)
assert seen == [(None, 1)], seen
"""
    run(service, "gevent", script)


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_patched_library_nothing_changes(service: Service, kind: str) -> None:
    installed(kind)
    service.answer = ACCOUNT
    script = f"""
import sys
{HEAD}
call()
assert not [name for name in sys.modules if name.startswith(("gevent", "eventlet", "greenlet", "ants_otp._green"))]
import {kind} as green
green.sleep(0.01)
call()
from ants_otp import _green
assert _green.hub() is None
"""
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment(service), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_a_forked_child_makes_calls_of_its_own(service: Service, kind: str) -> None:
    service.answer, service.delay = ACCOUNT, 0.3
    script = """
threading.Thread(target=call).start()
time.sleep(0.1)
child = os.fork()
if child == 0:
    if green.__name__ == "eventlet":
        # It has the parent's otherwise, descriptors and all.
        green.hubs.use_hub()
    used = time.process_time()
    call()
    # No watch over what is the parent's.
    time.sleep(0.3)
    os._exit(0 if time.process_time() - used < 0.2 else 3)
call()
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
call()
"""
    run(service, kind, script)


@pytest.mark.parametrize("kind", KINDS)
def test_the_interpreter_ends_with_calls_in_flight(service: Service, kind: str) -> None:
    service.silent = True
    begun = time.monotonic()
    script = """
for _ in range(20):
    threading.Thread(target=call, daemon=True).start()
time.sleep(0.2)
sys.exit(3)
"""
    run(service, kind, script, expected=3)
    assert time.monotonic() - begun < 4


@pytest.mark.parametrize("kind", KINDS)
def test_a_thousand_calls(service: Service, kind: str) -> None:
    service.answer = ACCOUNT
    script = """
client = client.with_options(timeout=60)
results = []
threads = [threading.Thread(target=lambda: results.append(client.balance().credit)) for _ in range(1000)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert results == [1] * 1000
import gc
from ants_otp import _green
gc.collect()
hubs = list(_green._hubs.values())
assert len(hubs) == 1 and hubs[0]._under_way == 0
time.sleep(0.01)
assert hubs[0]._watched is None
"""
    run(service, kind, script)
    assert len(service.requests) == 1000


COST = """
import os, resource, sys, threading
from ants_otp import AsyncClient, Client

given = {"username": "user", "password": "password", "base_url": os.environ["SERVICE"]}
used = []

def spent():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime

def greenlet():
    client = Client(**given)
    for turn in range(16):
        begun = spent()
        for _ in range(150):
            client.balance()
        used.append(spent() - begun)

async def task():
    client = AsyncClient(**given)
    for turn in range(16):
        begun = spent()
        for _ in range(150):
            await client.balance()
        used.append(spent() - begun)

if sys.argv[1] == "asyncio":
    import asyncio
    asyncio.run(task())
else:
    thread = threading.Thread(target=greenlet)
    thread.start()
    thread.join()
    assert "ants_otp._green" in sys.modules
print(min(used[1:]))
"""


def test_a_call_costs_little_more_than_an_asyncio_call(service: Service) -> None:
    """In CPU time of all threads, the best of three runs each; of more on a machine that has other work."""
    installed("gevent")
    service.answer = ACCOUNT
    used: dict[str, list[float]] = {"asyncio": [], "gevent": []}
    for runs in range(10):
        if runs >= 3 and min(used["gevent"]) < 1.2 * min(used["asyncio"]):
            break
        for kind, found in used.items():
            command = [sys.executable, "-c", PATCH.get(kind, "") + COST, kind]
            done = subprocess.run(
                command, env=environment(service), capture_output=True, text=True, timeout=60, check=False
            )
            assert done.returncode == 0, done.stderr
            found.append(float(done.stdout))
    assert min(used["gevent"]) < 1.2 * min(used["asyncio"]), used


@contextlib.contextmanager
def started(command: list[str], folder: Path, service: Service) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment(service), stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def test_gunicorn_with_gevent(service: Service, tmp_path: Path) -> None:
    installed("gunicorn", "gevent")
    service.answer, service.delay = ACCOUNT, 0.5
    (tmp_path / "app.py").write_text(
        HEAD
        + """
threading.Thread(target=tick, daemon=True).start()

def app(environ, start_response):
    path, body = environ["PATH_INFO"], "done"
    if path == "/call":
        call()
    elif path == "/sleep":
        sleep()
    else:
        body = str(max(gaps, default=0))
        del gaps[:]
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(body)))])
    return [body.encode()]
"""
    )
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"127.0.0.1:{probe.getsockname()[1]}"

    def get(path: str) -> float:
        with urllib.request.urlopen(f"http://{address}{path}", timeout=10) as answer:
            body = answer.read().decode()
        return float(body) if path == "/gap" else 0

    def five(path: str) -> list[float]:
        get("/gap")
        begun = time.monotonic()
        threads = [threading.Thread(target=get, args=(path,)) for _ in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - begun
        return [took, get("/gap")]

    with started([sys.executable, "-m", "gunicorn", "-k", "gevent", "-b", address, "app:app"], tmp_path, service):
        until = time.monotonic() + 20
        while True:
            try:
                get("/gap")
                break
            except OSError:
                assert time.monotonic() < until, (tmp_path / "log").read_text()
                time.sleep(0.1)
        assert_others_go_on([{"call": five("/call"), "sleep": five("/sleep")} for _ in range(3)])
    assert len(service.requests) == 15


@pytest.mark.parametrize("kind", KINDS)
def test_celery(service: Service, tmp_path: Path, kind: str) -> None:
    installed("celery", kind)
    service.answer, service.delay = ACCOUNT, 0.5
    (tmp_path / "tasks.py").write_text(
        HEAD
        + """
import json, pathlib
from celery import Celery
from celery.signals import worker_ready

app = Celery("tasks", broker="memory://", backend="cache+memory://")
app.conf.update(broker_connection_retry_on_startup=True, broker_transport_options={"polling_interval": 0.02})
call, sleep = app.task(call, name="call"), app.task(sleep, name="sleep")

def five(task):
    del gaps[:]
    begun = time.monotonic()
    results = [task.delay() for _ in range(5)]
    while not all(result.ready() for result in results):
        time.sleep(0.01)
    assert all(result.successful() for result in results)
    return time.monotonic() - begun, max(gaps)

def measure():
    five(sleep)  # The worker begins to take tasks.
    runs = json.dumps([{"call": five(call), "sleep": five(sleep)} for _ in range(3)])
    pathlib.Path("runs.tmp").write_text(runs)
    os.replace("runs.tmp", "runs.json")

@worker_ready.connect
def begin(**_):
    threading.Thread(target=tick, daemon=True).start()
    threading.Thread(target=measure, daemon=True).start()
"""
    )
    command = [sys.executable, "-m", "celery", "-A", "tasks", "worker", "-P", kind, "-c", "10", "--without-mingle"]
    with started([*command, "--without-gossip", "--without-heartbeat"], tmp_path, service) as process:
        found = tmp_path / "runs.json"
        until = time.monotonic() + 40
        while not found.exists():
            assert process.poll() is None, (tmp_path / "log").read_text()
            assert time.monotonic() < until, (tmp_path / "log").read_text()
            time.sleep(0.1)
        runs: Any = json.loads(found.read_text())
    assert_others_go_on(runs)
    assert len(service.requests) == 15
