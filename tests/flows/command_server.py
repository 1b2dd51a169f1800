"""A process that has imported everything, and forks one command after the other.

`python -m tests.flows.command_server SOCKET`. Importing Prefect, SQLAlchemy and the rest is three
quarters of what a command costs. A fork of this process has its own arguments, streams, folder and
environment all the same, and ends like any other.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence

from flows.runtime.child_process import bind_to_parent
from tests.flows.command_client import MAX_REQUEST_BYTES, STREAM_COUNT

# Not regulars.commands: their consoles look at the terminal.
PRELOADED_MODULES = (
    "alembic.command", "engine.doctor.examination", "engine.owner.dry_run",
    "engine.tick.tick_report", "engine.sync.consent_writeback", "flows.runtime.run_flow",
    "flows.sync", "flows.tick", "pages.app", "rich.progress", "rich.table", "typer",
)  # fmt: skip


def main(socket_path: str) -> None:
    bind_to_parent()
    for module in PRELOADED_MODULES:
        importlib.import_module(module)
    gc.freeze()
    fork_commands(socket_path)
    from regulars.cli import main

    main()


def fork_commands(socket_path: str) -> None:
    """Fork for each request; returns in the child only, this process goes on listening."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(socket_path)
        listener.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            connection, _ = listener.accept()
            with connection:
                request, streams, _, _ = socket.recv_fds(
                    connection, MAX_REQUEST_BYTES, STREAM_COUNT
                )
                if not (pid := os.fork()):
                    break
                for descriptor in streams:
                    os.close(descriptor)
                connection.sendall(str(os.waitpid(pid, 0)[1]).encode())
    arguments, environ, folder = json.loads(request)
    _take_over(arguments, environ, folder, streams)


def _take_over(
    arguments: Sequence[str], environ: Mapping[str, str], folder: str, streams: Sequence[int]
) -> None:
    for own_descriptor, received_descriptor in enumerate(streams):
        os.dup2(received_descriptor, own_descriptor)
        os.close(received_descriptor)
    if "PYTHONUNBUFFERED" in environ:
        sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115  # to the end
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["regulars", *arguments]


if __name__ == "__main__":
    main(sys.argv[1])
