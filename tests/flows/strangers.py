"""Another user of the machine, who runs programs but owns nothing here."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import pytest

NOBODY = 65534
INTERPRETERS = (sys.executable, "/usr/bin/python3")


def run_as_stranger(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python `code` as another user, without groups, environment and site packages."""
    return subprocess.run(
        _command(_interpreter(), code, *arguments), env={}, cwd="/", capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip


@cache
def _interpreter() -> str:
    """Returns a Python that the stranger may start."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    for interpreter in INTERPRETERS:
        command = _command(interpreter, "import sys; print('ready')")
        completed = subprocess.run(command, env={}, capture_output=True, text=True, check=False)
        if completed.stdout == "ready\n":
            return interpreter
    pytest.skip(f"another user can start none of {', '.join(INTERPRETERS)}")


def _command(interpreter: str, code: str, *arguments: str) -> list[str]:
    identity = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    return ["setpriv", *identity, interpreter, "-ISc", code, *arguments]
