"""What ``make install`` puts in place, used from another place than it was installed to."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from .tools import ROOT, compiled, make, pkg_config, run

EXAMPLES = ROOT / "examples"
VERSION = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]  # type: ignore[index]
ABI = VERSION.split(".")[0]
FILES = {
    "bin/ants-otp",
    "include/ants_otp.h",
    "include/ants_otp.hpp",
    f"lib/libants_otp.so.{VERSION}",
    f"lib/libants_otp.so.{ABI}",
    "lib/libants_otp.so",
    "lib/libants_otp.a",
    "lib/pkgconfig/ants_otp.pc",
    "lib/cmake/ants_otp/ants_otp-config.cmake",
    "lib/cmake/ants_otp/ants_otp-config-version.cmake",
    "share/doc/ants_otp/LICENSE-MIT",
    "share/doc/ants_otp/LICENSE-APACHE",
}


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir()}


def verifies(tree: Path, program: str | Path) -> None:
    """The program verifies somebody, with the library of the tree."""
    story: list[str | Path] = [
        EXAMPLES / "demo.py",
        "--program",
        tree / "bin/ants-otp",
        f"It={shlex.quote(str(program))}",
    ]
    told = run(sys.executable, *story, LD_LIBRARY_PATH=str(tree / "lib"))
    assert told.splitlines()[-1] == "It: verified"


def test_the_tree_holds_these_files_and_no_others(tree: Path) -> None:
    assert files(tree) == FILES


def test_the_shared_library_is_known_by_its_soname(tree: Path) -> None:
    dynamic = run("readelf", "--dynamic", tree / "lib/libants_otp.so", LC_ALL="C")
    assert re.findall(r"SONAME.*\[(.+)\]", dynamic) == [f"libants_otp.so.{ABI}"]
    assert (tree / "lib" / f"libants_otp.so.{ABI}").resolve().name == f"libants_otp.so.{VERSION}"
    assert "RUNPATH" not in dynamic
    assert "RPATH" not in dynamic


def test_only_the_headers_functions_are_exported(tree: Path) -> None:
    symbols = run("nm", "--dynamic", "--defined-only", "--format=just-symbols", tree / "lib/libants_otp.so").split()
    declared = re.findall(r"\b(ants_otp_\w+)\(", (tree / "include/ants_otp.h").read_text())
    assert set(symbols) <= set(declared)
    assert len(symbols) > 50


def test_nothing_in_the_tree_knows_where_it_was_built_for(tree: Path) -> None:
    for path in [*tree.rglob("*.pc"), *tree.rglob("*.cmake")]:
        assert str(tree.parent) not in path.read_text()


def test_the_program_tells_its_version(tree: Path) -> None:
    assert run(tree / "bin/ants-otp", "--version") == f"ants-otp {VERSION}\n"


def test_pkg_config_tells_the_version(tree: Path) -> None:
    assert pkg_config(tree, "--modversion") == [VERSION]


def test_c_over_pkg_config(tree: Path, tmp_path: Path) -> None:
    flags = pkg_config(tree, "--cflags", "--libs")
    verifies(tree, compiled(tmp_path / "login", ["cc", "-std=c99"], EXAMPLES / "login.c", *flags))


def test_cpp_over_pkg_config(tree: Path, tmp_path: Path) -> None:
    flags = pkg_config(tree, "--cflags", "--libs")
    verifies(tree, compiled(tmp_path / "login", ["c++", "-std=c++17"], EXAMPLES / "login.cpp", *flags))


def test_c_over_the_static_library(tree: Path, tmp_path: Path) -> None:
    flags = pkg_config(tree, "--cflags", "--libs", "--static")
    static = ["-l:libants_otp.a" if flag == "-lants_otp" else flag for flag in flags]
    login = compiled(tmp_path / "login", ["cc", "-std=c99"], EXAMPLES / "login.c", *static)
    assert "libants_otp" not in run("readelf", "--dynamic", login)
    verifies(tree, login)


def test_cmake_shared_static_and_cpp(tree: Path, tmp_path: Path) -> None:
    source = Path(__file__).parent / "cmake"
    cmake = Path(sys.executable).with_name("cmake")
    run(cmake, "-S", source, "-B", tmp_path, f"-DCMAKE_PREFIX_PATH={tree}", f"-DEXAMPLES={EXAMPLES}")
    run(cmake, "--build", tmp_path)
    for name in ("shared", "static", "cpp"):
        verifies(tree, tmp_path / name)


@pytest.mark.parametrize(
    ("asked", "found"), [("", True), ("0.1", True), ("0.0.9", True), ("0.99", False), ("1.0", False)]
)
def test_cmake_takes_a_compatible_version(tree: Path, tmp_path: Path, asked: str, found: bool) -> None:
    (tmp_path / "CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.16)\nproject(asks C)\n"
        f"find_package(ants_otp {asked} CONFIG)\nmessage(STATUS found=${{ants_otp_FOUND}})\n"
    )
    cmake = Path(sys.executable).with_name("cmake")
    told = run(cmake, "-S", tmp_path, "-B", tmp_path / "build", f"-DCMAKE_PREFIX_PATH={tree}")
    assert f"found={int(found)}" in told


def test_another_library_folder_and_a_staging_folder(tree: Path, tmp_path: Path) -> None:
    where = [f"DESTDIR={tmp_path}/stage", "PREFIX=/opt/ants", "LIBDIR=/opt/ants/lib/some-arch"]
    make("install", *where)
    staged = tmp_path / "stage/opt/ants"
    assert files(staged) == {re.sub("^lib/", "lib/some-arch/", name) for name in FILES}
    flags = pkg_config(staged, "--cflags", "--libs")
    compiled(tmp_path / "login", ["cc", "-std=c99"], EXAMPLES / "login.c", *flags)
    make("uninstall", *where)
    assert files(tmp_path / "stage") == set()
