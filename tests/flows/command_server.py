"""A process that has read everything already, and becomes one command after the other.

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
from tests.flows.command_client import LARGEST, STREAMS

# But for our own commands, which look at the terminal while they are read.
EVERYTHING = (
    "alembic.command", "engine.doctor.run", "engine.owner.dry_run", "engine.tick.tick_report",
    "engine.sync.consent_writeback", "flows.runtime.run_flow", "flows.sync", "flows.tick",
    "pages.app",    "rich.progress", "rich.table", "typer",
)  # fmt: skip


def main(door: str) -> None:
    bind_to_parent()
    for one in EVERYTHING:
        importlib.import_module(one)
    gc.freeze()
    become_a_command(door)
    from regulars.cli import main

    main()


def become_a_command(door: str) -> None:
    """Whoever returns is the command; this process itself goes on listening."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(door)
        listening.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            line, _ = listening.accept()
            with line:
                told, streams, _, _ = socket.recv_fds(line, LARGEST, STREAMS)
                if not (command := os.fork()):
                    break
                for one in streams:
                    os.close(one)
                line.sendall(str(os.waitpid(command, 0)[1]).encode())
    words, environ, folder = json.loads(told)
    _put_on(words, environ, folder, streams)


def _put_on(
    words: Sequence[str], environ: Mapping[str, str], folder: str, streams: Sequence[int]
) -> None:
    for ours, theirs in enumerate(streams):
        os.dup2(theirs, ours)
        os.close(theirs)
    if "PYTHONUNBUFFERED" in environ:
        sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115  # to the end
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    sys.argv = ["regulars", *words]


if __name__ == "__main__":
    main(sys.argv[1])
