#!/usr/bin/env python3
"""Writes THIRD-PARTY-LICENCES: the licence of every crate that is linked into libants_otp and the program.

``make licences`` runs it; a test of the install tree compares the committed file with what it would write.
"""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "bindings/c/THIRD-PARTY-LICENCES"
RULE = "-" * 100
HEAD = """\
libants_otp and the program ants-otp are licensed under MIT or Apache-2.0, as LICENSE-MIT and LICENSE-APACHE say. They
contain the Rust standard library (MIT or Apache-2.0, Copyright (c) The Rust Project Contributors) and the crates below,
each under its own licence.
"""


def cargo(*arguments: str) -> str:
    return subprocess.run(["cargo", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def linked() -> set[tuple[str, str]]:
    """Name and version of every crate whose code ends in the library or the program."""
    tree = cargo("tree", "--locked", "-p", "ants-otp-c", "-p", "ants-otp-cli", "-e", "normal,no-proc-macro",
                 "--target", "x86_64-unknown-linux-gnu", "--prefix", "none", "--format", "{p}")  # fmt: skip
    lines = (line.split() for line in tree.splitlines() if line)
    return {(name, version.lstrip("v")) for name, version, *_ in lines}


def texts(folder: Path) -> list[str]:
    """The licence files of a crate, the same words once. Where there is a choice, MIT alone says all that is needed."""
    names = ("LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE")
    found = [path for path in sorted(folder.iterdir()) if path.is_file() and path.name.upper().startswith(names)]
    chosen = [path for path in found if "MIT" in path.name.upper()] or found
    return [path.read_text("utf-8", "replace").strip().replace("\r\n", "\n") for path in chosen]


def licences() -> str:
    metadata = json.loads(cargo("metadata", "--locked", "--format-version", "1"))
    wanted = linked()
    crates = defaultdict(list)
    for package in metadata["packages"]:
        if (package["name"], package["version"]) in wanted and package["source"] is not None:
            text = f"\n\n{RULE}\n\n".join(texts(Path(package["manifest_path"]).parent))
            crates[text].append(f"{package['name']} {package['version']}: {package['license']}")
    parts = [HEAD]
    for text, names in sorted(crates.items(), key=lambda item: item[1]):
        words = text or "The crate holds no licence file; the name above says it."
        parts.append("\n".join([RULE, *sorted(names), "", words, ""]))
    return "\n".join("\n".join(parts).split("\n")) + "\n"


if __name__ == "__main__":
    TARGET.write_text(licences())
