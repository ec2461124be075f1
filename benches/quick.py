"""The measurements that repeat to 1 % on one machine, and their comparison with those recorded."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from prepare import BENCHES

if TYPE_CHECKING:
    from pathlib import Path

    from measure import Client, Runner

RECORDED = BENCHES / "recorded.json"
# A ratio may pass the recorded one by this much.
TOLERANCE = 1.05
# A recorded ratio says nothing of other versions of these.
DECISIVE = (
    "architecture",
    "glibc",
    "rustc",
    "valgrind",
    "libcurl",
    "cJSON",
    "OpenSSL",
    "Python",
    "pycurl (Python)",
)

IMPORTS = {"ants_otp": "import ants_otp", "json and urllib.request": "import json, urllib.request"}


def measure(runner: Runner, clients: dict[str, Client], python: dict[str, Client], folder: Path) -> dict[str, Any]:
    """Every number by itself; the ratios come from them."""
    jobs: dict[tuple[str, str], Any] = {}
    for name, client in clients.items():
        for scheme in ("plain", "tls"):
            if client.only in (None, scheme):
                jobs["instructions", f"{name}, {scheme}"] = (runner.instructions, client, scheme)
                jobs["system calls", f"{name}, {scheme}"] = (runner.system_calls, client, scheme)
                jobs["allocations", f"{name}, {scheme}"] = (runner.allocations, client, scheme)
    for name in ("ants-otp", "pycurl"):
        jobs["instructions", f"{name}, Python, plain"] = (runner.instructions, python[name], "plain")
    jobs["instructions", "ants-otp, Python, tls"] = (runner.instructions, python["ants-otp"], "tls")
    for name, statement in {"nothing": "pass", **IMPORTS}.items():
        jobs["import", name] = (runner.instructions_of, [sys.executable, "-c", statement])
    found: dict[str, dict[str, float]] = {}
    with ThreadPoolExecutor(2) as threads:
        futures = {key: threads.submit(*job) for key, job in jobs.items()}
        for done, ((kind, name), future) in enumerate(futures.items(), 1):
            found.setdefault(kind, {})[name] = round(future.result(), 2)
            progress(f"{done}/{len(futures)} {kind}: {name}")
    nothing = found["import"].pop("nothing")
    found["import"] = {name: instructions - nothing for name, instructions in found["import"].items()}
    found["size"] = {"libants_otp.so": (folder / "libants_otp.so").stat().st_size}
    progress("")
    return found


def ratios(found: dict[str, Any]) -> dict[str, float]:
    """Ours to a peer's of the same run; a size has no peer and is in MB."""
    of = found["instructions"]
    pairs = {
        "instructions, plain, to libcurl + cJSON": of["ants-otp, plain"] / of["libcurl + cJSON, plain"],
        "instructions, TLS, to libcurl + cJSON": of["ants-otp, tls"] / of["libcurl + cJSON, tls"],
        "instructions, plain, to the raw socket": of["ants-otp, plain"] / of["raw socket, C, plain"],
        "instructions, TLS, to the raw socket": of["ants-otp, tls"] / of["raw socket with rustls, tls"],
        "instructions, Python, to pycurl": of["ants-otp, Python, plain"] / of["pycurl, Python, plain"],
        "import, to json and urllib.request": found["import"]["ants_otp"] / found["import"]["json and urllib.request"],
        "libants_otp.so, MB": found["size"]["libants_otp.so"] / 1e6,
    }
    calls, heap = found["system calls"], found["allocations"]
    # The floor makes the two that nobody can do without.
    for scheme, floor in (("plain", "raw socket, C, plain"), ("tls", "raw socket with rustls, tls")):
        shown = scheme.replace("tls", "TLS")
        pairs[f"system calls, {shown}, to the raw socket"] = calls[f"ants-otp, {scheme}"] / calls[floor]
        ours, theirs = (heap[f"{name}, {scheme}"] for name in ("ants-otp", "libcurl + cJSON"))
        pairs[f"allocations, {shown}, to libcurl + cJSON"] = ours / theirs
    return {name: round(value, 4) for name, value in pairs.items()}


def show(found: dict[str, Any]) -> None:
    for kind, numbers in found.items():
        print(f"\n{kind}")
        for name, number in numbers.items():
            print(f"  {name:42} {number:>12,.2f}")
    print("\nratios")
    for name, ratio in ratios(found).items():
        print(f"  {name:50} {ratio:8.4f}")


def record(found: dict[str, Any], versions: dict[str, str]) -> None:
    kept = {"versions": {name: versions[name] for name in DECISIVE}, "ratios": ratios(found)}
    RECORDED.write_text(json.dumps(kept, indent=2) + "\n")
    print(f"\nrecorded in {RECORDED.relative_to(BENCHES.parent)}")


def is_comparable(versions: dict[str, str]) -> bool:
    """Whether the recorded ratios are of the same versions as would be measured now."""
    recorded = json.loads(RECORDED.read_text())["versions"]
    other = {name: recorded.get(name, "?") for name in DECISIVE if versions[name] != recorded.get(name)}
    if other:
        differences = ", ".join(f"{name} {versions[name]} instead of {was}" for name, was in other.items())
        print(f"\nspeed: not compared, the ratios were recorded with other versions: {differences}")
    return not other


def check(found: dict[str, Any]) -> int:
    """0, or 1 where a recorded ratio is passed by more than 5 %."""
    now, worse = ratios(found), 0
    for name, was in json.loads(RECORDED.read_text())["ratios"].items():
        if now[name] > was * TOLERANCE:
            worse += 1
            print(f"\nspeed: {name} is {now[name]:.3f}, recorded are {was:.3f}: {now[name] / was - 1:+.1%}")
    if worse:
        print("Make it faster again; where the price is meant, `make bench-record` and say why in the commit.")
        return 1
    print("\nspeed: no recorded ratio is passed by more than 5 %")
    return 0


def progress(text: str) -> None:
    """On a terminal one line that is written over; elsewhere a line each."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)
