"""A clock that is implausibly far ahead stops a run before it does anything."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from connectors.http import open_http, send
from engine.clock.clock_record import (
    ClockReading,
    ClockRecord,
    Uptime,
    load_record,
    read_uptime,
    save_record,
)
from engine.clock.plausibility import (
    ClockAheadError,
    check_clock,
    clock_lead,
    confirm_clock,
)
from engine.clock.server_time import noting_server_time
from shop.db.workers import seconds_since_boot
from tests.cafe import DAY, HOUR, MARCH

BOOT, OTHER_BOOT = Uptime("a", 1000), Uptime("b", 10)
LATER = Uptime("a", 1000 + 300)
FIVE_MINUTES = timedelta(minutes=5)


def reading(hours: float = 0) -> ClockReading:
    return ClockReading(MARCH + timedelta(hours=hours), BOOT)


@pytest.mark.parametrize(
    ("record", "ahead", "uptime", "lead"),
    [
        (ClockRecord(), 10 * DAY, LATER, None),  # nothing to compare with
        (ClockRecord(reading()), FIVE_MINUTES, LATER, None),
        (ClockRecord(reading()), FIVE_MINUTES + HOUR, LATER, None),  # of a clock that was set
        (ClockRecord(reading()), FIVE_MINUTES + 10 * DAY, LATER, 10 * DAY),
        (ClockRecord(reading()), -DAY, LATER, None),  # behind: no harm
        (ClockRecord(reading()), 10 * DAY, OTHER_BOOT, None),  # it was off for ten days
        (ClockRecord(reading()), 10 * DAY, Uptime("a", 5), None),  # a container was restarted
        # The machine began with an old time and was set right; the source's server shows it.
        (ClockRecord(reading(-72), reading()), FIVE_MINUTES, LATER, None),
        (ClockRecord(reading(), reading(-72)), FIVE_MINUTES, LATER, 3 * DAY),
        # The owner has confirmed the machine's clock since its start: then it counts more.
        (ClockRecord(reading(), reading(-72), "a"), FIVE_MINUTES, LATER, None),
        (ClockRecord(reading(), reading(240), "a"), FIVE_MINUTES + 10 * DAY, LATER, 10 * DAY),
        (ClockRecord(reading(), reading(-72), "earlier"), FIVE_MINUTES, LATER, 3 * DAY),
        # A machine that slept for ten days has been up for them.
        (ClockRecord(reading()), 10 * DAY, Uptime("a", 1000 + 10 * 86400), None),
    ],
)
def test_a_lead_is_what_neither_uptime_nor_a_server_explains(
    record: ClockRecord, ahead: timedelta, uptime: Uptime, lead: timedelta | None
) -> None:
    assert clock_lead(record, MARCH + ahead, uptime) == lead


def test_an_implausible_clock_is_refused_until_it_is_right_or_confirmed(tmp_path: Path) -> None:
    check_clock(tmp_path, MARCH)
    for _ in range(2):
        with pytest.raises(ClockAheadError, match=r"10 days more .* regulars clock confirm"):
            check_clock(tmp_path, MARCH + 10 * DAY)
    check_clock(tmp_path, MARCH)
    confirm_clock(tmp_path, MARCH + 10 * DAY)
    check_clock(tmp_path, MARCH + 10 * DAY)


def test_a_confirmed_clock_stays_right_whatever_a_server_shows_later(tmp_path: Path) -> None:
    check_clock(tmp_path, MARCH)
    confirm_clock(tmp_path, MARCH)
    late = ClockReading(MARCH - 3 * DAY, read_uptime() or BOOT)
    save_record(tmp_path, replace(load_record(tmp_path), server=late))
    check_clock(tmp_path, MARCH)


def test_a_torn_record_counts_as_none(tmp_path: Path) -> None:
    check_clock(tmp_path, MARCH)
    record = tmp_path / ".regulars" / "clock"
    for text in ("", "{", "[]", '{"machine": {}}', record.read_text()[:40]):
        record.write_text(text)
        assert load_record(tmp_path) == ClockRecord()
        check_clock(tmp_path, MARCH + 10 * DAY)


def test_the_date_of_a_sources_answer_is_noted(tmp_path: Path) -> None:
    dates = iter(["Tue, 03 Mar 2026 10:00:00 GMT", "Tue, 03 Mar 2026 09:00:00 GMT", "nonsense"])
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers={"Date": next(dates)}))

    async def fetch() -> None:
        async with open_http("http://shop.cornercafe.example", transport) as http:
            for _ in range(3):
                await send(http, "GET", "/orders")

    with noting_server_time(tmp_path):
        asyncio.run(fetch())
    server = load_record(tmp_path).server
    assert server
    assert server.shown == MARCH
    check_clock(tmp_path, MARCH)
    with pytest.raises(ClockAheadError, match="your sources' servers show"):
        check_clock(tmp_path, MARCH + DAY)


def test_an_answer_from_a_cache_is_as_old_as_its_age(tmp_path: Path) -> None:
    headers = {"Date": "Tue, 03 Mar 2026 07:00:00 GMT", "Age": "10800"}
    transport = httpx.MockTransport(lambda _: httpx.Response(200, headers=headers))

    async def fetch() -> None:
        async with open_http("http://shop.cornercafe.example", transport) as http:
            await send(http, "GET", "/orders")

    with noting_server_time(tmp_path):
        asyncio.run(fetch())
    server = load_record(tmp_path).server
    assert server
    assert server.shown == MARCH


def test_uptime_goes_by_the_start_of_the_machine() -> None:
    first, second = read_uptime(), read_uptime()
    assert first
    assert second
    assert first.boot == second.boot
    assert 0 <= second.seconds - first.seconds < 60


def test_without_a_clock_that_counts_sleep_nothing_is_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("time.CLOCK_BOOTTIME")
    monkeypatch.setattr("sys.platform", "freebsd14")
    assert read_uptime() is None
    check_clock(tmp_path, MARCH)
    check_clock(tmp_path, MARCH + 10 * DAY)


def test_the_uptime_is_the_kernels_where_lxcfs_shows_that_of_a_container(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read_text = Path.read_text

    def read_as_in_a_container(path: Path) -> str:
        return "12.34 10.00\n" if path == Path("/proc/uptime") else read_text(path)

    monkeypatch.setattr(Path, "read_text", read_as_in_a_container)
    uptime = read_uptime()
    assert uptime
    assert uptime.seconds == pytest.approx(seconds_since_boot(), abs=60)
