"""Child processes that die with their parent, even when it is killed outright."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PARENT = "REGULARS_PARENT"
PR_SET_PDEATHSIG = 1  # man 2 prctl
LOOK_EVERY = 0.5  # seconds, where the system does not tell
PATIENCE = 10  # seconds a child has to stop by itself


@contextmanager
def child(
    arguments: Sequence[str],
    environ: Mapping[str, str],
    *,
    log: Path,
    stdout: int | None = None,
    patience: float = PATIENCE,
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python child for as long as the block lasts; what it says goes into the log."""
    with _opened(log) as said:
        process = subprocess.Popen(  # noqa: S603  # our own interpreter and arguments
            [sys.executable, *arguments],
            env={**environ, PARENT: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            stdout=stdout or said,
            stderr=said,
            start_new_session=True,  # Ctrl-C is for the parent, which then stops its children
        )
        try:
            yield process
        finally:
            _stop(process, patience)
            _close(process.stdout)


def _opened(log: Path) -> IO[bytes]:
    """A full disk, or a folder that is not ours, is no reason to do without the child."""
    try:
        return log.open("ab")
    except OSError:
        return Path(os.devnull).open("ab")


def _stop(process: subprocess.Popen[bytes], patience: float) -> None:
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _close(pipe: IO[bytes] | None) -> None:
    if pipe:
        pipe.close()


def bind_to_parent() -> None:
    """Called early in a child: from now on it does not outlive the process that started it."""
    parent = os.environ.pop(PARENT, None)
    if parent is None:
        return
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=_watch, args=(int(parent),), daemon=True).start()


def _watch(parent: int) -> None:
    """For systems without a death signal, and for a parent that died before it was set."""
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY)
    os._exit(1)
