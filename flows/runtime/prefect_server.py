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

from flows.runtime.child_process import child
from settings.errors import OutOfReach, Trouble
from shop.db.workers import is_dead, this_worker

HOME = Path(".regulars") / "prefect"  # beside config.yaml
ADDRESS = "address"  # in it: where the server of a shop that is served listens, and whose it is
PATIENCE = 120  # seconds; the very first start writes Prefect's database and is the slow one
RECORDS_KEPT = "259200"  # seconds: three days
NOTHING_MORE: Mapping[str, str] = {}
STOPS_WITHIN = 10  # seconds
QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",  # what matters is told by the command itself
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",  # a shop has none, and they are many
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
        while not healthy(self.address):
            if self.process and self.process.poll() is not None:
                raise OutOfReach(f"Prefect's server stopped by itself. {self._last_words()}")
            if time.monotonic() > deadline:
                raise OutOfReach(f"Prefect's server at {self.address} does not answer.")
            time.sleep(0.1)

    def _last_words(self) -> str:
        lines: list[str] = []
        with suppress(OSError):
            lines = self.log.read_text(errors="replace").strip().splitlines() if self.log else []
        said = lines[-1] if lines else "It said nothing."
        return f"Its last words: {said} (all of them: {self.log})"


@contextmanager
def prefect_server(folder: Path) -> Iterator[Server]:
    """The server that PREFECT_API_URL names, or a shop that is served; else a child of ours.

    It is not yet waited for. Call it before Prefect is first imported: Prefect reads its settings
    then.
    """
    with place_for_prefect(folder, beside=served_at(folder)) as place:
        if place.log is None:
            with _told_if_it_ends(place.address):
                yield Server(place.address, None, None)
            return
        with suppress(OSError):  # its last words would be missing, and nothing else
            place.log.write_bytes(b"")
        with started(place) as process:
            yield Server(place.address, process, place.log)


@dataclass(frozen=True)
class Place:
    """Where Prefect's server listens, and what it writes into where it is a child of ours."""

    address: str
    port: int = 0
    log: Path | None = None


@contextmanager
def place_for_prefect(
    folder: Path, more: Mapping[str, str] = NOTHING_MORE, beside: str | None = None
) -> Iterator[Place]:
    """The settings of Prefect, ours where the environment has no others, for the whole process."""
    ours = {**QUIET, **more}
    os.environ.update(ours | {name: os.environ[name] for name in ours if name in os.environ})
    named = os.environ.get("PREFECT_API_URL")
    if named:
        yield Place(named)
        return
    home = (folder / HOME).absolute()
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutOfReach(f"Prefect cannot keep its records in {home}: {error.strerror}.") from None
    port = 0 if beside else _free_port()
    os.environ["PREFECT_HOME"] = str(home)
    os.environ["PREFECT_API_URL"] = beside or f"http://127.0.0.1:{port}/api"
    yield Place(os.environ["PREFECT_API_URL"], port, None if beside else home / "server.log")
    del os.environ["PREFECT_API_URL"]


@contextmanager
def shared(place: Place) -> Iterator[None]:
    """Other commands on this shop use this server too, instead of starting a second one."""
    if place.log is None:
        yield
        return
    told = place.log.with_name(ADDRESS)
    with suppress(OSError):  # a full disk: they start their own, and nothing is lost
        whole = told.with_suffix(".new")
        whole.write_text(f"{this_worker()}\n{place.address}\n")
        whole.replace(told)
    try:
        yield
    finally:
        with suppress(OSError):
            told.unlink(missing_ok=True)


def served_at(folder: Path) -> str | None:
    """Where the server of a shop that is served answers at this moment."""
    told = folder / HOME / ADDRESS
    try:
        holder, address = told.read_text().splitlines()
        ended = is_dead(holder)
    except (OSError, ValueError):  # there is none, or it is not of our writing
        return None
    # Of the dead, the port may be somebody else's by now.
    return address if not ended and healthy(address) else None


@contextmanager
def _told_if_it_ends(address: str) -> Iterator[None]:
    """Whoever's server it is may stop it while we are at work."""
    try:
        yield
    except Trouble:
        raise
    except Exception as error:
        if healthy(address):
            raise
        raise OutOfReach(
            f"Prefect's server at {address} stopped answering. Nothing is lost; run it again."
        ) from error


@contextmanager
def started(place: Place, patience: float = STOPS_WITHIN) -> Iterator[subprocess.Popen[bytes]]:
    """Our own server, for as long as the block lasts."""
    arguments = ["-m", "flows.runtime.prefect_entry", str(place.port)]
    log = place.log or Path(os.devnull)
    with child(arguments, os.environ, log=log, patience=patience) as process:
        yield process


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def healthy(address: str, timeout: float = 5) -> bool:
    certified = address.startswith("https:")  # else the world's certificates are read for nothing
    try:
        asked = httpx.get(f"{address}/health", timeout=timeout, trust_env=False, verify=certified)
    except httpx.HTTPError:
        return False
    return asked.is_success
