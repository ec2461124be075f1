"""Finds the program ``ants-otp``, which the distribution ``ants-otp-cli`` brings."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

from ants_otp._native import VERSION, is_privileged


class ProgramNotFoundError(RuntimeError):
    """The program ``ants-otp`` is not there, or is of another version. The text holds the command that installs it."""


def find(program: str | os.PathLike[str] | None = None) -> str:
    """The program's path: as given, else ``ANTS_OTP_PROGRAM``, else beside this Python, else from the PATH.

    Where this Python runs setuid or with file capabilities, both variables are its caller's to choose, and not used.

    Raises:
        ProgramNotFoundError: There is none, or the first that was found is of another version.
    """
    beside = Path(sysconfig.get_path("scripts")) / "ants-otp"
    found = (
        (os.fspath(program) if program is not None else None)
        or (None if is_privileged() else os.environ.get("ANTS_OTP_PROGRAM"))
        or (str(beside) if beside.is_file() else None)
        or (None if is_privileged() else shutil.which("ants-otp"))
    )
    install = f"python -m pip install 'ants-otp[testing]=={VERSION}'"
    if found is None:
        raise ProgramNotFoundError(f"The program ants-otp is not installed: {install}")
    try:
        asked = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=30, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        raise ProgramNotFoundError(f"The program {found} does not run: {install}") from error
    shown = asked.stdout
    if shown.split() != ["ants-otp", VERSION]:
        raise ProgramNotFoundError(f"The program {found} is {shown.strip()!r}, not ants-otp {VERSION}: {install}")
    return found
