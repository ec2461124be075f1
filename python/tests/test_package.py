"""The package as a whole: its version, what it holds, what its import costs."""

from __future__ import annotations

import inspect
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


def loaded_by(statement: str) -> set[str]:
    """The modules of a new interpreter that runs `statement`."""
    folder = str(Path(ants_otp.__file__).parents[1])
    script = f"import sys; sys.path.append({folder!r}); {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_import_loads_nothing_but_the_package_and_enum() -> None:
    """What the import costs in the released wheel is counted by ``make bench-quick``, kept by ``make check-speed``."""
    modules = loaded_by("import ants_otp") - loaded_by("import __future__, enum")
    assert {name.partition(".")[0] for name in modules} == {"ants_otp"}
    later = {
        f"ants_otp.{name}" for name in ("aio", "delivery_report", "raw", "testing", "web", "_describe", "_options")
    }
    assert modules & later == set()


def test_the_native_module_shows_nothing_but_its_init_function() -> None:
    """A second Rust library in the same process must not meet our symbols."""
    shown = subprocess.run(
        ["nm", "-D", "--defined-only", str(_native.__file__)], capture_output=True, text=True, check=True
    ).stdout
    assert [line.split()[-1] for line in shown.splitlines()] == ["PyInit__native"]


def test_calls_import_nothing_new(service: Service) -> None:
    service.answer = lambda body: {"otpId": "OTP-1", **({"result": True} if "otpCode" in body else {})}
    # Loaded where another test has loaded opentelemetry.
    loaded = {*sys.modules, "ants_otp._telemetry"}
    with service.client() as client:
        assert client.verify(client.request("0812345678"), "12345")
    assert set(sys.modules) <= loaded
