"""A scripted service in this process. The other to test against is the kit's: its fixture `otp_sandbox`."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import ants_otp
from ants_otp import AsyncClient, Client, _native

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCE = Path(__file__).resolve().parents[1]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--ends", type=int, default=8, help="how often the interpreter ends in each shape (8)")


def pytest_configure() -> None:
    """Refuse to test anything but the installed wheel, and forget the variables of whoever runs the tests."""
    if Path(ants_otp.__file__).resolve().is_relative_to(SOURCE):
        raise pytest.UsageError("ants_otp is the source folder: install the wheel, and run pytest outside that folder")
    # make names the folder of the wheels that are released: what is installed must be one of them.
    wheels = os.environ.get("ANTS_OTP_WHEELS")
    if wheels and not any(map(is_installed, Path(wheels).glob("ants_otp-*.whl"))):
        raise pytest.UsageError(f"the installed ants_otp is none of the wheels in {wheels}")
    for name in [name for name in os.environ if name.startswith("ANTS_OTP_") and name != "ANTS_OTP_PROGRAM"]:
        del os.environ[name]


def is_installed(wheel: Path) -> bool:
    """Whether the installed native module is the wheel's, byte by byte."""
    module = Path(str(_native.__file__))
    with zipfile.ZipFile(wheel) as archive:
        name = f"ants_otp/{module.name}"
        return name in archive.namelist() and archive.read(name) == module.read_bytes()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is part of some tests; anything else is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Service:
    """A service that gives the answer it was told to, or what a function makes of the body, and keeps the requests."""

    def __init__(self) -> None:
        self.status = 200
        self.answer: Any = {}
        self.headers: dict[str, str] = {}
        self.requests: list[tuple[str, dict[str, Any], str | None]] = []
        self.silent = False
        self.delay = 0.0
        self.connections = 0
        self.let_go = threading.Event()
        self.together: threading.Barrier | None = None
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                service.connections += 1

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                service.requests.append((self.path, body, self.headers["Authorization"]))
                if service.silent:
                    service.let_go.wait(30)
                    self.close_connection = True
                    return
                if service.together:
                    service.together.wait(10)
                time.sleep(service.delay)
                answer = service.answer(body) if callable(service.answer) else service.answer
                if not isinstance(answer, bytes):
                    answer = json.dumps(answer).encode()
                self.send_response(service.status)
                self.send_header("Content-Length", str(len(answer)))
                for name, value in service.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def client(self, **options: Any) -> Client:
        options.setdefault("otc_id", "OTC-1")
        return Client("user", "hunter2", base_url=self.url, **options)

    def async_client(self, **options: Any) -> AsyncClient:
        options.setdefault("otc_id", "OTC-1")
        return AsyncClient("user", "hunter2", base_url=self.url, **options)

    def close(self) -> None:
        self.let_go.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def service() -> Iterator[Service]:
    service = Service()
    yield service
    service.close()


@pytest.fixture
def client(service: Service) -> Iterator[Client]:
    with service.client() as client:
        yield client
