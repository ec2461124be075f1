"""The package as a whole: its version, what it holds, what its import costs."""

from __future__ import annotations

import inspect
import resource
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import ants_otp
from ants_otp import _native

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Service


def test_one_version() -> None:
    assert ants_otp.__version__ == metadata.version("ants-otp")


def test_the_wheel_holds_the_package_and_nothing_else() -> None:
    files = metadata.files("ants-otp")
    assert files
    outside = {file.parts[0] for file in files if "__pycache__" not in file.parts} - {"ants_otp"}
    assert outside == {f"ants_otp-{ants_otp.__version__}.dist-info"}
    inside = {file.name for file in files if file.parts[0] == "ants_otp"}
    assert {"py.typed", "_native.pyi"} <= inside
    assert not any(name.endswith(".rs") or name.startswith("test") for name in inside)
    assert all("extra ==" in requirement for requirement in metadata.requires("ants-otp") or [])


def public() -> Iterator[tuple[str, object]]:
    for name in ants_otp.__all__:
        thing = getattr(ants_otp, name)
        if inspect.isclass(thing):
            yield name, thing
            for member, value in vars(thing).items():
                if not member.startswith("_") and (inspect.isfunction(value) or isinstance(value, property)):
                    yield f"{name}.{member}", value


def test_everything_public_is_documented() -> None:
    assert [name for name, thing in public() if not inspect.getdoc(thing)] == []


def test_import_loads_nothing_heavy() -> None:
    script = "import ants_otp, sys; print(*sys.modules)"
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.append({str(Path(ants_otp.__file__).parents[1])!r}); {script}",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {"asyncio", "dataclasses", "decimal", "json", "logging", "socket", "ssl", "threading", "typing", "urllib"}
    assert heavy & set(done.stdout.split()) == set()


def cost(statement: str) -> float:
    """CPU seconds of a new interpreter that runs `statement`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-I", "-c", statement], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_import_costs_a_fifth_of_what_a_python_client_would_import() -> None:
    statements = ["pass", "import json, urllib.request", "import ants_otp"]
    least = [1.0, 1.0, 1.0]
    ratio = 1.0
    # Other programs on the machine only add to a cost, so its least value counts; more of them need more rounds.
    for rounds in range(80):
        least = [min(known, cost(statement)) for known, statement in zip(least, statements, strict=True)]
        ratio = (least[2] - least[0]) / (least[1] - least[0])
        if rounds >= 15 and ratio <= 0.2:
            break
    assert ratio <= 0.2


def test_the_native_module_shows_nothing_but_its_init_function() -> None:
    """A second Rust library in the same process must not meet our symbols."""
    shown = subprocess.run(
        ["nm", "-D", "--defined-only", str(_native.__file__)], capture_output=True, text=True, check=True
    ).stdout
    assert [line.split()[-1] for line in shown.splitlines()] == ["PyInit__native"]


def test_calls_import_nothing_new(service: Service) -> None:
    service.answer = {"otpId": "OTP-1", "result": True}
    loaded = set(sys.modules)
    with service.client() as client:
        assert client.verify(client.request("0812345678"), "12345")
    assert set(sys.modules) == loaded
