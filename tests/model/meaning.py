"""What an answer of the OTP service means.

Written from the description of the service's wire format alone and apart from the library, which must come to the same
on every input (`tests/model.rs`). Codes are the library's: 0 verified or sent, positive numbers what the service said,
-30 an HTTP status with no readable error, -31 an answer that cannot be read or trusted.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

# The specification's table. 0 decides nothing by itself.
WORDS = {
    0: ("Success", "สำเร็จ"),
    9999: ("Exception", "ผิดพลาด"),
    9998: ("Authentication failed", "username or password ผิดพลาด"),
    9996: ("Bad Request", "คำสั่งไม่ถูกต้อง"),
    9995: ("Credit not enough", "เครดิตหมด"),
    301: ("Invalid OTP Config", "ตั้งค่า OTP ไม่ถูกต้อง"),
    302: ("Number Prefix Missing", "ไม่มีคำนำหน้า"),
    303: ("No Data Available OTP", "ไม่พบข้อมูล OTP"),
    304: ("Over Limit Usage", "กรอกข้อมูลเกินจำนวนครั้งที่กำหนด"),
    305: ("OTP Code Expired", "OTP Code หมดอายุ"),
    306: ("OTP Code Confirmed", "OTP Code ยืนยันตัวตนไปแล้ว"),
    307: ("Invalid Number", "หมายเลขไม่ถูกต้อง"),
}
BY_STATUS = {400: 9996, 401: 9998, 402: 9995, 429: 429}
VERDICTS = (304, 305, 306)
UNKNOWN_WORDS, BAD_HTTP_STATUS, BAD_ANSWER = 2, -30, -31
LONGEST_ID = 256


class MalformedError(Exception):
    """The answer cannot be read, or is the answer to another call."""

    def __init__(self, why: str, of_another: bool = False) -> None:
        super().__init__(why)
        self.of_another = of_another


class Entries(NamedTuple):
    """A JSON object as it came: the same key may be there twice."""

    pairs: list[tuple[str, Any]]

    def all(self, key: str) -> list[Any]:
        """Keys are compared with outer white space and letter case aside."""
        return [value for name, value in self.pairs if fold(name) == key.lower()]

    def one(self, key: str) -> Any:
        """None where there is none, or null."""
        values = self.all(key)
        if len(values) > 1:
            raise MalformedError(f"{key} twice")
        return values[0] if values else None


class Number(str):
    """A JSON number, digit for digit."""


@dataclass
class Meaning:
    code: int
    # What a verdict says: result, isErrorCount, isExprCode.
    flags: tuple[bool, bool, bool] | None = None
    otp_id: str = ""
    otc_id: str = ""
    reference_code: str = ""
    # The service's own, where it refused: what it says, and its code, 0 where there is none that an int holds.
    words: str = ""
    number: int = 0
    # Whether the answer can be told from every other call's, so that its connection may go on.
    says_whose: bool = False


def fold(words: str) -> str:
    """White space around, and the letter case of ASCII, do not count."""
    return "".join(letter.lower() if letter.isascii() else letter for letter in words.strip())


def verify(status: int, body: bytes, asked: str) -> Meaning:
    return judged(status, body, lambda entries: verdict(entries, asked), asked)


def request(status: int, body: bytes, otc_id: str) -> Meaning:
    return judged(status, body, lambda entries: sent(entries, otc_id), None)


def judged(status: int, body: bytes, success: Callable[[Entries], Meaning], asked: str | None) -> Meaning:
    try:
        entries = parse(body)
        check(entries, asked)
        if refused := refusal(status, entries):
            return refused if asked is None or refused.code not in VERDICTS else as_flags(refused.code, entries)
        if 200 <= status < 300:
            return success(entries)
        # The words of whoever answered in the service's place.
        words = shown(message(entries) or "")
    except MalformedError as malformed:
        if malformed.of_another or 200 <= status < 300:
            return Meaning(BAD_ANSWER)
        words = ""
    return Meaning(BY_STATUS.get(status, BAD_HTTP_STATUS), words=words)


def parse(body: bytes) -> Entries:
    """JSON in UTF-8, or in windows-874, in which a Thai service may write its words, but neither keys nor ids."""
    try:
        text, is_utf_8 = body.decode(), True
    except UnicodeDecodeError:
        try:
            text, is_utf_8 = body.decode("cp874"), False
        except UnicodeDecodeError:
            raise MalformedError("neither UTF-8 nor windows-874") from None
    try:
        # RFC 8259, section 8.1: a byte order mark may be ignored.
        value = json.loads(
            text.removeprefix("\ufeff"),
            object_pairs_hook=Entries,
            parse_int=Number,
            parse_float=Number,
            parse_constant=no_json,
        )
    except (ValueError, RecursionError) as error:
        raise MalformedError("no JSON") from error
    if not isinstance(value, Entries):
        raise MalformedError("no object")
    walk(value, is_utf_8)
    return value


def no_json(name: str) -> None:
    raise ValueError(name)


def walk(value: Any, is_utf_8: bool) -> None:
    """A half of a surrogate pair is no text; a key, or an otpId, that windows-874 made is a guess."""
    if isinstance(value, str):
        whole(value)
    elif isinstance(value, Entries):
        for key, inner in value.pairs:
            whole(key)
            if not is_utf_8 and not (key.isascii() and (fold(key) != "otpid" or str(inner).isascii())):
                raise MalformedError("a key or an id that is not ASCII")
            walk(inner, is_utf_8)
    elif isinstance(value, list):
        for inner in value:
            walk(inner, is_utf_8)


def whole(text: str) -> None:
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise MalformedError("half a surrogate pair")


def has_control(text: str) -> bool:
    return any(ord(letter) < 0x20 or 0x7F <= ord(letter) < 0xA0 for letter in text)


def check(entries: Entries, asked: str | None) -> None:
    """What makes an answer malformed whatever else it says."""
    # A key that decides and is there twice leaves open which one counts: nothing of such an answer is believed.
    for name in ("result", "isErrorCount", "isExprCode", "otpId", "error", "code", "status", "success"):
        entries.one(name)
    otp_id = entries.one("otpId")
    if asked is not None and is_text(otp_id) and not has_control(otp_id) and fold(otp_id) != fold(asked):
        raise MalformedError("an otpId of another", of_another=True)


def identifier(entries: Entries) -> str | None:
    """The otpId of an answer that is no refusal: a refusal needs none."""
    otp_id = entries.one("otpId")
    if otp_id is None:
        return None
    if not is_text(otp_id) or has_control(otp_id):
        raise MalformedError("an otpId that is none")
    return str(otp_id).strip()


def is_text(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, Number)


def boolean(value: Any, name: str) -> bool:
    if value is None or isinstance(value, bool):
        return bool(value)
    if is_text(value) and value.lower() in ("true", "false"):
        return bool(value.lower() == "true")
    raise MalformedError(f"{name} is no boolean")


def as_flags(code: int, entries: Entries) -> Meaning:
    """The service tells a verdict as flags or as an error: both come out the same."""
    result, too_many, over = (said(entries, name) for name in ("result", "isErrorCount", "isExprCode"))
    return Meaning(code, flags=(result, too_many or code == 304, over or code == 305))


def said(entries: Entries, name: str) -> bool:
    try:
        return boolean(entries.one(name), name)
    except MalformedError:
        return False


def refusal(status: int, entries: Entries) -> Meaning | None:
    error, state = entries.one("error"), states(status, entries)
    if error is not None and not is_text(error) and not isinstance(error, Entries):
        raise MalformedError("an error of no type that it can have")
    numbers = [code(inner) for inner in (error, entries, *state) if isinstance(inner, Entries)]
    # A code decides before any words, and whatever else is said.
    number = next((number for number in numbers if number), 0)
    try:
        said = words_of(error, state, entries)
    except MalformedError:
        if not number:
            raise
        said = ""
    # Words at the top are better than none.
    words = shown(said or message(entries) or "")
    if number:
        told = number if 0 < number < 2**31 else 0
        return Meaning(number if number in WORDS else UNKNOWN_WORDS, words=words, number=told)
    if said is None:
        return None
    meant = by_words(words)
    if meant is None:
        # A failure in words that the table does not know need not be the service's own.
        meant = BY_STATUS.get(status, BAD_HTTP_STATUS if status >= 500 else UNKNOWN_WORDS)
    return Meaning(meant, words=words)


def shown(words: str) -> str:
    """What a terminal or a log may be given."""
    return "".join("\ufffd" if has_control(letter) else letter for letter in words.strip())


def states(status: int, entries: Entries) -> list[Any]:
    """What is told of success: the specification calls it `status` in one place and `success` in another.

    Beside an HTTP failure a number as `status` is that of HTTP, as web frameworks write it, and tells nothing more.
    """
    told = [state for state in (entries.one("status"), entries.one("success")) if state is not None]
    return told if 200 <= status < 300 else [state for state in told if not isinstance(state, Number)]


def code(entries: Entries) -> int | None:
    """Digits and nothing else are a code. -1 is a code that is none, and so no success."""
    value = entries.one("code")
    if value is None or (is_text(value) and not value.strip()):
        return None
    if not isinstance(value, str):
        raise MalformedError("a code of no type that it can have")
    return int(value.strip()) if re.fullmatch("[0-9]+", value.strip()) else -1


def words_of(error: Any, state: list[Any], entries: Entries) -> str | None:
    """The words of a refusal; None where nothing is refused."""
    if error is not None:
        if is_text(error):
            return str(error)
        return message(error) or ""
    odd = False
    for told in state:
        # One dialect writes booleans as text.
        if isinstance(told, bool) or (is_text(told) and told.lower() in ("true", "false")):
            if not boolean(told, "success"):
                return str(told) if is_text(told) else ""
            continue
        if is_text(told):
            words = told
        elif isinstance(told, Entries):
            words = message(told)
        else:
            odd = True
            continue
        if words is None or not is_success(words):
            return words or ""
    # No message is known to stand at the top. One that is word for word a refusal cannot stand beside a success.
    top = message(entries)
    if top is None:
        raise MalformedError("a message that is no text")
    if by_words(top):
        return top
    if odd:
        raise MalformedError("a status of no type that it can have")
    return None


def message(entries: Entries) -> str | None:
    """Empty where there is none, and None where it is no text."""
    values = entries.all("message")
    value = "" if not values or values[0] is None else values[0]
    return str(value) if is_text(value) else None


def by_words(words: str) -> int | None:
    return next((number for number, known in WORDS.items() if number and fold(words) in map(fold, known)), None)


def is_success(words: str) -> bool:
    return fold(words) in ("", *map(fold, WORDS[0]))


def verdict(entries: Entries, asked: str) -> Meaning:
    result, too_many, over = (boolean(entries.one(name), name) for name in ("result", "isErrorCount", "isExprCode"))
    says_whose = identifier(entries) is not None
    if too_many:
        meant = 304
    elif over:
        meant = 305
    elif entries.one("result") is None:
        raise MalformedError("no result")
    else:
        meant = 0 if result else 1
    return Meaning(meant, flags=(result, too_many, over), says_whose=says_whose)


def sent(entries: Entries, otc_id: str) -> Meaning:
    if any(entries.one(name) is not None for name in ("result", "isErrorCount", "isExprCode")):
        raise MalformedError("a verdict, where nobody asked for one")
    otp_id = identifier(entries) or ""
    if not otp_id or len(otp_id) > LONGEST_ID:
        raise MalformedError("no otpId")
    reference, configuration = first(entries, "referenceCode"), first(entries, "otcId")
    if isinstance(configuration, Number):
        raise MalformedError("an id that is no text")
    if has_control(reference) or has_control(configuration):
        raise MalformedError("a control character in what is handed on")
    configuration = configuration.strip() or otc_id
    return Meaning(
        0,
        otp_id=otp_id,
        otc_id=configuration,
        reference_code=reference.strip(),
        # On a new connection the answer is taken, but it may be one that a gateway mixed up.
        says_whose=fold(configuration) == fold(otc_id),
    )


def first(entries: Entries, key: str) -> str:
    """Text, or a number as it was written."""
    value = next(iter(entries.all(key)), None)
    if value is not None and not isinstance(value, str):
        raise MalformedError(f"{key} is no text")
    return value or ""
