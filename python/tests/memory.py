"""Make calls with secrets that are wiped here, and print where in the process's memory one of them is left.

``test_memory.py`` runs it in a process of its own, with the URL of a service that repeats what it was sent.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import secrets
import string
import sys
from pathlib import Path

import ants_otp

MASK = 0xA5
MASKED = bytes(byte ^ MASK for byte in range(256))
PART = 8
OTP_ID = "0c342e74-a9c7-4bbd-8da4-b36a49bbc0d6"


class Secret:
    """A text that stands in memory, in clear, from ``show`` to ``wipe``, and in one place."""

    def __init__(self, name: str, length: int) -> None:
        self.name = name
        letters = string.ascii_lowercase + string.digits
        self.masked = bytes(ord(letters[secrets.randbelow(36)]) ^ MASK for _ in range(length))
        # No other text is the same object.
        self.text = "x" * length
        self._address = id(self.text) + sys.getsizeof(self.text) - length - 1

    def show(self) -> str:
        for at, byte in enumerate(self.masked):
            ctypes.memset(self._address + at, byte ^ MASK, 1)
        return self.text

    def wipe(self) -> None:
        ctypes.memset(self._address, ord("x"), len(self.masked))

    def parts(self) -> set[bytes]:
        length = PART if len(self.masked) >= 2 * PART else len(self.masked)
        return {self.masked[at : at + length] for at in range(len(self.masked) - length + 1)}


def find(looked_for: list[Secret]) -> list[str]:
    found, piece = [], bytearray(1 << 16)
    with Path("/proc/self/mem").open("rb", buffering=0) as memory:
        for line in Path("/proc/self/maps").read_text().splitlines():
            span, mode, *rest = line.split()
            if not mode.startswith("rw") or rest[-1].startswith("[v"):
                continue
            at, end = (int(address, 16) for address in span.split("-"))
            while at < end:
                memory.seek(at)
                try:
                    length = memory.readinto(memoryview(piece)[: min(len(piece), end - at)]) or 0
                except OSError:
                    break
                masked = piece[:length].translate(MASKED) if length else b""
                piece[:] = bytes(len(piece))
                found += [
                    f"{secret.name} in {rest[-1]}" for secret in looked_for for part in secret.parts() if part in masked
                ]
                # A secret may lie across the end of a piece.
                at += length - 128 if at + length < end else max(length, 1)
    return sorted(set(found))


def call_all(client: ants_otp.Client, code: Secret) -> None:
    for data in [None, "x" * 3000]:
        for call in (
            lambda data=data: client.verify(OTP_ID, code.text, callback_data=data),
            lambda: client.request("0812345678"),
            lambda: client.balance(),
        ):
            try:
                call()
            except ants_otp.OtpError as error:
                print(error, error.raw and error.raw.body, file=sys.stderr)


async def call_asynchronously(url: str, password: Secret, code: Secret) -> None:
    async with ants_otp.AsyncClient("someone", password.text, base_url=url, otc_id="1") as client:
        try:
            await client.verify(OTP_ID, code.text)
        except ants_otp.OtpError as error:
            print(error, file=sys.stderr)


def main(url: str, length: int) -> None:
    code, password = Secret("the code", length), Secret("the password", length + 2)
    logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
    # What is imported, and made, at the first use is there.
    code.show()
    assert find([code]), "the search finds"
    code.wipe()
    before = find([code, password])
    assert not before, before
    for case in ["usual", "words"]:
        password.show()
        client = ants_otp.Client("someone", password.text, base_url=f"{url}/{case}", otc_id="1")
        password.wipe()
        code.show()
        call_all(client, code)
        code.wipe()
        print(*[f"left behind calls, {case}: {place}" for place in find([code])], sep="\n")
        client.close()
        del client
        password.show()
        code.show()
        asyncio.run(call_asynchronously(f"{url}/{case}", password, code))
        password.wipe()
        code.wipe()
        gc.collect()
        print(*[f"left behind the client, {case}: {place}" for place in find([code, password])], sep="\n")
    print("looked at all")


main(sys.argv[1], int(sys.argv[2]))
