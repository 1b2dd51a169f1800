"""Prefect's server: settings, start, health, and the address that commands of one shop share.

A stranger on this machine must not get the server's token, nor answer in its place. So this process
listens on the port from the beginning, and each server it starts inherits the socket.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from flows.runtime.child_process import child_process
from settings.errors import RegularsError, UnavailableError
from shop.db.workers import current_worker, is_dead

HOME = Path(".regulars") / "prefect"  # beside config.yaml
ADDRESS_FILE = "address"  # in HOME: worker id, address and token of the server that `serve` runs
OWNER_ONLY, OWNER_ONLY_FOLDER = 0o600, 0o700
STARTUP_TIMEOUT = 120  # seconds; the first start creates Prefect's database
STARTUP_CHECK_TIMEOUT = 1  # seconds; the socket accepts connections before the server answers them
BACKLOG = 128
TOKEN_BYTES = 32
RETENTION_SECONDS = "259200"  # three days
NO_SETTINGS: Mapping[str, str] = {}
STOP_TIMEOUT = 10  # seconds
LOGGING_CONFIG_SETTING = "PREFECT_LOGGING_SETTINGS_PATH"
PREFECT_SETTINGS = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",  # commands print the error themselves
    LOGGING_CONFIG_SETTING: str(Path(__file__).with_name("prefect_logging.yml")),
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",  # none is used, and there are many
    "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "3d",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": RETENTION_SECONDS,
}
# Only for a server of our own, whatever the environment says.
CLOSED_SERVER_SETTINGS = {
    "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": "",
    "PREFECT_SERVER_UI_ENABLED": "false",
}
SERVER_TOKEN_SETTING, CLIENT_TOKEN_SETTING = (
    "PREFECT_SERVER_API_AUTH_STRING",
    "PREFECT_API_AUTH_STRING",
)
CLIENT_SETTINGS = ("PREFECT_API_URL", CLIENT_TOKEN_SETTING)


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
        while not is_healthy(self.address, STARTUP_CHECK_TIMEOUT if self.process else 5):
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
    with configure_prefect(folder, running_server=find_running_server(folder)) as server_config:
        if server_config.log_file is None:
            with _explain_lost_server(server_config.address):
                yield Server(server_config.address, None, None)
            return
        with suppress(OSError):  # only the error message would lack its last line
            server_config.log_file.write_bytes(b"")
        with start_server(server_config) as process:
            yield Server(server_config.address, process, server_config.log_file)


@dataclass(frozen=True)
class RunningServer:
    """A server that another process of the owner runs, and the token it asks for."""

    address: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class ServerConfig:
    """Address of Prefect's server; if it is a child of this process, also its listening socket, its
    token and its log file.
    """

    address: str
    listener: socket.socket | None = None
    token: str = field(default="", repr=False)
    log_file: Path | None = None


@contextmanager
def configure_prefect(
    folder: Path,
    extra_settings: Mapping[str, str] = NO_SETTINGS,
    running_server: RunningServer | None = None,
) -> Iterator[ServerConfig]:
    """Set Prefect's settings in the environment of this process, where it does not set them itself.

    `extra_settings` are added to PREFECT_SETTINGS. A server that PREFECT_API_URL names keeps the
    credentials of the environment. `running_server` is one in use; without it this process listens
    on a free port, with a new token. Raises UnavailableError if the home folder cannot be created.
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
    _make_home(home)
    os.environ["PREFECT_HOME"] = str(home)
    if running_server:
        with _client_settings(running_server.address, running_server.token):
            yield ServerConfig(running_server.address)
        return
    with listen_on_loopback() as listener:
        server_config = new_server_config(listener, home)
        with _client_settings(server_config.address, server_config.token):
            yield server_config


def _make_home(home: Path) -> None:
    try:
        home.mkdir(parents=True, exist_ok=True)
        home.chmod(OWNER_ONLY_FOLDER)
    except OSError as error:
        raise UnavailableError(
            f"Prefect cannot keep its records in {home}: {error.strerror}."
        ) from None


@contextmanager
def listen_on_loopback() -> Iterator[socket.socket]:
    """Yields a socket that listens on a free port of 127.0.0.1.

    While it is open, nobody else can listen on that port. Connections wait in its backlog until a
    server accepts them.
    """
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # closed connections linger
        listener.bind(("127.0.0.1", 0))
        listener.listen(BACKLOG)
        yield listener


def new_server_config(listener: socket.socket, home: Path) -> ServerConfig:
    """Returns the config of a server on `listener` with a new token and its log in `home`."""
    host, port = listener.getsockname()
    token = f"regulars:{secrets.token_urlsafe(TOKEN_BYTES)}"
    return ServerConfig(f"http://{host}:{port}/api", listener, token, home / "server.log")


@contextmanager
def _client_settings(address: str, token: str) -> Iterator[None]:
    """Set the address and the token for Prefect's client; restore what was set before."""
    previous = {name: os.environ[name] for name in CLIENT_SETTINGS if name in os.environ}
    os.environ.update(zip(CLIENT_SETTINGS, (address, token), strict=True))
    try:
        yield
    finally:
        for name in CLIENT_SETTINGS:
            os.environ.pop(name, None)
        os.environ.update(previous)


@contextmanager
def publish_address(server_config: ServerConfig) -> Iterator[None]:
    """Keeps this process's name, the server's address and its token in a file until the block ends.

    Commands that the owner runs meanwhile use this server; nobody else may read the file. Without a
    log file there is no folder for it.
    """
    if server_config.log_file is None:
        yield
        return
    address_file = server_config.log_file.with_name(ADDRESS_FILE)
    with suppress(OSError):  # on a full disk, other commands start a server of their own
        lines = (current_worker(), server_config.address, server_config.token)
        _replace_private_file(address_file, "".join(f"{line}\n" for line in lines))
    try:
        yield
    finally:
        with suppress(OSError):
            address_file.unlink(missing_ok=True)


def _replace_private_file(file: Path, text: str) -> None:
    """Write `text` to `file` atomically; it is never readable by others."""
    temporary_file = file.with_suffix(".new")
    temporary_file.unlink(missing_ok=True)  # one that was left may have another mode
    descriptor = os.open(temporary_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    temporary_file.replace(file)


def find_running_server(folder: Path) -> RunningServer | None:
    """Returns the server that `serve` published in `folder`, if it responds."""
    address_file = folder / HOME / ADDRESS_FILE
    try:
        server_worker, address, token = address_file.read_text().splitlines()
        is_stale = is_dead(server_worker)
    except (OSError, ValueError):  # missing, or not written by publish_address
        return None
    # A stranger may have taken the port of a process that died, but not of one that lives.
    return RunningServer(address, token) if not is_stale and is_healthy(address) else None


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
    """Run a server as a child process until the block ends; yields the process.

    It serves on the listener of `server_config`, which stays open: in a restart nobody else gets
    the port. Its token is in its environment, which only the owner's processes can read.
    """
    listener = server_config.listener
    if listener is None:
        raise ValueError("Only a server with a listening socket can be started.")
    arguments = ["-m", "flows.runtime.prefect_entry", str(listener.fileno())]
    environ = {**os.environ, **CLOSED_SERVER_SETTINGS, SERVER_TOKEN_SETTING: server_config.token}
    environ.pop(LOGGING_CONFIG_SETTING, None)  # the server's log is its own
    log = server_config.log_file or Path(os.devnull)
    with child_process(
        arguments, environ, log=log, stop_timeout=stop_timeout, descriptors=[listener.fileno()]
    ) as process:
        yield process


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
