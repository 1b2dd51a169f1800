"""Runs commands of Regulars in child processes, in forks, or in this process."""

from __future__ import annotations

import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import Any

import httpx
import pytest

from flows.runtime.child_process import child_process
from flows.runtime.prefect_server import (
    CLIENT_TOKEN_SETTING,
    PREFECT_SETTINGS,
    Server,
    listen_on_loopback,
    new_server_config,
    start_server,
)
from regulars.cli import main
from tests.flows.command_client import run_on_server

REMOVED_PREFIXES = ("REGULARS", "SHOPIFY", "PREFECT")
COMPILE_EACH_TIME = "PYTHONDONTWRITEBYTECODE"  # without bytecode, a command takes a fifth longer
ROOT = Path(__file__).parents[2]
MAX_OUTPUT_BYTES = 10_000_000  # bytes


def environment() -> Mapping[str, str]:
    """Returns the environment without variables of Regulars, Shopify and Prefect."""
    removed = (*REMOVED_PREFIXES, COMPILE_EACH_TIME)
    return {name: setting for name, setting in os.environ.items() if not name.startswith(removed)}


@dataclass(frozen=True)
class Prefect:
    """A running Prefect server and its home folder."""

    address: str
    home: Path
    token: str = field(repr=False)
    socket_path: Path | None = None  # of tests/flows/command_server.py

    def settings(self) -> Mapping[str, str]:
        return {
            "PREFECT_API_URL": self.address,
            CLIENT_TOKEN_SETTING: self.token,
            "PREFECT_HOME": str(self.home),
        }

    def count(self, path: str, query: Mapping[str, Any]) -> int:
        """Returns the answer of the API's `path`, which counts what `query` says."""
        user, password = self.token.split(":")
        response = httpx.post(
            f"{self.address}/{path}", json=query, auth=(user, password), trust_env=False
        )
        return int(response.raise_for_status().text)


@contextmanager
def start_prefect(home: Path) -> Iterator[Prefect]:
    with listen_on_loopback() as listener, pytest.MonkeyPatch.context() as patch:
        server_config = new_server_config(listener, home)
        for name, setting in {**PREFECT_SETTINGS, "PREFECT_HOME": str(home)}.items():
            patch.setenv(name, setting)
        with start_server(server_config) as process:
            Server(server_config.address, process, server_config.log_file).wait_until_healthy()
            patch.undo()
            yield Prefect(server_config.address, home, server_config.token)


def regulars(
    folder: Path, *arguments: str, prefect: Prefect | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command in a child process, with a Prefect server of its own or `prefect`."""
    settings = prefect.settings() if prefect else {}
    return subprocess.run(
        [sys.executable, "-m", "regulars", *arguments], cwd=folder,
        env={**environment(), **settings}, capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip


def run_in_fork(
    folder: Path, *arguments: str, prefect: Prefect
) -> subprocess.CompletedProcess[str]:
    """Run a command in a fork of a process that has imported everything."""
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
    """Yields `prefect` with the socket of a command server."""
    log, environ = (
        prefect.home / "ready.log",
        {**environment(), **PREFECT_SETTINGS, **prefect.settings()},
    )
    with TemporaryDirectory() as folder:  # a socket's path must be short
        arguments = ["-m", "tests.flows.command_server", f"{folder}/door"]
        with child_process(arguments, environ, log=log, stdout=subprocess.PIPE) as process:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n", log.read_text()
            yield replace(prefect, socket_path=Path(folder) / "door")


@contextmanager
def sandbox_servers(*, customers: int) -> Iterator[dict[str, Any]]:
    """Run `regulars sandbox` until the block ends; yields its addresses and keys."""
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
    """Run a command that needs no Prefect in this process."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, chdir(folder):
        for name in os.environ.keys() - environment().keys():
            patch.delenv(name)
        patch.setattr(sys, "argv", ["regulars", *arguments])
        before = os.umask(0o022)
        try:
            with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as exit_info:
                main()
        finally:
            os.umask(before)
    return subprocess.CompletedProcess(
        arguments, int(exit_info.value.code or 0), out.getvalue(), err.getvalue()
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
