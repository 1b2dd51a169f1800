"""A Prefect server of our own, on loopback, for as long as the work lasts."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from flows.runtime.child_process import child_process
from settings.errors import RegularsError, UnavailableError
from shop.db.workers import current_worker, is_dead

HOME = Path(".regulars") / "prefect"  # beside config.yaml
ADDRESS_FILE = (
    "address"  # in it: where the server of a shop that is served listens, and whose it is
)
STARTUP_TIMEOUT = 120  # seconds; the very first start writes Prefect's database and is the slow one
RETENTION_SECONDS = "259200"  # seconds: three days
NO_SETTINGS: Mapping[str, str] = {}
STOP_TIMEOUT = 10  # seconds
PREFECT_SETTINGS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",  # what matters is told by the command itself
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",  # a shop has none, and they are many
    "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "3d",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": RETENTION_SECONDS,
}


@dataclass(frozen=True)
class Server:
    """Where Prefect listens; `wait_until_healthy` returns when it answers."""

    address: str
    process: subprocess.Popen[bytes] | None
    log: Path | None

    def wait_until_healthy(self) -> None:
        """Wait for the first answer; a server that ended has its last words shown."""
        deadline = time.monotonic() + STARTUP_TIMEOUT
        while not is_healthy(self.address):
            if self.process and self.process.poll() is not None:
                raise UnavailableError(
                    f"Prefect's server stopped by itself. {self._last_log_line()}"
                )
            if time.monotonic() > deadline:
                raise UnavailableError(f"Prefect's server at {self.address} does not answer.")
            time.sleep(0.1)

    def _last_log_line(self) -> str:
        lines: list[str] = []
        with suppress(OSError):
            lines = self.log.read_text(errors="replace").strip().splitlines() if self.log else []
        last_line = lines[-1] if lines else "It said nothing."
        return f"Its last words: {last_line} (all of them: {self.log})"


@contextmanager
def prefect_server(folder: Path) -> Iterator[Server]:
    """The server that PREFECT_API_URL names, or a shop that is served; else a child of ours.

    It is not yet waited for. Call it before Prefect is first imported: Prefect reads its settings
    then.
    """
    with configure_prefect(folder, running_address=find_running_server(folder)) as server_config:
        if server_config.log is None:
            with _explain_lost_server(server_config.address):
                yield Server(server_config.address, None, None)
            return
        with suppress(OSError):  # its last words would be missing, and nothing else
            server_config.log.write_bytes(b"")
        with start_server(server_config) as process:
            yield Server(server_config.address, process, server_config.log)


@dataclass(frozen=True)
class ServerConfig:
    """Where Prefect's server listens, and what it writes into where it is a child of ours."""

    address: str
    port: int = 0
    log: Path | None = None


@contextmanager
def configure_prefect(
    folder: Path,
    extra_settings: Mapping[str, str] = NO_SETTINGS,
    running_address: str | None = None,
) -> Iterator[ServerConfig]:
    """The settings of Prefect, ours where the environment has no others, for the whole process."""
    settings = {**PREFECT_SETTINGS, **extra_settings}
    os.environ.update(
        settings | {name: os.environ[name] for name in settings if name in os.environ}
    )
    configured_url = os.environ.get("PREFECT_API_URL")
    if configured_url:
        yield ServerConfig(configured_url)
        return
    home = (folder / HOME).absolute()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UnavailableError(
            f"Prefect cannot keep its records in {home}: {error.strerror}."
        ) from None
    port = 0 if running_address else _free_port()
    os.environ["PREFECT_HOME"] = str(home)
    os.environ["PREFECT_API_URL"] = running_address or f"http://127.0.0.1:{port}/api"
    yield ServerConfig(
        os.environ["PREFECT_API_URL"], port, None if running_address else home / "server.log"
    )
    del os.environ["PREFECT_API_URL"]


@contextmanager
def publish_address(server_config: ServerConfig) -> Iterator[None]:
    """Other commands on this shop use this server too, instead of starting a second one."""
    if server_config.log is None:
        yield
        return
    address_file = server_config.log.with_name(ADDRESS_FILE)
    with suppress(OSError):  # a full disk: they start their own, and nothing is lost
        temporary_file = address_file.with_suffix(".new")
        temporary_file.write_text(f"{current_worker()}\n{server_config.address}\n")
        temporary_file.replace(address_file)
    try:
        yield
    finally:
        with suppress(OSError):
            address_file.unlink(missing_ok=True)


def find_running_server(folder: Path) -> str | None:
    """Where the server of a shop that is served answers at this moment."""
    address_file = folder / HOME / ADDRESS_FILE
    try:
        server_worker, address = address_file.read_text().splitlines()
        is_stale = is_dead(server_worker)
    except (OSError, ValueError):  # there is none, or it is not of our writing
        return None
    # Of the dead, the port may be somebody else's by now.
    return address if not is_stale and is_healthy(address) else None


@contextmanager
def _explain_lost_server(address: str) -> Iterator[None]:
    """Whoever's server it is may stop it while we are at work."""
    try:
        yield
    except RegularsError:
        raise
    except Exception as error:
        if is_healthy(address):
            raise
        raise UnavailableError(
            f"Prefect's server at {address} stopped answering. Nothing is lost; run it again."
        ) from error


@contextmanager
def start_server(
    server_config: ServerConfig, stop_timeout: float = STOP_TIMEOUT
) -> Iterator[subprocess.Popen[bytes]]:
    """Our own server, for as long as the block lasts."""
    arguments = ["-m", "flows.runtime.prefect_entry", str(server_config.port)]
    log = server_config.log or Path(os.devnull)
    with child_process(arguments, os.environ, log=log, stop_timeout=stop_timeout) as process:
        yield process


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_healthy(address: str, timeout: float = 5) -> bool:
    verify_tls = address.startswith("https:")  # else the world's certificates are read for nothing
    try:
        response = httpx.get(
            f"{address}/health", timeout=timeout, trust_env=False, verify=verify_tls
        )
    except httpx.HTTPError:
        return False
    return response.is_success
