"""Writes LICENSE-THIRD-PARTY: the licences of the crates that the native module links, every text once.

``third_party.py`` writes it, with ``--check`` it fails where the crates have changed since. The program's wheel takes
the file that ``bindings/c/licences.py`` writes.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "ants-otp-python"
TARGET = ROOT / "python" / "LICENSE-THIRD-PARTY"
MARK = "crate "


def crates(of: str) -> dict[str, dict[str, Any]]:
    """What a package is linked from, by name and version, without this project's own."""
    tree = [
        "cargo",
        "tree",
        "--locked",
        "--package",
        of,
        "--edges",
        "normal,no-proc-macro",
        "--prefix",
        "none",
    ]
    listed = subprocess.run(
        [*tree, "--format", "{p}", "--target", "x86_64-unknown-linux-gnu"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    linked = {tuple(line.split()[:2]) for line in listed.splitlines() if line}
    command = ["cargo", "metadata", "--locked", "--format-version", "1"]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    found = {
        f"{package['name']} {package['version']}": package
        for package in metadata["packages"]
        if (package["name"], f"v{package['version']}") in linked and package["source"] is not None
    }
    return dict(sorted(found.items()))


def texts(package: dict[str, Any]) -> list[str]:
    """The licence files that a crate comes with. Of several alternatives one is enough: MIT, the shortest."""
    folder = Path(package["manifest_path"]).parent
    files = sorted(
        file
        for file in folder.iterdir()
        if file.is_file() and file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"))
    )
    alternatives = [part.strip("() ") for part in (package["license"] or "").replace("/", " OR ").split(" OR ")]
    if "MIT" in alternatives:
        mit = [file for file in files if "MIT" in file.name.upper()] or [
            file for file in files if "Permission is hereby granted" in file.read_text()
        ]
        files = mit or files
    return [file.read_text().strip() for file in files]


def written(file: Path) -> set[str]:
    """The crates that a file names."""
    lines = file.read_text().splitlines() if file.exists() else []
    return {line.removeprefix(MARK).split(": ")[0] for line in lines if line.startswith(MARK)}


def whole(known: dict[str, dict[str, Any]]) -> str:
    """A file's text."""
    users: dict[str, list[str]] = {}
    bodies: dict[str, str] = {}
    for name, package in known.items():
        for text in texts(package):
            key = " ".join(text.split())
            bodies.setdefault(key, text)
            users.setdefault(key, []).append(name)
    parts = ["This is linked from these crates:\n"]
    parts += [f"{MARK}{name}: {package['license'] or 'see below'}" for name, package in known.items()]
    for key, text in bodies.items():
        parts += ["", "=" * 80, f"Of {', '.join(users[key])}:", "", text]
    return "\n".join(parts) + "\n"


def main() -> int:
    """Writes or checks the file."""
    known = crates(PACKAGE)
    changed = sorted(written(TARGET) ^ set(known))
    if "--check" not in sys.argv:
        TARGET.write_text(whole(known))
    elif changed:
        print(f"{TARGET.name} is out of date ({', '.join(changed)}): run make licences", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
