"""The wheels that are released, in the folder ANTS_OTP_WHEELS, and the way of somebody who installs them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WHEELS = Path(os.environ.get("ANTS_OTP_WHEELS", ROOT / "target" / "wheels"))
LARGEST = 1_600_000
NEWEST_GLIBC = (2, 17)
VERSION = re.findall(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[0]


@pytest.fixture(scope="module")
def wheel() -> Path:
    (found,) = WHEELS.glob(f"ants_otp-{VERSION}-cp310-abi3-*.whl")
    return found


@pytest.fixture(scope="module")
def native(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    with zipfile.ZipFile(wheel) as archive:
        return Path(archive.extract("ants_otp/_native.abi3.so", folder))


def run(*command: str | Path, **options: object) -> str:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("ANTS_OTP_", "PYTHON"))}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, **options)  # type: ignore[call-overload]
    assert done.returncode == 0, done.stdout + done.stderr
    text: str = done.stdout
    return text


def test_it_is_small(wheel: Path) -> None:
    assert wheel.stat().st_size <= LARGEST


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    (found,) = WHEELS.glob(f"ants_otp_cli-{VERSION}-*.whl")
    assert "manylinux2014" in found.name
    folder = tmp_path_factory.mktemp("program")
    with zipfile.ZipFile(found) as archive:
        return Path(archive.extract(f"ants_otp_cli-{VERSION}.data/scripts/ants-otp", folder))


@pytest.mark.parametrize("built", ["native", "program"])
def test_it_runs_on_old_systems(wheel: Path, built: str, request: pytest.FixtureRequest) -> None:
    assert "manylinux2014" in wheel.name
    needed = re.findall(r"GLIBC_(\d+)\.(\d+)", run("objdump", "-T", request.getfixturevalue(built)))
    assert max((int(major), int(minor)) for major, minor in needed) <= NEWEST_GLIBC


def test_it_unwinds_as_the_c_library_does(native: Path) -> None:
    """A module with an unwinder of its own crashes where CPython ends its threads (python/tests/test_end.py)."""
    assert "[libgcc_s.so.1]" in run("readelf", "-d", native)
    assert "_Unwind_RaiseException" in run("nm", "-D", "--undefined-only", native)


def test_it_shows_nothing_but_its_init_function(native: Path) -> None:
    shown = run("nm", "-D", "--defined-only", native)
    assert [line.split()[-1] for line in shown.splitlines()] == ["PyInit__native"]
    assert "SONAME" not in run("readelf", "-d", native)


def test_it_holds_licences_and_a_bill_of_materials(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        info = f"ants_otp-{VERSION}.dist-info"
        for name in ("LICENSE-MIT", "LICENSE-APACHE", "LICENSE-THIRD-PARTY"):
            assert archive.read(f"{info}/licenses/{name}")
        (materials,) = [name for name in names if name.startswith(f"{info}/sboms/") and name.endswith(".json")]
        listed = {part["name"] for part in json.loads(archive.read(materials))["components"]}
    assert {"ants-otp", "rustls", "ureq-proto", "pyo3"} <= listed


@pytest.mark.parametrize("name", ["ants_otp", "ants_otp_cli"])
def test_it_says_where_it_comes_from_by_one_address(name: str) -> None:
    (address,) = re.findall(r'^repository = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    (found,) = WHEELS.glob(f"{name}-{VERSION}-*.whl")
    with zipfile.ZipFile(found) as archive:
        metadata = archive.read(f"{name}-{VERSION}.dist-info/METADATA").decode()
    urls = dict(re.findall(r"^Project-URL: (.+), (.+)$", metadata, re.MULTILINE))
    assert urls == {
        "Repository": address,
        "Issues": f"{address}/issues",
        "Changelog": f"{address}/blob/main/CHANGELOG.md",
    }


def test_the_licences_are_those_of_the_crates() -> None:
    run(sys.executable, ROOT / "python" / "third_party.py", "--check", cwd=ROOT)


def environment(folder: Path) -> Path:
    """The interpreter of a new virtual environment."""
    run(sys.executable, "-m", "venv", folder)
    return folder / "bin" / "python"


def pip(python: Path, *arguments: str | Path) -> None:
    run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", *arguments)


TEST = """
from ants_otp import Client

def test_login(otp_sandbox, otp_client):
    otp = otp_client.request("081-234-5678")
    assert not otp_client.verify(otp, "0")
    assert otp_client.verify(otp, otp_sandbox.last_code("081-234-5678"))
"""


def test_a_new_users_way(wheel: Path, tmp_path: Path) -> None:
    python = environment(tmp_path / "venv")
    pip(python, "--no-index", wheel)
    missing = subprocess.run([python, "-m", "ants_otp"], capture_output=True, text=True, check=False, env={})
    assert f"pip install 'ants-otp[testing]=={VERSION}'" in missing.stderr
    pip(python, "pytest==9.2.0")
    pip(python, "--no-index", "--find-links", WHEELS, f"ants-otp[testing]=={VERSION}")
    assert "CODE_EXPIRED" in run(python, "-m", "ants_otp", "explain", "305")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "test_login.py").write_text(TEST)
    assert "1 passed" in run(python, "-m", "pytest", "-q", cwd=tmp_path / "project")


def test_the_source_distribution_installs(tmp_path: Path) -> None:
    (source,) = WHEELS.glob(f"ants_otp-{VERSION}.tar.gz")
    with tarfile.open(source) as archive:
        names = archive.getnames()
    assert f"ants_otp-{VERSION}/LICENSE-THIRD-PARTY" in names
    named = re.findall(r"`(examples/[\w/.-]+?)/?`", (ROOT / "python" / "README.md").read_text())
    assert named
    assert [path for path in named if not any(name.startswith(f"ants_otp-{VERSION}/{path}") for name in names)] == []
    # Each once, and no tests of the package.
    assert not any("/python/examples/" in name or "/python/tests/" in name for name in names)
    python = environment(tmp_path / "venv")
    # Without optimisation: that all of the source is there is what this shows.
    pip(python, "--config-settings=build-args=--profile dev", source)
    assert run(python, "-c", "import ants_otp; print(ants_otp.__version__)", cwd=tmp_path).strip() == VERSION
