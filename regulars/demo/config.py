"""Opens the demo's shop, and refuses to run the demo on a real one."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from connectors.setup_registry import setups
from engine.config.owner_config import OwnerConfig, load_owner_config
from engine.open.open_shop import OpenShop, open_shop
from regulars.terminal.output import print_line
from settings import environment
from settings.errors import OwnerFileError

SANDBOXES = {setup.name: setup.sandbox for setup in setups() if setup.sandbox}
KEYS = {name: key for sandbox in SANDBOXES.values() for name, key in sandbox.keys.items()}
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def open_demo_shop(config: Path) -> OpenShop:
    """Write the demo's config to `config` if there is none, and open it with the sandbox's keys.

    Raises ConfigError if the config reaches platforms or customers outside this machine.
    """
    if not config.exists():
        config.write_bytes(_packaged_config().read_bytes())
        print_line(f"Wrote {config}, the demo's own. Read it: it is short.")
    environ = environment.load_environment(config.parent, os.environ)
    missing = {name: key for name, key in KEYS.items() if name not in environ}
    if not _is_local_rehearsal(load_owner_config(config, environ | missing)):
        raise OwnerFileError(
            f"{config} is a shop of its own. Run the demo in an empty folder: "
            "mkdir demo && cd demo && regulars demo"
        )
    for name, key in missing.items():
        environment.save_env_value(config.parent, name, key)
    return open_shop(config)


def _is_local_rehearsal(owner_config: OwnerConfig) -> bool:
    """Returns whether every platform is on this machine and mail goes into a folder."""
    hosts = [
        urlsplit(source.server or "").hostname
        for source in owner_config.sources.values()
        if source.from_ in SANDBOXES
    ]
    all_local = bool(hosts) and all(host in LOOPBACK for host in hosts)
    return all_local and owner_config.sending.through == "outbox"


def _packaged_config() -> Any:
    packaged = files("regulars") / "demo-config.yaml"
    return packaged if packaged.is_file() else Path(__file__).parents[2] / "config.yaml"
