"""Prints answers that a service might give, mutated, and what each means by the model: one JSON object a line.

The seed is fixed, so that a number names the same answer in every run: `python3 tests/model/cases.py COUNT [FIRST]`.
"""

from __future__ import annotations

import json
import random
import sys
from typing import TYPE_CHECKING, Any

import framing
import meaning

if TYPE_CHECKING:
    from collections.abc import Callable

ASKED = "0c342e74-a9c7-4bbd-8da4-b36a49bbc0d6"
OTHER = "ffffffff-a9c7-4bbd-8da4-b36a49bbc0d6"
OTC_ID = "0DC8E7AD-0168-440C-AF10-BF556B164D83"


class Raw(str):
    """JSON as it is to stand there."""


class Object(list[tuple[str, Any]]):
    """Keys may be there twice."""


Pick = random.Random

# Bodies --------------------------------------------------------------------------------------------------------------


def words(pick: Pick) -> str:
    said = pick.choice(
        [
            *(word for pair in meaning.WORDS.values() for word in pair),
            "who knows",
            "ไม่ทราบสาเหตุ",
            "",
            "OK",
            "Unauthorized",
        ]
    )
    if pick.random() < 0.3:
        said = pick.choice(
            [said.upper(), said.lower(), f" {said} ", f"{said}\n", f"\u00a0{said}", f"{said}.", f"x{said}"]
        )
    return said


def number(pick: Pick) -> Any:
    known = pick.choice([*meaning.WORDS, 308, 429, 1, 2, 30, 3040])
    forms: list[Any] = [known, known, str(known), f"{known:04}", f"{known:04}", f"{known:08}", f" {known:04} "]
    odd: list[Any] = [
        "",
        " ",
        "E7",
        "+0",
        "-0",
        "0.0",
        "+304",
        "-304",
        "0x0",
        "00",
        "๐๓๐๔",
        "０",
        "304 305",
        Raw("0.0"),
        Raw("-0"),
    ]
    odd += [
        Raw("0e0"),
        Raw("305.0"),
        Raw("-305"),
        Raw("3.05e2"),
        Raw("99999999999999999999"),
        "9" * 30,
        None,
        True,
        Raw("[]"),
        Raw("{}"),
    ]
    return pick.choice(forms) if pick.random() < 0.7 else pick.choice(odd)


def told(pick: Pick) -> Any:
    """What may stand as `error`, `success` or `status`."""
    if pick.random() < 0.25:
        return pick.choice(
            [
                None,
                True,
                False,
                "",
                words(pick),
                0,
                304,
                200,
                Raw("[]"),
                Raw("{}"),
                Raw('["x"]'),
                "true",
                "false",
                "success",
            ]
        )
    inner = Object()
    if pick.random() < 0.85:
        odd = [None, 7, True, Raw("[]"), Raw('{"a":1}')]
        inner.append(("message", words(pick) if pick.random() < 0.85 else pick.choice(odd)))
    if pick.random() < 0.5:
        inner.append(("description", pick.choice(["", "why", "เพราะ", None])))
    if pick.random() < 0.4:
        inner.append(("code", number(pick)))
    if pick.random() < 0.1:
        inner.append((respelt(pick, pick.choice(["code", "message"])), number(pick)))
    return inner


def respelt(pick: Pick, key: str) -> str:
    forms = [key.upper(), key.lower(), key.capitalize(), f" {key}", f"{key} ", f"\t{key}\n", f"\u3000{key}"]
    return pick.choice([*forms, f"{key}s", f"{key}\u200b"] if pick.random() < 0.2 else forms)


def boolean(pick: Pick) -> Any:
    usual = [True, False, "true", "false", "TRUE", "False", None]
    odd = [0, 1, "yes", "", " true", "true ", Raw("[]"), Raw("{}"), Raw("[true]"), Raw("1.0"), "1"]
    return pick.choice(usual) if pick.random() < 0.8 else pick.choice(odd)


def identifier(pick: Pick) -> Any:
    usual = [ASKED, ASKED.upper(), OTHER, None]
    odd = [
        "",
        " ",
        f" {ASKED} ",
        f"{ASKED}\u0000",
        ASKED[:-1],
        f"{ASKED}x",
        7,
        True,
        Raw("[]"),
        Raw("{}"),
        "รหัส",
        "x" * 300,
        "x\u0085y",
    ]
    return pick.choice(usual) if pick.random() < 0.75 else pick.choice(odd)


def text(pick: Pick) -> Any:
    return pick.choice(
        ["IpA6k", "12345", 12345, None, "", "ก-1", "a\u001b[2J", "a\u007f", OTC_ID, OTC_ID.lower(), True]
    )


VALUES: dict[str, Callable[[Pick], Any]] = {
    "result": boolean,
    "isErrorCount": boolean,
    "isExprCode": boolean,
    "otpId": identifier,
    "otcId": text,
    "referenceCode": text,
    "code": number,
    "error": told,
    "success": told,
    "status": told,
    "message": words,
    "x": told,
}
VERIFY = Object([("otpId", ASKED), ("result", True), (" isErrorCount", False), ("isExprCode", False)])
SENT = Object([("otcId", OTC_ID), ("otpId", ASKED), ("referenceCode", "IpA6k")])
SUCCESS = Object([("message", "Success"), ("description", "")])


def usual(pick: Pick, operation: str) -> Object:
    if pick.random() < 0.15:
        return Object([("error", Object([("message", words(pick)), ("description", "")]))])
    if operation == "verify":
        fields = Object(VERIFY)
        fields[1] = ("result", pick.random() < 0.6)
        if pick.random() < 0.2:
            del fields[0]
        return fields
    return Object([*SENT, (pick.choice(["success", "status"]), Object(SUCCESS))])


def mutated(pick: Pick, fields: Object) -> None:
    key = pick.choice(list(VALUES))
    at = pick.randrange(len(fields) + 1)
    kind = pick.randrange(6)
    if kind == 0 or not fields:
        fields.insert(at, (key, VALUES[key](pick)))
        return
    at = min(at, len(fields) - 1)
    name, value = fields[at]
    same = VALUES.get(name.strip(), told)
    if kind == 1:
        fields[at] = (name, same(pick))
    elif kind == 2:
        fields[at] = (respelt(pick, name.strip()), value)
    elif kind == 3:
        fields.insert(pick.randrange(len(fields) + 1), (pick.choice([name, respelt(pick, name.strip())]), same(pick)))
    elif kind == 4:
        del fields[at]
    else:
        pick.shuffle(fields)


def dump(value: Any, pick: Pick, escaped: bool) -> str:
    space = pick.choice(["", "", "", " ", "\n", "\t"])
    if isinstance(value, Raw):
        return str(value)
    if isinstance(value, Object):
        members = (f"{space}{dump(key, pick, escaped)}:{space}{dump(inner, pick, escaped)}" for key, inner in value)
        return "{" + ",".join(members) + space + "}"
    return json.dumps(value, ensure_ascii=escaped)


def body(pick: Pick, operation: str) -> bytes:
    fields = usual(pick, operation)
    for _ in range(pick.choice([0, 1, 1, 1, 2, 2, 3])):
        mutated(pick, fields)
    json_text = dump(fields, pick, escaped=pick.random() < 0.3)
    coding = pick.random()
    if coding < 0.15:
        raw = json_text.encode("cp874", errors="replace")
    elif coding < 0.2:
        raw = b"\xef\xbb\xbf" + json_text.encode()
    else:
        raw = json_text.encode()
    if pick.random() < 0.06:
        return damaged(pick, raw)
    return raw


def damaged(pick: Pick, raw: bytes) -> bytes:
    at = pick.randrange(len(raw) + 1)
    odd = [
        b"\x00",
        b"\xff",
        b"\xdb",
        b"\xa1",
        b"\x80",
        b"\x85",
        b"\x91",
        b'"',
        b"{",
        b"}",
        b",",
        b"\\",
        b"\xe0\xb8",
        b"NaN",
        b" ",
        b"\\ud800",
    ]
    return pick.choice(
        [raw[:at], raw + raw, raw[:at] + pick.choice(odd) + raw[at:], raw[:at] + pick.choice(odd) + raw[at + 1 :], b""]
    )


# Framing -------------------------------------------------------------------------------------------------------------

STATUSES = [200] * 24 + [201, 204, 299, 300, 302, 304, 307, 400, 400, 401, 402, 403, 404, 429, 500, 502, 503, 599]


def framed(pick: Pick, content: bytes) -> bytes:
    status = pick.choice(STATUSES)
    lines = [f"HTTP/1.1 {status} Whatever".encode(), b"Content-Type: application/json"]
    kind = pick.random()
    if kind < 0.75:
        lines.append(b"Content-Length: %d" % len(content))
    elif kind < 0.95:
        lines.append(b"Transfer-Encoding: chunked")
        content = chunks(pick, content)
    return b"\r\n".join([*lines, b"", content])


def chunks(pick: Pick, content: bytes) -> bytes:
    at, out = 0, b""
    while at < len(content):
        piece = content[at : at + pick.choice([1, 7, 16, 100, 1000])]
        at += len(piece)
        size = pick.choice([b"%x", b"%X", b"%04x"]) % len(piece)
        out += size + b"\r\n" + piece + b"\r\n"
    return out + b"0\r\n\r\n"


def unescaped(escaped: str) -> list[bytes]:
    """One a line, with escapes as in Python."""
    return [line.encode().decode("unicode_escape").encode("latin-1") for line in escaped.strip("\n").split("\n")]


FIELDS = unescaped(r"""
Connection: close
Connection: keep-alive
connection: x, CLOSE
Connection: x
Keep-Alive: timeout=5
Transfer-Encoding: chunked
Transfer-Encoding: identity
Transfer-Encoding: gzip
transfer-encoding: CHUNKED
Transfer-Encoding: gzip, chunked
Transfer-Encoding: chunked, identity
Transfer-Encoding: identity, chunked
Transfer-Encoding: chunked, chunked
Transfer-Encoding: identity, identity
Transfer-Encoding:
Transfer-Encoding: ,chunked
Transfer-Encoding: chunked;q=1
Transfer-Encoding: \x0bchunked
Transfer-Encoding: xchunked
Transfer-Encoding : chunked
Content-Length: 16
Content-Length: 0
Content-Length: +16
Content-Length: -1
Content-Length: 16, 16
Content-Length: 16, 17
Content-Length: 0x10
Content-Length: 16\x20
Content-Length:\t16
Content-Length: 1 6
Content-Length:
Content-Length: 016
Content-Length: 99999999999999999999
Content-Length : 16
Content-Length: 16,
Content-Length: 1e1
Content-Length: 16.0
Content-Length: 70000
Content-Length\t: 16
Content-Length: \xa016
Content-Encoding: identity
Content-Encoding: none
Content-Encoding: UTF-8
Content-Encoding:
Content-Encoding: gzip
Content-Encoding: identity, gzip
Content-Encoding: identity, identity
Content-Encoding: utf8
Content-Encoding: x
X: y
X:
X y
: y
\x20folded
\tfolded
X: \x00
X: a\x01b
X: a\x7fb
X: \xe0\xb8\x81
X: a\rb
X\x00: y
\xe0: y
X(y): z
Trailer: Y
Upgrade: h2c
Content-Length: 16\rContent-Length: 17
Transfer-Encoding: chunked\r
\xef\xbb\xbfX: y
Set-Cookie: a=b
""")
FIELDS += [b"X-" + b"y" * 200 + b": z", b"X: " + b"y" * 15000, b"X: " + b"y" * 17000]
STATUS_LINES = unescaped(r"""
HTTP/1.0 200 OK
HTTP/1.1 200
HTTP/1.1 200\x20
HTTP/1.2 200 OK
HTTP/2 200
HTTP/2.0 200 OK
http/1.1 200 OK
HTTP/1.1  200 OK
HTTP/1.1 0200 OK
HTTP/1.1 20 OK
HTTP/1.1 2000 OK
HTTP/1.1 099 OK
HTTP/1.1 999 OK
HTTP/1.1\t200 OK
\x20HTTP/1.1 200 OK
HTTP/1.1 200OK
HTTP/1.1 200\tOK
HTTP/1.1 +20 OK
HTTP/1.1 2x0 OK
HTTP/11 200 OK
ICY 200 OK
HTTP/1.1 200 \xe0\xb8\x81
HTTP/1.1 200 a\x00b
HTTP/1.1 200 a\x01b
HTTP/1.10 200 OK
HTTP/1.1 101 Switching
HTTP/1.1 100 Continue
HTTP/1.1 199 X
HTTP/1.1 200 OK\r
SSH-2.0-OpenSSH_9.2
HTTP/1.1 204 No
HTTP/1.1 304 Not
""")
INTERIM = unescaped(r"""
HTTP/1.1 100 Continue\r\n\r\n
HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n
HTTP/1.1 102 X\nA: b\n\n
\r\n
\n
\r\n\r\n
\x20\r\n
HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n
HTTP/1.1 100 Continue\r\nConnection: close\r\n\r\n
HTTP/1.0 100 Continue\r\n\r\n
HTTP/1.1 103 X\r\nTransfer-Encoding: chunked\r\n\r\n
HTTP/1.1 101 X\r\n\r\n
\r
\x00
HTTP/1.1 100\r\n\r\n
""")
SIZES = unescaped(r"""
+5
-5
0x5
5\x20
5\t
\x205
5;x
5;x=y
5 ;x=y
5; x = "y"
5;\xe0\xb8\x81
5;a\x00b
00000005
0000000000000005
00000000000000005
0000000000000000000000000000005
g
5h
5,
5_
ffffffffffffffff
10000000000000005
5\r
\xd9\xa5
0
00
5;x\ry
5.0
5e0
""")
SIZES += [b"5;" + b"x" * 900, b"5;" + b"x" * 1100, b""]
TRAILERS = unescaped(r"""
Y: z
Y: z\r\nX: a
Y z
\x20Y: z
Content-Length: 3
Y: \x00
Y : z
: z
Y: z\n
Transfer-Encoding: chunked
Y: a\rb
""")


def twisted(pick: Pick, operation: str) -> bytes:
    """A clean answer whose framing is not."""
    content = json_of(pick, operation)
    if pick.random() < 0.4:
        raw = twisted_chunks(pick, content)
    else:
        lines = [b"HTTP/1.1 200 OK", b"Content-Type: application/json"]
        if pick.random() < 0.8:
            lines.append(b"Content-Length: %d" % len(content))
        for _ in range(pick.choice([1, 1, 2])):
            if pick.random() < 0.25:
                lines[0] = pick.choice(STATUS_LINES)
            else:
                lines.insert(pick.randrange(1, len(lines) + 1), length_of(pick.choice(FIELDS), content))
        end = pick.choice([b"\r\n", b"\r\n", b"\r\n", b"\n"])
        raw = end.join([*lines, b"", b""])
        if b"chunked" in raw.lower() and pick.random() < 0.7:
            content = chunks(pick, content)
        raw += content
    if pick.random() < 0.15:
        raw = pick.choice(INTERIM) + raw
    if pick.random() < 0.06:
        raw += pick.choice([b"\r\n", b"x", raw, b"\x00", b"HTTP/1.1 408 Request Timeout\r\n\r\n"])
    if pick.random() < 0.15:
        raw = broken(pick, raw)
    return raw


def json_of(pick: Pick, operation: str) -> bytes:
    fields = VERIFY if operation == "verify" else Object([*SENT, ("success", SUCCESS)])
    return dump(fields, pick, escaped=False).encode()


def length_of(line: bytes, content: bytes) -> bytes:
    """The 16 of the lists is the length of what follows."""
    return line.replace(b"16", b"%d" % len(content)).replace(b"17", b"%d" % (len(content) + 1))


def twisted_chunks(pick: Pick, content: bytes) -> bytes:
    parts = [content[:5], content[5:]]
    sizes = [b"5", b"%x" % len(parts[1])]
    ends = [b"\r\n"] * 6
    last, trailer = b"0", b""
    kind = pick.randrange(6)
    if kind == 0:
        sizes[0] = pick.choice(SIZES)
    elif kind == 1:
        sizes[1] = pick.choice(SIZES).replace(b"5", sizes[1])
    elif kind == 2:
        ends[pick.randrange(6)] = pick.choice([b"\n", b"\r", b"", b"\r\n\r\n", b" \r\n", b"\n\r", b"\r\r\n"])
    elif kind == 3:
        last = pick.choice([b"00", b"0;x", b"0;x=y", b"-0", b"+0", b"0x0", b"0 ", b"", b"0" * 20, b"0;" + b"x" * 1100])
    elif kind == 4:
        trailer = pick.choice(TRAILERS) + b"\r\n"
    else:
        parts.insert(pick.randrange(3), b"")
        sizes = [b"%x" % len(part) for part in parts]
    head = [b"HTTP/1.1 200 OK", b"Transfer-Encoding: chunked", *([pick.choice(FIELDS)] if pick.random() < 0.2 else [])]
    raw = b"\r\n".join([*(length_of(line, content) for line in head), b"", b""])
    for at, (size, part) in enumerate(zip(sizes, parts, strict=True)):
        raw += size + ends[(2 * at) % 4] + part + ends[(2 * at + 1) % 4]
    return raw + last + ends[4] + trailer + ends[5]


def broken(pick: Pick, raw: bytes) -> bytes:
    at = pick.randrange(len(raw) + 1)
    odd = [b"\r", b"\n", b"\r\n", b"\x00", b" ", b":", b";", b"\xff", b"0", b"\t"]
    return pick.choice([raw[:at], raw[:at] + pick.choice(odd) + raw[at:], raw[:at] + raw[at + 1 :]])


# What they mean ------------------------------------------------------------------------------------------------------


def case(at: int) -> dict[str, Any]:
    pick = Pick(at)
    operation = pick.choice(["verify", "verify", "request"])
    raw = twisted(pick, operation) if at % 3 == 2 else framed(pick, body(pick, operation))
    return {"case": at, "operation": operation, "raw": raw.hex(), **expected(operation, raw)}


def expected(operation: str, raw: bytes) -> dict[str, Any]:
    """`or_code`: as good. `close`: the connection ends behind the answer. `keeps`: another call may follow on it."""
    nothing = {"close": True, "keeps": False}
    try:
        answer = framing.read(raw)
    except framing.CutError as cut:
        return {"code": -21, "or_code": -31 if cut.or_bad else -21, **nothing}
    except framing.BadError as bad:
        return {"code": -31, "why": str(bad), **nothing}
    told = (
        meaning.verify(answer.status, answer.body, ASKED)
        if operation == "verify"
        else meaning.request(answer.status, answer.body, OTC_ID)
    )
    return {
        "code": told.code,
        "close": answer.needs_end,
        "keeps": answer.keeps and told.code in (0, 1, 304, 305) and told.says_whose,
        "flags": told.flags,
        "otp_id": told.otp_id,
        "otc_id": told.otc_id,
        "reference_code": told.reference_code,
        "words": told.words,
        "number": told.number,
    }


def main() -> None:
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    for at in range(first, first + int(sys.argv[1])):
        print(json.dumps(case(at)))


if __name__ == "__main__":
    main()
