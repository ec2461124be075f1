"""Goes README's way: its commands run as they stand and in their order, its programs are the files that it names.

They run in a home of their own, against what has been built. With ``ANTS_OTP_COLD`` they run in a fresh clone, where
nothing has been built: `make first-hour`. Each ends within the time that README says.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

import pytest

from .tools import ROOT, run

if TYPE_CHECKING:
    from collections.abc import Iterator

COLD = bool(os.environ.get("ANTS_OTP_COLD"))
# What ends the way out of this machine. The account of whoever reads stands in the place of the second.
LEFT_OUT = re.compile(r"unset ANTS_OTP_BASE_URL$|export .*=…")
# README says so of what has no time beside it; other tests may be running.
SECONDS = 30
# What is taken over from whoever runs the tests: no settings of ours or of an outer make.
KEPT = r"(?!ANTS_OTP_|MAKE|MFLAGS)\w+$"
# What ends with a verified number, in README's order.
VERIFYING = [
    "ants-otp try 081-234-5678",
    "ants-otp verify OTP_ID",
    "python login.py",
    "./first-c 081-234-5678",
    "./first-cpp",
    "cargo run",
]


class Part(NamedTuple):
    """A fenced block: a program and the name of its file, or commands."""

    name: str
    language: str
    text: str


def parts() -> list[Part]:
    fenced = r"(?:^`([\w./]+)`:\n\n)?^```(\w+)\n(.+?)^```$"
    return [Part(*found) for found in re.findall(fenced, (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


class Reader:
    """Somebody who reads README and does what it says: two terminals, and the inbox."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder / "clone", folder / "home"
        # A package of the reader's own.
        self.package = folder / "package"
        self.port = free_port()
        self.otp_id = ""
        self.said: dict[str, str] = {}
        self.took: dict[str, float] = {}
        self.processes: list[subprocess.Popen[bytes]] = []
        self.home.mkdir()
        (self.package / "src").mkdir(parents=True)
        (self.package / "Cargo.toml").write_text('[package]\nname = "package"\nedition = "2024"\n[workspace]\n')
        (self.package / "Cargo.lock").write_bytes((ROOT / "Cargo.lock").read_bytes())
        (self.package / "src/main.rs").write_text("fn main() {}\n")
        run(sys.executable, "-m", "venv", folder / "venv")
        tools = self.clone() if COLD else self.built()
        ours = {name: os.environ[name] for name in os.environ if re.match(KEPT, name)}
        ours |= {"HOME": str(self.home), "PATH": f"{tools}{folder / 'venv/bin'}:{os.environ['PATH']}"}
        # Where rustup and cargo keep what they have fetched.
        for name, usual in (("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")):
            ours.setdefault(name, str(Path.home() / usual))
        if COLD:
            ours.pop("CARGO_TARGET_DIR", None)
        else:
            ours["CARGO_NET_OFFLINE"] = "true"
        self.state = folder / "exports"
        self.state.write_text("".join(f"export {name}={shlex.quote(value)}\n" for name, value in ours.items()))

    def clone(self) -> str:
        run("git", "clone", "--quiet", ROOT, self.folder)
        return ""

    def built(self) -> str:
        """Instead of a clone: `make` works in the folder that is tested, and the wheels are those that are tested."""
        wheels = os.environ.get("ANTS_OTP_WHEELS") or str(ROOT / "target/wheels")
        target, tools = self.folder / "target", self.folder / "tools"
        tools.mkdir(parents=True)
        target.mkdir()
        (target / "wheels").symlink_to(wheels)
        there = f'case "$1" in wheel*) ls {shlex.quote(wheels)}/*.whl; exit;; esac\n'
        (tools / "make").write_text(
            f'#!/bin/sh\n{there}exec {shutil.which("make")} --no-print-directory -C "{ROOT}" "$@"\n'
        )
        (tools / "make").chmod(0o755)
        return f"{tools}:"

    def take(self, part: Part) -> None:
        if part.language != "sh":
            path = (self.package if part.language == "rust" else self.folder) / part.name
            path.write_text(part.text)
            return
        for line in part.text.splitlines():
            command, _, remark = line.partition(" #")
            minutes = re.search(r"(\d+) minute", remark)
            if command.startswith("cargo run") and not COLD:
                self.started("cargo build --quiet").wait(600)  # What it compiles is there.
            if not LEFT_OUT.match(command):
                self.run(command.strip(), 60 * int(minutes[1]) if minutes else SECONDS)

    def run(self, command: str, seconds: float = SECONDS) -> None:
        """Types a command, into the first terminal what serves, all else into the second, and the code if it asks."""
        placed = re.sub(r"\bOTP_ID\b", self.otp_id, command.replace("8025", str(self.port)))
        placed = placed.replace("/path/to/ants-otp", str(self.folder if COLD else ROOT))
        serves = command.startswith("ants-otp sandbox")
        script = f"{'exec ' if serves else ''}{placed}\nended=$?\nexport -p >{self.state}\nexit $ended"
        before, started = self.waiting(), time.monotonic()
        with tempfile.TemporaryFile() as said:
            process = self.started(script, said)
            if serves:
                self.wait_for_inbox()
                return
            while process.poll() is None and time.monotonic() < started + seconds:
                self.type_code(process, [] if "verify" in command else before)
                time.sleep(0.05)
            ended = process.poll()
            said.seek(0)
            self.said[command] = said.read().decode()
        assert ended is not None, f"{command}: it takes longer than {seconds} s\n{self.said[command]}"
        assert ended == 0, f"{command}: {ended}\n{self.said[command]}"
        self.took[command] = time.monotonic() - started
        if found := re.search(r"otp id (\S+)", self.said[command]):
            self.otp_id = found[1]

    def started(self, script: str, said: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
        """A script after what was exported, in the folder where its files are."""
        process = subprocess.Popen(
            ["sh", "-c", f". {self.state}\n{script}"],
            cwd=self.package if "cargo " in script else self.folder,
            env={},
            stdin=subprocess.PIPE,
            stdout=said or subprocess.PIPE,
            stderr=subprocess.STDOUT if said else subprocess.PIPE,
            start_new_session=True,
        )
        self.processes.append(process)
        return process

    def type_code(self, process: subprocess.Popen[bytes], before: list[str]) -> None:
        """The code in the newest SMS, if one has come and has not been typed."""
        assert process.stdin
        new = [] if process.stdin.closed else [code for code in self.waiting() if code not in before]
        if new:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(f"{new[-1]}\n".encode())
                process.stdin.close()

    def waiting(self) -> list[str]:
        """The codes in the inbox that nobody has used."""
        try:
            return [message["code"] for message in self.inbox() if message["state"] == "waiting"]
        except urllib.error.URLError:
            return []  # The sandbox is not there yet.

    def inbox(self) -> list[dict[str, str]]:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.port}/sandbox/messages", timeout=10) as answer:
            messages: list[dict[str, str]] = json.load(answer)
        return messages

    def wait_for_inbox(self) -> None:
        for _ in range(200):
            with contextlib.suppress(urllib.error.URLError):
                self.inbox()
                return
            time.sleep(0.05)
        pytest.fail("the sandbox did not start")

    def leave(self) -> None:
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for pipe in (process.stdin, process.stdout, process.stderr):
                if pipe:
                    with contextlib.suppress(BrokenPipeError):
                        pipe.close()


@pytest.fixture(scope="module")
def reader(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """Who has read README to its end."""
    if not COLD:
        request.getfixturevalue("tree")  # What `make install` compiles is there.
    reader = Reader(tmp_path_factory.mktemp("reader"))
    try:
        for part in parts():
            reader.take(part)
        yield reader
    finally:
        reader.leave()


def test_every_command_works_and_somebody_is_verified_in_each_language(reader: Reader) -> None:
    for command, seconds in reader.took.items():
        print(f"{seconds:6.1f} s  {command}")
    says = re.compile(r"(?:^|\? )verified", re.MULTILINE | re.IGNORECASE)
    verified = [command for command, said in reader.said.items() if says.search(said)]
    assert verified == VERIFYING
    assert [message["state"] for message in reader.inbox()] == ["confirmed"] * len(verified)


def test_nothing_that_readme_shows_is_left_out(reader: Reader) -> None:
    assert {part.language for part in parts()} == {"sh", "python", "c", "cpp", "rust"}
    page = (ROOT / "README.md").read_text()
    assert page.count("```") == 2 * len(parts()), "a block is of another form"
    lines = [line for part in parts() if part.language == "sh" for line in part.text.splitlines()]
    assert sum(bool(LEFT_OUT.match(line)) for line in lines) == 2
    assert "ants-otp doctor" in reader.said


def test_the_demo_verifies_somebody_in_each_language(reader: Reader) -> None:
    # The time counts where nothing else has been built, as README says: in a fresh clone.
    reader.run("make demo", 120 if COLD else 900)
    assert reader.said["make demo"].split("\n\n")[-1].split("\n") == [
        *(f"{language}: verified" for language in ("Rust", "C", "C++", "Python")),
        "",
    ]


def test_make_sandbox_serves_the_inbox(reader: Reader) -> None:
    port, end = free_port(), time.monotonic() + (120 if COLD else 900)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with tempfile.TemporaryFile() as said:
        process = reader.started(f"make sandbox PORT={port}", said)
        page = ""
        while not page and time.monotonic() < end and process.poll() is None:
            time.sleep(0.05)
            with contextlib.suppress(urllib.error.URLError), opener.open(f"http://127.0.0.1:{port}/") as answer:
                page = answer.read().decode()
        said.seek(0)
        assert "<title>" in page, said.read().decode()


@pytest.mark.parametrize("program", ["python login.py", "./first-c 081-234-5678", "./first-cpp", "cargo run --quiet"])
def test_a_program_says_why_it_fails(reader: Reader, program: str) -> None:
    done = reader.started(f"export ANTS_OTP_PASSWORD=forgotten; {program}")
    said, complained = done.communicate(timeout=60)
    assert done.returncode == 1, complained
    assert said == b""
    assert b"Authentication failed" in complained


@pytest.mark.parametrize("typed", ["right", "wrong", "no number", "no account"])
def test_the_program_in_c_leaks_nothing(reader: Reader, typed: str) -> None:
    mobile = "1234" if typed == "no number" else f"08123456{len(typed):02}"
    nobody = "unset ANTS_OTP_USERNAME;" if typed == "no account" else ""
    kinds = "definite,indirect,possible"
    leaks = f"--leak-check=full --show-leak-kinds={kinds} --errors-for-leak-kinds={kinds}"
    before = reader.waiting()
    program = reader.started(f"{nobody} exec valgrind -q --error-exitcode=99 {leaks} ./first-c {mobile}")
    assert program.stdin
    end = time.monotonic() + 60
    while program.poll() is None and time.monotonic() < end:
        if typed == "right":
            reader.type_code(program, before)
        elif reader.waiting() != before:
            program.stdin.close()
        time.sleep(0.05)
    assert program.stderr
    assert program.poll() == (0 if typed == "right" else 1), program.stderr.read().decode()
