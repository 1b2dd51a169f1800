"""A Prefect server on PostgreSQL with a process work pool and workers."""

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

from flows.runtime.prefect_server import (
    CLIENT_TOKEN_SETTING,
    PREFECT_SETTINGS,
    SERVER_TOKEN_SETTING,
    is_healthy,
)
from tests.flows import prefect_commands
from tests.flows.processes import ROOT, environment, free_port

POOL_NAME = "shops"
TIMEOUT = 90.0  # seconds
STOP_TIMEOUT = 15.0
VERIFY_TLS = False  # not needed on loopback; loading certificates is slow
AUTH = ("regulars", "hush-hush-9")
TOKEN = ":".join(AUTH)
Command = tuple[Sequence[str], Mapping[str, str]]
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}


def new_database(server: Engine, name: str) -> str:
    """Create the database `name`; returns its URL without the driver."""
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    return f"://postgres:@/{name}?host={server.url.query['host']}"


@dataclass
class Pool:
    """The pool, used through Prefect's commands and its API."""

    folder: Path
    environ: Mapping[str, str]
    workers: list[psutil.Popen] = field(default_factory=list)

    def prefect(self, *commands: Command, log: str) -> psutil.Popen:
        """Run commands one after the other, each with its settings, in one process."""
        command = [sys.executable, "-P", prefect_commands.__file__, json.dumps(commands)]
        with (self.folder / log).open("ab") as log_file:
            return psutil.Popen(
                command, cwd=self.folder, env=self.environ, stdout=log_file, stderr=log_file
            )

    def deploy(self, shops: Mapping[str, Path], workers: Sequence[str]) -> None:
        """Create the pool and deploy `shops` as docs/scaling.md says, then start the workers."""
        self.wait_until(lambda: is_healthy(self.environ["PREFECT_API_URL"]))
        create_command = ("work-pool", "create", POOL_NAME, "--type", "process")
        deploy_command = ("deploy", "--all", "--prefect-file", str(ROOT / "prefect.yaml"))
        setup = self.prefect(
            (create_command, {}),
            *((deploy_command, shop_settings(*shop)) for shop in shops.items()),
            log="deploy.log",
        )
        self.wait_until(
            lambda: setup.poll() is not None or self.request("POST", "work_pools/filter")
        )
        self.start_workers(workers)
        assert setup.wait(TIMEOUT) == 0, self.log_text("deploy.log")

    def start_workers(self, names: Sequence[str], at_once: int = 1) -> None:
        """Start workers and wait until they run; each takes `at_once` runs at a time."""
        start = (
            "worker",
            "start",
            "--pool",
            POOL_NAME,
            "--type",
            "process",
            "--limit",
            str(at_once),
        )
        for name in names:
            (self.folder / f"{name}.log").write_bytes(b"")
            self.workers.append(self.prefect(((*start, "--name", name), {}), log=f"{name}.log"))
        self.wait_until(lambda: all("started" in self.log_text(f"{name}.log") for name in names))

    def stop_workers(self) -> None:
        _end_all(self.workers)
        self.workers.clear()

    def start(self, flow: str, shop: str) -> str:
        """Create a flow run now; returns its id."""
        deployment = self.request("GET", f"deployments/name/{flow}/{shop}")
        run = self.request("POST", f"deployments/{deployment['id']}/create_flow_run", json={})
        return str(run["id"])

    def state(self, run: str) -> tuple[str, str]:
        """Returns type and name of the run's state."""
        flow_run = self.request("GET", f"flow_runs/{run}")
        return flow_run["state_type"], flow_run["state_name"]

    def wait_for_runs(self, *runs: str) -> list[tuple[str, str]]:
        """Wait until the runs and their processes have ended; returns their sorted states."""
        self.wait_until(lambda: all(self.state(run)[0] in ENDED for run in runs))
        self.wait_until(
            lambda: not any(run.children() for run in self.workers if run.poll() is None)
        )
        return sorted(map(self.state, runs))

    def wait_until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + TIMEOUT
        while not condition():
            assert time.monotonic() < deadline, "".join(self._all_logs())
            time.sleep(0.2)

    def request(self, method: str, path: str, **options: Any) -> Any:
        address = f"{self.environ['PREFECT_API_URL']}/{path}"
        client = httpx.Client(auth=AUTH, trust_env=False, timeout=30, verify=VERIFY_TLS)
        with client:
            return client.request(method, address, **options).raise_for_status().json()

    def log_text(self, log: str) -> str:
        return (self.folder / log).read_text()

    def _all_logs(self) -> Iterable[str]:
        return (log.read_text() for log in self.folder.glob("*.log"))


def shop_settings(shop: str, config: Path) -> Mapping[str, str]:
    """Returns the environment variables that prefect.yaml reads."""
    return {"REGULARS_POOL": POOL_NAME, "REGULARS_SHOP": shop, "REGULARS_FILE": str(config)}


@contextmanager
def work_pool(folder: Path, database: str) -> Iterator[Pool]:
    """Yields a pool whose server is starting; `deploy` waits for it."""
    port = free_port()
    environ = {
        **environment(),
        **PREFECT_SETTINGS,
        "PREFECT_HOME": str(folder),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        CLIENT_TOKEN_SETTING: TOKEN,
        SERVER_TOKEN_SETTING: TOKEN,
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"postgresql+asyncpg{database}",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
    }
    pool = Pool(folder, environ)
    start = ("server", "start", "--host", "127.0.0.1", "--port", str(port))
    with ExitStack() as stack:
        stack.callback(_end_all, [pool.prefect((start, {}), log="server.log")])
        stack.callback(pool.stop_workers)
        yield pool


def _end_all(processes: Sequence[psutil.Popen]) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    for process in processes:
        try:
            process.wait(STOP_TIMEOUT)
        except psutil.TimeoutExpired:  # Prefect's worker sometimes hangs
            process.kill()
            process.wait()
