"""The log of `regulars serve`: its lines, and what is redacted from them."""

from __future__ import annotations

import io
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import create_engine

from connectors.sync import SyncReport
from engine.config.owner_config import load_owner_config
from engine.delivery.going_live import RehearsalSummary
from engine.open.open_shop import open_shop
from engine.sync.sync import SyncResult
from engine.tick.counts import Counts
from flows.serve.scheduler import FILE
from regulars.serve.handler import config_secrets, secrets_of
from regulars.serve.log import ServeLog, tick_message
from regulars.serve.process import serve_shop
from regulars.terminal.log import (
    LOGGER,
    JsonFormatter,
    LogFormat,
    Redactor,
    TextFormatter,
    logging_to,
    make_handler,
)
from settings.errors import UnavailableError
from settings.yaml.load import ConfigError
from tests.cafe import FILE as SHOP

TEN_IN_LISBON = datetime(2026, 7, 3, 9, tzinfo=UTC)  # ten o'clock in Lisbon


@pytest.fixture(autouse=True)
def restored_handlers() -> Iterator[None]:
    handlers, level = list(LOGGER.handlers), LOGGER.level
    LOGGER.setLevel(logging.INFO)
    yield
    LOGGER.handlers[:] = handlers
    LOGGER.setLevel(level)


def formatter(log_format: LogFormat, *secrets: str) -> logging.Formatter:
    redactor = Redactor(secrets)
    if log_format is LogFormat.JSON:
        return JsonFormatter(redactor, lambda: TEN_IN_LISBON)
    return TextFormatter(redactor, ZoneInfo("Europe/Lisbon"), lambda: TEN_IN_LISBON)


class RecordedLog:
    """A ServeLog, the lines it wrote, and the crash logs."""

    def __init__(self, log_format: LogFormat = LogFormat.TEXT) -> None:
        self._stream, self.crash_logs = io.StringIO(), list[str]()
        LOGGER.addHandler(make_handler(formatter(log_format), self._stream))
        self.log = ServeLog(self.crash_logs.append, lambda _shop: None)

    def lines(self) -> list[str]:
        return self._stream.getvalue().splitlines()


def counts(**outcomes: int) -> dict[str, Counts]:
    return {"welcome": Counts(Counter(outcomes))}


@pytest.mark.parametrize(
    ("outcomes", "awaiting_approval", "expected"),
    [
        ({"sent": 3}, 1, "3 mails sent, 1 waits for your word"),
        ({"rehearsed": 1, "failed": 2}, 0, "1 mail rehearsed, 2 mails failed"),
        ({}, 2, "2 wait for your word"),
        ({}, 0, "nobody waits for your word any more"),
    ],
)
def test_a_tick_is_one_sentence(
    outcomes: dict[str, int], awaiting_approval: int, expected: str
) -> None:
    assert tick_message(Counts(Counter(outcomes)), awaiting_approval) == expected


def test_going_live_is_logged_once() -> None:
    recorded = RecordedLog()
    for _ in range(2):
        recorded.log.on_going_live(RehearsalSummary(total=23, in_time=4))
    [line] = recorded.lines()
    assert line.startswith("10:00 run: This shop sends for real now. Until now 23 mails were")
    assert "4 of them could still go" in line


def test_a_tick_without_outcome_is_not_logged_as_text() -> None:
    recorded = RecordedLog()
    recorded.log.on_tick_finished(counts(), 0)
    recorded.log.on_tick_finished(counts(sent=3), 1)
    recorded.log.on_tick_finished(counts(waiting=5), 1)
    assert recorded.lines() == ["10:00 run: 3 mails sent, 1 waits for your word"]


def test_every_tick_is_logged_as_json() -> None:
    recorded = RecordedLog(LogFormat.JSON)
    recorded.log.on_tick_finished(counts(), 0)
    [document] = map(json.loads, recorded.lines())
    assert document["at"] == "2026-07-03T09:00:00+00:00"
    assert (document["event"], document["level"]) == ("run", "info")
    assert (document["message"], document["sent"]) == ("", 0)


def test_an_unchanged_status_is_logged_once() -> None:
    recorded = RecordedLog()
    for sentence in ("Square is silent.", "Square is silent.", "Square refuses the key."):
        recorded.log.on_status("till", UnavailableError(sentence))
    recorded.log.on_status("till", None)
    recorded.log.on_status("till", None)
    assert recorded.lines() == [
        "10:00 till: Square is silent.",
        "10:00 till: Square refuses the key.",
        "10:00 till: works again.",
    ]


def test_a_source_that_never_failed_is_not_logged_as_recovered() -> None:
    recorded = RecordedLog()
    recorded.log.on_status("till", None)
    assert recorded.lines() == []


def test_a_sync_logs_what_arrived() -> None:
    recorded = RecordedLog()
    report = SyncReport("online-shop", {"customers": 1, "orders": 0, "abandonedCheckouts": 2})
    recorded.log.on_synced(SyncResult("online-shop", report, None))
    assert recorded.lines() == ["10:00 online-shop: 1 customer, 2 carts"]


def test_a_broken_config_is_logged_by_line_and_not_quoted(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(SHOP.replace("reply to: ana@cornercafe.example", "reply to: ana@@secret"))
    with pytest.raises(ConfigError) as error_info:
        load_owner_config(config, {})
    recorded = RecordedLog()
    recorded.log.on_status(FILE, error_info.value)
    [line] = recorded.lines()
    assert "the first in line 8: regulars check names them. Nothing is read or sent" in line
    assert "secret" not in line


@pytest.mark.parametrize("log_format", LogFormat)
def test_no_address_is_logged(log_format: LogFormat) -> None:
    recorded = RecordedLog(log_format)
    recorded.log.on_status(
        "till", UnavailableError("It knows no clara@example.com, nor <b.o@x.example>.")
    )
    [line] = recorded.lines()
    message = json.loads(line)["message"] if log_format is LogFormat.JSON else line
    assert message.endswith("It knows no …, nor <…>.")


def test_an_internal_error_is_logged_by_location_and_its_text_goes_to_the_crash_log() -> None:
    recorded = RecordedLog()
    for _ in range(2):
        recorded.log.on_status("run", raised_by(lambda: int("clara")))
    [line] = recorded.lines()
    assert "ValueError at test_log.py:" in line
    assert "clara" not in line
    assert "clara" in recorded.crash_logs[0]


def raised_by(function: Callable[[], object]) -> Exception:
    try:
        function()
    except ValueError as error:
        return error
    raise AssertionError


@pytest.mark.parametrize("mistake", ["misspelt: yes\n", "schedule: {look every: 2 days}\n"])
def test_a_broken_config_is_not_served(tmp_path: Path, mistake: str) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(SHOP + mistake)
    with pytest.raises(ConfigError, match="1 to fix"):
        serve_shop(config, pages_address=None, log_format=LogFormat.TEXT)


@pytest.mark.parametrize("log_format", LogFormat)
def test_lines_of_libraries_are_redacted_by_the_same_handler(log_format: LogFormat) -> None:
    stream = io.StringIO()
    with logging_to(make_handler(formatter(log_format, "SG.key"), stream)):
        for name in ("prefect.flows", "uvicorn.error", "httpx"):
            logging.getLogger(name).critical("SG.key refused for clara@example.com")
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    if log_format is LogFormat.JSON:
        documents = [json.loads(line) for line in lines]
        assert [document["event"] for document in documents] == ["prefect", "uvicorn", "httpx"]
        assert {document["message"] for document in documents} == {"… refused for …"}
    else:
        assert all("… refused for …" in line for line in lines)
        assert lines[0].startswith("10:00 prefect: ")


def test_an_exception_is_logged_by_type_and_location() -> None:
    stream = io.StringIO()
    with logging_to(make_handler(formatter(LogFormat.JSON), stream)):
        try:
            int("clara")
        except ValueError:
            logging.getLogger("prefect").exception("A flow failed.", stacklevel=1)
    document = json.loads(stream.getvalue())
    assert document["message"].startswith("A flow failed. (ValueError at test_log.py:")
    assert "clara" not in stream.getvalue()


@pytest.mark.parametrize("log_format", LogFormat)
def test_a_message_that_quotes_its_exception_is_logged_without_the_quote(
    log_format: LogFormat,
) -> None:
    """As asyncio does for a task whose exception nobody retrieved."""
    stream = io.StringIO()
    error = ValueError("Clara Silva,\n+351 912 345 678")
    with logging_to(make_handler(formatter(log_format), stream)):
        logging.getLogger("asyncio").error("Never retrieved: <Task %r>", error, exc_info=error)
        logging.getLogger("asyncio").error("Never retrieved: %s", error, exc_info=error)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert all("Never retrieved: " in line and "(ValueError at " in line for line in lines)
    assert not any(part in stream.getvalue() for part in ("Clara", "Silva", "912"))


@pytest.mark.parametrize("log_format", LogFormat)
def test_a_malformed_record_of_a_library_is_logged_and_raises_nothing(
    log_format: LogFormat,
) -> None:
    stream = io.StringIO()
    handler = make_handler(formatter(log_format), stream)
    for line, message, arguments, event in (
        (1, "Retry in %d seconds", ("soon",), "http"),
        (2, "Closed.", (), object()),
    ):
        record = logging.LogRecord("httpx", logging.ERROR, "", line, message, arguments, None)
        record.event = event
        handler.handle(record)
    first, second = stream.getvalue().splitlines()
    assert "Retry in %d seconds" in first
    assert "Closed." in second


@pytest.mark.parametrize(
    "text", ["clara@example.com", "/global/clara%40example.com", "clara+a@example.com"]
)
def test_an_address_is_redacted_as_it_stands_in_a_text_or_url(text: str) -> None:
    assert Redactor().redact(f"GET {text} failed") == "GET … failed"


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_json_line_is_valid_in_every_encoding_of_standard_error(encoding: str) -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding, errors="backslashreplace", write_through=True)
    record = {"name": "httpx", "levelno": logging.ERROR, "levelname": "ERROR"}
    # Not through a logger: pytest would keep the message, and xdist cannot send a lone surrogate.
    handler = make_handler(formatter(LogFormat.JSON), stream)
    handler.handle(logging.makeLogRecord(record | {"msg": "Café — \u2028 \udc80 \x1b\n☕"}))
    [line] = written.getvalue().decode().splitlines()
    assert json.loads(line)["message"] == "Café — \udc80 \x1b ☕"


def test_a_word_of_a_million_letters_is_looked_through() -> None:
    """With a pattern that goes back and forth this would take an hour."""
    assert Redactor().redact("x" * 1_000_000) == "x" * 1_000_000


def test_secrets_that_are_added_later_are_redacted_too() -> None:
    redactor = Redactor(["first-secret"])
    redactor.add(["first-secret-2", "abc"])
    assert redactor.redact("first-secret first-secret-2 abc") == "… … abc"


def test_the_secrets_of_a_shop_include_its_databases_password(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(SHOP)
    shop = open_shop(config)
    server = create_engine("postgresql+psycopg://ana:hush-hush-9@localhost/cafe")
    assert set(secrets_of(shop)) == {shop.secret, ""}
    assert set(secrets_of(replace(shop, engine=server))) == {shop.secret, "hush-hush-9"}
    shop.engine.dispose()


def test_the_secrets_of_a_config_are_found(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    sending = "sending:\n  smtp: {server: smtp.example.com, user: u, password: $PASSWORD}\n"
    config.write_text(SHOP.replace("sending:\n", sending))
    owner_config = load_owner_config(config, {"PASSWORD": "hush-hush-8"})
    assert list(config_secrets(owner_config)) == ["hush-hush-8"]
