"""How one number is taken: instructions, system calls, allocations, CPU, time and memory of a client's calls."""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import tempfile
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

# Without it callgrind counts every byte of a `rep stosb` or `rep movsb` as an instruction.
TUNABLES = "glibc.cpu.x86_rep_stosb_threshold=1000000000:glibc.cpu.x86_rep_movsb_threshold=1000000000"
CLIENT_CPU, SERVER_CPU = 0, 1
# Where things are counted the service takes so many milliseconds. With an answer that is there at once it would be
# chance how often a client has to wait for it.
COUNTED = "1"


@dataclass(frozen=True)
class Client:
    """A program that makes calls; `few` and `many` are how often it is made to for a difference."""

    name: str
    command: tuple[str, ...]
    few: int = 100
    many: int = 600
    # How many calls take about half a second.
    calls: int = 10_000
    only: str | None = None


@dataclass
class Runner:
    """Runs clients, by themselves or under a tool, against the server's ports."""

    ports: dict[str, dict[str, int]]
    ca: Path
    environment: dict[str, str] = field(default_factory=dict)

    def arguments(self, client: Client, calls: int, scheme: str, port: str = "0", *extra: str) -> list[str]:
        number = self.ports[port][scheme]
        url = f"http://127.0.0.1:{number}" if scheme == "plain" else f"https://localhost:{number}"
        ca = ("--ca", str(self.ca)) if scheme == "tls" else ()
        return [*client.command, url, str(calls), *ca, *extra]

    def run(self, command: list[str], pinned: bool = False, **environment: str) -> tuple[str, float]:
        """Gives standard output and error, and the CPU seconds of the process from its start to its end."""
        with tempfile.TemporaryFile("w+") as output:
            with pinning(CLIENT_CPU) if pinned else nullcontext():
                process = subprocess.Popen(
                    command,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env=os.environ | self.environment | environment,
                )
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            text = output.read()
        if process.returncode != 0:
            raise SystemExit(f"{' '.join(command)}\nended with {process.returncode}:\n{text[-3000:]}")
        return text, used.ru_utime + used.ru_stime

    def report(self, command: list[str], pinned: bool = False) -> dict[str, Any]:
        text, _ = self.run(command, pinned)
        line = next(line for line in text.splitlines() if line.startswith("{"))
        report: dict[str, Any] = json.loads(line)
        return report

    def difference(self, client: Client, count: Callable[[int], float]) -> float:
        """What one call adds: the start and the end of the program cancel out."""
        return (count(client.many) - count(client.few)) / (client.many - client.few)

    def instructions_of(self, command: list[str]) -> int:
        tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
        text, _ = self.run([*tool, *command], GLIBC_TUNABLES=TUNABLES, PYTHONHASHSEED="0")
        return last_number(r"Collected : (\d+)", text)

    def instructions(self, client: Client, scheme: str, port: str = COUNTED, *extra: str) -> float:
        return self.difference(
            client, lambda calls: self.instructions_of(self.arguments(client, calls, scheme, port, *extra))
        )

    def allocations(self, client: Client, scheme: str) -> float:
        def count(calls: int) -> float:
            tool = ["valgrind", "--leak-check=no"]
            text, _ = self.run([*tool, *self.arguments(client, calls, scheme, COUNTED)])
            return last_number(r"total heap usage: ([\d,]+) allocs", text)

        return self.difference(client, count)

    def system_calls(self, client: Client, scheme: str) -> float:
        def count(calls: int) -> float:
            with tempfile.NamedTemporaryFile("r") as trace:
                tool = ["strace", "-f", "-qq", "-e", "signal=none", "-o", trace.name]
                self.run([*tool, *self.arguments(client, calls, scheme, COUNTED)])
                # A call that was interrupted by another thread's has two lines.
                return sum("resumed>" not in line for line in trace)

        return self.difference(client, count)

    def profile(self, client: Client, scheme: str, function: str, calls: int) -> tuple[str, str]:
        """The table of all functions below `function`, by themselves and with what they call."""
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out"
            tool = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", f"--toggle-collect={function}"]
            self.run([*tool, *self.arguments(client, calls, scheme)], GLIBC_TUNABLES=TUNABLES)
            annotate = ["callgrind_annotate", "--threshold=100", str(out)]
            return self.run(annotate)[0], self.run([*annotate, "--inclusive=yes"])[0]


@contextmanager
def pinning(processor: int) -> Iterator[None]:
    """What is started here keeps to one processor: the client to its own, the server to another.

    It inherits this process's own: what runs in the child before its program (`preexec_fn`) would count as its time.
    """
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[processor % len(before)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def last_number(pattern: str, text: str) -> int:
    found = re.findall(pattern, text)
    if not found:
        raise SystemExit(f"no {pattern} in:\n{text[-2000:]}")
    return int(found[-1].replace(",", ""))


def median(values: Iterable[float]) -> float:
    return statistics.median(values)


def spread(values: list[float]) -> str:
    return f"{min(values):.1f} to {max(values):.1f}"
