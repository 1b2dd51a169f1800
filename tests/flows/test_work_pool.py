"""The flows on a process work pool: Prefect and two shops on PostgreSQL, two workers."""

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
from prefect.settings import PREFECT_API_AUTH_STRING, PREFECT_API_URL, temporary_settings
from prefect.utilities.importtools import import_object
from sqlalchemy import Engine

from engine.tick_context import TICK_LOCK
from flows.maintenance import close_abandoned
from flows.runtime.prefect_server import CLIENT_TOKEN_SETTING
from sandbox.smtp.server import ServerState, accepted_message_ids, sink
from tests.flows.processes import ROOT
from tests.flows.unhappy_customers import Shop, assert_each_sent_once, write_live_shop
from tests.flows.work_pool import TIMEOUT, Pool, new_database, work_pool

COMPLETED, BUSY = ("COMPLETED", "Completed"), ("COMPLETED", "Busy")


@dataclass
class MailServer(ServerState):
    """A mail server that runs an action before it confirms the n-th mail."""

    position: int = 0
    action: Callable[[], object] | None = None

    def on_mail(self, position: int, action: Callable[[], object]) -> None:
        self.position, self.action = len(accepted_message_ids(self.file)) + position, action

    def accept(self, content: bytes) -> None:
        super().accept(content)
        if self.action and len(accepted_message_ids(self.file)) == self.position:
            self.action()


@dataclass
class Deployment:
    """Two shops, their mail servers, and the pool of workers."""

    pool: Pool
    server: MailServer
    second_server: ServerState  # of the shop "harbour"
    corner: Shop
    harbour: Shop

    def worker_of(self, shop: Shop) -> tuple[psutil.Process, psutil.Process]:
        """Returns the process that holds the lock of the shop's tick, and its worker."""
        run = psutil.Process(int(shop.locks()[TICK_LOCK].split("/")[-2]))
        worker = run.parent()
        assert worker in self.pool.workers
        return run, worker


@pytest.fixture(scope="module")
def house(postgres: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("house")
    server = MailServer(folder / "arrived")
    second_server = ServerState(folder / "arrived-too")
    with (
        sink(server) as port,
        sink(second_server) as second_port,
        work_pool(folder, new_database(postgres, "prefect")) as pool,
    ):
        shops = {}
        for name, smtp in (("corner", port), ("harbour", second_port)):
            (folder / name).mkdir()
            database = f"postgresql+psycopg{new_database(postgres, name)}"
            shops[name] = write_live_shop(folder / name, smtp, database)
        pool.deploy({name: shop.config for name, shop in shops.items()}, ["one", "two"])
        yield Deployment(pool, server, second_server, **shops)
    assert not [process for process in psutil.process_iter() if belongs_to(process, pool)]


def belongs_to(process: psutil.Process, pool: Pool) -> bool:
    """Returns whether `process` inherited the pool's environment."""
    with suppress(psutil.Error):
        return bool(process.environ().get("PREFECT_HOME") == pool.environ["PREFECT_HOME"])
    return False


@pytest.mark.soak
def test_of_two_concurrent_ticks_one_sends_and_the_other_completes_as_busy(
    house: Deployment,
) -> None:
    """The first waits in its first mail until the second has ended."""
    released = Event()
    house.server.on_mail(1, lambda: released.wait(TIMEOUT))
    ticks = [house.pool.start("tick", "corner") for _ in range(2)]
    house.pool.wait_until(lambda: BUSY in map(house.pool.state, ticks))
    released.set()
    assert house.pool.wait_for_runs(*ticks) == [BUSY, COMPLETED]
    assert_each_sent_once(house.corner, house.server, kills=0)


@pytest.mark.soak
def test_two_workers_serve_two_shops_and_reclaim_the_leases_of_a_dead_one(
    house: Deployment,
) -> None:
    """The worker and its run are killed before the seventh mail is confirmed."""
    pool, corner, harbour = house.pool, house.corner, house.harbour
    corner.complain(20)
    harbour.complain(3)
    sync_runs = [pool.start("sync", "corner"), pool.start("sync", "harbour")]
    assert pool.wait_for_runs(*sync_runs) == [COMPLETED] * 2
    killed = Event()

    def kill() -> None:
        for process in house.worker_of(corner):
            process.kill()
        killed.set()

    house.server.on_mail(7, kill)
    abandoned_run = pool.start("tick", "corner")
    assert killed.wait(TIMEOUT)
    pool.wait_until(lambda: sum(worker.poll() is None for worker in pool.workers) == 1)
    ticks = [pool.start("tick", "corner"), pool.start("tick", "harbour")]
    assert pool.wait_for_runs(*ticks) == [COMPLETED] * 2
    assert_each_sent_once(corner, house.server, kills=1)
    assert_each_sent_once(harbour, house.second_server, kills=0)
    close_abandoned_of(pool, harbour)
    assert pool.state(abandoned_run) == ("RUNNING", "Running")
    close_abandoned_of(pool, corner)
    assert pool.state(abandoned_run) == ("CRASHED", "Crashed")


def close_abandoned_of(pool: Pool, shop: Shop) -> None:
    """Close the abandoned flow runs of `shop`, as the maintenance flow does."""
    settings = {
        PREFECT_API_URL: pool.environ["PREFECT_API_URL"],
        PREFECT_API_AUTH_STRING: pool.environ[CLIENT_TOKEN_SETTING],
    }
    with temporary_settings(settings):
        asyncio.run(close_abandoned(str(shop.config), datetime.now(UTC)))


DEPLOYMENTS = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda deployment: deployment["entrypoint"])
def test_each_deployment_names_a_flow_that_accepts_its_parameters(
    deployment: dict[str, Any],
) -> None:
    flow = import_object(deployment["entrypoint"])
    assert isinstance(flow, Flow)
    inspect.signature(flow.fn).bind(**deployment["parameters"])
    assert len(deployment["schedules"]) == 1


def test_prefect_yaml_reads_only_pool_shop_and_file_from_the_environment() -> None:
    variables = re.findall(r"\{\{ (.+?) \}\}", (ROOT / "prefect.yaml").read_text())
    assert set(variables) == {"$REGULARS_POOL", "$REGULARS_SHOP", "$REGULARS_FILE"}
