"""`sandbox`: a café that is not there, served until stopped; it needs nothing that a shop needs."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from flows.runtime.child_process import bind_to_parent
from settings.errors import OutOfReach

Ports = tuple[int | None, int | None]
USUAL = (8801, 8802)  # as config.yaml names them


def serve_sandbox(*, customers: int, seed: int, ports: Ports) -> None:
    """Serve until told to stop; the first line on standard output says where."""
    bind_to_parent()
    from sandbox.server import serve

    shop, till = (usual if port is None else port for port, usual in zip(ports, USUAL, strict=True))
    try:
        serve(customers=customers, seed=seed, port=shop, square_port=till, ready=_announce)
    except OutOfReach:
        if ports != (None, None):
            raise
        serve(customers=customers, seed=seed, ready=_announce)


def _announce(where: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(where) + "\n")
    sys.stdout.flush()
