"""Runs the tests on every CPython from 3.10 that is on this machine: ``each_python.py FOLDER WHEEL REQUIREMENT…``.

Each has a virtual environment of its own in FOLDER, with the wheel and what is named; tests that need more are skipped.
``each_python.py --free-threaded`` prints the interpreters without a GIL, which need a wheel of their own.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parent / "tests"
ASK = """
import sys, sysconfig
if sys.implementation.name == "cpython" and sys.version_info >= (3, 10):
    print("%d.%d" % sys.version_info[:2] + ("t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""))
"""


def interpreters() -> dict[str, Path]:
    """One interpreter of each version, by version: on the PATH, in pyenv's folder, among the system's."""
    names = ["python3", *(f"python3.{minor}{kind}" for minor in range(10, 20) for kind in ("", "t"))]
    found = [Path(path) for path in map(shutil.which, names) if path]
    found += sorted(Path.home().glob(".pyenv/versions/*/bin/python3"))
    versions: dict[str, Path] = {}
    for path in found:
        asked = subprocess.run([path, "-c", ASK], capture_output=True, text=True, check=False)
        if asked.returncode == 0 and asked.stdout:
            versions.setdefault(asked.stdout.strip(), path)
    return dict(sorted(versions.items()))


def run(*command: str | Path) -> bool:
    """Whether a command succeeded."""
    return subprocess.run(command, check=False).returncode == 0


def test(version: str, interpreter: Path, folder: Path, wheel: str, requirements: list[str]) -> bool:
    """Whether the tests pass on an interpreter."""
    venv = folder / version
    python = venv / "bin" / "python"
    pip: list[str | Path] = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    print(f"CPython {version}: {interpreter}", flush=True)
    return (
        (python.exists() or run(interpreter, "-m", "venv", venv))
        and run(*pip, *requirements)
        and run(*pip, "--no-index", "--no-deps", "--force-reinstall", wheel)
        and run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", TESTS)
    )


def main() -> int:
    """The exit status: how many interpreters failed."""
    found = interpreters()
    if sys.argv[1:] == ["--free-threaded"]:
        print(*(path for version, path in found.items() if version.endswith("t")))
        return 0
    folder, wheel, *requirements = sys.argv[1:]
    tested = {version: path for version, path in found.items() if not version.endswith("t")}
    failed = [version for version, path in tested.items() if not test(version, path, Path(folder), wheel, requirements)]
    print(f"tested on CPython {', '.join(tested)}; failed: {', '.join(failed) or 'none'}")
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
