"""What `regulars serve` says, and what it never says."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connectors.sync import SyncReport
from engine.config.owner_config import load_owner_config
from engine.delivery.going_live import RehearsalSummary
from engine.sync.sync import SyncResult
from engine.tick.counts import Counts
from flows.serve.scheduler import FILE
from regulars.serve.log import ServeLog, tick_message
from regulars.serve.process import serve_shop
from regulars.terminal.log import EventLog, LogFormat
from settings.errors import UnavailableError
from settings.yaml.load import ConfigError
from tests.cafe import FILE as SHOP

TEN_IN_LISBON = datetime(2026, 7, 3, 9, tzinfo=UTC)  # ten o'clock in Lisbon


class RecordedLog:
    """A telling, what it wrote, and the details it kept aside."""

    def __init__(self, log_format: LogFormat = LogFormat.TEXT) -> None:
        self._stream, self.crash_logs = io.StringIO(), list[str]()
        event_log = EventLog(
            log_format, ZoneInfo("Europe/Lisbon"), lambda: TEN_IN_LISBON, self._stream
        )
        self.log = ServeLog(event_log, self.crash_logs.append, lambda _shop: None)

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
    assert (document["what"], document["said"], document["sent"]) == ("run", "", 0)


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
    assert "the first in line 7: regulars check names them. Nothing is read or sent" in line
    assert "secret" not in line


@pytest.mark.parametrize("log_format", LogFormat)
def test_no_address_is_logged(log_format: LogFormat) -> None:
    recorded = RecordedLog(log_format)
    recorded.log.on_status(
        "till", UnavailableError("It knows no clara@example.com, nor <b.o@x.example>.")
    )
    [line] = recorded.lines()
    assert "@" not in line
    assert "It knows no …" in line


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
