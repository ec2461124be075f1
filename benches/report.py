"""Writes docs/benchmarks.md from the measurements and `page.md`, and the plots beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import plot
from measure import median
from prepare import BENCHES, ROOT

IMAGES = ROOT / "docs" / "images"


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
    of, cpu, cold, cold_of = found["quick"]["instructions"], found["cpu"], found["cold"], found["cold instructions"]
    floor, rustls = "raw socket, C, plain", "raw socket with rustls"
    ours = middle(cpu, "ants-otp, plain")
    busy = median(found["pauses"]["ants-otp, tls"]["cpu"])
    one_thread = found["load"]["1"][0]["rate"]
    return {
        "floor": f"{middle(cpu, floor):.0f}",
        "more_cpu": f"{ours - middle(cpu, floor):.1f}",
        "tls_floor": f"{middle(cpu, f'{rustls}, tls'):.0f}",
        "more_tls_cpu": f"{middle(cpu, 'ants-otp, tls') - middle(cpu, f'{rustls}, tls'):.1f}",
        "more_instructions": hundreds(of["ants-otp, plain"] - of[floor]),
        "by_proto": hundreds(of["ureq-proto by hand, plain"]),
        "proto_cpu": f"{to_peer(cpu, 'ureq-proto by hand, plain', floor):.2f}",
        "ours_more": hundreds(of["ants-otp, plain"] - of["ureq-proto by hand, plain"]),
        "hand_saves": hundreds(of["ants-otp, plain"] - of[f"{rustls}, plain"]),
        "by_hand": hundreds(of[f"{rustls}, plain"]),
        "floor_cold": f"{middle(cold, floor):.2f}",
        "rustls_cold": f"{middle(cold, f'{rustls}, tls'):.2f}",
        "handshake": f"{middle(cold, f'{rustls}, tls') - middle(cold, f'{rustls}, plain'):.2f}",
        "our_cold": f"{middle(cold, 'ants-otp, tls'):.2f}",
        "our_cold_m": f"{cold_of['ants-otp'] / 1e6:.1f}",
        "rustls_cold_m": f"{cold_of[rustls] / 1e6:.1f}",
        "rustls_kb": spaced(found["memory"][rustls]["1"]),
        "times": f"{1000 / ours:.0f}",
        "overhead": f"{1000 / one_thread - 1:.1f}",
        "busy": f"{busy:.0f}",
        "process_share": f"{640 * busy / 1e4:.1f}",
        "fleet_share": f"{8300 * busy / 1e6:.2f}",
        "our_64_kb": spaced(found["memory"]["ants-otp"]["64"]),
    }


def spaced(value: float) -> str:
    return f"{value:,.0f}".replace(",", " ")


def hundreds(value: float) -> str:
    return spaced(round(value, -2))


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
    stretch: float | None = None

    def over(self, aim: float) -> float:
        """By how much it is missed, as a part of the aim; negative where it is met."""
        return (self.now / aim - 1) * (-1 if self.at_least else 1)

    @property
    def is_met(self) -> bool:
        return self.over(self.aim) <= 0

    def row(self) -> list[str]:
        by = self.over(self.aim)
        verdict = f"**missed** by {by:.1%}" if by > 0 else f"met, by {-by:.1%}" if by < 0 else "met"
        aim = f"{'≥' if self.at_least else '≤'} {digits(self.aim)}"
        if self.stretch is not None:
            aim += f" ({digits(self.stretch)})"
            verdict += ", and the stretch" if self.over(self.stretch) <= 0 else ""
        return [self.what, aim, digits(self.now), verdict]


def digits(value: float) -> str:
    return spaced(value) if value >= 1000 else f"{value:.3g}"


def targets(found: dict[str, Any]) -> list[Target]:
    quick, cpu, paused = found["quick"], found["cpu"], found["pauses"]
    of, calls, heap = quick["instructions"], quick["system calls"], quick["allocations"]
    floor = {"plain": "raw socket, C, plain", "tls": "raw socket with rustls, tls"}
    used = {scheme: to_peer(cpu, f"ants-otp, {scheme}", floor[scheme]) for scheme in floor}
    memory = found["memory"]["ants-otp"]
    connections = max(max(paused[f"ants-otp, {scheme}"]["connections"]) for scheme in floor)
    curl, imports, in_flight = "libcurl + cJSON", found["import"], found["asyncio"]
    of_curl = {scheme: of[f"ants-otp, {scheme}"] / of[f"{curl}, {scheme}"] for scheme in floor}

    def most(rows: dict[str, float]) -> float:
        # A handshake is read in more or fewer pieces: a hundredth is no call.
        return round(max(rows[f"ants-otp, {scheme}"] for scheme in floor), 1)

    return [
        Target("instructions", "instructions a call, plain, × libcurl + cJSON", of_curl["plain"], 0.35, stretch=0.33),
        Target("instructions", "the same over TLS", of_curl["tls"], 0.34, stretch=0.33),
        Target("cpu", "CPU a call, plain, × the raw socket", used["plain"], 1.20, stretch=1.10),
        Target("cpu", "CPU a call, TLS, × rustls on a raw socket", used["tls"], 1.20, stretch=1.10),
        Target("calls", "system calls a call", most(calls), 3),
        Target("heap", "heap allocations a call", most(heap), 33, stretch=30),
        Target("connections", "connections of 64 threads with pauses", connections, 64),
        Target(
            "idle", "instructions beside 64 idle connections, × one", found["idle"]["64"] / found["idle"]["1"], 1.05
        ),
        Target("cold", "first call of a process over TLS, ms of CPU", middle(found["cold"], "ants-otp, tls"), 1.8),
        Target("memory", "memory with one TLS connection, kB", memory["1"], 4200),
        Target("memory", "memory with 64 TLS connections, kB", memory["64"], 8000),
        Target("size", "libants_otp.so, MB", quick["size"]["libants_otp.so"] / 1e6, 2.7),
        Target("python", "Python: instructions a call", found["python instructions"]["ants-otp"], 40_000),
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
        Target("asyncio", "asyncio: CPU a call, × aiohttp", to_peer(in_flight, "ants-otp (asyncio)", "aiohttp"), 0.5),
    ]


def explained(page: str, missed: set[str]) -> str:
    """The page with the reasons for what is missed, and without the others."""
    reason = re.compile(r"<!-- missed: (\w+) -->\n(.*?)<!-- end -->\n", re.DOTALL)
    unknown = missed - {found[1] for found in reason.finditer(page)}
    if unknown:
        raise SystemExit(f"page.md has no reason for what is missed: {', '.join(sorted(unknown))}")
    return reason.sub(lambda found: found[2] if found[1] in missed else "", page)


def to_peer(rows: dict[str, Any], ours: str, peer: str, kind: str = "cpu") -> float:
    """Ours to a peer's."""
    return median(of_each_round(rows, ours, peer, kind))


def of_each_round(rows: dict[str, Any], ours: str, peer: str, kind: str = "cpu") -> list[float]:
    """Both are of the same round, so that what the machine does besides meets both."""
    return [mine / other for mine, other in zip(rows[ours][kind], rows[peer][kind], strict=True)]


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
    extra = ", ".join(f"{name} {spaced((more[name] - of[f'{name}, plain']) / 10)}" for name in more)
    return table(head, rows) + f"\n\nEach further header of the answer costs so many instructions: {extra}."


def label(name: str) -> str:
    return name.replace(", tls", ", TLS")


def cpu_table(cpu: dict[str, Any]) -> str:
    rows = []
    for name in sorted(cpu, key=lambda name: ("tls" in name, middle(cpu, name))):
        floor = "raw socket, C, plain" if name.endswith("plain") else "raw socket with rustls, tls"
        used, ratios = cpu[name]["cpu"], of_each_round(cpu, name, floor)
        spread = [f"{min(values):.{places}f} … {max(values):.{places}f}" for values, places in ((ratios, 2), (used, 1))]
        rows.append([label(name), f"{median(ratios):.2f}", spread[0], f"{median(used):.1f}", spread[1]])
    return table(["", "× floor", "least … most", "µs of CPU", "least … most"], rows)


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
    rows = [[name, spaced(kb["1"]), spaced(kb["64"]) if "64" in kb else ""] for name, kb in found.items()]
    return table(["", "one TLS connection, kB", "64, kB"], rows)


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
                spaced(median(threads[name]["rate"])),
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
    functions, kinds = found["profile"]["functions"], found["profile"]["kinds"]
    total = sum(kinds.values())

    def shares(rows: list[tuple[str, float]]) -> list[list[str]]:
        return [[what, f"{count / total:.0%}", spaced(count)] for what, count in rows]

    top = [[f"`{short(name)}`", spaced(own), spaced(whole)] for name, own, whole in functions[:20]]
    return "\n\n".join(
        [
            table(["part, with all that it calls", "share", "instructions"], shares(spans(found["profile"]))),
            table(["kind of work, by source file", "share", "instructions"], shares(list(kinds.items()))),
            table(["function", "by itself", "with what it calls"], top),
        ]
    )


def spans(profile: dict[str, Any]) -> list[tuple[str, float]]:
    """Parts of a call, with all that they call."""
    parts = {
        "the exchange: connection, request, answer": r"^ants_otp::transport::Transport::post$",
        "the answer's head, by ureq-proto": r"Call<ureq_proto::client::state::RecvResponse>>::try_response$",
        "the answer's JSON, and what it means": r"Answer::verification$",
    }
    functions = profile["functions"]
    found = {
        what: max((whole for name, _, whole in functions if re.search(pattern, name)), default=0.0)
        for what, pattern in parts.items()
    }
    exchange, head, _ = found
    found[exchange] -= found[head]
    rest = sum(profile["kinds"].values()) - sum(found.values())
    return [*found.items(), ("all the rest: arguments, JSON out, log", rest)]


def short(name: str) -> str:
    """The end has the function's own name."""
    return name if len(name) <= 90 else f"{name[:38]}…{name[-50:]}"


def load_table(load: dict[str, Any]) -> str:
    threads = [str(row["threads"]) for row in next(iter(load.values()))]
    rows = []
    for delay, runs in load.items():
        cells = [f"{spaced(run['rate'])} ({run['p99_ms']:.3g})" for run in runs]
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
