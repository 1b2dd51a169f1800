"""The same flows on a process work pool: Prefect and two shops on PostgreSQL, two workers."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event
from typing import Any

import psutil
import pytest
import yaml
from prefect import Flow
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.utilities.importtools import import_object
from sqlalchemy import Engine

from engine.run import LOCK
from flows.maintenance import close_abandoned
from sandbox.smtp.server import Counting, accepted, sink
from tests.flows.processes import ROOT
from tests.flows.unhappy_customers import Shop, laid_live, nothing_twice_nothing_lost
from tests.flows.work_pool import PATIENCE, Pool, new_database, work_pool

COMPLETED, BUSY = ("COMPLETED", "Completed"), ("COMPLETED", "Busy")


@dataclass
class MailServer(Counting):
    """At the n-th mail it does something before it confirms it."""

    nth: int = 0
    what: Callable[[], object] | None = None

    def at(self, nth: int, what: Callable[[], object]) -> None:
        self.nth, self.what = len(accepted(self.file)) + nth, what

    def accept(self, content: bytes) -> None:
        super().accept(content)
        if self.what and len(accepted(self.file)) == self.nth:
            self.what()


@dataclass
class House:
    """Two shops, and who works for them."""

    pool: Pool
    server: MailServer
    another: Counting  # is the harbour's
    corner: Shop
    harbour: Shop

    def worker_of(self, shop: Shop) -> tuple[psutil.Process, psutil.Process]:
        """Who holds the lock of its tick at this moment, and whose child that is."""
        run = psutil.Process(int(shop.locks()[LOCK].split("/")[-2]))
        worker = run.parent()
        assert worker in self.pool.workers
        return run, worker


@pytest.fixture(scope="module")
def house(postgres: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    server = MailServer(folder / "arrived")
    another = Counting(folder / "arrived-too")
    with (
        sink(server) as port,
        sink(another) as another_port,
        work_pool(folder, new_database(postgres, "prefect")) as pool,
    ):
        shops = {}
        for name, smtp in (("corner", port), ("harbour", another_port)):
            (folder / name).mkdir()
            database = f"postgresql+psycopg{new_database(postgres, name)}"
            shops[name] = laid_live(folder / name, smtp, database)
        pool.make({name: shop.config for name, shop in shops.items()}, ["one", "two"])
        yield House(pool, server, another, **shops)
    assert not [one for one in psutil.process_iter() if belongs_to(one, pool)]


def belongs_to(process: psutil.Process, pool: Pool) -> bool:
    """By its environment, which it has of whoever started it."""
    with suppress(psutil.Error):
        return bool(process.environ().get("PREFECT_HOME") == pool.environ["PREFECT_HOME"])
    return False


def test_of_two_ticks_at_once_one_mails_and_the_other_is_no_failure(house: House) -> None:
    """The first does not get beyond its first mail before the second has ended."""
    goes_on = Event()
    house.server.at(1, lambda: goes_on.wait(PATIENCE))
    ticks = [house.pool.start("tick", "corner") for _ in range(2)]
    house.pool.until(lambda: BUSY in map(house.pool.state, ticks))
    goes_on.set()
    assert house.pool.ended(*ticks) == [BUSY, COMPLETED]
    nothing_twice_nothing_lost(house.corner, house.server, kills=0)


def test_two_workers_serve_two_shops_and_a_dead_ones_mail_is_taken_over(house: House) -> None:
    """The worker and its run are killed with the seventh mail at the server, but not confirmed."""
    pool, corner, harbour = house.pool, house.corner, house.harbour
    corner.complain(20)
    harbour.complain(3)
    read = [pool.start("sync", "corner"), pool.start("sync", "harbour")]
    assert pool.ended(*read) == [COMPLETED] * 2
    killed = Event()

    def kill() -> None:
        for one in house.worker_of(corner):
            one.kill()
        killed.set()

    house.server.at(7, kill)
    abandoned = pool.start("tick", "corner")
    assert killed.wait(PATIENCE)
    pool.until(lambda: sum(one.poll() is None for one in pool.workers) == 1)
    ticks = [pool.start("tick", "corner"), pool.start("tick", "harbour")]
    assert pool.ended(*ticks) == [COMPLETED] * 2
    nothing_twice_nothing_lost(corner, house.server, kills=1)
    nothing_twice_nothing_lost(harbour, house.another, kills=0)
    close_abandoned_of(pool, harbour)
    assert pool.state(abandoned) == ("RUNNING", "Running")
    close_abandoned_of(pool, corner)
    assert pool.state(abandoned) == ("CRASHED", "Crashed")


def close_abandoned_of(pool: Pool, shop: Shop) -> None:
    """What a night's maintenance does with what its processes left behind."""
    with temporary_settings({PREFECT_API_URL: pool.environ["PREFECT_API_URL"]}):
        asyncio.run(close_abandoned(str(shop.config), datetime.now(UTC)))


DEPLOYMENTS = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda one: one["entrypoint"])
def test_what_is_deployed_is_a_flow_that_takes_what_it_is_given(deployment: dict[str, Any]) -> None:
    flow = import_object(deployment["entrypoint"])
    assert isinstance(flow, Flow)
    inspect.signature(flow.fn).bind(**deployment["parameters"])
    assert len(deployment["schedules"]) == 1


def test_only_the_names_of_pool_shop_and_file_are_asked_of_the_environment() -> None:
    asked = re.findall(r"\{\{ (.+?) \}\}", (ROOT / "prefect.yaml").read_text())
    assert set(asked) == {"$REGULARS_POOL", "$REGULARS_SHOP", "$REGULARS_FILE"}
