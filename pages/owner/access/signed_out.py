"""The sessions that were ended before they expired: a copy of their cookie is refused."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

MAX_SESSIONS = 10_000


@dataclass
class SignedOut:
    """Ids of ended sessions, as hashes, until they would have expired.

    Kept in `file`, a line each, where there is one: they hold after a restart too.
    """

    file: Path | None = None
    _expiry: dict[str, int] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        if self.file and self.file.exists():
            self._expiry = dict(filter(None, map(_parse, self.file.read_text().splitlines())))

    def add(self, session_id: str, expires_at: float, now: float) -> None:
        """Remembers that a session has ended; `expires_at` and `now` are Unix times."""
        with self._lock:
            kept = {key: expiry for key, expiry in self._expiry.items() if expiry > now}
            kept[_key(session_id)] = int(expires_at)
            self._expiry = dict(list(kept.items())[-MAX_SESSIONS:])
            if self.file:
                _write(self.file, self._expiry)

    def contains(self, session_id: str, now: float) -> bool:
        """Whether the session was ended."""
        return self._expiry.get(_key(session_id), 0) > now


def _key(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()


def _parse(line: str) -> tuple[str, int] | None:
    key, _, expiry = line.partition(" ")
    return (key, int(expiry)) if expiry.isdecimal() else None


def _write(file: Path, expiry: dict[str, int]) -> None:
    """Replaces the file in one step: a crash leaves the old one or the new one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    draft.write_text("".join(f"{key} {until}\n" for key, until in expiry.items()))
    draft.chmod(0o600)
    draft.replace(file)
