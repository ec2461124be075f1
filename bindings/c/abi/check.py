#!/usr/bin/env python3
"""Compares the C library's ABI with the one on record, and answers: must the SONAME change?

What is compared: the exported functions (`symbols`, each with the version it is there since), the numbers (`numbers`),
and the types (`ants_otp.abi`, by abidiff). The types are those of the header, compiled by a C compiler: the library's
own DWARF would show the insides of handles too, which are no part of the ABI. That the library has just these
functions, with as many parameters, is read from a build with DWARF. docs/abi.md says what may change.

Exit status: 0 as recorded, 1 compatible additions that are not recorded yet (`--record` does it), 2 the SONAME must
change.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


class Header:
    """The functions, numbers and types that the header declares."""

    def __init__(self, path: Path) -> None:
        self.path = path
        text = path.read_text("utf-8")
        self.text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
        self.since = {
            name: since
            for since, name in re.findall(
                r" \* Since: ([\d.]+)\n \*/\n(?:ANTS_OTP_NODISCARD\s+)?[^;(]*?(ants_otp_\w+)\(", text
            )
        }
        body = self.text.split('extern "C" {', 1)[1]
        declarations = (" ".join(part.split()) for part in re.sub(r"^#.*$", "", body, flags=re.MULTILINE).split(";"))
        self.functions = {
            match[2]: (match[1].replace("ANTS_OTP_NODISCARD ", ""), match[3])
            for match in (re.fullmatch(r"(.*?)\b(ants_otp_\w+)\((.*)\)", text) for text in declarations)
            if match
        }
        self.numbers = {
            name: int(value) for name, value in re.findall(r"^\s+(ANTS_OTP_\w+) = (-?\d+),$", self.text, re.MULTILINE)
        }
        self.types = re.findall(r"^} (\w+);$", self.text, re.MULTILINE) + re.findall(
            r"^typedef void \(\*(\w+)\)", self.text, re.MULTILINE
        )

    def parameters(self, function: str) -> int:
        """How many parameters the function has."""
        inside = re.sub(r"\([^()]*\)\s*\([^()]*\)", "", self.functions[function][1])
        return 0 if inside.strip() == "void" else inside.count(",") + 1

    def compiled(self, folder: Path) -> Path:
        """A library with the header's functions and types, and nothing behind them."""
        bodies = [f'#include "{self.path}"', *(f"{kind} instance_of_{kind};" for kind in self.types)]
        for name, (returns, parameters) in self.functions.items():
            value = "" if returns.strip() == "void" else "return 0;"
            bodies.append(f"{returns}{name}({parameters}) {{ {value} }}")
        source, library = folder / "header.c", folder / "header.so"
        source.write_text("\n".join(bodies) + "\n")
        made = run("cc", "-std=c99", "-w", "-g", "-fPIC", "-shared", source, "-o", library)
        if made.returncode != 0:
            sys.exit(f"The header does not compile:\n{made.stderr}")
        return library


def read_list(path: Path) -> dict[str, str]:
    lines = (line for line in path.read_text().splitlines() if line and not line.startswith("#"))
    return dict(tuple(line.split(" ", 1)) for line in lines)  # type: ignore[misc]


def abixml(library: Path, to: Path) -> Path:
    flags = ["--no-corpus-path", "--no-comp-dir-path", "--no-show-locs", "--no-elf-needed"]
    made = run("abidw", *flags, "--out-file", to, library)
    if made.returncode != 0:
        sys.exit(f"abidw failed:\n{made.stderr}")
    return to


class Findings:
    """What has changed, by what it means for programs that were linked before."""

    def __init__(self) -> None:
        self.breaks: list[str] = []
        self.additions: list[str] = []
        self.faults: list[str] = []


def compare_symbols(header: Header, recorded: dict[str, str], found: Findings) -> None:
    for name in sorted(recorded.keys() - header.functions.keys()):
        found.breaks.append(f"{name}() is gone, which is there since {recorded[name]}")
    for name in sorted(header.functions.keys() - recorded.keys()):
        found.additions.append(f"{name}() is new since {header.since.get(name)}")
    for name in sorted(header.functions.keys() & recorded.keys()):
        if header.since.get(name) != recorded[name]:
            found.faults.append(f"{name}() is there since {recorded[name]}, the header says {header.since.get(name)}")


def compare_numbers(header: Header, recorded: dict[str, str], found: Findings) -> None:
    for name, value in recorded.items():
        if name not in header.numbers:
            found.breaks.append(f"{name} ({value}) is gone")
        elif header.numbers[name] != int(value):
            found.breaks.append(f"{name} was {value} and is {header.numbers[name]}")
    for name in header.numbers.keys() - recorded.keys():
        found.additions.append(f"{name} ({header.numbers[name]}) is new")


def compare_types(header: Header, recorded: Path, folder: Path, found: Findings) -> None:
    options = ["--no-added-syms", "--no-corpus-path", "--no-show-locs"]
    done = run("abidiff", *options, recorded, abixml(header.compiled(folder), folder / "new.abi"))
    if done.returncode & 3:
        sys.exit(f"abidiff failed:\n{done.stdout}{done.stderr}")
    if done.returncode & 12:
        report = re.sub(r"^(Functions|Variables) changes summary:.*\n?", "", done.stdout, flags=re.MULTILINE)
        found.breaks.append(f"abidiff: {' '.join(report.split())}")


def compare_library(header: Header, library: Path, soname: str, folder: Path, found: Findings) -> None:
    """The library is the one that the header describes."""
    exported = set(run("nm", "--dynamic", "--defined-only", "--format=just-symbols", library).stdout.split())
    for name in sorted(exported ^ header.functions.keys()):
        where = "exported, but not in the header" if name in exported else "in the header, but not exported"
        found.faults.append(f"{name}() is {where}")
    dynamic = run("readelf", "--dynamic", library).stdout
    if f"[{soname}]" not in dynamic:
        found.faults.append(f"the library's SONAME is not {soname}")
    counts = {}
    for function in ElementTree.parse(abixml(library, folder / "library.abi")).iter("function-decl"):
        if (name := function.get("mangled-name", "")) in exported:
            counts[name] = sum(1 for _ in function.iter("parameter"))
    if not counts:
        found.faults.append("the library holds no DWARF: build it with `cargo build -p ants-otp-c`")
    for name, count in sorted(counts.items()):
        if name in header.functions and header.parameters(name) != count:
            found.faults.append(f"{name}() takes {count} parameters, the header says {header.parameters(name)}")


def record(header: Header, folder: Path, to: Path) -> None:
    symbols = [f"{name} {header.since[name]}" for name in sorted(header.functions)]
    (to / "symbols").write_text("\n".join(["# Exported function, and the version it is there since.", *symbols]) + "\n")
    numbers = [f"{name} {value}" for name, value in header.numbers.items()]
    (to / "numbers").write_text("\n".join(["# Every number of the header. None is ever used again.", *numbers]) + "\n")
    abixml(header.compiled(folder), to / "ants_otp.abi")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--header", type=Path, default=ROOT / "include/ants_otp.h")
    parser.add_argument("--library", type=Path, help="a build of the library with DWARF")
    parser.add_argument("--baseline", type=Path, default=HERE, help="the folder of the record")
    parser.add_argument("--record", action="store_true", help="write the record anew")
    options = parser.parse_args()
    header = Header(options.header.resolve())
    version = re.search(r'#define ANTS_OTP_VERSION "(\d+)', header.text)
    soname = f"libants_otp.so.{version[1] if version else '?'}"
    found = Findings()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.record:
            record(header, folder, options.baseline)
        compare_symbols(header, read_list(options.baseline / "symbols"), found)
        compare_numbers(header, read_list(options.baseline / "numbers"), found)
        compare_types(header, options.baseline / "ants_otp.abi", folder, found)
        if options.library:
            compare_library(header, options.library, soname, folder, found)
    for kind, findings in [("BREAK", found.breaks), ("FAULT", found.faults), ("NEW", found.additions)]:
        for finding in findings:
            print(f"{kind}: {finding}")
    if found.breaks:
        print(f"Must the SONAME change? yes, because {found.breaks[0]}.")
        return 2
    why = f"only additions were made ({len(found.additions)})" if found.additions else "nothing differs from the record"
    print(f"Must the SONAME change? no, because {why}.")
    return 1 if found.additions or found.faults else 0


if __name__ == "__main__":
    sys.exit(main())
