"""Running Regulars in processes of its own, as a stranger would."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

import pytest

from flows.runtime.child_process import child_process
from flows.runtime.prefect_server import PREFECT_SETTINGS, Server, ServerConfig, start_server
from regulars.cli import main
from tests.flows.command_client import run_on_server

REMOVED_PREFIXES = ("REGULARS", "SHOPIFY", "PREFECT")
COMPILE_EACH_TIME = "PYTHONDONTWRITEBYTECODE"  # a fifth of what a command costs
ROOT = Path(__file__).parents[2]
MAX_OUTPUT_BYTES = 10_000_000  # bytes


def environment() -> Mapping[str, str]:
    """As a stranger's shell: nothing of ours, nothing of Prefect's."""
    removed = (*REMOVED_PREFIXES, COMPILE_EACH_TIME)
    return {name: value for name, value in os.environ.items() if not name.startswith(removed)}


@dataclass(frozen=True)
class Prefect:
    """A server of Prefect that runs already, and the folder in which it keeps everything."""

    address: str
    home: Path
    socket_path: Path | None = None  # of the process that has read everything already

    def settings(self) -> Mapping[str, str]:
        return {"PREFECT_API_URL": self.address, "PREFECT_HOME": str(self.home)}


@contextmanager
def start_prefect(home: Path) -> Iterator[Prefect]:
    port = free_port()
    prefect = Prefect(f"http://127.0.0.1:{port}/api", home)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**PREFECT_SETTINGS, "PREFECT_HOME": str(home)}.items():
            patch.setenv(name, value)
        with start_server(ServerConfig(prefect.address, port, home / "server.log")) as process:
            Server(prefect.address, process, home / "server.log").wait_until_healthy()
            patch.undo()
            yield prefect


def regulars(
    folder: Path, *arguments: str, prefect: Prefect | None = None
) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with a Prefect of its own or the one given."""
    settings = prefect.settings() if prefect else {}
    return subprocess.run(
        [sys.executable, "-m", "regulars", *arguments], cwd=folder,
        env={**environment(), **settings}, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip


def run_in_fork(
    folder: Path, *arguments: str, prefect: Prefect
) -> subprocess.CompletedProcess[str]:
    """The same, as a fork of a process that has read everything already."""
    with ExitStack() as files:
        streams = [files.enter_context(TemporaryFile()) for _ in range(3)]
        descriptors = [descriptor.fileno() for descriptor in streams]
        environ = {**environment(), **prefect.settings()}
        status = run_on_server(
            str(prefect.socket_path), arguments, environ, str(folder), descriptors
        )
        out, err = (
            os.pread(descriptor, MAX_OUTPUT_BYTES, 0).decode() for descriptor in descriptors[1:]
        )
    return subprocess.CompletedProcess(arguments, status, out, err)


@contextmanager
def preloaded_process(prefect: Prefect) -> Iterator[Prefect]:
    """With a process that only waits to become a command."""
    log, environ = (
        prefect.home / "ready.log",
        {**environment(), **PREFECT_SETTINGS, **prefect.settings()},
    )
    with TemporaryDirectory() as folder:  # as the name of a socket has to be
        arguments = ["-m", "tests.flows.command_server", f"{folder}/door"]
        with child_process(arguments, environ, log=log, stdout=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n", log.read_text()
            yield replace(prefect, socket_path=Path(folder) / "door")


@contextmanager
def sandbox_servers(*, customers: int) -> Iterator[dict[str, Any]]:
    """A café at Shopify and at Square, for as long as the block lasts."""
    arguments = ["--customers", str(customers), "--port", "0", "--square-port", "0",
                 "--woocommerce-port", "0"]  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "regulars", "sandbox", *arguments],
        env=environment(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout
        yield json.loads(process.stdout.readline())
    finally:
        process.terminate()
        process.communicate(timeout=20)


def run_in_process(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The same in this process: for commands that need no Prefect, where their words matter."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, chdir(folder):
        for name in os.environ.keys() - environment().keys():
            patch.delenv(name)
        patch.setattr(sys, "argv", ["regulars", *arguments])
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as exit_info:
            main()
    return subprocess.CompletedProcess(
        arguments, int(exit_info.value.code or 0), out.getvalue(), err.getvalue()
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
