"""How the tests of the install tree run commands, and compile against it."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def run(*command: str | Path, **variables: str) -> str:
    """Run a command that must succeed, and give what it printed."""
    # An outer make's flags are not for the inner one.
    outer = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}
    environment = {name: value for name, value in os.environ.items() if name not in outer}
    done = subprocess.run(command, env={**environment, **variables}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{shlex.join(map(str, command))}\n{done.stdout}{done.stderr}"
    return done.stdout


def make(*arguments: str) -> None:
    run("make", "-C", ROOT, *arguments)


def pkg_config(tree: Path, *arguments: str) -> list[str]:
    folder = next(tree.rglob("ants_otp.pc")).parent
    return shlex.split(run("pkg-config", *arguments, "ants_otp", PKG_CONFIG_PATH=str(folder)))


def compiled(to: Path, compiler: list[str], *arguments: str | Path) -> Path:
    run(*compiler, "-Wall", "-Wextra", "-Wpedantic", "-Werror", *arguments, "-o", to)
    return to
