"""`sandbox`: a café that is not there, served until stopped; it needs nothing that a shop needs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from connectors.setup_registry import setups
from flows.runtime.child_process import bind_to_parent
from settings.errors import UnavailableError


def serve_sandbox(*, customers: int, seed: int, ports: Mapping[str, int | None]) -> None:
    """Serve until told to stop; the first line on standard output says where.

    `ports` are by platform. Where none is given, those that config.yaml names are tried first.
    """
    bind_to_parent()
    from sandbox.server import serve

    usual = {setup.name: setup.sandbox.port for setup in setups() if setup.sandbox}
    chosen = {name: port for name, port in ports.items() if port is not None}
    try:
        serve(customers=customers, seed=seed, ports=usual | chosen, ready=_print_addresses)
    except UnavailableError:
        if chosen:
            raise
        serve(customers=customers, seed=seed, ready=_print_addresses)


def _print_addresses(addresses: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()
