"""``python -m ants_otp``: the program ``ants-otp``, found as `ants_otp.testing.Sandbox` finds it."""

import os
import sys

from ants_otp._program import ProgramNotFoundError, find

if __name__ == "__main__":
    try:
        program = find()
    except ProgramNotFoundError as error:
        sys.exit(str(error))
    os.execv(program, [program, *sys.argv[1:]])  # noqa: S606 - that is what this is for
