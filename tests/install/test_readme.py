"""The README's programs are whole: each verifies somebody against the service in a box."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import pytest

from .tools import ROOT, compiled, pkg_config, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOBILE = "66812345678"


def shown(language: str, folder: Path) -> Path:
    """The README's program in this language, as a file."""
    (text,) = re.findall(rf"^```{language}\n(.+?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    path = folder / f"readme.{language}"
    path.write_text(text)
    return path


@pytest.fixture
def service(tree: Path) -> Iterator[dict[str, str]]:
    command: list[str | Path] = [tree / "bin/ants-otp", "sandbox", "--exit-with-parent"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sandbox:
        assert sandbox.stdout
        yield json.loads(sandbox.stdout.readline())
        sandbox.kill()


def code_in_the_sms(url: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(200):
        with opener.open(f"{url}/sandbox/messages", timeout=10) as answer:
            messages = json.load(answer)
        if messages:
            assert messages[0]["mobile"] == MOBILE
            code: str = messages[0]["code"]
            return code
        time.sleep(0.05)
    pytest.fail("no SMS was sent")


def verifies(service: dict[str, str], *command: str | Path, library: Path | None = None) -> None:
    environment = {
        **os.environ,
        "ANTS_OTP_BASE_URL": service["url"],
        "ANTS_OTP_USERNAME": service["username"],
        "ANTS_OTP_PASSWORD": service["password"],
        "ANTS_OTP_OTC_ID": service["otc_id"],
        "LD_LIBRARY_PATH": str(library or ""),
    }
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as program:
        told, _ = program.communicate(code_in_the_sms(service["url"]) + "\n", timeout=30)
    assert told.startswith("Code for ")
    assert told.endswith("verified\n")
    assert program.returncode == 0


def test_c(tree: Path, tmp_path: Path, service: dict[str, str]) -> None:
    flags = pkg_config(tree, "--cflags", "--libs")
    program = compiled(tmp_path / "program", ["cc", "-std=c99"], shown("c", tmp_path), *flags)
    verifies(service, program, library=tree / "lib")


def test_cpp(tree: Path, tmp_path: Path, service: dict[str, str]) -> None:
    flags = pkg_config(tree, "--cflags", "--libs")
    program = compiled(tmp_path / "program", ["c++", "-std=c++17"], shown("cpp", tmp_path), *flags)
    verifies(service, program, library=tree / "lib")


def test_python(tmp_path: Path, service: dict[str, str]) -> None:
    verifies(service, sys.executable, shown("python", tmp_path))


def test_rust(tmp_path: Path, service: dict[str, str]) -> None:
    package = tmp_path / "rust"
    (package / "src").mkdir(parents=True)
    shown("rust", tmp_path).rename(package / "src/main.rs")
    (package / "Cargo.toml").write_text(
        f'[package]\nname = "readme"\nedition = "2024"\n[dependencies]\nants-otp = {{ path = "{ROOT}" }}\n'
    )
    (package / "Cargo.lock").write_bytes((ROOT / "Cargo.lock").read_bytes())
    run("cargo", "build", "--manifest-path", package / "Cargo.toml")
    verifies(service, target() / "debug/readme")


def target() -> Path:
    return ROOT / os.environ.get("CARGO_TARGET_DIR", "target")
