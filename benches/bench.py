"""Measures what a call costs, for `make bench` and `make bench-quick`. docs/benchmarks.md says how.

``bench.py --built FOLDER full | quick | record | check``, FOLDER being cargo's, with the release library in it.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import full
import prepare
import quick


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--built", type=Path, required=True)
    parser.add_argument("what", choices=["full", "quick", "record", "check"])
    arguments = parser.parse_args()
    versions = prepare.versions()
    if arguments.what == "check" and not quick.is_comparable(versions):
        return 0
    folder = prepare.build(arguments.built)
    server = prepare.Server(folder)
    begun = time.monotonic()
    try:
        runner = prepare.runner(server, folder)
        clients, python = prepare.clients(folder, arguments.built), prepare.python_clients()
        found = quick.measure(runner, clients, python, folder)
        quick.show(found)
        if arguments.what == "record":
            quick.record(found, versions)
        if arguments.what == "check":
            return quick.check(found)
        if arguments.what == "full":
            full.measure(runner, server, clients, python, found, versions, arguments.built)
        print(f"measured in {time.monotonic() - begun:.0f} s")
    finally:
        server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
