"""Starts the application, and beside it a sandbox unless the environment names an account.

``python -m login_web [--host ADDRESS] [--port N] [--database FILE] [--json]``
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket

import uvicorn

from ants_otp.testing import Sandbox

from .app import create_app


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m login_web", description="A login by mobile number.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="the port, 0 for a free one (default: %(default)s)")
    parser.add_argument("--database", default=":memory:", help="an SQLite file (default: in memory)")
    parser.add_argument("--json", action="store_true", help="print the addresses as one line of JSON")
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        inbox = None
        if not (os.environ.get("ANTS_OTP_USERNAME") or os.environ.get("ANTS_OTP_TOKEN")):
            sandbox = stack.enter_context(Sandbox())
            os.environ.update(sandbox.environment)
            inbox = sandbox.url
        listener = stack.enter_context(socket.create_server((arguments.host, arguments.port)))
        url = f"http://{arguments.host}:{listener.getsockname()[1]}/"
        if arguments.json:
            print(json.dumps({"url": url, "inbox": inbox}), flush=True)
        else:
            print(f"Login: {url}", flush=True)
            print(f"SMS inbox: {inbox}" if inbox else "SMS go out for real.", flush=True)
        config = uvicorn.Config(create_app(arguments.database), log_level="warning", server_header=False)
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
