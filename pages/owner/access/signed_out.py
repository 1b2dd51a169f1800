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

    Kept in `file`, a line each, where there is one: they hold after a restart too, and for every
    process that shows the shop, such as `regulars serve` beside `regulars overview`.
    """

    file: Path | None = None
    _expiry: dict[str, int] = field(default_factory=dict)
    _version: tuple[int, int] | None = None
    _lock: Lock = field(default_factory=Lock)

    def add(self, session_id: str, expires_at: float, now: float) -> None:
        """Remembers that a session has ended; `expires_at` and `now` are Unix times."""
        with self._lock:
            self._read_changes()
            kept = {key: expiry for key, expiry in self._expiry.items() if expiry > now}
            kept[_key(session_id)] = int(expires_at)
            self._expiry = dict(list(kept.items())[-MAX_SESSIONS:])
            if self.file:
                _write(self.file, self._expiry)
                self._version = _file_version(self.file)

    def contains(self, session_id: str, now: float) -> bool:
        """Whether the session was ended, here or in another process."""
        with self._lock:
            self._read_changes()
            return self._expiry.get(_key(session_id), 0) > now

    def _read_changes(self) -> None:
        """Reads the file if another process has replaced it, which has a new inode."""
        version = _file_version(self.file) if self.file else None
        if self.file is None or version is None or version == self._version:
            return
        lines = self.file.read_text().splitlines()
        self._expiry |= dict(filter(None, map(_parse, lines)))
        self._version = version


def _file_version(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


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
