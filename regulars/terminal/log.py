"""Logging: one handler on standard error that writes lines for people or JSON documents.

Every record passes through it, also those of Prefect, uvicorn and other libraries; addresses and
secrets are redacted from all of them.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import TextIO
from zoneinfo import ZoneInfo

from regulars.terminal.repeat_limit import RepeatLimit

WORD = r"[^\s@<>\"'(),;:]"
# Also in a URL, where the @ is %40. A match begins where a word does: other places take too long.
ADDRESS = re.compile(f"(?<!{WORD}){WORD}+(?:@|%40){WORD}+")
REDACTED = "…"
MIN_SECRET_LENGTH = 4  # shorter ones are part of ordinary words
LOGGER = logging.getLogger("regulars")
INFO_LOGGERS = ("regulars", "pages")  # of all others, warnings and errors are logged
EVENT_LINE = "{time:%H:%M} {event}: {message}"
ACCESS_LINE = "{time:%Y-%m-%d %H:%M:%S} {message}"


class LogFormat(StrEnum):
    """How log lines are written."""

    TEXT = "text"
    JSON = "json"


def log_event(
    event: str,
    message: str,
    figures: Mapping[str, int] | None = None,
    *,
    level: int = logging.INFO,
) -> None:
    """Log `message` under the name `event`; `figures` are further keys of the JSON document.

    The text format leaves out an event without a message.
    """
    LOGGER.log(level, "%s", message, extra={"event": event, "figures": figures or {}})


@contextmanager
def logging_to(handler: logging.Handler) -> Iterator[None]:
    """Send the records of all loggers to `handler` until the block ends."""
    root = logging.getLogger()
    root.addHandler(handler)
    for name in INFO_LOGGERS:
        logging.getLogger(name).setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)


def make_handler(
    formatter: logging.Formatter, stream: TextIO | None = None
) -> logging.StreamHandler[TextIO]:
    """Returns a handler that writes lines of `formatter` to `stream`, or to standard error.

    Lines of libraries that repeat are withheld and counted.
    """
    handler = QuietHandler(stream or sys.stderr)
    handler.setFormatter(formatter)
    handler.addFilter(RepeatLimit(unlimited=INFO_LOGGERS))
    if isinstance(formatter, TextFormatter):
        handler.addFilter(lambda record: bool(message_text(record)))
    return handler


class QuietHandler(logging.StreamHandler[TextIO]):
    """A stream handler that is silent about its own errors.

    Prefect leaves the root logger alone if it has a handler with a formatter and a public name.
    """

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """Drop a record that cannot be written: logging would print it unredacted."""


class Redactor:
    """Replaces e-mail addresses and the given secrets in a text."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._known: frozenset[str] = frozenset()
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Redact these `secrets` too, from any thread."""
        self._known |= {secret for secret in secrets if len(secret) >= MIN_SECRET_LENGTH}
        longest_first = sorted(self._known, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")

    def redact(self, text: str) -> str:
        """Returns `text` with each secret and address replaced by an ellipsis."""
        return ADDRESS.sub(REDACTED, self._secrets.sub(REDACTED, text))


def utc_now() -> datetime:
    """Returns the current time in UTC."""
    return datetime.now(UTC)


def message_text(record: logging.LogRecord) -> str:
    """Returns the record's message; without its arguments where they cannot be inserted.

    A library's mistake in a log line must not raise in the code that logs it.
    """
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001  # from the arguments' own __str__, of any kind
        return str(record.msg)


def single_line(text: str) -> str:
    """Returns `text` with every run of white space as one space."""
    return " ".join(text.split())


def without_error_text(message: str, error: BaseException) -> str:
    """Returns `message` without what `error` says, which libraries quote in their messages."""
    for quoted in (single_line(repr(error)), single_line(str(error))):
        if len(quoted) >= MIN_SECRET_LENGTH:
            message = message.replace(quoted, REDACTED)
    return message


class RedactingFormatter(logging.Formatter):
    """Base of the formats: what they have in common is the redacted, one-line message."""

    def __init__(self, redactor: Redactor, clock: Callable[[], datetime] = utc_now) -> None:
        super().__init__()
        self.redactor, self.clock = redactor, clock

    def event(self, record: logging.LogRecord) -> str:
        """Returns the record's event, for other libraries the first part of the logger's name."""
        return str(getattr(record, "event", record.name.partition(".")[0]))

    def message(self, record: logging.LogRecord) -> str:
        """Returns the redacted message; of an exception only its type and location.

        An exception's text and traceback may quote personal data.
        """
        text = single_line(message_text(record))
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            text = f"{without_error_text(text, error)} ({error_summary(error)})"
        if withheld := getattr(record, "withheld", 0):
            text += f" ({withheld:,} more like it since the last one)"
        return self.redactor.redact(text)


class TextFormatter(RedactingFormatter):
    """Lines for people, as the template `line` says, with times in `zone`."""

    def __init__(
        self,
        redactor: Redactor,
        zone: ZoneInfo,
        clock: Callable[[], datetime] = utc_now,
        line: str = EVENT_LINE,
    ) -> None:
        super().__init__(redactor, clock)
        self.zone, self.line = zone, line

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line of `record`."""
        time = self.clock().astimezone(self.zone)
        return self.line.format(time=time, event=self.event(record), message=self.message(record))


class JsonFormatter(RedactingFormatter):
    """JSON documents with the keys at (UTC), event, level, message, and the event's figures."""

    def format(self, record: logging.LogRecord) -> str:
        """Returns the document of `record`."""
        document = {
            "at": self.clock().isoformat(timespec="seconds"),
            "event": self.event(record),
            "level": record.levelname.lower(),
            "message": self.message(record),
            **getattr(record, "figures", {}),
        }
        return json.dumps(document)  # in ASCII: valid whatever the encoding of standard error


def error_summary(error: BaseException) -> str:
    """Returns the type and the location of `error`: "ValueError at rows.py:12"."""
    return f"{type(error).__name__} at {_location(error.__traceback__)}"


def _location(trace: TracebackType | None) -> str:
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
