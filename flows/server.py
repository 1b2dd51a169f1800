"""A Prefect server of our own, on loopback, for as long as the work lasts."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from flows.child import child
from settings.trouble import OutOfReach

HOME = Path(".regulars") / "prefect"  # beside config.yaml
PATIENCE = 120  # seconds; the very first start writes Prefect's database and is the slow one
RECORDS_KEPT = "259200"  # seconds: three days
QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",  # what matters is told by the command itself
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "3d",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": RECORDS_KEPT,
}


@dataclass(frozen=True)
class Server:
    """Where Prefect listens; `wait` returns when it answers."""

    address: str
    process: subprocess.Popen[bytes] | None
    log: Path | None

    def wait(self) -> None:
        """Wait for the first answer; a server that ended has its last words shown."""
        deadline = time.monotonic() + PATIENCE
        while not _healthy(self.address):
            if self.process and self.process.poll() is not None:
                raise OutOfReach(f"Prefect's server stopped by itself. {self._last_words()}")
            if time.monotonic() > deadline:
                raise OutOfReach(f"Prefect's server at {self.address} does not answer.")
            time.sleep(0.1)

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log else []
        said = lines[-1] if lines else "It said nothing."
        return f"Its last words: {said} (all of them: {self.log})"


@contextmanager
def prefect_server(folder: Path) -> Iterator[Server]:
    """The server that PREFECT_API_URL names, else a child of ours. Not yet waited for.

    Call it before Prefect is first imported: Prefect reads its settings then.
    """
    os.environ.update(QUIET | {name: os.environ[name] for name in QUIET if name in os.environ})
    named = os.environ.get("PREFECT_API_URL")
    if named:
        yield Server(named, None, None)
        return
    home = (folder / HOME).absolute()
    home.mkdir(parents=True, exist_ok=True)
    port = _free_port()
    os.environ["PREFECT_HOME"] = str(home)
    os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"
    log = home / "server.log"
    log.write_bytes(b"")
    with child(["-m", "flows.serving", str(port)], os.environ, log=log) as process:
        yield Server(os.environ["PREFECT_API_URL"], process, log)
    del os.environ["PREFECT_API_URL"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _healthy(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health", timeout=5, trust_env=False).is_success
    except httpx.HTTPError:
        return False
