"""Lines on standard error: for a person to read, or one JSON document each."""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from typing import TextIO
from zoneinfo import ZoneInfo

ADDRESS = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+")
Say = Callable[[str, str, Mapping[str, int]], None]


class LogFormat(StrEnum):
    """How lines are written."""

    TEXT = "text"
    JSON = "json"


class EventLog:
    """Nothing in it names a person: a log is read by many, and kept for long."""

    def __init__(
        self,
        log_format: LogFormat,
        zone: ZoneInfo,
        clock: Callable[[], datetime],
        stream: TextIO | None = None,
    ) -> None:
        self._format, self._zone, self._clock = log_format, zone, clock
        self._stream = stream or sys.stderr

    def write_event(
        self, event: str, message: str, figures: Mapping[str, int] | None = None
    ) -> None:
        """In text, what has no sentence is not said."""
        text = redact_addresses(" ".join(message.split()))
        if self._format is LogFormat.JSON:
            time = self._clock().isoformat(timespec="seconds")
            document = {"at": time, "what": event, "said": text, **(figures or {})}
            self._write(json.dumps(document, ensure_ascii=False))
        elif text:
            self._write(f"{self._clock().astimezone(self._zone):%H:%M} {event}: {text}")

    def _write(self, line: str) -> None:
        """In one go: several threads speak."""
        self._stream.write(f"{line}\n")
        self._stream.flush()


class EventLogHandler(logging.Handler):
    """Writes log records to an EventLog; a record's `event` is its logger's name by default."""

    def __init__(self, log: EventLog) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        self._log.write_event(getattr(record, "event", record.name), record.getMessage())


@contextmanager
def handle_records(name: str, handler: logging.Handler) -> Iterator[None]:
    """Sends records of the logger `name` and below, from INFO on, to `handler` and no other."""
    logger = logging.getLogger(name)
    level, propagate = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False  # Prefect's root handlers would print the records again
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate


def redact_addresses(text: str) -> str:
    return ADDRESS.sub("…", text)
