"""What ``make install`` puts in place, used from another place than it was installed to."""

from __future__ import annotations

import ctypes
import importlib.metadata
import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .tools import ROOT, compiled, make, pkg_config, run

EXAMPLES = ROOT / "examples"
HEADER = ROOT / "include/ants_otp.h"
VERSION = re.search(r'^version = "(.+)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]  # type: ignore[index]
ABI = VERSION.split(".")[0]
FUNCTIONS = sorted(set(re.findall(r"^\w.*\b(ants_otp_\w+)\(", HEADER.read_text(), re.MULTILINE)))
CALLS = ["request", "resend", "verify", "balance"]
OTHERS = ["try", "explain", "doctor", "listen", "load", "capture", "sandbox", "completion", "man"]
COMMANDS = [
    "",
    *(f"-{name}" for name in [*CALLS, *OTHERS]),
    *(f"-capture-{name}" for name in CALLS),
]
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
    "share/doc/ants_otp/THIRD-PARTY-LICENCES",
    f"lib/.debug/libants_otp.so.{VERSION}.debug",
    "share/man/man3/ants_otp.3",
    *(f"share/man/man3/{function}.3" for function in FUNCTIONS),
    *(f"share/man/man1/ants-otp{command}.1" for command in COMMANDS),
    "share/bash-completion/completions/ants-otp",
    "share/fish/vendor_completions.d/ants-otp.fish",
    "share/zsh/site-functions/_ants-otp",
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


def test_the_headers_functions_are_exported_and_nothing_else(tree: Path) -> None:
    symbols = run("nm", "--dynamic", "--defined-only", "--format=just-symbols", tree / "lib/libants_otp.so").split()
    assert sorted(symbols) == FUNCTIONS
    assert len(symbols) > 80


def test_the_shared_library_stays_small(tree: Path) -> None:
    assert (tree / "lib/libants_otp.so").stat().st_size <= 2_700_000


def test_what_forces_panics_in_tests_is_not_released(tree: Path) -> None:
    for library in ("libants_otp.so", "libants_otp.a"):
        assert b"FORCE_PANIC" not in (tree / "lib" / library).read_bytes()


def test_the_debug_information_is_found_beside_the_library(tree: Path) -> None:
    library = tree / "lib/libants_otp.so"
    assert ".debug_info" not in run("readelf", "--sections", "--wide", library)
    debug = tree / f"lib/.debug/libants_otp.so.{VERSION}.debug"
    assert ".debug_line" in run("readelf", "--sections", "--wide", debug)
    assert debug.name.encode() in library.read_bytes()
    build_ids = [re.findall(r"Build ID: (\w+)", run("readelf", "--notes", file)) for file in (library, debug)]
    assert build_ids[0] == build_ids[1]
    assert len(build_ids[0]) == 1


def test_every_function_has_a_manual_page(tree: Path) -> None:
    pages = tree / "share/man/man3"
    for page in pages.iterdir():
        text = page.read_text()
        assert text.startswith(f'.TH {page.stem} 3 "" "ants_otp {VERSION}"'), page
        sections = re.findall("^[.]SH (.+)$", text, re.MULTILINE)
        if page.stem == "ants_otp":
            assert sections == ["NAME", "SYNOPSIS", "DESCRIPTION", "CODES", "FUNCTIONS"]
            assert all(f".BR {function} (3)" in text for function in FUNCTIONS)
        else:
            what = ["OWNERSHIP", "CODES", "THREADS", "SINCE"]
            assert sections == ["NAME", "SYNOPSIS", "DESCRIPTION", *what, "SEE ALSO"], page
    # troff reads them without a complaint, where it is there.
    if shutil.which("groff"):
        done = subprocess.run(
            ["groff", "-man", "-Tutf8", "-ww", *pages.iterdir()], capture_output=True, text=True, check=True
        )
        assert done.stderr == ""


def test_the_licences_of_all_crates_that_are_linked_in_are_there() -> None:
    spec = importlib.util.spec_from_file_location("licences", ROOT / "bindings/c/licences.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written = module.licences()
    assert "holds no licence file" not in written
    assert module.TARGET.read_text() == written, "dependencies have changed: make licences"


def test_cargo_c_is_told_the_same_names() -> None:
    told = json.loads(
        run("cargo", "metadata", "--manifest-path", ROOT / "Cargo.toml", "--no-deps", "--format-version=1")
    )
    metadata = next(package["metadata"]["capi"] for package in told["packages"] if package["name"] == "ants-otp-c")
    assert metadata["library"]["name"] == metadata["pkg_config"]["filename"] == "ants_otp"
    # As many parts of the version in the SONAME as build.rs takes.
    assert metadata["library"]["version_suffix_components"] == 1
    assert metadata["header"] == {"enabled": True, "generation": False, "subdirectory": False}
    sources = [ROOT / "bindings/c" / include["from"] for include in metadata["install"]["include"]["asset"]]
    assert [source.name for source in sources] == ["ants_otp.h", "ants_otp.hpp"]
    assert all(source.exists() for source in sources)


def test_nothing_in_the_tree_knows_where_it_was_built_for(tree: Path) -> None:
    for path in [*tree.rglob("*.pc"), *tree.rglob("*.cmake")]:
        assert str(tree.parent) not in path.read_text()


def test_the_program_tells_its_version(tree: Path) -> None:
    assert run(tree / "bin/ants-otp", "--version") == f"ants-otp {VERSION}\n"


def test_the_version_is_the_same_everywhere(tree: Path) -> None:
    library = tree / "lib/libants_otp.so"
    at_run_time = ctypes.CDLL(str(library)).ants_otp_version
    at_run_time.restype = ctypes.c_char_p
    header = (tree / "include/ants_otp.h").read_text()
    macros = dict(re.findall(r"^#define ANTS_OTP_VERSION(_\w+)? \"?([\d.]+)\"?$", header, re.MULTILINE))
    cmake = (tree / "lib/cmake/ants_otp/ants_otp-config-version.cmake").read_text()
    major, minor, patch = VERSION.split(".")
    assert macros == {
        "": VERSION,
        "_MAJOR": major,
        "_MINOR": minor,
        "_PATCH": patch,
        "_NUMBER": str(int(major) * 10000 + int(minor) * 100 + int(patch)),
    }
    assert at_run_time().decode() == VERSION
    assert pkg_config(tree, "--modversion") == [VERSION]
    assert f'set(PACKAGE_VERSION "{VERSION}")' in cmake
    assert library.resolve().name == f"libants_otp.so.{VERSION}"
    assert f"[libants_otp.so.{major}]" in run("readelf", "--dynamic", library)
    # The Python package in the environment of the tests.
    assert importlib.metadata.version("ants_otp") == VERSION
    told = run(sys.executable, "-c", "import ants_otp; print(ants_otp.__version__)")
    assert told == f"{VERSION}\n"


COMPILERS = {"gcc": ("gcc", "g++"), "clang": ("clang", "clang++")}


@pytest.mark.parametrize("compilers", COMPILERS)
@pytest.mark.parametrize("language", ["c", "cpp"])
@pytest.mark.parametrize("linkage", ["shared", "static"])
def test_a_program_over_pkg_config(tree: Path, tmp_path: Path, compilers: str, language: str, linkage: str) -> None:
    c, cpp = COMPILERS[compilers]
    compiler = [c, "-std=c99"] if language == "c" else [cpp, "-std=c++17"]
    flags = pkg_config(tree, "--cflags", "--libs", *(["--static"] if linkage == "static" else []))
    if linkage == "static":
        flags = ["-l:libants_otp.a" if flag == "-lants_otp" else flag for flag in flags]
    login = compiled(tmp_path / "login", compiler, EXAMPLES / f"login.{language}", *flags)
    assert ("libants_otp" in run("readelf", "--dynamic", login)) == (linkage == "shared")
    verifies(tree, login)


@pytest.mark.parametrize("compilers", COMPILERS)
def test_programs_over_cmake(tree: Path, tmp_path: Path, compilers: str) -> None:
    source = Path(__file__).parent / "cmake"
    cmake = Path(sys.executable).with_name("cmake")
    c, cpp = COMPILERS[compilers]
    places = [f"-DCMAKE_PREFIX_PATH={tree}", f"-DEXAMPLES={EXAMPLES}"]
    run(cmake, "-S", source, "-B", tmp_path, *places, CC=c, CXX=cpp)
    run(cmake, "--build", tmp_path)
    for name in ("shared", "static", "cpp", "cpp-static"):
        verifies(tree, tmp_path / name)


# Another library that is written in Rust, and a program in C that links both.
OTHER = """#[unsafe(no_mangle)] pub extern "C" fn other_sum(n: i32) -> i32 {
    let panicked = std::panic::catch_unwind(|| if n < 0 { panic!("forced by a test") });
    std::thread::spawn(move || (0..n).collect::<Vec<_>>().iter().sum()).join().unwrap_or(panicked.is_err() as i32)
}
"""
BOTH = """#include <ants_otp.h>
#include <string.h>
int other_sum(int n);
int main(void) {
    return other_sum(5) == 10 && strcmp(ants_otp_version(), ANTS_OTP_VERSION) == 0
        && ants_otp_balance(NULL, NULL, NULL, NULL) == ANTS_OTP_ERR_INVALID_ARGUMENT ? 0 : 1;
}
"""


# Two static ones do not go together: each holds the Rust standard library (docs/abi.md).
@pytest.mark.parametrize(("ours", "other"), [("shared", "cdylib"), ("shared", "staticlib"), ("static", "cdylib")])
def test_a_program_with_two_libraries_in_rust(tree: Path, tmp_path: Path, ours: str, other: str) -> None:
    (tmp_path / "other.rs").write_text(OTHER)
    (tmp_path / "both.c").write_text(BOTH)
    run("rustc", "--edition=2024", "--crate-type", other, "--out-dir", tmp_path, tmp_path / "other.rs")
    library = tmp_path / ("libother.so" if other == "cdylib" else "libother.a")
    flags = pkg_config(tree, "--cflags", "--libs", "--static")
    if ours == "static":
        flags = ["-l:libants_otp.a" if flag == "-lants_otp" else flag for flag in flags]
    paths = [f"-Wl,-rpath,{tree}/lib:{tmp_path}", "-Wl,--gc-sections"]
    run(compiled(tmp_path / "both", ["cc", "-std=c99"], tmp_path / "both.c", library, *flags, *paths))


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
