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

from connectors.config import ShopifySource, SquareSource
from engine.config.owner_config import OwnersFile, read_owners_file
from engine.open.open_shop import OpenShop, open_shop
from engine.sync.sync import sync_all
from flows.runtime.child_process import child
from flows.runtime.prefect_server import Server, prefect_server
from regulars.commands.demo_days import live
from regulars.commands.sync_run import show_synced
from regulars.terminal.output import Watch, console, progress
from settings import environment
from settings.errors import OutOfReach, OwnersFileTrouble

DEMO_ENVIRONMENT = {
    "SHOPIFY_CLIENT_ID": "demo-client",
    "SHOPIFY_CLIENT_SECRET": "demo-secret",
    "SQUARE_ACCESS_TOKEN": "EAAAsandbox-corner-cafe",
}


def run(config: Path) -> None:
    """The whole way once, on a shop that exists only on this machine."""
    from sandbox import csv_files

    shop = _open_demo(config)
    csv_files.write(shop.folder)
    with _children(shop) as (now, server):
        with progress() as bars:
            watch = Watch(bars)
            synced = asyncio.run(sync_all(shop, now=now, progress=watch.arrived))
            watch.finish()
        show_synced(synced)
        with progress() as bars:
            waiting = bars.add_task("Prefect", total=None)
            server.wait()
            bars.update(waiting, total=1, completed=1)
        live(shop, now)


@contextmanager
def _children(shop: OpenShop) -> Iterator[tuple[datetime, Server]]:
    """The look-alike and Prefect's server start side by side; neither outlives this process."""
    with prefect_server(shop.folder) as server, _sandbox(shop) as now:
        yield now, server


@contextmanager
def _sandbox(shop: OpenShop) -> Iterator[datetime]:
    log = shop.folder / ".regulars" / "sandbox.log"
    log.parent.mkdir(exist_ok=True)
    log.write_bytes(b"")
    ports = {"--port": _port(shop, ShopifySource), "--square-port": _port(shop, SquareSource)}
    arguments = ["-m", "regulars", "sandbox", *(f"{name}={port}" for name, port in ports.items())]
    with child(arguments, os.environ, log=log, stdout=subprocess.PIPE) as process:
        line = process.stdout.readline() if process.stdout else b""
        if not line:
            said = log.read_text().strip().splitlines()
            raise OutOfReach(f"The look-alike shop did not start. {said[-1] if said else ''}")
        yield datetime.fromisoformat(json.loads(line)["now"])


def _port(shop: OpenShop, platform: type[ShopifySource] | type[SquareSource]) -> int:
    """Where the file says that it is; any, where the file has no such source."""
    sources = [one for one in shop.file.sources.values() if isinstance(one, platform)]
    return urlsplit(sources[0].address or "").port or 0 if sources else 0


def _open_demo(config: Path) -> OpenShop:
    """The demo's own file is written where there is none; a real shop's is left alone."""
    if not config.exists():
        config.write_bytes(_demo_file().read_bytes())
        console.print(f"Wrote {config}, the demo's own. Read it: it is short.")
    known = environment.load(config.parent, os.environ)
    missing = {name: value for name, value in DEMO_ENVIRONMENT.items() if name not in known}
    if not _reaches_nobody(read_owners_file(config, known | missing)):
        raise OwnersFileTrouble(
            f"{config} is a shop of its own. Run the demo in an empty folder: "
            "mkdir demo && cd demo && regulars demo"
        )
    for name, value in missing.items():
        environment.keep(config.parent, name, value)
    return open_shop(config)


def _reaches_nobody(file: OwnersFile) -> bool:
    """The demo only ever touches a shop that is on this machine and a folder."""
    kinds = (ShopifySource, SquareSource)
    platforms = [one for one in file.sources.values() if isinstance(one, kinds)]
    here = [_on_this_machine(one.address) for one in platforms]
    return bool(here) and all(here) and file.sending.through == "outbox"


def _on_this_machine(address: str | None) -> bool:
    return urlsplit(address or "").hostname in ("127.0.0.1", "localhost", "::1")


def _demo_file() -> Any:
    packaged = files("regulars") / "demo-config.yaml"
    return packaged if packaged.is_file() else Path(__file__).parents[2] / "config.yaml"
