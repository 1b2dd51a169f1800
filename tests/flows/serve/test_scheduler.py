"""Rounds of a shop whose Prefect is away: what is read, what is sent, and what is told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from engine.delivery.going_live import Rehearsed
from engine.open.open_shop import OpenShop
from engine.sync.sync import Synced
from engine.tick.counts import Counts
from flows.runtime.prefect_server import Place
from flows.serve.scheduler import FILE, PREFECT, Pace, Rounds
from flows.serve.supervisor import Keeper
from sandbox.sendgrid.account import API_KEY
from sandbox.sendgrid.server import Door, running
from tests.flows.processes import free_port
from tests.flows.served_shop import SHOP, answer, laid

SOON = timedelta(minutes=1)


class Ear:
    """All that was told, in order."""

    def __init__(self) -> None:
        self.arrived: list[str] = []
        self.rehearsed: list[int] = []
        self.wrong: dict[str, str] = {}
        self.live: list[Rehearsed] = []

    def opened(self, shop: OpenShop) -> None:
        pass

    def synced(self, one: Synced) -> None:
        if one.report:
            self.arrived.append(one.source)

    def goes_live(self, found: Rehearsed) -> None:
        self.live.append(found)

    def looked(self, counts: Mapping[str, Counts], waiting: int) -> None:
        self.rehearsed.append(sum(one.outcomes["rehearsed"] for one in counts.values()))

    def stands(self, what: str, in_its_way: Exception | None) -> None:
        self.wrong.pop(what, None)
        if in_its_way:
            self.wrong[what] = str(in_its_way)


class Shop:
    """A shop in a folder, with rounds that are run by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ear = folder, Ear()
        laid(folder)
        keeper = Keeper(Place(f"http://127.0.0.1:{free_port()}/api"))
        keeper.run()
        pace = Pace(SOON, SOON)
        config = folder / "config.yaml"
        self.rounds = Rounds(config, keeper, self.ear, Event(), datetime.now(UTC), pace)

    def sync(self) -> None:
        asyncio.run(self.rounds.sync(datetime.now(UTC)))

    def look(self) -> None:
        asyncio.run(self.rounds.look(datetime.now(UTC)))


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_without_prefect_all_is_done_all_the_same(shop: Shop) -> None:
    shop.look()
    answer(shop.folder, "clara@example.com")
    shop.sync()
    shop.look()
    assert shop.ear.arrived == ["survey"]
    assert shop.ear.rehearsed == [0, 1]
    assert "The work goes on" in shop.ear.wrong[PREFECT]


def test_sendgrid_is_asked_like_a_source_where_customers_unsubscribe_there(shop: Shop) -> None:
    door = Door()
    door.account.lists.groups[12345] = {}
    with running(door) as address:
        (shop.folder / ".env").write_text(f"SENDGRID_API_KEY={API_KEY}\n")
        account = f"{{api key: $SENDGRID_API_KEY, unsubscribe group: 12345, address: '{address}'}}"
        sending = f"sending:\n  unsubscribe by: sendgrid\n  sendgrid: {account}\n"
        config = shop.folder / "config.yaml"
        config.write_text(SHOP.replace("sending:\n", f"{sending}  through: sendgrid\n"))
        shop.sync()
        assert shop.ear.arrived == ["survey", "SendGrid"]
        assert "SendGrid" not in shop.ear.wrong


def test_a_source_that_fails_keeps_back_neither_the_others_nor_the_mail(shop: Shop) -> None:
    lost = (
        "sources:\n  lost: {from: csv, holds: answers, file: nowhere.csv,"
        " columns: {customer: A, when: B, csat: C}}\n"
    )
    config = shop.folder / "config.yaml"
    config.write_text(SHOP.replace("sources:\n", lost))
    shop.look()
    answer(shop.folder, "clara@example.com")
    shop.sync()
    shop.look()
    assert shop.ear.arrived == ["survey"]
    assert shop.ear.rehearsed == [0, 1]
    assert "nowhere.csv" in shop.ear.wrong["lost"]


def test_the_look_that_goes_live_tells_what_was_rehearsed(shop: Shop) -> None:
    shop.look()
    answer(shop.folder, "clara@example.com")
    shop.sync()
    shop.look()
    smtp = "sending:\n  through: smtp\n  smtp: {server: 127.0.0.1, port: 9, encryption: none}\n"
    (shop.folder / "config.yaml").write_text(SHOP.replace("sending:\n", smtp))
    for _ in range(2):
        shop.look()
    assert shop.ear.live == [Rehearsed(all=1, in_time=1)]


def test_a_broken_file_sends_nothing_until_it_is_whole(shop: Shop) -> None:
    shop.look()
    answer(shop.folder, "clara@example.com")
    shop.sync()
    config = shop.folder / "config.yaml"
    config.write_text(SHOP + "misspelt: yes\n")
    shop.look()
    shop.sync()
    assert shop.ear.rehearsed == [0]
    assert "1 to fix" in shop.ear.wrong[FILE]
    config.write_text(SHOP)
    shop.look()
    assert shop.ear.rehearsed == [0, 1]
    assert FILE not in shop.ear.wrong


def test_the_rhythm_is_that_of_the_file_as_it_is_now(shop: Shop) -> None:
    config = shop.folder / "config.yaml"
    config.write_text(SHOP + "schedule: {sync every: 1 hour, look every: 2 minutes}\n")
    shop.look()
    assert shop.rounds.pace == Pace(timedelta(hours=1), timedelta(minutes=2))


def test_housekeeping_leaves_no_write_ahead_log_behind(shop: Shop) -> None:
    shop.look()
    asyncio.run(shop.rounds.tidy(datetime.now(UTC)))
    assert not [one for one in shop.folder.glob("regulars.db-wal") if one.stat().st_size]
    assert set(shop.ear.wrong) == {PREFECT}


def test_the_owner_is_written_to_at_the_first_look_after_that_time(shop: Shop) -> None:
    config = shop.folder / "config.yaml"
    config.write_text(SHOP + "schedule: {morning letter: 08:00}\n")
    for clock in ("07:59", "08:04", "08:09"):
        now = datetime.fromisoformat(f"2026-03-03T{clock}:00+00:00")
        asyncio.run(shop.rounds.look(now))
        letters = list((shop.folder / "outbox").glob("morning-*.eml"))
        assert len(letters) == (0 if clock == "07:59" else 1)


def test_housekeeping_writes_the_list_of_the_noes(shop: Shop) -> None:
    shop.look()
    asyncio.run(shop.rounds.tidy(datetime.now(UTC)))
    assert (shop.folder / "no-mail.csv").exists()
