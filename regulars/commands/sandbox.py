"""`sandbox`: a café that is not there, served until stopped; it needs nothing that a shop needs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from flows.runtime.child_process import bind_to_parent
from settings.errors import UnavailableError

Ports = tuple[int | None, int | None]
DEFAULT_PORTS = (8801, 8802)  # as config.yaml names them


def serve_sandbox(*, customers: int, seed: int, ports: Ports) -> None:
    """Serve until told to stop; the first line on standard output says where."""
    bind_to_parent()
    from sandbox.server import serve

    shop, till = (
        default_port if port is None else port
        for port, default_port in zip(ports, DEFAULT_PORTS, strict=True)
    )
    try:
        serve(customers=customers, seed=seed, port=shop, square_port=till, ready=_print_addresses)
    except UnavailableError:
        if ports != (None, None):
            raise
        serve(customers=customers, seed=seed, ready=_print_addresses)


def _print_addresses(addresses: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()
