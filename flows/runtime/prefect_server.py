"""Prefect's server: settings, start, health, and the address that commands of one shop share."""

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
ADDRESS_FILE = "address"  # in HOME: worker id and address of the server that `serve` runs
STARTUP_TIMEOUT = 120  # seconds; the first start creates Prefect's database
RETENTION_SECONDS = "259200"  # three days
NO_SETTINGS: Mapping[str, str] = {}
STOP_TIMEOUT = 10  # seconds
PREFECT_SETTINGS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",  # commands print the error themselves
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",  # none is used, and there are many
    "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "3d",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": RETENTION_SECONDS,
}


@dataclass(frozen=True)
class Server:
    """A Prefect server; `process` and `log` are None if another process started it."""

    address: str
    process: subprocess.Popen[bytes] | None
    log: Path | None

    def wait_until_healthy(self) -> None:
        """Wait for the first response.

        Raises UnavailableError with the last log line if the server ends, and after
        STARTUP_TIMEOUT.
        """
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
    """Yields the server that PREFECT_API_URL names or `serve` runs, else starts a child process.

    The server may still be starting. Call this before Prefect is first imported: the import reads
    the settings.
    """
    with configure_prefect(folder, running_address=find_running_server(folder)) as server_config:
        if server_config.log_file is None:
            with _explain_lost_server(server_config.address):
                yield Server(server_config.address, None, None)
            return
        with suppress(OSError):  # only the error message would lack its last line
            server_config.log_file.write_bytes(b"")
        with start_server(server_config) as process:
            yield Server(server_config.address, process, server_config.log_file)


@dataclass(frozen=True)
class ServerConfig:
    """Address of Prefect's server; port and log file if it is a child of this process."""

    address: str
    port: int = 0
    log_file: Path | None = None


@contextmanager
def configure_prefect(
    folder: Path,
    extra_settings: Mapping[str, str] = NO_SETTINGS,
    running_address: str | None = None,
) -> Iterator[ServerConfig]:
    """Set Prefect's settings in the environment of this process, where it does not set them itself.

    `extra_settings` are added to PREFECT_SETTINGS. `running_address` is that of a server in use;
    without it a free port is chosen. Raises UnavailableError if the home folder cannot be created.
    """
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
    """Keeps this process's name and the server's address in a file until the block ends.

    Commands that run meanwhile use this server. Without a log file there is no folder for it.
    """
    if server_config.log_file is None:
        yield
        return
    address_file = server_config.log_file.with_name(ADDRESS_FILE)
    with suppress(OSError):  # on a full disk, other commands start a server of their own
        temporary_file = address_file.with_suffix(".new")
        temporary_file.write_text(f"{current_worker()}\n{server_config.address}\n")
        temporary_file.replace(address_file)
    try:
        yield
    finally:
        with suppress(OSError):
            address_file.unlink(missing_ok=True)


def find_running_server(folder: Path) -> str | None:
    """Returns the address that `serve` published in `folder`, if its server responds."""
    address_file = folder / HOME / ADDRESS_FILE
    try:
        server_worker, address = address_file.read_text().splitlines()
        is_stale = is_dead(server_worker)
    except (OSError, ValueError):  # missing, or not written by publish_address
        return None
    # Another program may have taken the port of a process that died.
    return address if not is_stale and is_healthy(address) else None


@contextmanager
def _explain_lost_server(address: str) -> Iterator[None]:
    """Raise UnavailableError if an error occurs because another process stopped the server."""
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
    """Run a server as a child process until the block ends; yields the process."""
    arguments = ["-m", "flows.runtime.prefect_entry", str(server_config.port)]
    log = server_config.log_file or Path(os.devnull)
    with child_process(arguments, os.environ, log=log, stop_timeout=stop_timeout) as process:
        yield process


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_healthy(address: str, timeout: float = 5) -> bool:
    """Returns whether the server at `address` responds within `timeout` seconds."""
    verify_tls = address.startswith("https:")  # loading certificates is slow
    try:
        response = httpx.get(
            f"{address}/health", timeout=timeout, trust_env=False, verify=verify_tls
        )
    except httpx.HTTPError:
        return False
    return response.is_success
