"""All measurements, in rounds that go through the clients in turn, and the page that they make."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import report
from measure import median
from prepare import ROOT
from quick import IMPORTS, progress

if TYPE_CHECKING:
    from pathlib import Path

    from measure import Client, Runner
    from prepare import Server

SCHEMES = ("plain", "tls")
PROFILED = 1000
# The one that the server knows.
OTP_ID = "0b2f3c5e-8a4d-4f6b-9c1e-2d7a5b8f0e36"
Table = dict[str, dict[str, Any]]


def measure(
    runner: Runner,
    server: Server,
    clients: dict[str, Client],
    python: dict[str, Client],
    quick: dict[str, Any],
    versions: dict[str, str],
    built: Path,
) -> None:
    python_ir = instructions_in_python(runner, python, quick)
    found = {
        "quick": quick,
        "versions": versions,
        "headers": headers(runner, [clients[name] for name in ("ants-otp", "ureq, each read", "libcurl + cJSON")]),
        "idle": idle(runner, server, clients["ants-otp"]),
        "profile": profile(runner, clients["ants-otp"], built),
        "cpu": sequential(runner, clients, 9),
        "cold": cold(runner, clients),
        "cold instructions": cold_instructions(runner, clients),
        "pauses": pauses(runner, server, clients),
        "memory": memory(runner, clients),
        "python instructions": python_ir,
        "python cpu": sequential(runner, python, 3),
        "python cold": cold(runner, python, 3),
        "python threads": python_threads(runner, python),
        "import": imports(runner),
        "asyncio": in_flight(runner, python["aiohttp"]),
        "load": load(server, built),
    }
    progress("")
    (built / "bench" / "results.json").write_text(json.dumps(found, indent=1))
    report.write(found)


def instructions_in_python(runner: Runner, python: dict[str, Client], quick: dict[str, Any]) -> dict[str, float]:
    progress("instructions in Python")
    known = quick["instructions"]
    with ThreadPoolExecutor(2) as threads:
        missing = [client for name, client in python.items() if f"{name}, Python, plain" not in known]
        counted = list(threads.map(lambda client: runner.instructions(client, "plain"), missing))
    found = {client.name: count for client, count in zip(missing, counted, strict=True)}
    return found | {name: known[f"{name}, Python, plain"] for name in python if name not in found}


def headers(runner: Runner, clients: list[Client]) -> dict[str, float]:
    """Plain, with 10 more headers in the answer."""
    progress("instructions: 15 headers")
    with ThreadPoolExecutor(2) as threads:
        counted = threads.map(lambda client: runner.instructions(client, "plain", "many_headers"), clients)
        return dict(zip((client.name for client in clients), counted, strict=True))


def idle(runner: Runner, server: Server, client: Client) -> dict[str, float]:
    """Instructions a call beside so many idle connections."""
    found = {}
    for count in (1, 8, 64):
        progress(f"instructions: beside {count} idle connections")
        server.connections()
        found[str(count)] = runner.instructions(client, "plain", "first", "--idle", str(count))
        if server.connections() != 2 * count:
            raise SystemExit(f"not {count} connections were idle")
    return found


def profile(runner: Runner, client: Client, built: Path) -> dict[str, Any]:
    """Instructions a call: of functions, by themselves and with all that they call; of kinds of work."""
    progress("profile")
    before = runner.environment["LD_LIBRARY_PATH"]
    runner.environment["LD_LIBRARY_PATH"] = str(built / "bench" / "with-symbols")
    own, inclusive = runner.profile(client, "plain", "ants_otp_verify", PROFILED)
    runner.environment["LD_LIBRARY_PATH"] = before
    # A function has a row for each file that code was merged into it from. Its first row has all that it calls.
    line = re.compile(r"^ *([\d,]+) \([ \d.]+%\)  (\S*?):(.*?)(?: \[.*)?$", re.MULTILINE)
    selves: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for count, file, name in line.findall(own):
        selves[name] += instructions(count)
        kinds[kind(file, name)] += instructions(count)
    wholes: dict[str, int] = {}
    for count, _, name in line.findall(inclusive):
        wholes[name] = max(wholes.get(name, 0), instructions(count))
    functions = [(name, per_call(own), per_call(max(own, wholes.get(name, 0)))) for name, own in selves.most_common()]
    return {"functions": functions, "kinds": {name: per_call(count) for name, count in kinds.most_common()}}


# What a source file or a function's name says the work is; the first that fits.
KINDS = {
    "malloc and free": r":(malloc|free|calloc|realloc|_int_\w+|unlink_chunk.*|malloc_consolidate)$",
    "copies of memory": r":__?mem\w+$",
    "clock": r"clock_gettime|/sys/time/|/unix/time\.rs",
    "ureq-proto": r"/ureq-proto-\d",
    "http, httparse, bytes, hashbrown (headers, URI)": r"/(http|httparse|bytes|hashbrown)-\d",
    "serde_json": r"/(serde|serde_core|serde_json|itoa|zmij)-\d",
    # The compiler writes the workspace's own files down in either form.
    "ants-otp": rf"^({re.escape(str(ROOT))}/)?(src|bindings)/",
    "other crates": r"/registry/src/",
}


def kind(file: str, name: str) -> str:
    where = f"{file}:{name}"
    return next((kind for kind, pattern in KINDS.items() if re.search(pattern, where)), "Rust's and C's libraries")


def instructions(count: str) -> int:
    return int(count.replace(",", ""))


def per_call(count: int) -> float:
    return count / PROFILED


def sequential(runner: Runner, clients: dict[str, Client], rounds: int) -> Table:
    """Microseconds of CPU and calls a second on one connection."""
    found: Table = {}
    for number in range(rounds):
        for scheme in SCHEMES:
            for name, client in clients.items():
                if client.only not in (None, scheme):
                    continue
                progress(f"CPU: round {number + 1} of {rounds}, {name}, {scheme}")
                said = runner.report(runner.arguments(client, client.calls, scheme), pinned=True)
                row = found.setdefault(f"{name}, {scheme}", {"cpu": [], "wall": []})
                row["cpu"].append(said["cpu_us"] / said["calls"])
                row["wall"].append(said["wall_us"] / said["calls"])
    return found


def cold(runner: Runner, clients: dict[str, Client], rounds: int = 15) -> Table:
    """Milliseconds of CPU of a whole process that makes one call."""
    found: Table = {}
    for number in range(rounds):
        for scheme in SCHEMES:
            for name, client in clients.items():
                if client.only in (None, scheme):
                    progress(f"first call: round {number + 1} of {rounds}, {name}, {scheme}")
                    _, cpu = runner.run(runner.arguments(client, 1, scheme), pinned=True)
                    found.setdefault(f"{name}, {scheme}", {"cpu": []})["cpu"].append(cpu * 1000)
    return found


def cold_instructions(runner: Runner, clients: dict[str, Client]) -> dict[str, float]:
    """Of the same over TLS, with those of the loader."""
    progress("first call: instructions")
    return {
        name: runner.instructions_of(runner.arguments(clients[name], 1, "tls"))
        for name in ("ants-otp", "raw socket with rustls")
    }


def pauses(runner: Runner, server: Server, clients: dict[str, Client]) -> Table:
    """64 threads, each of which waits 40 ms after each call, on a service that takes 20 ms."""
    found: Table = {}
    for number in range(3):
        for scheme in SCHEMES:
            for name in ("ants-otp", "libcurl + cJSON"):
                progress(f"64 threads with pauses: round {number + 1} of 3, {name}, {scheme}")
                server.connections()
                command = runner.arguments(clients[name], 64 * 30, scheme, "20", "--threads", "64", "--pause", "40")
                said = runner.report(command)
                row = found.setdefault(f"{name}, {scheme}", {"connections": [], "cpu": []})
                row["connections"].append(server.connections())
                row["cpu"].append(said["cpu_us"] / said["calls"])
    return found


def memory(runner: Runner, clients: dict[str, Client]) -> Table:
    """Peak kilobytes with one connection and with 64."""
    found: Table = {}
    for name, client in clients.items():
        if client.only is None:
            progress(f"memory: {name}")
            said = [runner.report(runner.arguments(client, 1000, "tls"))["peak_kb"] for _ in range(3)]
            found[name] = {"1": median(said)}
        if name in ("ants-otp", "libcurl + cJSON"):
            said = [
                runner.report(runner.arguments(client, 640, "tls", "20", "--threads", "64"))["peak_kb"]
                for _ in range(3)
            ]
            found[name]["64"] = median(said)
    return found


def python_threads(runner: Runner, python: dict[str, Client]) -> Table:
    """8 threads as fast as they can."""
    found: Table = {}
    for number in range(3):
        for name, client in python.items():
            progress(f"8 threads: round {number + 1} of 3, {name}")
            extra = ("--tasks", "8") if name == "aiohttp" else ("--threads", "8")
            said = runner.report(runner.arguments(client, client.calls * 3, "plain", "0", *extra))
            row = found.setdefault(name, {"rate": [], "cpu": []})
            row["rate"].append(said["calls"] / said["wall_us"] * 1e6)
            row["cpu"].append(said["cpu_us"] / said["calls"])
    return found


def imports(runner: Runner) -> dict[str, float]:
    """Milliseconds of an import, of the interpreter's own start aside."""
    import sys

    spent: dict[str, list[float]] = {"nothing": [], **{name: [] for name in IMPORTS}}
    for number in range(15):
        for name, statement in {"nothing": "pass", **IMPORTS}.items():
            progress(f"import: round {number + 1} of 15, {name}")
            spent[name].append(runner.run([sys.executable, "-c", statement], pinned=True)[1] * 1000)
    return {name: median(values) - median(spent["nothing"]) for name, values in spent.items() if name != "nothing"}


def in_flight(runner: Runner, aiohttp: Client) -> Table:
    """1 000 calls in flight on a service that takes 200 ms."""
    found: Table = {}
    for number in range(3):
        for name in ("aiohttp", "ants-otp (asyncio)"):
            progress(f"1 000 in flight: round {number + 1} of 3, {name}")
            client = type(aiohttp)(name, (*aiohttp.command[:-1], name))
            said = runner.report(runner.arguments(client, 10_000, "plain", "200", "--tasks", "1000"))
            row = found.setdefault(name, {"rate": [], "cpu": []})
            row["rate"].append(said["calls"] / said["wall_us"] * 1e6)
            row["cpu"].append(said["cpu_us"] / said["calls"])
    return found


def load(server: Server, built: Path) -> dict[str, list[dict[str, Any]]]:
    """What one process carries, by `ants-otp load`: service time in milliseconds to threads and rates."""
    program = built / "release" / "ants-otp"
    environment = os.environ | {"ANTS_OTP_USERNAME": "demo", "ANTS_OTP_PASSWORD": "demo"}
    found: dict[str, list[dict[str, Any]]] = {}
    for delay in ("1", "5", "20", "100"):
        for threads in (1, 8, 64, 256):
            progress(f"load: {delay} ms, {threads} threads")
            url = f"http://127.0.0.1:{server.ports[delay]['plain']}"
            words = ["--threads", str(threads), "--seconds", "2", "--otp-id", OTP_ID, "--quiet"]
            done = subprocess.run(
                [program, "--base-url", url, "--json", "load", *words],
                env=environment,
                check=True,
                capture_output=True,
                text=True,
            )
            said = json.loads(done.stdout)
            if said["codes"] != {"0": said["calls"]}:
                raise SystemExit(f"the load was not answered: {said['codes']}")
            found.setdefault(delay, []).append(said)
    return found
