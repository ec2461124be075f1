"""What an HTTP/1.1 answer is: RFC 9112's framing, read strictly, as the client is to read it.

Written from the RFCs alone and apart from the library, which must come to the same on every input
(`tests/model.rs`). Where an RFC leaves a choice, the choice stands here with its reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HEAD_LIMIT = 16 * 1024
BODY_LIMIT = 64 * 1024
EXTENSION_LIMIT = 1024

TOKEN = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
# RFC 9112, section 4. The space behind the status is to be there even without a reason; many servers leave it out, and
# nothing else can be meant, so it may go.
STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([0-9]{3})(?: [\t\x20-\x7e\x80-\xff]*)?")
# RFC 9110, section 5.5: visible characters, space, tab and obs-text; every other control makes the field invalid.
VALUE = re.compile(rb"[\t\x20-\x7e\x80-\xff]*")


class BadError(Exception):
    """The bytes are no HTTP answer, or none whose end can be known."""


class CutError(Exception):
    """The connection ended before the answer did.

    `or_bad`: something else is wrong too, such as the line that was cut, and may be seen first.
    """

    def __init__(self, or_bad: bool = False) -> None:
        super().__init__()
        self.or_bad = or_bad


@dataclass
class Answer:
    status: int
    body: bytes
    # Whether another answer may follow on the connection.
    keeps: bool
    # Whether only the end of the connection tells where it ends.
    needs_end: bool = False


class Bytes:
    """The bytes of a connection that then ends, or stays open and silent."""

    def __init__(self, raw: bytes) -> None:
        self.raw, self.at = raw, 0

    def take(self, count: int) -> bytes:
        if len(self.raw) - self.at < count:
            # Too much was told, or half of a line's end is there.
            raise CutError(or_bad=count > BODY_LIMIT or self.rest() == b"\r")
        self.at += count
        return self.raw[self.at - count : self.at]

    def line(self, bare_lf: bool) -> bytes:
        """A line without its end. In a head a line may end with LF alone (section 2.2)."""
        end = self.raw.find(b"\n", self.at)
        if end < 0:
            raise CutError(or_bad=self.at < len(self.raw))
        line, self.at = self.raw[self.at : end], end + 1
        if line.endswith(b"\r"):
            return line[:-1]
        if not bare_lf:
            raise BadError("a bare LF outside a head")
        return line

    def rest(self) -> bytes:
        return self.raw[self.at :]


def read(raw: bytes) -> Answer:
    """The answer to a POST that `raw` begins with, where the connection ends behind `raw`."""
    stream = Bytes(raw)
    while True:
        begin = stream.at
        minor, status, fields = head(stream)
        if stream.at - begin > HEAD_LIMIT:
            raise BadError("too long a head")
        # Section 15.2 of RFC 9110: interim answers are skipped. 101 is the end of HTTP on the connection.
        if not 100 <= status < 200 or status == 101:
            break
    # These change nothing; whatever else the content is, it is not JSON as it stands.
    if any(coding not in ("", "identity", "none", "utf-8") for coding in listed(fields, "content-encoding")):
        raise BadError("a content coding")
    answer = Answer(status, b"", keeps(minor, fields))
    answer.body = body(stream, minor, answer, fields)
    if stream.rest():
        # Nobody has asked for it.
        answer.keeps = False
    return answer


def head(stream: Bytes) -> tuple[int, int, list[tuple[str, bytes]]]:
    try:
        # Section 2.2 allows a server to skip an empty line before a request; before an answer it is as harmless.
        while not (line := stream.line(bare_lf=True)):
            pass
        lines = [line]
        while line := stream.line(bare_lf=True):
            lines.append(line)
    except CutError:
        raise CutError(or_bad=True) from None
    matched = STATUS_LINE.fullmatch(lines[0])
    if not matched or not 100 <= int(matched[2]) <= 999:
        raise BadError("no status line")
    return int(matched[1]), int(matched[2]), [field(line) for line in lines[1:]]


def field(line: bytes) -> tuple[str, bytes]:
    """A field line (section 5).

    A line that begins with white space would continue the one before it (section 5.2), and white space before the colon
    is forbidden (section 5.1): whoever takes either reads a head that another recipient reads otherwise.
    """
    name, colon, value = line.partition(b":")
    value = value.strip(b" \t")
    if not colon or not TOKEN.fullmatch(name) or not VALUE.fullmatch(value):
        raise BadError("no field line")
    return name.decode().lower(), value


def text(value: bytes) -> str:
    return value.decode("latin-1")


def listed(fields: list[tuple[str, bytes]], name: str) -> list[str]:
    """The elements of a list-based field, in small letters (RFC 9110, section 5.6.1)."""
    values = [text(value) for known, value in fields if known == name]
    return [element.strip(" \t").lower() for value in values for element in value.split(",")]


def keeps(minor: int, fields: list[tuple[str, bytes]]) -> bool:
    """Section 9.3."""
    options = listed(fields, "connection")
    return "close" not in options and (minor == 1 or "keep-alive" in options)


def body(stream: Bytes, minor: int, answer: Answer, fields: list[tuple[str, bytes]]) -> bytes:
    """Section 6.3."""
    codings = listed(fields, "transfer-encoding")
    lengths = length(fields)
    if codings:
        answer.keeps = answer.keeps and lengths is None
        if minor == 0 and codings != ["identity"]:
            # Section 6.1: faulty framing.
            raise BadError("a transfer coding in HTTP/1.0")
        # `identity` is no coding any more (RFC 7230, appendix A): it changes nothing, so a length counts.
        if codings not in (["chunked"], ["identity"]):
            raise BadError("a transfer coding")
    if answer.status in (101, 204, 304):
        return b""
    if codings == ["chunked"]:
        # It overrides a length; the two together may be an attempt at smuggling, so the connection ends (section 6.1).
        return chunked(stream, answer)
    if lengths is not None:
        content = stream.take(lengths)
        if lengths > BODY_LIMIT:
            raise BadError("too long a body")
        return content
    answer.keeps, answer.needs_end = False, True
    if len(stream.rest()) > BODY_LIMIT:
        raise BadError("too long a body")
    return stream.take(len(stream.rest()))


def length(fields: list[tuple[str, bytes]]) -> int | None:
    lengths = listed(fields, "content-length")
    if not lengths:
        return None
    # Equal ones may be taken as one, everything else is an error (section 6.3).
    if not all(re.fullmatch("[0-9]+", told) for told in lengths) or len({int(told) for told in lengths}) > 1:
        raise BadError("a length")
    if int(lengths[0]) >= 2**64:
        raise BadError("a length beyond every integer")
    return int(lengths[0])


def chunked(stream: Bytes, answer: Answer) -> bytes:
    """Section 7.1."""
    content = b""
    while True:
        line = stream.line(bare_lf=False)
        size, semicolon, extension = line.partition(b";")
        # White space may stand before an extension and nowhere else (section 7.1.1). No size needs more than 16 digits,
        # also if the first ones are zeros.
        size = size.rstrip(b" \t") if semicolon else size
        is_extension = len(extension) <= EXTENSION_LIMIT and VALUE.fullmatch(extension)
        if not re.fullmatch(rb"[0-9A-Fa-f]{1,16}", size) or not is_extension:
            raise BadError("no chunk size")
        if int(size, 16) == 0:
            break
        content += stream.take(int(size, 16))
        if len(content) > BODY_LIMIT:
            raise BadError("too long a body")
        if stream.take(2) != b"\r\n":
            raise BadError("no end of a chunk")
    try:
        # The trailer's fields tell nothing, but their end does.
        while line := stream.line(bare_lf=False):
            field(line)
    except CutError as cut:
        # The last chunk was there, so the content is whole (section 8). Part of a line is no end that anybody has sent.
        if cut.or_bad:
            raise BadError("a trailer that is cut") from None
        answer.keeps, answer.needs_end = False, True
    return content
