"""Plays one story in every language against the sandbox, for ``make demo``.

A person is asked for the code in the SMS, types a wrong one, has it sent again, types the right one, and types it once
more. After each step the service itself is asked whether it happened. The programs are given as ``LANGUAGE=COMMAND``.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import queue
import shlex
import subprocess
import sys
import threading
import urllib.request
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP_SECONDS = 20


class StoryError(Exception):
    """A step that did not happen as told."""


class Program:
    """A child that is talked to by lines, each awaited for a bounded time."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        """Start the child."""
        self._child = subprocess.Popen(  # noqa: S603 - the programs that the caller names
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        if self._child.stdin is None or self._child.stdout is None:
            raise StoryError("it has no pipes")
        self._input = self._child.stdin
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, args=(self._child.stdout,), daemon=True).start()

    def _read(self, output: IO[str]) -> None:
        for line in output:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def line(self) -> str:
        """The next line that the child prints."""
        try:
            line = self._lines.get(timeout=STEP_SECONDS)
        except queue.Empty:
            raise StoryError(f"it printed nothing for {STEP_SECONDS} s") from None
        if line is None:
            raise StoryError("it ended too early")
        return line

    def type(self, text: str) -> str:
        """Types a line and gives back the line that is the answer."""
        try:
            self._input.write(text + "\n")
            self._input.flush()
        except BrokenPipeError:
            raise StoryError("it ended too early") from None
        return self.line()

    def end(self) -> int:
        """Closes the child's input and gives back its exit status."""
        self._input.close()
        try:
            return self._child.wait(timeout=STEP_SECONDS)
        except subprocess.TimeoutExpired:
            raise StoryError("it did not end with its input") from None

    def kill(self) -> None:
        """Ends the child, if it has not ended by itself."""
        self._child.kill()
        self._child.wait()
        with contextlib.suppress(BrokenPipeError):
            self._child.__exit__(None, None, None)


@contextlib.contextmanager
def running(command: list[str], environment: dict[str, str]) -> Iterator[Program]:
    """A child that does not outlive the block."""
    program = Program(command, environment)
    try:
        yield program
    finally:
        program.kill()


def expect(happened: bool, what: str) -> None:
    """Stops the story where something did not happen."""
    if not happened:
        raise StoryError(what)


def messages(url: str, mobile: str, count: int) -> list[dict[str, Any]]:
    """The SMS that one person has got, oldest first: so many."""
    # A proxy of the environment is not asked for loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(f"{url}/sandbox/messages", timeout=STEP_SECONDS) as answer:
        found = [message for message in json.load(answer) if message["mobile"] == mobile]
    expect(len(found) == count, f"the person has got {len(found)} SMS, not {count}")
    return found


def play(command: list[str], environment: dict[str, str], url: str, mobile: str, sentences: dict[str, str]) -> None:
    """The story with one program and one person."""

    def told(line: str, status: str, code: str) -> None:
        """The program's line is about this verdict."""
        print(f"  {line}")
        expect(line in {status, sentences[code], f"{status}: {sentences[code]}"}, f"it should have said {status}")

    with running([*command, mobile], environment) as program:
        print(f"  {(line := program.line())}")
        (sms,) = messages(url, mobile, 1)
        expect(
            line == f"SMS sent to {mobile}, reference {sms['reference_code']}", "that is not the reference in the SMS"
        )

        wrong = sms["code"][:-1] + str((int(sms["code"][-1]) + 1) % 10)
        print(f"  > {wrong}")
        told(program.type(wrong), "wrong_code", "WRONG_CODE")
        expect(messages(url, mobile, 1)[-1]["state"] == "waiting", "the wrong code did something")

        print("  > (again, please)")
        print(f"  {(line := program.type(''))}")
        first, sms = messages(url, mobile, 2)
        expect(line == f"SMS sent again, reference {sms['reference_code']}", "that is not the reference in the SMS")
        expect(first["state"] == "replaced" and sms["otp_id"] != first["otp_id"], "the first OTP was not replaced")

        print(f"  > {sms['code']}")
        told(program.type(sms["code"]), "verified", "OK")
        expect(messages(url, mobile, 2)[-1]["state"] == "confirmed", "the service has not verified anybody")

        print(f"  > {sms['code']}")
        told(program.type(sms["code"]), "already_confirmed", "CODE_CONFIRMED")

        messages(url, mobile, 2)
        expect(program.end() == 0, "its exit status does not say verified")


def main() -> int:
    """Plays the story in each language and says where somebody was verified."""
    parser = argparse.ArgumentParser(description="Plays one story in every language against the sandbox.")
    parser.add_argument("--program", required=True, help="the program ants-otp")
    parser.add_argument("languages", nargs="+", metavar="LANGUAGE=COMMAND")
    arguments = parser.parse_args()

    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANTS_OTP_")}
    with running([arguments.program, "explain", "--json"], environment) as explain:
        sentences = {code["name"]: code["user_text"]["en"] for code in json.loads(explain.line())["codes"]}

    verified: list[str] = []
    languages = [language.partition("=") for language in arguments.languages]
    with running([arguments.program, "sandbox", "--exit-with-parent"], environment) as sandbox:
        ready = json.loads(sandbox.line())
        print(f"The sandbox's inbox: {ready['url']}/", flush=True)
        environment |= {
            "ANTS_OTP_BASE_URL": ready["url"],
            "ANTS_OTP_USERNAME": ready["username"],
            "ANTS_OTP_PASSWORD": ready["password"],
            "ANTS_OTP_OTC_ID": ready["otc_id"],
        }
        for number, (name, _, command) in enumerate(languages, start=1):
            print(f"\n{name}", flush=True)
            try:
                play(shlex.split(command), environment, ready["url"], f"6681000{number:04}", sentences)
                verified.append(name)
            except (StoryError, OSError, ValueError) as error:
                print(f"  FAILED: {error}")

        print()
        for name in verified:
            print(f"{name}: verified")
        if sys.stdin.isatty() and sys.stdout.isatty():
            input(f"\nThe messages stay at {ready['url']}/ until you press Enter. ")
    return 0 if len(verified) == len(languages) else 1


if __name__ == "__main__":
    sys.exit(main())
