"""``make abi-check`` sees each kind of change that breaks a program which was linked before, each made in a copy."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[4]
ABI = ROOT / "bindings/c/abi"
HEADER = (ROOT / "include/ants_otp.h").read_text("utf-8")


def check(tmp_path: Path, header: str, *arguments: str | Path) -> tuple[int, str]:
    """What the check says of this header: its exit status and all it printed."""
    copy = tmp_path / "ants_otp.h"
    copy.write_text(header, "utf-8")
    command = [sys.executable, ABI / "check.py", "--header", copy, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def changed(before: str, after: str) -> str:
    assert HEADER.count(before) == 1, before
    return HEADER.replace(before, after)


def test_the_header_is_the_one_on_record(tmp_path: Path) -> None:
    assert check(tmp_path, HEADER) == (
        0,
        "Must the SONAME change? no, because nothing differs from the record.\n",
    )


@pytest.mark.parametrize(
    ("what", "before", "after", "word"),
    [
        (
            "removed function",
            "void ants_otp_cancel_fire(const ants_otp_cancel *cancel);",
            "",
            "ants_otp_cancel_fire() is gone",
        ),
        (
            "renamed function",
            "const char *ants_otp_version(void);",
            "const char *ants_otp_release(void);",
            "ants_otp_version() is gone",
        ),
        (
            "parameter of another type",
            "set_timeout_ms(ants_otp_call *call, int64_t",
            "set_timeout_ms(ants_otp_call *call, int",
            "ants_otp_call_set_timeout_ms",
        ),
        (
            "one parameter more",
            "const char *ants_otp_code_name(int code);",
            "const char *ants_otp_code_name(int code, int how);",
            "ants_otp_code_name",
        ),
        (
            "one parameter less",
            "const char *ants_otp_code_text(int code, const char *language);",
            "const char *ants_otp_code_text(int code);",
            "ants_otp_code_text",
        ),
        (
            "another return type",
            "int64_t ants_otp_error_retry_after_ms(",
            "int ants_otp_error_retry_after_ms(",
            "ants_otp_error_retry_after_ms",
        ),
        (
            "changed number",
            "ANTS_OTP_ERR_TIMEOUT = -20,",
            "ANTS_OTP_ERR_TIMEOUT = -23,",
            "ANTS_OTP_ERR_TIMEOUT was -20 and is -23",
        ),
        ("removed number", "    ANTS_OTP_RATE_LIMITED = 429,\n", "", "ANTS_OTP_RATE_LIMITED (429) is gone"),
        (
            "changed delivery",
            "ANTS_OTP_DELIVERY_NOT_SENT = 1,",
            "ANTS_OTP_DELIVERY_NOT_SENT = 3,",
            "ANTS_OTP_DELIVERY_NOT_SENT was 1 and is 3",
        ),
        (
            "field added to the struct",
            "    uint8_t reserved[13];",
            "    uint8_t reserved[13];\n    int more;",
            "size changed",
        ),
        (
            "fields of the struct in another order",
            "bool is_error_count;\n    /** The code's time is over. */\n    bool is_expr_code;",
            "bool is_expr_code;\n    /** The code's time is over. */\n    bool is_error_count;",
            "is_error_count",
        ),
        (
            "callback with another signature",
            "typedef void (*ants_otp_sent_done)(int code,",
            "typedef void (*ants_otp_sent_done)(int64_t code,",
            "ants_otp_sent_done",
        ),
    ],
)
def test_a_break_is_seen(tmp_path: Path, what: str, before: str, after: str, word: str) -> None:
    status, said = check(tmp_path, changed(before, after))
    assert status == 2, f"{what}: {said}"
    assert word in said, f"{what}: {said}"
    assert said.splitlines()[-1].startswith("Must the SONAME change? yes, because ")


def test_an_addition_breaks_nothing_and_is_to_be_recorded(tmp_path: Path) -> None:
    function = "/**\n * New.\n *\n * Since: 0.2.0\n */\nint ants_otp_new_thing(int code);\n\n"
    new = changed("/*\n * Codes: what", function + "/*\n * Codes: what")
    new = new.replace(
        "    ANTS_OTP_ERR_INTERNAL = -99,", "    ANTS_OTP_ERR_INTERNAL = -99,\n    ANTS_OTP_ERR_NEW = -98,"
    )
    status, said = check(tmp_path, new)
    assert status == 1
    assert "NEW: ants_otp_new_thing() is new since 0.2.0" in said
    assert "NEW: ANTS_OTP_ERR_NEW (-98) is new" in said
    assert said.splitlines()[-1] == "Must the SONAME change? no, because only additions were made (2)."

    baseline = tmp_path / "abi"
    shutil.copytree(ABI, baseline)
    assert check(tmp_path, new, "--baseline", baseline, "--record")[0] == 0
    assert "ants_otp_new_thing 0.2.0\n" in (baseline / "symbols").read_text()
    # From then on it may not go again.
    assert check(tmp_path, HEADER, "--baseline", baseline)[0] == 2


def test_since_is_not_rewritten(tmp_path: Path) -> None:
    status, said = check(tmp_path, HEADER.replace("Since: 0.1.0", "Since: 0.2.0", 1))
    assert status == 1
    assert "FAULT: ants_otp_version() is there since 0.1.0, the header says 0.2.0" in said


@pytest.fixture(scope="session")
def other_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library that is not the header's."""
    folder = tmp_path_factory.mktemp("other")
    (folder / "other.c").write_text(
        "const char *ants_otp_version(int a) { return a ? 0 : 0; } int stray(void) { return 1; }"
    )
    command: list[str | Path] = [
        "cc",
        "-g",
        "-fPIC",
        "-shared",
        "-Wl,-soname,libants_otp.so.7",
        folder / "other.c",
        "-o",
        folder / "other.so",
    ]
    subprocess.run(command, check=True)
    return folder / "other.so"


def test_a_library_that_is_not_the_headers_is_seen(tmp_path: Path, other_library: Path) -> None:
    status, said = check(tmp_path, HEADER, "--library", other_library)
    assert status == 1
    assert "FAULT: stray() is exported, but not in the header" in said
    assert "FAULT: ants_otp_verify() is in the header, but not exported" in said
    assert "FAULT: the library's SONAME is not libants_otp.so.0" in said
    assert "FAULT: ants_otp_version() takes 1 parameters, the header says 0" in said
