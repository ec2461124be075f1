"""Builds what is measured into the folder `bench` beside cargo's own, and starts the server."""

from __future__ import annotations

import http.client
import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from measure import SERVER_CPU, Client, Runner, pinning

BENCHES = Path(__file__).resolve().parent
ROOT = BENCHES.parent
# As make has them.
CC, CARGO, STRIP = (
    os.environ.get(tool, other) for tool, other in (("CC", "cc"), ("CARGO", "cargo"), ("STRIP", "strip"))
)
DELAYS_MS = ("0", "1", "5", "20", "100", "200")

CLIENTS_IN_C = {"floor": [], "curl": ["-lcurl", "-lcjson"], "ours": ["-lants_otp"]}


def command(*words: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run([str(word) for word in words], check=False, capture_output=True, text=True, cwd=cwd)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(str(word) for word in words)}\n{done.stdout}{done.stderr}")
    return done.stdout


def build(built: Path) -> Path:
    """The folder with the clients, the server and the certificates."""
    folder = built / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    library = built / "release" / "libants_otp.so"
    # As `make install` does it, and the name that the loader looks for.
    command(STRIP, "--strip-unneeded", library, "-o", folder / "libants_otp.so")
    unstripped = folder / "with-symbols"
    unstripped.mkdir(exist_ok=True)
    soname = re.search(r"SONAME.*\[(.*)\]", command("readelf", "-d", library))
    name = soname.group(1) if soname else library.name
    shutil.copy2(folder / "libants_otp.so", folder / name)
    shutil.copy2(library, unstripped / name)
    flags = ["-O2", "-Wall", "-Wextra", "-Werror"]
    command(CC, *flags, BENCHES / "server.c", "-o", folder / "server", "-lssl", "-lcrypto")
    for client, libraries in CLIENTS_IN_C.items():
        sources = [BENCHES / "clients" / "harness.c", BENCHES / "clients" / f"{client}.c"]
        where = [f"-I{ROOT / 'include'}", f"-L{folder}"]
        command(CC, *flags, "-pthread", *where, *sources, "-o", folder / client, *libraries)
    peers = [CARGO, "build", "-q", "--release", "--locked"]
    if subprocess.run(peers, cwd=BENCHES / "peers", check=False).returncode != 0:
        raise SystemExit("benches/peers cannot be built")
    certificates(folder)
    return folder


def certificates(folder: Path) -> None:
    """An authority and a server's certificate, both with keys on P-256."""
    if (folder / "server.pem").exists():
        return
    key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
    (folder / "extensions").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    for arguments in (
        f"req -x509 {key} -keyout ca.key -out ca.pem -days 3650 -subj /CN=benchmark-authority",
        f"req {key} -keyout server.key -out server.csr -subj /CN=localhost",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile extensions -days 3650 "
        "-out server.pem",
    ):
        command("openssl", *arguments.split(), cwd=folder)


class Server:
    """The server's process and ports."""

    def __init__(self, folder: Path) -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 8192)), hard))
        with pinning(SERVER_CPU):
            self.process = subprocess.Popen(
                [folder / "server", folder / "server.pem", folder / "server.key", *DELAYS_MS],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("benches/server.c cannot serve")
        self.ports: dict[str, dict[str, int]] = json.loads(line)

    def connections(self) -> int:
        """How many have been accepted since this was last asked."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports["0"]["plain"])
        connection.request("GET", "/")
        return int(connection.getresponse().read())

    def stop(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()


def clients(folder: Path, built: Path) -> dict[str, Client]:
    """Those in C and Rust, the floors first."""
    peers = built / "release"
    found = [
        Client("raw socket, C", (str(folder / "floor"),), only="plain"),
        Client("raw socket with rustls", (str(peers / "rustls_floor"),)),
        Client("ureq-proto by hand", (str(peers / "ureq_proto_lean"),), only="plain"),
        Client("ants-otp", (str(folder / "ours"),)),
        Client("ureq, one deadline", (str(peers / "stock_ureq"),), calls=4000),
        Client("ureq, each read", (str(peers / "stock_ureq"), "--each"), calls=8000),
        Client("libcurl + cJSON", (str(folder / "curl"),), calls=8000),
    ]
    return {client.name: client for client in found}


def python_clients() -> dict[str, Client]:
    """Those in Python, ours first; the slow ones with fewer calls."""
    script = (sys.executable, str(BENCHES / "clients" / "client.py"))
    found = [
        Client("ants-otp", (*script, "ants-otp"), 50, 250, 8000),
        Client("pycurl", (*script, "pycurl"), 50, 250, 4000),
        Client("http.client", (*script, "http.client"), 20, 70, 1500),
        Client("aiohttp", (*script, "aiohttp"), 20, 70, 1500),
        Client("urllib3", (*script, "urllib3"), 10, 30, 800),
        Client("httpx", (*script, "httpx"), 10, 30, 800),
        Client("requests", (*script, "requests"), 10, 30, 500),
    ]
    return {client.name: client for client in found}


def runner(server: Server, folder: Path) -> Runner:
    ca = folder / "ca.pem"
    environment = {"LD_LIBRARY_PATH": str(folder), "NO_PROXY": "*", "no_proxy": "*"}
    # Where requests finds them, they outweigh what it is told.
    environment |= {"REQUESTS_CA_BUNDLE": str(ca), "CURL_CA_BUNDLE": str(ca)}
    return Runner(server.ports, ca, environment)


def crate(name: str, lock: Path) -> str:
    found = re.search(rf'name = "{name}"\nversion = "(.*)"', lock.read_text())
    return found.group(1) if found else "?"


def versions() -> dict[str, str]:
    """Whatever a number depends on."""
    core, peers = ROOT / "Cargo.lock", BENCHES / "peers" / "Cargo.lock"
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    found = {
        "architecture": platform.machine(),
        "processor": f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} CPUs",
        "kernel": platform.release(),
        "glibc": platform.libc_ver()[1],
        "C compiler": command(CC, "--version").splitlines()[0],
        "rustc": command("rustc", "--version").split()[1],
        "valgrind": command("valgrind", "--version").strip().removeprefix("valgrind-"),
        "libcurl": header_version("curl/curlver.h", "LIBCURL_VERSION"),
        "cJSON": ".".join(header_version("cjson/cJSON.h", f"CJSON_VERSION_{p}") for p in ("MAJOR", "MINOR", "PATCH")),
        "OpenSSL": command("openssl", "version").split()[1],
        "Python": platform.python_version(),
    }
    found |= {f"{name} (Rust)": crate(name, core) for name in ("ureq-proto", "rustls", "ring", "serde_json")}
    found["ureq, by itself"] = crate("ureq", peers)
    for package in ("ants-otp", "pycurl", "urllib3", "requests", "httpx", "aiohttp"):
        found[f"{package} (Python)"] = metadata.version(package)
    return found


def header_version(header: str, macro: str) -> str:
    text = command(CC, "-E", "-dM", "-include", header, "-x", "c", "/dev/null")
    found = re.search(rf'#define {macro} "?([^"\n]+)"?', text)
    return found.group(1) if found else "?"
