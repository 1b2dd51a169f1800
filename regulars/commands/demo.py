"""`demo`: a café that is not there, read over HTTP like one that is."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connectors.setup import Setup
from connectors.setup_registry import setups
from engine.config.owner_config import OwnerConfig, load_owner_config
from engine.open.open_shop import OpenShop, open_shop
from engine.sync.sync import sync_all
from flows.runtime.child_process import child_process
from flows.runtime.prefect_server import Server, prefect_server
from regulars.commands.demo_days import run_days
from regulars.commands.sync_run import show_sync_results
from regulars.terminal.output import ProgressBars, console, progress
from settings import environment
from settings.errors import OwnerFileError, UnavailableError

DEMO_ENVIRONMENT = {
    name: key for setup in setups() if setup.sandbox for name, key in setup.sandbox.keys.items()
}


def run(config: Path) -> None:
    """The whole way once, on a shop that exists only on this machine."""
    from sandbox import csv_files

    shop = _open_demo(config)
    csv_files.write(shop.folder)
    with _children(shop) as (now, server):
        with progress() as bars:
            progress_bars = ProgressBars(bars)
            sync_results = asyncio.run(sync_all(shop, now=now, progress=progress_bars.on_records))
            progress_bars.finish()
        show_sync_results(sync_results)
        with progress() as bars:
            prefect_task = bars.add_task("Prefect", total=None)
            server.wait_until_healthy()
            bars.update(prefect_task, total=1, completed=1)
        run_days(shop, now)


@contextmanager
def _children(shop: OpenShop) -> Iterator[tuple[datetime, Server]]:
    """The look-alike and Prefect's server start side by side; neither outlives this process."""
    with prefect_server(shop.folder) as server, _sandbox_server(shop) as now:
        yield now, server


@contextmanager
def _sandbox_server(shop: OpenShop) -> Iterator[datetime]:
    log = shop.folder / ".regulars" / "sandbox.log"
    log.parent.mkdir(exist_ok=True)
    log.write_bytes(b"")
    ports = {setup.sandbox.port_option: _port(shop, setup) for setup in setups() if setup.sandbox}
    arguments = ["-m", "regulars", "sandbox", *(f"{name}={port}" for name, port in ports.items())]
    with child_process(arguments, os.environ, log=log, stdout=subprocess.PIPE) as process:
        line = process.stdout.readline() if process.stdout else b""
        if not line:
            log_lines = log.read_text().strip().splitlines()
            raise UnavailableError(
                f"The look-alike shop did not start. {log_lines[-1] if log_lines else ''}"
            )
        yield datetime.fromisoformat(json.loads(line)["now"])


def _port(shop: OpenShop, setup: Setup) -> int:
    """Return the port that the file names for a platform; 0, any, where it names none."""
    sources = shop.config.sources.values()
    addresses = [source.server for source in sources if source.from_ == setup.name]
    return urlsplit(addresses[0] or "").port or 0 if addresses else 0


def _open_demo(config: Path) -> OpenShop:
    """The demo's own file is written where there is none; a real shop's is left alone."""
    if not config.exists():
        config.write_bytes(_demo_file().read_bytes())
        console.print(f"Wrote {config}, the demo's own. Read it: it is short.")
    environ = environment.load_environment(config.parent, os.environ)
    missing = {name: setting for name, setting in DEMO_ENVIRONMENT.items() if name not in environ}
    if not _is_rehearsal_here(load_owner_config(config, environ | missing)):
        raise OwnerFileError(
            f"{config} is a shop of its own. Run the demo in an empty folder: "
            "mkdir demo && cd demo && regulars demo"
        )
    for name, setting in missing.items():
        environment.save_env_value(config.parent, name, setting)
    return open_shop(config)


def _is_rehearsal_here(owner_config: OwnerConfig) -> bool:
    """The demo only ever touches a shop that is on this machine and a folder."""
    remote = {setup.name for setup in setups() if setup.sandbox}
    all_local = [
        _on_this_machine(source.server)
        for source in owner_config.sources.values()
        if source.from_ in remote
    ]
    return bool(all_local) and all(all_local) and owner_config.sending.through == "outbox"


def _on_this_machine(address: str | None) -> bool:
    return urlsplit(address or "").hostname in ("127.0.0.1", "localhost", "::1")


def _demo_file() -> Any:
    packaged = files("regulars") / "demo-config.yaml"
    return packaged if packaged.is_file() else Path(__file__).parents[2] / "config.yaml"
