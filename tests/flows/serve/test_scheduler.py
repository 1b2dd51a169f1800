"""The scheduler's rounds without Prefect: what is read, sent and reported."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from engine.delivery.going_live import RehearsalSummary
from engine.open.open_shop import OpenShop
from engine.sync.sync import SyncResult
from engine.tick.counts import Counts
from flows.runtime.prefect_server import ServerConfig
from flows.serve.scheduler import CLOCK, FILE, PREFECT, Intervals, Scheduler
from flows.serve.supervisor import PrefectSupervisor
from sandbox.sendgrid.account import API_KEY
from sandbox.sendgrid.server import SendGridServer, running_sendgrid
from tests.flows.processes import free_port
from tests.flows.served_shop import SHOP, add_unhappy_answer, write_shop

ONE_MINUTE = timedelta(minutes=1)


class RecordingObserver:
    """Records all events in their order."""

    def __init__(self) -> None:
        self.synced_sources: list[str] = []
        self.rehearsed_counts: list[int] = []
        self.errors: dict[str, str] = {}
        self.going_live: list[RehearsalSummary] = []

    def on_shop_opened(self, shop: OpenShop) -> None:
        pass

    def on_synced(self, sync_result: SyncResult) -> None:
        if sync_result.report:
            self.synced_sources.append(sync_result.source)

    def on_going_live(self, rehearsal: RehearsalSummary) -> None:
        self.going_live.append(rehearsal)

    def on_tick_finished(self, counts: Mapping[str, Counts], awaiting_approval: int) -> None:
        self.rehearsed_counts.append(
            sum(rule_counts.outcomes["rehearsed"] for rule_counts in counts.values())
        )

    def on_status(self, subject: str, error: Exception | None) -> None:
        self.errors.pop(subject, None)
        if error:
            self.errors[subject] = str(error)


class ScheduledShop:
    """A shop in a folder, and a scheduler whose rounds are called by the test."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.observer = folder, RecordingObserver()
        write_shop(folder)
        supervisor = PrefectSupervisor(ServerConfig(f"http://127.0.0.1:{free_port()}/api"))
        supervisor.run()
        intervals = Intervals(ONE_MINUTE, ONE_MINUTE)
        config = folder / "config.yaml"
        self.scheduler = Scheduler(
            config, supervisor, self.observer, Event(), datetime.now(UTC), intervals
        )

    def sync(self) -> None:
        asyncio.run(self.scheduler.sync_sources(datetime.now(UTC)))

    def tick(self) -> None:
        asyncio.run(self.scheduler.run_tick(datetime.now(UTC)))


@pytest.fixture
def shop(tmp_path: Path) -> ScheduledShop:
    return ScheduledShop(tmp_path)


def test_sync_and_tick_work_without_prefect(shop: ScheduledShop) -> None:
    shop.tick()
    add_unhappy_answer(shop.folder, "clara@example.com")
    shop.sync()
    shop.tick()
    assert shop.observer.synced_sources == ["survey"]
    assert shop.observer.rehearsed_counts == [0, 1]
    assert "The work goes on" in shop.observer.errors[PREFECT]


def test_sendgrid_suppressions_are_synced_like_a_source(shop: ScheduledShop) -> None:
    sandbox = SendGridServer()
    sandbox.account.suppressions.groups[12345] = {}
    with running_sendgrid(sandbox) as address:
        (shop.folder / ".env").write_text(f"SENDGRID_API_KEY={API_KEY}\n")
        account = f"{{api key: $SENDGRID_API_KEY, unsubscribe group: 12345, address: '{address}'}}"
        sending = f"sending:\n  unsubscribe by: sendgrid\n  sendgrid: {account}\n"
        config = shop.folder / "config.yaml"
        config.write_text(SHOP.replace("sending:\n", f"{sending}  through: sendgrid\n"))
        shop.sync()
        assert shop.observer.synced_sources == ["survey", "SendGrid"]
        assert "SendGrid" not in shop.observer.errors


def test_a_failing_source_delays_neither_other_sources_nor_mail(shop: ScheduledShop) -> None:
    missing_source = (
        "sources:\n  lost: {from: csv, holds: answers, file: nowhere.csv,"
        " columns: {customer: A, when: B, csat: C}}\n"
    )
    config = shop.folder / "config.yaml"
    config.write_text(SHOP.replace("sources:\n", missing_source))
    shop.tick()
    add_unhappy_answer(shop.folder, "clara@example.com")
    shop.sync()
    shop.tick()
    assert shop.observer.synced_sources == ["survey"]
    assert shop.observer.rehearsed_counts == [0, 1]
    assert "nowhere.csv" in shop.observer.errors["lost"]


def test_the_tick_that_goes_live_reports_the_rehearsal(shop: ScheduledShop) -> None:
    shop.tick()
    add_unhappy_answer(shop.folder, "clara@example.com")
    shop.sync()
    shop.tick()
    smtp = "sending:\n  through: smtp\n  smtp: {server: 127.0.0.1, port: 9, encryption: none}\n"
    (shop.folder / "config.yaml").write_text(SHOP.replace("sending:\n", smtp))
    for _ in range(2):
        shop.tick()
    assert shop.observer.going_live == [RehearsalSummary(total=1, in_time=1)]


def test_a_broken_config_sends_nothing_until_it_is_fixed(shop: ScheduledShop) -> None:
    shop.tick()
    add_unhappy_answer(shop.folder, "clara@example.com")
    shop.sync()
    config = shop.folder / "config.yaml"
    config.write_text(SHOP + "misspelt: yes\n")
    shop.tick()
    shop.sync()
    assert shop.observer.rehearsed_counts == [0]
    assert "1 to fix" in shop.observer.errors[FILE]
    config.write_text(SHOP)
    shop.tick()
    assert shop.observer.rehearsed_counts == [0, 1]
    assert FILE not in shop.observer.errors


def test_intervals_follow_the_current_config(shop: ScheduledShop) -> None:
    config = shop.folder / "config.yaml"
    config.write_text(SHOP + "schedule: {sync every: 1 hour, look every: 2 minutes}\n")
    shop.tick()
    assert shop.scheduler.intervals == Intervals(timedelta(hours=1), timedelta(minutes=2))


def test_maintenance_leaves_no_write_ahead_log(shop: ScheduledShop) -> None:
    shop.tick()
    asyncio.run(shop.scheduler.run_maintenance(datetime.now(UTC)))
    assert not [file for file in shop.folder.glob("regulars.db-wal") if file.stat().st_size]
    assert set(shop.observer.errors) == {PREFECT}


def test_the_digest_goes_with_the_first_tick_after_its_time(shop: ScheduledShop) -> None:
    config = shop.folder / "config.yaml"
    config.write_text(SHOP + "schedule: {morning letter: 08:00}\n")
    for clock in ("07:59", "08:04", "08:09"):
        now = datetime.fromisoformat(f"2026-03-03T{clock}:00+00:00")
        asyncio.run(shop.scheduler.run_tick(now))
        letters = list((shop.folder / "outbox").glob("morning-*.eml"))
        assert len(letters) == (0 if clock == "07:59" else 1)


def test_maintenance_writes_the_no_mail_list(shop: ScheduledShop) -> None:
    shop.tick()
    asyncio.run(shop.scheduler.run_maintenance(datetime.now(UTC)))
    assert (shop.folder / "no-mail.csv").exists()


def test_a_clock_that_is_far_ahead_holds_all_but_the_sync(shop: ScheduledShop) -> None:
    shop.tick()
    add_unhappy_answer(shop.folder, "clara@example.com")
    ahead = datetime.now(UTC) + timedelta(days=10)
    for work in (shop.scheduler.run_tick, shop.scheduler.run_maintenance):
        asyncio.run(work(ahead))
        assert "10 days more" in shop.observer.errors[CLOCK]
    asyncio.run(shop.scheduler.sync_sources(ahead))
    assert shop.observer.synced_sources == ["survey"]
    assert shop.observer.rehearsed_counts == [0]
    shop.tick()
    assert CLOCK not in shop.observer.errors
    assert shop.observer.rehearsed_counts == [0, 1]
