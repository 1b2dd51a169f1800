"""The servers of the demo: the sandbox of both platforms, and Prefect's."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import urlsplit

from engine.open.open_shop import OpenShop
from flows.runtime.child_process import child_process
from flows.runtime.prefect_server import Server, prefect_server
from regulars.demo.config import SANDBOXES
from settings.errors import UnavailableError


@contextmanager
def demo_servers(shop: OpenShop) -> Iterator[tuple[datetime, Server]]:
    """Start both servers at once; they end with the block and with this process.

    Yields the sandbox's time and Prefect's server, which may still be starting.
    """
    with prefect_server(shop.folder) as prefect, _sandbox_server(shop) as now:
        yield now, prefect


@contextmanager
def _sandbox_server(shop: OpenShop) -> Iterator[datetime]:
    log = shop.folder / ".regulars" / "sandbox.log"
    log.parent.mkdir(exist_ok=True)
    log.write_bytes(b"")
    ports = {sandbox.port_option: _port(shop, name) for name, sandbox in SANDBOXES.items()}
    arguments = ["-m", "regulars", "sandbox", *(f"{name}={port}" for name, port in ports.items())]
    with child_process(arguments, os.environ, log=log, stdout=subprocess.PIPE) as process:
        line = process.stdout.readline() if process.stdout else b""
        if not line:
            last_lines = log.read_text().strip().splitlines()[-1:]
            raise UnavailableError(f"The look-alike shop did not start. {''.join(last_lines)}")
        yield datetime.fromisoformat(json.loads(line)["now"])


def _port(shop: OpenShop, platform: str) -> int:
    """Returns the port of the config's first source of that `platform`; 0, any, if it has none."""
    sources = shop.config.sources.values()
    addresses = [source.server for source in sources if source.from_ == platform]
    return urlsplit(addresses[0] or "").port or 0 if addresses else 0
