"""Nothing of a secret is left in the process's memory behind the calls and the client that it was given to."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest


class Repeating(BaseHTTPRequestHandler):
    """Repeats what it was sent: in an answer that verifies, or in the words of a refusal."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        words = f"{sent} with {self.headers['Authorization']}"
        answer: dict[str, object] = {"error": {"message": words, "description": words}}
        if self.path.startswith("/usual/"):
            asked = json.loads(sent)
            answer = {"otpId": asked.get("otpId", "1"), "otcId": "1", "result": True, "type": "prepaid", "credit": 1}
            answer["echo"] = words
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


@pytest.mark.parametrize("length", [6, 24])
def test_nothing_is_left_behind_calls(length: int) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Repeating) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        command = [sys.executable, str(Path(__file__).with_name("memory.py")), f"http://127.0.0.1:{server.server_port}"]
        done = subprocess.run([*command, str(length)], capture_output=True, text=True, check=False)
        server.shutdown()
    assert "looked at all" in done.stdout, done.stderr
    assert "left" not in done.stdout, done.stdout
