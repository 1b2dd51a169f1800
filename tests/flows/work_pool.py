"""Prefect as a larger house runs it: its server on PostgreSQL, a process work pool, two workers."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from sqlalchemy import Engine, text

from flows.runtime.prefect_server import QUIET, healthy
from tests.flows import prefect_commands
from tests.flows.processes import ROOT, environment, free_port

NAME = "shops"
PATIENCE = 90.0  # seconds
STOPS_WITHIN = 15.0
NO_CERTIFICATES = False  # on this machine they are for nothing, and slow to read
Command = tuple[Sequence[str], Mapping[str, str]]
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


def new_database(server: Engine, name: str) -> str:
    """A database of its own on that server; its address, but for the driver."""
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    return f"://postgres:@/{name}?host={server.url.query['host']}"


@dataclass
class Pool:
    """Everything that a test wants of it, by the same commands and questions as people use."""

    folder: Path
    environ: Mapping[str, str]
    workers: list[psutil.Popen] = field(default_factory=list)

    def prefect(self, *commands: Command, log: str) -> psutil.Popen:
        """One after the other; each with its settings."""
        run = [sys.executable, "-P", prefect_commands.__file__, json.dumps(commands)]
        with (self.folder / log).open("ab") as said:
            return psutil.Popen(run, cwd=self.folder, env=self.environ, stdout=said, stderr=said)

    def make(self, shops: Mapping[str, Path], workers: Sequence[str]) -> None:
        """As docs/scaling.md tells to, as soon as the server is up."""
        self.until(lambda: healthy(self.environ["PREFECT_API_URL"]))
        create = ("work-pool", "create", NAME, "--type", "process")
        deploy = ("deploy", "--all", "--prefect-file", str(ROOT / "prefect.yaml"))
        begun = self.prefect(
            (create, {}), *((deploy, of(*shop)) for shop in shops.items()), log="deploy.log"
        )
        self.until(lambda: begun.poll() is not None or self.asked("POST", "work_pools/filter"))
        self.start_workers(workers)
        assert begun.wait(PATIENCE) == 0, self.said("deploy.log")

    def start_workers(self, names: Sequence[str], at_once: int = 1) -> None:
        """Until they are at work; each has so many runs under way at once."""
        start = ("worker", "start", "--pool", NAME, "--type", "process", "--limit", str(at_once))
        for name in names:
            (self.folder / f"{name}.log").write_bytes(b"")
            self.workers.append(self.prefect(((*start, "--name", name), {}), log=f"{name}.log"))
        self.until(lambda: all("started" in self.said(f"{name}.log") for name in names))

    def stop_workers(self) -> None:
        _end_all(self.workers)
        self.workers.clear()

    def start(self, flow: str, shop: str) -> str:
        """One more run, now; its id."""
        deployment = self.asked("GET", f"deployments/name/{flow}/{shop}")
        run = self.asked("POST", f"deployments/{deployment['id']}/create_flow_run", json={})
        return str(run["id"])

    def state(self, run: str) -> tuple[str, str]:
        """Its kind, and its name."""
        found = self.asked("GET", f"flow_runs/{run}")
        return found["state_type"], found["state_name"]

    def ended(self, *runs: str) -> list[tuple[str, str]]:
        """When all have ended, and their processes with them, how."""
        self.until(lambda: all(self.state(one)[0] in ENDED for one in runs))
        self.until(lambda: not any(one.children() for one in self.workers if one.poll() is None))
        return sorted(map(self.state, runs))

    def until(self, happened: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not happened():
            assert time.monotonic() < deadline, "".join(self._all_that_was_said())
            time.sleep(0.2)

    def asked(self, method: str, path: str, **given: Any) -> Any:
        address = f"{self.environ['PREFECT_API_URL']}/{path}"
        with httpx.Client(trust_env=False, timeout=30, verify=NO_CERTIFICATES) as client:
            return client.request(method, address, **given).raise_for_status().json()

    def said(self, log: str) -> str:
        return (self.folder / log).read_text()

    def _all_that_was_said(self) -> Iterable[str]:
        return (log.read_text() for log in self.folder.glob("*.log"))


def of(shop: str, config: Path) -> Mapping[str, str]:
    """The names that prefect.yaml asks for."""
    return {"REGULARS_POOL": NAME, "REGULARS_SHOP": shop, "REGULARS_FILE": str(config)}


@contextmanager
def work_pool(folder: Path, database: str) -> Iterator[Pool]:
    """For as long as the block lasts; whoever starts the workers waits for the server."""
    port = free_port()
    environ = {
        **environment(),
        **QUIET,
        "PREFECT_HOME": str(folder),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"postgresql+asyncpg{database}",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
    }
    pool = Pool(folder, environ)
    start = ("server", "start", "--host", "127.0.0.1", "--port", str(port))
    with ExitStack() as running:
        running.callback(_end_all, [pool.prefect((start, {}), log="server.log")])
        running.callback(pool.stop_workers)
        yield pool


def _end_all(processes: Sequence[psutil.Popen]) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(STOPS_WITHIN)
        except psutil.TimeoutExpired:  # Prefect's own worker now and then waits for ever
            process.kill()
            process.wait()
