"""How many SMS may go out, kept in SQLite: an SMS costs money, and a new session costs nothing.

Every decision is one transaction, so that parallel requests, sessions and server processes share one count.
"""

from __future__ import annotations

import contextlib
import ipaddress
import math
import os
import secrets
import sqlite3
import threading
import time
from typing import TYPE_CHECKING, Any

from ants_otp import Delivery, OtpError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Seconds between two SMS to a number, and of a session.
PAUSE = float(os.environ.get("LOGIN_WEB_PAUSE", "30"))
#: So many SMS go to a number, and so many are asked for by a source, in `PERIOD` seconds.
PER_NUMBER, PER_SOURCE, PERIOD = 5, 20, 60 * 60

SCHEMA = """
CREATE TABLE IF NOT EXISTS sms (id TEXT PRIMARY KEY, at REAL NOT NULL, session TEXT NOT NULL, number TEXT NOT NULL,
    source TEXT NOT NULL, is_sending INTEGER NOT NULL DEFAULT 1, is_paused INTEGER NOT NULL DEFAULT 1);
CREATE INDEX IF NOT EXISTS sms_by_number ON sms (number, at);
CREATE INDEX IF NOT EXISTS sms_by_source ON sms (source, at);
"""


class Refused(Exception):  # noqa: N818 - no error: it is what limits are for
    """No SMS now.

    Attributes:
        reason: ``"wait"`` (the pause) or ``"too_many"`` (the limit).
        seconds: When to try again.
    """

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.reason, self.seconds = reason, math.ceil(seconds)


class Limits:
    """The count, in an SQLite file that server processes may share."""

    def __init__(self, path: str) -> None:
        # One connection for all threads of a process; another process has its own.
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
        self._turn = threading.RLock()
        self._database.executescript(SCHEMA)

    def close(self) -> None:
        self._database.close()

    @contextlib.contextmanager
    def one_sms(self, *, session: str, number: str, source: str) -> Iterator[None]:
        """Holds the right to send one SMS, taken before it is sent: of two requests at once, one gets it.

        What the service refuses, and what never reached it, counts nothing.

        Args:
            session: What stays the same for a browser.
            number: In the service's form (`ants_otp.normalize_mobile`), so that no way to write it counts anew.
            source: Who asks, as `source_of` gives it.

        Raises:
            Refused: It is too soon for this session or number, or there were too many for this number or source.
        """
        taken = self._take(session, number, source)
        went_out = True
        try:
            yield
        except OtpError as error:
            # With UNKNOWN an SMS may be on its way.
            went_out = error.delivery is Delivery.UNKNOWN
            raise
        finally:
            if went_out:
                self._run("UPDATE sms SET is_sending = 0 WHERE id = ?", taken)
            else:
                self._run("DELETE FROM sms WHERE id = ?", taken)

    def _take(self, session: str, number: str, source: str) -> str:
        now, taken = time.time(), secrets.token_urlsafe()
        with self._transaction():
            self._run("DELETE FROM sms WHERE at <= ?", now - PERIOD)
            pause = self._pause_left(session, number, now)
            if pause > 0:
                raise Refused("wait", pause)
            for column, key, limit in (("number", number, PER_NUMBER), ("source", source, PER_SOURCE)):
                # The one that must be forgotten before another fits.
                newest_first = f"SELECT at FROM sms WHERE {column} = ? ORDER BY at DESC LIMIT 1 OFFSET ?"  # noqa: S608
                oldest = self._one(newest_first, key, limit - 1)
                if oldest is not None:
                    raise Refused("too_many", oldest + PERIOD - now)
            values = (taken, now, session, number, source)
            self._run("INSERT INTO sms (id, at, session, number, source) VALUES (?, ?, ?, ?, ?)", *values)
        return taken

    def is_sending(self, *, session: str, number: str) -> bool:
        """Whether another request of this session is sending to this number: the first of two clicks."""
        found = self._one("SELECT 1 FROM sms WHERE is_sending AND session = ? AND number = ?", session, number)
        return found is not None

    def verified(self, number: str) -> None:
        """Whoever has just shown that the number is theirs need not wait to ask for another SMS to it."""
        self._run("UPDATE sms SET is_paused = 0 WHERE number = ?", number)

    def pause_left(self, *, session: str, number: str) -> float:
        """Seconds until this session can have another SMS to this number, as far as the pause goes."""
        return self._pause_left(session, number, time.time())

    def _pause_left(self, session: str, number: str, now: float) -> float:
        newest = self._one("SELECT max(at) FROM sms WHERE is_paused AND (number = ? OR session = ?)", number, session)
        return 0 if newest is None else max(0, newest + PAUSE - now)

    def _one(self, statement: str, *values: object) -> float | None:
        row = self._run(statement, *values)
        return None if row is None or row[0] is None else float(row[0])

    def _run(self, statement: str, *values: object) -> Any:
        """The first row, if there is one."""
        with self._turn:
            return self._database.execute(statement, values).fetchone()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        # Immediate: nobody else counts between our look and our mark.
        with self._turn:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")


def source_of(address: str | None) -> str:
    """Who asks: an IPv4 address, or the /64 of an IPv6 address, of which one customer has 2⁶⁴."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        mapped = ip.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
