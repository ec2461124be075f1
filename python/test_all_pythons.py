"""Runs the package's tests on every CPython from 3.10 that is on this machine.

Each has a virtual environment of its own, with the wheels in a folder and what is named; tests that need more are
skipped. ``test_all_pythons.py --free-threaded`` prints the interpreters without a GIL, which need a wheel of their own.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VERSION = re.findall(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[0]
TESTS = ROOT / "python" / "tests"
# Those without a GIL begin where PyO3 supports them.
ASK = """
import sys, sysconfig
free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
if sys.implementation.name == "cpython" and sys.version_info >= ((3, 14) if free_threaded else (3, 10)):
    print("%d.%d" % sys.version_info[:2] + "t" * free_threaded)
"""


def version_of(interpreter: str | Path) -> str:
    """Such as ``3.12`` or ``3.14t``; empty where the package does not run."""
    asked = subprocess.run([interpreter, "-c", ASK], capture_output=True, text=True, check=False)
    return asked.stdout.strip() if asked.returncode == 0 else ""


def interpreters() -> dict[str, Path]:
    """One interpreter of each version, by version: on the PATH, in pyenv's folder, among the system's."""
    names = ["python3", *(f"python3.{minor}{kind}" for minor in range(10, 20) for kind in ("", "t"))]
    found = [Path(path) for path in map(shutil.which, names) if path]
    found += sorted(Path.home().glob(".pyenv/versions/*/bin/python3"))
    versions: dict[str, Path] = {}
    for path in found:
        if version := version_of(path):
            versions.setdefault(version, path)
    return dict(sorted(versions.items()))


def run(*command: str | Path, **environment: str) -> bool:
    """Whether a command succeeded."""
    return subprocess.run(command, check=False, env={**os.environ, **environment}).returncode == 0


def install(version: str, pip: list[str | Path], requirements: list[str]) -> bool:
    """Whether what the tests use is installed. Not everything has a wheel for a Python without a GIL."""
    if not version.endswith("t"):
        return run(*pip, *requirements)
    missing = [name for name in requirements if not run(*pip, "--only-binary", ":all:", name)]
    print(f"CPython {version} goes without: {', '.join(missing) or 'nothing'}", flush=True)
    return True


def test(version: str, interpreter: Path, given: argparse.Namespace) -> bool:
    """Whether the tests pass on an interpreter."""
    venv = given.folder / version
    python = venv / "bin" / "python"
    pip: list[str | Path] = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    released = ["--no-index", "--no-deps", "--force-reinstall", "--only-binary", ":all:", "--find-links", given.wheels]
    print(f"CPython {version}: {interpreter}", flush=True)
    return (
        (python.exists() or run(interpreter, "-m", "venv", venv))
        and install(version, pip, given.requirement)
        and run(*pip, *released, f"ants-otp=={VERSION}", f"ants-otp-cli=={VERSION}")
        and run(
            *(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--ends={given.ends}", TESTS),
            ANTS_OTP_WHEELS=str(given.wheels.resolve()),
        )
    )


def main() -> int:
    """The exit status: how many interpreters failed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--also-this", action="store_true", help="also on the Python that runs this program")
    parser.add_argument("--ends", type=int, default=8, help="how often the interpreter ends in each shape (8)")
    parser.add_argument("folder", type=Path, help="where the virtual environments are kept")
    parser.add_argument("wheels", type=Path, help="the folder of the wheels to test")
    parser.add_argument("requirement", nargs="*", help="what the tests use")
    found = interpreters()
    if sys.argv[1:] == ["--free-threaded"]:
        print(*(path for version, path in found.items() if version.endswith("t")))
        return 0
    given = parser.parse_args()
    if not given.also_this:
        found.pop(version_of(sys.executable), None)
    failed = [version for version, path in found.items() if not test(version, path, given)]
    print(f"tested on CPython {', '.join(found)}; failed: {', '.join(failed) or 'none'}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
