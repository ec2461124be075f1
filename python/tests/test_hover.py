"""An editor shows each option with its text: asked of pyright's language server, as VS Code does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = """from ants_otp import AsyncClient, Client
client = Client("user", "password", proxy="")
client.request("0812345678", notify_url="")
client.verify("OTP-1", "12345", timeout=1)
AsyncClient(async_threads=1).resend(None, otc_id="")
"""
# Line, word, and what is shown there.
SHOWN = [
    (1, "Client(", ["username: str | None", "ANTS_OTP_USERNAME"]),
    (1, "proxy", ["proxy: str | None", "socks5h://"]),
    (2, "request", ["mobile: str", "RequestOptions", "Ask the service to send an OTP"]),
    (2, "notify_url", ["notify_url: str | None", "posts its delivery report"]),
    (3, "timeout", ["timeout: float | None", "0.001 to 600"]),
    (4, "async_threads", ["async_threads: int | None", "1 to 1024"]),
    (4, "otc_id", ["otc_id: str | None", "OTP configuration"]),
]


class Server:
    """A language server over its standard streams."""

    def __init__(self, command: Path) -> None:
        self.process = subprocess.Popen([command, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.number = 0

    def send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def ask(self, method: str, parameters: dict[str, Any]) -> Any:
        self.number += 1
        self.send({"id": self.number, "method": method, "params": parameters})
        while True:
            message = self.receive()
            if "method" in message and "id" in message:
                # It asks for its settings: none.
                result: Any = [{}] if message["method"] == "workspace/configuration" else None
                self.send({"id": message["id"], "result": result})
            elif message.get("id") == self.number:
                return message["result"]

    def receive(self) -> Any:
        assert self.process.stdout
        length = 0
        while line := self.process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        assert length, "the server has ended"
        return json.loads(self.process.stdout.read(length))

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, str]]:
    command = Path(sys.executable).with_name("pyright-langserver")
    if not command.exists():
        pytest.skip("pyright is not installed")
    folder = tmp_path_factory.mktemp("editor")
    venv = Path(sys.prefix)
    (folder / "pyrightconfig.json").write_text(json.dumps({"venvPath": str(venv.parent), "venv": venv.name}))
    (folder / "program.py").write_text(TEXT)
    server, uri = Server(command), (folder / "program.py").as_uri()
    root = folder.as_uri()
    server.ask(
        "initialize",
        {"processId": None, "rootUri": root, "capabilities": {}, "workspaceFolders": [{"uri": root, "name": ""}]},
    )
    server.send({"method": "initialized", "params": {}})
    document = {"uri": uri, "languageId": "python", "version": 1, "text": TEXT}
    server.send({"method": "textDocument/didOpen", "params": {"textDocument": document}})
    yield server, uri
    server.close()


@pytest.mark.parametrize(("line", "word", "shown"), SHOWN, ids=[word for _, word, _ in SHOWN])
def test_hover_shows_an_option_with_its_text(
    server: tuple[Server, str], line: int, word: str, shown: list[str]
) -> None:
    position = {"line": line, "character": TEXT.splitlines()[line].index(word) + 1}
    found = server[0].ask("textDocument/hover", {"textDocument": {"uri": server[1]}, "position": position})
    for part in shown:
        assert part in found["contents"]["value"]
