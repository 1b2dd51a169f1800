"""Lines on standard error: for a person to read, or one JSON document each."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TextIO
from zoneinfo import ZoneInfo

ADDRESS = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+")
Say = Callable[[str, str, Mapping[str, int]], None]


class Form(StrEnum):
    """How lines are written."""

    TEXT = "text"
    JSON = "json"


class Log:
    """Nothing in it names a person: a log is read by many, and kept for long."""

    def __init__(
        self, form: Form, zone: ZoneInfo, clock: Callable[[], datetime], out: TextIO | None = None
    ) -> None:
        self._form, self._zone, self._clock = form, zone, clock
        self._out = out or sys.stderr

    def say(self, what: str, sentence: str, figures: Mapping[str, int] | None = None) -> None:
        """In text, what has no sentence is not said."""
        said = without_addresses(" ".join(sentence.split()))
        if self._form is Form.JSON:
            at = self._clock().isoformat(timespec="seconds")
            document = {"at": at, "what": what, "said": said, **(figures or {})}
            self._write(json.dumps(document, ensure_ascii=False))
        elif said:
            self._write(f"{self._clock().astimezone(self._zone):%H:%M} {what}: {said}")

    def _write(self, line: str) -> None:
        """In one go: several threads speak."""
        self._out.write(f"{line}\n")
        self._out.flush()


def without_addresses(text: str) -> str:
    return ADDRESS.sub("…", text)
