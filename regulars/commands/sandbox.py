"""`regulars sandbox`: serves the platforms of the demo's café on this machine."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from connectors.setup_registry import setups
from regulars.terminal.options import parameter_name, with_options
from settings.errors import UnavailableError

SANDBOXES = {setup.name: setup.sandbox for setup in setups() if setup.sandbox}
PARAMETERS = {name: parameter_name(sandbox.port_option) for name, sandbox in SANDBOXES.items()}


def _port_options() -> dict[str, Any]:
    """Returns an option for the port of each platform's sandbox server, by parameter name."""
    return {
        PARAMETERS[name]: Annotated[
            int | None, typer.Option(sandbox.port_option, min=0, max=65535, help=sandbox.help)
        ]
        for name, sandbox in SANDBOXES.items()
    }


@with_options({"ports": _port_options()})
def command(
    customers: Annotated[int, typer.Option(min=1, max=200_000, help="How many customers.")] = 300,
    seed: Annotated[int, typer.Option(help="The same seed makes the same café.")] = 7,
    **ports: int | None,
) -> None:
    """Serve the demo's café as its platforms would, on this machine only, until stopped.

    Prints one JSON line that says where, and serves until SIGTERM.

    Example: regulars sandbox --customers 1000
    """
    by_platform = {name: ports[parameter] for name, parameter in PARAMETERS.items()}
    run(customers=customers, seed=seed, ports=by_platform)


def run(*, customers: int, seed: int, ports: Mapping[str, int | None]) -> None:
    """Serve until SIGTERM; the first line on standard output holds the addresses as JSON.

    `ports` are by platform. If none is given and the demo's are in use, free ones are taken.
    """
    from flows.runtime.child_process import bind_to_parent

    bind_to_parent()
    from sandbox.server import serve

    demo_ports = {name: sandbox.port for name, sandbox in SANDBOXES.items()}
    chosen = {name: port for name, port in ports.items() if port is not None}
    try:
        serve(customers=customers, seed=seed, ports=demo_ports | chosen, ready=_print_addresses)
    except UnavailableError:
        if chosen:
            raise
        serve(customers=customers, seed=seed, ready=_print_addresses)


def _print_addresses(addresses: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()
