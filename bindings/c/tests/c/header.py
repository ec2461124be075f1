"""Reads ants_otp.h with pycparser, and calls the library through cffi by what it read.

Arguments: the header, the library, the names of all functions.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import cffi  # type: ignore[import-untyped]
from pycparser import c_ast, c_parser  # type: ignore[import-untyped]

header, library, *names = sys.argv[1:]
# The preprocessor's view, with the system's headers left out: what they say is C that these readers need not know.
stubs = {"bool": "_Bool", "size_t": "unsigned long", "int64_t": "long", "uint8_t": "unsigned char"}
text = Path(header).read_text("utf-8")
text = "\n".join(line for line in text.splitlines() if not line.startswith("#include <"))
flags = ["-E", "-P", "-std=c99", "-D__attribute__(x)=", *(f"-D{name}={kind}" for name, kind in stubs.items())]
text = subprocess.run(["cc", *flags, "-x", "c", "-"], input=text, capture_output=True, text=True, check=True).stdout

tree = c_parser.CParser().parse(text)
functions = [item.name for item in tree.ext if isinstance(item, c_ast.Decl) and isinstance(item.type, c_ast.FuncDecl)]
assert functions == names, set(functions) ^ set(names)

ffi = cffi.FFI()
ffi.cdef(text)
# The functions are known at run time alone.
otp: Any = ffi.dlopen(library)
assert ffi.sizeof("ants_otp_verification") == 16
assert ffi.string(otp.ants_otp_code_name(otp.ANTS_OTP_CODE_EXPIRED)) == b"ANTS_OTP_CODE_EXPIRED"

options = otp.ants_otp_options_new()
otp.ants_otp_options_set_token(options, b"token")
otp.ants_otp_options_set_otc_id(options, b"otc")
client, sent, error = ffi.new("ants_otp_client **"), ffi.new("ants_otp_sent **"), ffi.new("ants_otp_error **")
assert otp.ants_otp_client_new(options, client, error) == otp.ANTS_OTP_OK
code = otp.ants_otp_request(client[0], b"no number", ffi.NULL, sent, error)
assert code == otp.ants_otp_error_code(error[0]) == otp.ANTS_OTP_ERR_INVALID_MOBILE
assert ffi.string(otp.ants_otp_error_message(error[0]))
otp.ants_otp_error_free(error[0])

told: list[tuple[int, bool]] = []


@ffi.callback("ants_otp_sent_done")  # type: ignore[untyped-decorator]
def done(code: int, sent: object, error: object, _user_data: object) -> None:
    told.append((code, sent == ffi.NULL))
    otp.ants_otp_error_free(error)


assert otp.ants_otp_request_async(client[0], b"no number", ffi.NULL, done, ffi.NULL, error) == otp.ANTS_OTP_OK
otp.ants_otp_client_free(client[0])
otp.ants_otp_options_free(options)
assert told == [(otp.ANTS_OTP_ERR_INVALID_MOBILE, True)] or told == [(otp.ANTS_OTP_ERR_INTERRUPTED, True)]
