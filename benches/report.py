"""Writes docs/benchmarks.md from the measurements and `page.md`, and the plots beside it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import plot
from measure import median
from prepare import BENCHES, ROOT

IMAGES = ROOT / "docs" / "images"

# What a function's name says it is for; the first that fits.
KINDS = {
    "malloc and free": r"malloc|free\b|calloc|realloc|_int_free",
    "copies of memory": r"^__mem|memcpy|memmove|memset|memcmp",
    "clock": r"clock_gettime|Timespec|Instant",
    "ureq and ureq-proto": r"ureq",
    "http, httparse and bytes (headers, URI)": r"\bhttp::|httparse|bytes::|hashbrown",
    "serde_json": r"serde|\bjson::ser|itoa|zmij",
    "ants-otp": r"ants_otp|\botp::",
}


def write(found: dict[str, Any]) -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    aims = targets(found)
    blocks = {
        "targets": table(["", "target", "measured", ""], [target.row() for target in aims]),
        "instructions": instructions(found),
        "cpu": cpu_table(found["cpu"]),
        "cold": cold_table(found["cold"]),
        "pauses": pauses(found),
        "memory": memory(found["memory"]),
        "python": python_table(found),
        "profile": profile(found),
        "load": load_table(found["load"]),
        **words(found),
        "versions": "\n".join(f"* {name} {version}" for name, version in found["versions"].items()),
    }
    missed = {key for target in aims if not target.is_met for key in (target.key, "any")}
    page = explained((BENCHES / "page.md").read_text(), missed)
    page = re.sub(r"\{\{(\w+)\}\}", lambda match: blocks[match.group(1)], page)
    (ROOT / "docs" / "benchmarks.md").write_text(page)
    plots(found)
    print("\n" + blocks["targets"])
    print("\nwritten: docs/benchmarks.md and docs/images/bench-*.svg")


def words(found: dict[str, Any]) -> dict[str, str]:
    """Numbers that the page's sentences name."""
    of, cpu, cold = found["quick"]["instructions"], found["cpu"], found["cold"]
    floor, ours = middle(cpu, "raw socket, C, plain"), middle(cpu, "ants-otp, plain")
    return {
        "floor": f"{floor:.0f}",
        "more_cpu": f"{ours - floor:.1f}",
        "more_instructions": hundreds(of["ants-otp, plain"] - of["raw socket, C, plain"]),
        "by_proto": hundreds(of["ureq-proto by hand, plain"]),
        "less": hundreds(of["ants-otp, plain"] - of["ureq-proto by hand, plain"]),
        "proto_cpu": f"{to_peer(cpu, 'ureq-proto by hand, plain', 'raw socket, C, plain'):.2f}",
        "by_hand": hundreds(of["raw socket with rustls, plain"]),
        "ureq": hundreds(sum(count for what, count in spans(found["profile"]) if "ureq" in what)),
        "floor_cold": f"{middle(cold, 'raw socket, C, plain'):.1f}",
        "rustls_cold": f"{middle(cold, 'raw socket with rustls, tls'):.1f}",
        "our_cold": f"{middle(cold, 'ants-otp, tls'):.1f}",
        "our_cold_m": f"{found['cold instructions']['ants-otp'] / 1e6:.1f}",
        "rustls_cold_m": f"{found['cold instructions']['raw socket with rustls'] / 1e6:.1f}",
        "rustls_mb": f"{found['memory']['raw socket with rustls']['1'] / 1024:.1f}",
        "tls_cpu": f"{middle(cpu, 'ants-otp, tls'):.0f}",
    }


def hundreds(value: float) -> str:
    return f"{round(value, -2):,.0f}".replace(",", " ")


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] + ["--:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def thousands(value: float) -> str:
    return f"{value / 1000:.1f} k" if value >= 1000 else f"{value:.0f}"


@dataclass(frozen=True)
class Target:
    """What is to be at most `aim`, or at least; `key` is how page.md names it."""

    key: str
    what: str
    now: float
    aim: float
    at_least: bool = False

    @property
    def over(self) -> float:
        """By how much it is missed, as a part of the aim; negative where it is met."""
        return (self.now / self.aim - 1) * (-1 if self.at_least else 1)

    @property
    def is_met(self) -> bool:
        return self.over <= 0.0005

    def row(self) -> list[str]:
        verdict = f"met, by {abs(self.over):.0%}" if self.is_met else f"**missed** by {self.over:.0%}"
        return [self.what, f"{'≥' if self.at_least else '≤'} {self.aim:g}", f"{self.now:.3g}", verdict]


def targets(found: dict[str, Any]) -> list[Target]:
    quick, cpu, paused = found["quick"], found["cpu"], found["pauses"]
    of, calls, heap = quick["instructions"], quick["system calls"], quick["allocations"]
    floor = {"plain": "raw socket, C, plain", "tls": "raw socket with rustls, tls"}
    used = {scheme: to_peer(cpu, f"ants-otp, {scheme}", floor[scheme]) for scheme in floor}
    memory_mb = {count: kb / 1024 for count, kb in found["memory"]["ants-otp"].items()}
    connections = max(max(paused[f"ants-otp, {scheme}"]["connections"]) for scheme in floor)
    curl, imports, in_flight = "libcurl + cJSON", found["import"], found["asyncio"]
    of_curl = {scheme: of[f"ants-otp, {scheme}"] / of[f"{curl}, {scheme}"] for scheme in floor}

    return [
        Target("instructions", "instructions a call, plain, × libcurl + cJSON", of_curl["plain"], 0.35),
        Target("instructions", "the same over TLS", of_curl["tls"], 0.34),
        Target("cpu", "CPU a call, plain, × the raw socket", used["plain"], 1.20),
        Target("cpu", "CPU a call, TLS, × rustls on a raw socket", used["tls"], 1.20),
        # A handshake is read in more or fewer pieces: a hundredth is no call.
        Target("calls", "system calls a call", round(max(calls["ants-otp, plain"], calls["ants-otp, tls"]), 1), 3.0),
        Target("heap", "heap allocations a call, plain", heap["ants-otp, plain"], 33),
        Target("connections", "connections of 64 threads with pauses", connections, 64),
        Target(
            "idle", "instructions beside 64 idle connections, × one", found["idle"]["64"] / found["idle"]["1"], 1.05
        ),
        Target("cold", "first call of a process over TLS, ms of CPU", middle(found["cold"], "ants-otp, tls"), 1.8),
        Target("memory", "memory with one TLS connection, MB", memory_mb["1"], 4.2),
        Target("memory", "memory with 64 TLS connections, MB", memory_mb["64"], 8.0),
        Target("size", "libants_otp.so, MB", quick["size"]["libants_otp.so"] / 1e6, 2.7),
        Target("python", "Python: instructions a call, thousands", found["python instructions"]["ants-otp"] / 1000, 40),
        Target(
            "threads",
            "Python: calls a second of 8 threads, × pycurl",
            to_peer(found["python threads"], "ants-otp", "pycurl", "rate"),
            2.2,
            at_least=True,
        ),
        Target(
            "import",
            "Python: CPU of the import, × that of json and urllib.request",
            imports["ants_otp"] / imports["json and urllib.request"],
            0.2,
        ),
        Target(
            "asyncio",
            "asyncio, 1 000 in flight: calls a second, × aiohttp",
            to_peer(in_flight, "ants-otp (asyncio)", "aiohttp", "rate"),
            1,
            at_least=True,
        ),
        Target(
            "asyncio",
            "asyncio: CPU a call, × aiohttp",
            to_peer(in_flight, "ants-otp (asyncio)", "aiohttp"),
            0.5,
        ),
    ]


def explained(page: str, missed: set[str]) -> str:
    """The page with the reasons for what is missed, and without the others."""
    reason = re.compile(r"<!-- missed: (.*?) -->\n(.*?)<!-- end -->\n", re.DOTALL)
    return reason.sub(lambda found: found[2] if missed & set(found[1].split(", ")) else "", page)


def to_peer(rows: dict[str, Any], ours: str, peer: str, kind: str = "cpu") -> float:
    """Ours to a peer's. Both are of the same round, so that what the machine does besides meets both."""
    return median(mine / other for mine, other in zip(rows[ours][kind], rows[peer][kind], strict=True))


def middle(rows: dict[str, Any], name: str, kind: str = "cpu") -> float:
    return median(rows[name][kind])


def instructions(found: dict[str, Any]) -> str:
    quick = found["quick"]
    of = quick["instructions"]
    rows = []
    for name in sorted((name for name in of if "Python" not in name), key=lambda name: ("tls" in name, of[name])):
        scheme = name.rsplit(", ", 1)[1]
        base = of["raw socket, C, plain" if scheme == "plain" else "raw socket with rustls, tls"]
        curl = of[f"libcurl + cJSON, {scheme}"]
        ratio = [f"{of[name] / curl:.3f}", f"{of[name] / base:.2f}", thousands(of[name])]
        rows.append([label(name), *ratio, f"{quick['system calls'][name]:.1f}", f"{quick['allocations'][name]:.1f}"])
    head = ["", "× libcurl", "× floor", "instructions", "system calls", "allocations"]
    more = found["headers"]
    extra = ", ".join(f"{name} {(more[name]['plain'] - of[f'{name}, plain']) / 10:,.0f}" for name in more)
    return table(head, rows) + f"\n\nEach further header of the answer costs so many instructions: {extra}."


def label(name: str) -> str:
    return name.replace(", tls", ", TLS")


def cpu_table(cpu: dict[str, Any]) -> str:
    rows = []
    for name in sorted(cpu, key=lambda name: ("tls" in name, middle(cpu, name))):
        base = middle(cpu, "raw socket, C, plain" if name.endswith("plain") else "raw socket with rustls, tls")
        used = cpu[name]["cpu"]
        rows.append(
            [label(name), f"{median(used) / base:.2f}", f"{median(used):.1f}", f"{min(used):.1f} … {max(used):.1f}"]
        )
    return table(["", "× floor", "µs of CPU, median", "least … most"], rows)


def cold_table(cold: dict[str, Any]) -> str:
    base = middle(cold, "raw socket, C, plain")
    rows = [
        [label(name), f"{middle(cold, name) / base:.1f}", f"{middle(cold, name):.2f}"]
        for name in sorted(cold, key=lambda name: ("tls" in name, middle(cold, name)))
    ]
    return table(["", "× raw socket, plain", "ms of CPU"], rows)


def pauses(found: dict[str, Any]) -> str:
    rows = [
        [label(name), f"{max(row['connections'])}", f"{median(row['cpu']):.0f}"]
        for name, row in found["pauses"].items()
    ]
    idle = found["idle"]
    beside = ", ".join(f"{count} idle: {thousands(ir)}" for count, ir in idle.items())
    return table(["", "connections", "µs of CPU a call"], rows) + f"\n\nInstructions of a call beside {beside}."


def memory(found: dict[str, Any]) -> str:
    rows = [
        [name, f"{kb['1'] / 1024:.1f}", f"{kb['64'] / 1024:.1f}" if "64" in kb else ""] for name, kb in found.items()
    ]
    return table(["", "one TLS connection, MB", "64, MB"], rows)


def python_table(found: dict[str, Any]) -> str:
    rows = []
    ours = found["python instructions"]["ants-otp"]
    for name, count in sorted(found["python instructions"].items(), key=lambda one: one[1]):
        cpu, cold, threads = found["python cpu"], found["python cold"], found["python threads"]
        rows.append(
            [
                name,
                f"{count / ours:.1f}",
                thousands(count),
                f"{middle(cpu, f'{name}, plain'):.0f}",
                f"{middle(cpu, f'{name}, tls'):.0f}",
                f"{median(threads[name]['rate']):,.0f}",
                f"{middle(cold, f'{name}, tls'):.0f}",
            ]
        )
    head = [
        "",
        "× ants-otp",
        "instructions",
        "µs of CPU",
        "µs, TLS",
        "calls/s, 8 threads",
        "first call, TLS, ms of CPU",
    ]
    loaded = found["import"]
    spent = ", ".join(f"`{name}` {milliseconds:.1f} ms" for name, milliseconds in loaded.items())
    return table(head, rows) + f"\n\nAn import costs: {spent}."


def profile(found: dict[str, Any]) -> str:
    functions = found["profile"]
    total = sum(own for _, own, _ in functions)
    kinds: Counter[str] = Counter()
    for name, own, _ in functions:
        kind = next((kind for kind, pattern in KINDS.items() if re.search(pattern, name)), "Rust's core and alloc")
        kinds[kind] += round(own * 1000)
    by_kind = [
        [kind, f"{own / total:.0%}", f"{own:,.0f}"]
        for kind, own in ((kind, own / 1000) for kind, own in kinds.most_common())
    ]
    top = [
        [f"`{short(name)}`", f"{own:,.0f}", f"{max(own, inclusive):,.0f}"]
        for name, own, inclusive in sorted(functions, key=lambda one: -one[1])[:20]
    ]
    return "\n\n".join(
        [
            table(
                ["part, with all that it calls", "share", "instructions"],
                [[w, f"{n / total:.0%}", f"{n:,.0f}"] for w, n in spans(functions)],
            ),
            table(["kind of work, by itself", "share", "instructions"], by_kind),
            table(["function", "by itself", "with what it calls"], top),
        ]
    )


def spans(functions: list[Any]) -> list[tuple[str, float]]:
    """Parts of a call that follow each other, with all that they call."""
    parts = {
        "ureq: the exchange": r"^ureq::run::run",
        "ureq: reading the body": r"^<ureq::body::BodyReader",
        "ureq: dropping the response": r"drop_in_place<http::response::Response<ureq",
        "ants-otp: the answer": r"Answer::verification",
    }
    found = [
        (what, max((whole for name, _, whole in functions if re.search(pattern, name)), default=0.0))
        for what, pattern in parts.items()
    ]
    total = sum(own for _, own, _ in functions)
    rest = total - sum(count for _, count in found)
    return [*found, ("all the rest: arguments, pool, connection, JSON out", rest)]


def short(name: str) -> str:
    return name if len(name) <= 80 else name[:77] + "…"


def load_table(load: dict[str, Any]) -> str:
    threads = [str(row["threads"]) for row in next(iter(load.values()))]
    rows = []
    for delay, runs in load.items():
        cells = [f"{run['rate']:,.0f} ({run['p99_ms']:.3g})" for run in runs]
        rows.append([f"{delay} ms", *cells])
    return table(["service time", *[f"{count} threads" if count != "1" else "1 thread" for count in threads]], rows)


def plots(found: dict[str, Any]) -> None:
    of = found["quick"]["instructions"]
    in_c = [(label(name), count) for name, count in of.items() if "Python" not in name]
    cpu = [(label(name), middle(found["cpu"], name)) for name in found["cpu"]]
    drawn = {
        "instructions": plot.bars("Instructions of one verify", in_c, "instructions in user space"),
        "cpu": plot.bars("CPU of one verify", cpu, "microseconds, user and system"),
        "python": plot.bars(
            "Instructions of one verify in Python", list(found["python instructions"].items()), "instructions", True
        ),
        "load": plot.lines(
            "What one process carries",
            {f"{delay} ms": [(run["threads"], run["rate"]) for run in runs] for delay, runs in found["load"].items()},
            "threads, for a service that takes so long",
            "calls a second",
        ),
    }
    for name, svg in drawn.items():
        (IMAGES / f"bench-{name}.svg").write_text(svg)
