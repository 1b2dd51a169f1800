"""Lines of libraries that strangers can cause are withheld and counted."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from regulars.terminal.log import JsonFormatter, Redactor, logging_to, make_handler
from regulars.terminal.repeat_limit import RepeatLimit


class Clock:
    """Seconds that the test sets."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What a handler of `make_handler` writes."""
    stream = io.StringIO()
    with logging_to(make_handler(JsonFormatter(Redactor()), stream)):
        yield stream


def messages(stream: io.StringIO) -> list[str]:
    return [json.loads(line)["message"] for line in stream.getvalue().splitlines()]


def test_a_warning_of_a_library_that_repeats_is_written_once(stream: io.StringIO) -> None:
    for number in range(1_500):
        logging.getLogger("uvicorn.error").warning("Invalid HTTP request %s.", number)
    logging.getLogger("uvicorn.error").warning("Another place.")
    assert messages(stream) == ["Invalid HTTP request 0.", "Another place."]


def test_our_own_lines_are_all_written(stream: io.StringIO) -> None:
    for _ in range(3):
        logging.getLogger("pages.access").info("GET /health 200")
    assert len(messages(stream)) == 3


def test_after_the_interval_the_withheld_ones_are_counted() -> None:
    clock, stream = Clock(), io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter(Redactor()))
    handler.addFilter(RepeatLimit((), interval=60, clock=clock))
    with logging_to(handler):
        for clock.seconds in (0, 1, 59, 60, 61, 200):
            logging.getLogger("uvicorn.error").warning("Invalid HTTP request.")
    assert messages(stream) == [
        "Invalid HTTP request.",
        "Invalid HTTP request. (2 more like it since the last one)",
        "Invalid HTTP request. (1 more like it since the last one)",
    ]
