"""What the application remembers, in SQLite: sessions, and who has logged in.

Sessions live here and not in the cookie, which holds nothing but a random name: an OTP id or a mobile number is nothing
for a browser to keep. Every call is short, and made from the server's one thread.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from dataclasses import asdict, dataclass, field

#: How long a session lives without being used.
LIFE = 12 * 60 * 60

SCHEMA = """
CREATE TABLE IF NOT EXISTS session (name TEXT PRIMARY KEY, used REAL NOT NULL, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS person (mobile TEXT PRIMARY KEY, first_login REAL NOT NULL, last_login REAL NOT NULL);
"""


@dataclass
class Session:
    """What is known of one browser."""

    #: Goes into every form, and must come back from it: another site cannot know it.
    form_token: str = field(default_factory=secrets.token_urlsafe)
    language: str = ""
    #: Stays the same until the session ends: what the limits know it by.
    id: str = field(default_factory=secrets.token_urlsafe)
    #: The OTP that was sent last, as the constructor of `Sent` takes it, and the number it went to, in the service's
    #: form.
    otp: dict[str, str] | None = None
    mobile: str = ""
    #: What was typed and is no number, to be corrected.
    typed: str = ""
    #: Shown once on the next page: the number of a code, or the name of a text with its seconds.
    code: int | None = None
    note: str = ""
    #: Who has logged in: a number in the service's form.
    person: str = ""


class Store:
    def __init__(self, path: str) -> None:
        self._database = sqlite3.connect(path, isolation_level=None, timeout=10)
        self._database.executescript(SCHEMA)

    def close(self) -> None:
        self._database.close()

    def load(self, cookie: str, now: float) -> Session | None:
        row = self._database.execute(
            "SELECT content FROM session WHERE name = ? AND used > ?", (hashed(cookie), now - LIFE)
        ).fetchone()
        return Session(**json.loads(row[0])) if row else None

    def begin(self, session: Session, now: float) -> str:
        """Keeps a new session, and gives its name."""
        cookie = secrets.token_urlsafe(32)
        self._database.execute("DELETE FROM session WHERE used <= ?", (now - LIFE,))
        self._database.execute(
            "INSERT INTO session VALUES (?, ?, ?)", (hashed(cookie), now, json.dumps(asdict(session)))
        )
        return cookie

    def change(self, cookie: str, changes: dict[str, object], now: float) -> None:
        """Writes the fields that a request has changed, and no other: a parallel request may have changed those.

        A session that has ended meanwhile stays so.
        """
        self._database.execute(
            "UPDATE session SET used = ?, content = json_patch(content, ?) WHERE name = ?",
            (now, json.dumps(changes), hashed(cookie)),
        )

    def forget(self, cookie: str) -> None:
        self._database.execute("DELETE FROM session WHERE name = ?", (hashed(cookie),))

    def logged_in(self, mobile: str, now: float) -> None:
        self._database.execute(
            "INSERT INTO person VALUES (?, ?, ?) ON CONFLICT (mobile) DO UPDATE SET last_login = excluded.last_login",
            (mobile, now, now),
        )


def hashed(cookie: str) -> str:
    """Whoever reads the database cannot take over a session."""
    return hashlib.sha256(cookie.encode()).hexdigest()
