"""What a program gives the library of the tree, and gets back: stack, and a memory without its secrets."""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from .tools import ROOT, compiled, pkg_config, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAMS = ROOT / "bindings/c/tests/c"
HEADER = ROOT / "include/ants_otp.h"


def carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


class Service(BaseHTTPRequestHandler):
    """Takes every call, and repeats what it was sent; what is called ``words`` is refused with it."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        words = f"{sent} with {self.headers['Authorization']}"
        answer = {"otpId": json.loads(sent).get("otpId", "0c342e74-a9c7-4bbd-8da4-b36a49bbc0d6"), "echo": words}
        if self.path.startswith("/words/"):
            answer = {"error": {"message": words, "description": words}}
        elif "verify" in self.path:
            answer |= {"result": True, "isErrorCount": False, "isExprCode": False}
        elif "balance" in self.path:
            answer |= {"type": "prepaid", "credit": 7}
        else:
            answer |= {"otcId": json.loads(sent).get("otcId", "1"), "success": {"message": "success"}}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_CONNECT(self) -> None:
        host, port = self.path.split(":")
        with socket.create_connection((host, int(port))) as service:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=carry, args=(service, self.connection), daemon=True)
            back.start()
            carry(self.connection, service)
            back.join()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


@contextmanager
def served(secure: ssl.SSLContext | None = None) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        if secure is not None:
            server.socket = secure.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"{'http' if secure is None else 'https'}://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def certified(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    """A server's TLS, and the file of the authority that signed for it."""
    folder = tmp_path_factory.mktemp("certificates")
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    authority, key, leaf = folder / "ca.pem", folder / "ca.key", folder / "leaf.pem"
    run(*new, "-subj", "/CN=authority of the tests", "-keyout", key, "-out", authority)
    run(*new, "-subj", "/CN=localhost", "-keyout", folder / "leaf.key", "-out", leaf, "-CA", authority, "-CAkey", key,
        "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE")  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf, folder / "leaf.key")
    return context, authority


def program(tree: Path, folder: Path, name: str) -> Path:
    flags = pkg_config(tree, "--cflags", "--libs")
    return compiled(folder / name, ["cc", "-std=gnu99", "-O2"], PROGRAMS / f"{name}.c", *flags, "-pthread")


def test_a_call_needs_no_more_stack_than_the_header_says(
    tree: Path, tmp_path: Path, certified: tuple[ssl.SSLContext, Path]
) -> None:
    header = re.sub(r"\s*\n \*\s*", " ", HEADER.read_text())
    said = re.search(r"at most (\d+) KiB of its thread's stack, over TLS (\d+) KiB", header)
    assert said is not None
    plainly, securely = (int(number) * 1024 for number in said.groups())
    context, authority = certified
    stack, library = program(tree, tmp_path, "stack"), str(tree / "lib")
    with served() as plain, served(context) as secure, served(context) as proxy:
        cases: list[tuple[int, list[str | Path]]] = [
            (plainly, [plain]),
            (securely, [secure, authority]),
            (securely, [secure, authority, proxy]),
        ]
        for limit, arguments in cases:
            told = run(stack, *arguments, LD_LIBRARY_PATH=library)
            used = {what: int(number) for what, number in (line.split() for line in told.splitlines())}
            assert limit / 2 < used["first"] <= limit, used
            assert max(used.values()) <= limit, used


@pytest.mark.parametrize("secure", [False, True])
@pytest.mark.parametrize("length", ["short", "long"])
def test_nothing_of_a_secret_is_left_in_memory(
    tree: Path, tmp_path: Path, certified: tuple[ssl.SSLContext, Path], *, length: str, secure: bool
) -> None:
    context, authority = certified
    memory = program(tree, tmp_path, "memory")
    with served(context if secure else None) as url:
        trusted = str(authority) if secure else "-"
        run(memory, length, trusted, url, "usual", "words", LD_LIBRARY_PATH=str(tree / "lib"))
